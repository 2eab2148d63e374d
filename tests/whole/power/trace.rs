//! What `strace -f -yy -xx` wrote, as events of files and sockets in the order in which they took effect.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// The calls that are traced: all that change files or folders, and all that tell the outside something.
pub const CALLS: &str = "trace=openat,creat,open,write,pwrite64,writev,pwritev,pwritev2,lseek,ftruncate,truncate,fallocate,\
rename,renameat,renameat2,unlink,unlinkat,rmdir,mkdir,mkdirat,link,linkat,symlink,symlinkat,fsync,fdatasync,\
sync_file_range,msync,mmap,sendto,sendmsg,sendfile,copy_file_range";

/// One event. Paths are absolute.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A file may have been made, and was cut to nothing where `is_cut`.
    Open { path: PathBuf, is_cut: bool },
    /// Bytes were written.
    Write { path: PathBuf, at: u64, bytes: Vec<u8> },
    /// A file's length was set.
    Length { path: PathBuf, length: u64 },
    /// A file got another name.
    Rename { from: PathBuf, to: PathBuf },
    /// A name was removed.
    Remove { path: PathBuf },
    /// A folder was made.
    MakeFolder { path: PathBuf },
    /// A sync began. What was written before it is on the disk when it ends.
    SyncBegins { path: PathBuf, id: usize },
    /// It ended well.
    SyncEnds { id: usize },
    /// Bytes are about to leave by a socket.
    Send { to: String, bytes: Vec<u8> },
    /// A file was mapped so that writes to memory go into it, which no trace sees.
    Mapped { path: PathBuf },
}

/// The events of a trace. `inside`: only files below it are of interest.
pub fn parse(trace: &str, inside: &Path) -> Vec<Event> {
    let mut parser = Parser {
        inside: inside.to_owned(),
        events: Vec::new(),
        unfinished: HashMap::new(),
        positions: HashMap::new(),
        syncs: 0,
    };
    for line in trace.lines() {
        parser.line(line);
    }
    parser.events
}

struct Parser {
    inside: PathBuf,
    events: Vec<Event>,
    /// By thread: the line so far, and its sync if it is one.
    unfinished: HashMap<String, (String, Option<usize>)>,
    /// Where the next `write` to a descriptor goes.
    positions: HashMap<u64, u64>,
    syncs: usize,
}

impl Parser {
    fn line(&mut self, line: &str) {
        let Some((thread, call)) = line.split_once(' ') else {
            return;
        };
        let call = call.trim_start();
        if let Some(begun) = call.strip_suffix(" <unfinished ...>") {
            let sync = self.begin(begun);
            self.unfinished
                .insert(thread.to_owned(), (begun.to_owned(), sync));
        } else if let Some(resumed) = call.strip_prefix("<... ") {
            let rest = resumed.split_once("resumed>").map_or("", |(_, rest)| rest);
            if let Some((begun, sync)) = self.unfinished.remove(thread) {
                self.end(&format!("{begun}{rest}"), sync);
            }
        } else {
            let sync = self.begin(call);
            self.end(call, sync);
        }
    }

    /// What counts from its start on: a sync covers what was written before it, and what is being sent may have arrived.
    fn begin(&mut self, call: &str) -> Option<usize> {
        let (name, arguments) = call.split_once('(')?;
        match name {
            "fsync" | "fdatasync" => {
                let path = self.file(arguments)?;
                self.syncs += 1;
                self.events.push(Event::SyncBegins { path, id: self.syncs });
                Some(self.syncs)
            }
            "write" | "writev" | "sendto" | "sendmsg" => {
                let to = annotation(arguments)?;
                if ["TCP:[", "UNIX:[", "UNIX-STREAM:["]
                    .iter()
                    .any(|kind| to.starts_with(kind))
                {
                    self.events.push(Event::Send {
                        to,
                        bytes: strings(arguments),
                    });
                }
                None
            }
            _ => None,
        }
    }

    fn end(&mut self, call: &str, sync: Option<usize>) {
        let Some((name, arguments)) = call.split_once('(') else {
            return;
        };
        let Some((arguments, result)) = arguments.rsplit_once(") ") else {
            return;
        };
        let Some(result) = result.trim_start().strip_prefix("= ") else {
            return;
        };
        if result.starts_with('-') || result.starts_with('?') {
            return;
        }
        if let Some(id) = sync {
            self.events.push(Event::SyncEnds { id });
            return;
        }
        if let Some(event) = self.event(name, arguments, result) {
            self.events.push(event);
        }
    }

    fn event(&mut self, name: &str, arguments: &str, result: &str) -> Option<Event> {
        match name {
            "open" | "openat" | "creat" => self.open(arguments, result),
            "lseek" => {
                let position = number(result)?;
                self.positions.insert(number(arguments)?, position);
                None
            }
            "write" | "writev" => {
                let descriptor = number(arguments)?;
                let mut bytes = strings(arguments);
                bytes.truncate(usize::try_from(number(result)?).ok()?);
                let position = self.positions.entry(descriptor).or_default();
                let at = *position;
                *position += u64::try_from(bytes.len()).ok()?;
                Some(Event::Write {
                    path: self.file(arguments)?,
                    at,
                    bytes,
                })
            }
            "pwrite64" | "pwritev" => {
                let mut bytes = strings(arguments);
                bytes.truncate(usize::try_from(number(result)?).ok()?);
                let at = number(arguments.rsplit_once(", ")?.1)?;
                Some(Event::Write {
                    path: self.file(arguments)?,
                    at,
                    bytes,
                })
            }
            "ftruncate" => {
                let length = number(arguments.rsplit_once(", ")?.1)?;
                Some(Event::Length {
                    path: self.file(arguments)?,
                    length,
                })
            }
            "rename" | "renameat" | "renameat2" => {
                let mut names = quoted(arguments);
                let (from, to) = (names.next()?, names.next()?);
                let (from, to) = (path_of(&from)?, path_of(&to)?);
                self.is_inside(&to).then_some(Event::Rename { from, to })
            }
            "unlink" | "unlinkat" | "rmdir" => self.named(arguments).map(|path| Event::Remove { path }),
            "mkdir" | "mkdirat" => self.named(arguments).map(|path| Event::MakeFolder { path }),
            "mmap" if arguments.contains("MAP_SHARED") && arguments.contains("PROT_WRITE") => {
                let descriptor = arguments.rsplit(", ").nth(1)?;
                Some(Event::Mapped {
                    path: self.file(descriptor)?,
                })
            }
            "mmap" | "fsync" | "fdatasync" | "sendto" | "sendmsg" => None,
            other => {
                let path = self.file(arguments).or_else(|| self.named(arguments))?;
                panic!("{other} of {} is not understood here", path.display())
            }
        }
    }

    fn open(&mut self, arguments: &str, result: &str) -> Option<Event> {
        self.positions.insert(number(result)?, 0);
        let path = self.file(result)?;
        let is_cut = arguments.contains("O_TRUNC");
        (is_cut || arguments.contains("O_CREAT")).then_some(Event::Open { path, is_cut })
    }

    /// The file that a descriptor is annotated with; none outside, and none that has no name any more.
    fn file(&self, text: &str) -> Option<PathBuf> {
        let path = PathBuf::from(annotation(text)?);
        let is_named = !text
            .split_once('>')
            .is_some_and(|(_, rest)| rest.starts_with("(deleted)"));
        (is_named && self.is_inside(&path)).then_some(path)
    }

    /// The file that an argument names.
    fn named(&self, arguments: &str) -> Option<PathBuf> {
        let path = path_of(&quoted(arguments).next()?)?;
        self.is_inside(&path).then_some(path)
    }

    fn is_inside(&self, path: &Path) -> bool {
        path.starts_with(&self.inside)
    }
}

/// What stands in angle brackets behind the first number.
fn annotation(text: &str) -> Option<String> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let rest = text[digits..].strip_prefix('<')?;
    // A socket's own text has `->` in it; only what is in hexadecimal digits has not.
    let end = if rest.starts_with("\\x") {
        rest.find('>')?
    } else {
        rest.find("]>")? + 1
    };
    Some(String::from_utf8_lossy(&unescape(&rest[..end])).into_owned())
}

fn path_of(bytes: &[u8]) -> Option<PathBuf> {
    let path = PathBuf::from(String::from_utf8(bytes.to_vec()).ok()?);
    assert!(path.is_absolute(), "{} is relative", path.display());
    Some(path)
}

/// All strings in quotation marks, one after the other.
fn strings(arguments: &str) -> Vec<u8> {
    assert!(!arguments.contains("\"..."), "strace cut a string off");
    quoted(arguments).flatten().collect()
}

/// The strings in quotation marks.
fn quoted(arguments: &str) -> impl Iterator<Item = Vec<u8>> {
    // All of them are in hexadecimal digits, so no quotation mark stands within one.
    arguments.split('"').skip(1).step_by(2).map(unescape)
}

/// `\x41\x42` as bytes; other characters stand for themselves.
fn unescape(text: &str) -> Vec<u8> {
    let text = text.as_bytes();
    let mut bytes = Vec::with_capacity(text.len() / 4);
    let mut at = 0;
    while at < text.len() {
        if text[at..].starts_with(b"\\x") && at + 4 <= text.len() {
            bytes.push(16 * digit(text[at + 2]) + digit(text[at + 3]));
            at += 4;
        } else {
            bytes.push(text[at]);
            at += 1;
        }
    }
    bytes
}

fn digit(hex: u8) -> u8 {
    let value = char::from(hex)
        .to_digit(16)
        .expect("strace writes hexadecimal digits");
    u8::try_from(value).expect("below 16")
}

/// The number at the start.
fn number(text: &str) -> Option<u64> {
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    text[..digits].parse().ok()
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn hex(text: &str) -> String {
        text.bytes().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "\\x{byte:02x}");
            hex
        })
    }

    #[test]
    fn calls_become_events_in_the_order_of_their_effect() {
        let (file, name) = (format!("7<{}>", hex("/d/a")), format!("\"{}\"", hex("/d/a")));
        let trace = [
            format!(
                "1 openat(AT_FDCWD<{}>, {name}, O_WRONLY|O_CREAT|O_TRUNC, 0666) = {file}",
                hex("/")
            ),
            format!("1 write({file}, \"{}\", 3) = 2", hex("abc")),
            format!("2 fsync({file} <unfinished ...>"),
            format!("1 write({file}, \"{}\", 1) = 1", hex("d")),
            "2 <... fsync resumed>)              = 0".to_owned(),
            format!("1 pwrite64({file}, \"{}\", 1, 512) = 1", hex("e")),
            format!("1 fsync({file}) = -1 EIO (Input/output error) (INJECTED)"),
            format!("1 rename({name}, \"{}\") = 0", hex("/d/b")),
            format!(
                "1 writev(9<TCP:[127.0.0.1:1->127.0.0.1:2]>, [{{iov_base=\"{}\", iov_len=1}}, {{iov_base=\"{}\", iov_len=1}}], 2) = 2",
                hex("x"),
                hex("y")
            ),
            format!("1 write(8<{}>, \"{}\", 1) = 1", hex("/elsewhere"), hex("z")),
        ];
        let (a, b) = (PathBuf::from("/d/a"), PathBuf::from("/d/b"));
        let write = |at, text: &str| Event::Write {
            path: a.clone(),
            at,
            bytes: text.as_bytes().to_vec(),
        };
        let expected = [
            Event::Open {
                path: a.clone(),
                is_cut: true,
            },
            write(0, "ab"),
            Event::SyncBegins {
                path: a.clone(),
                id: 1,
            },
            write(2, "d"),
            Event::SyncEnds { id: 1 },
            write(512, "e"),
            Event::SyncBegins {
                path: a.clone(),
                id: 2,
            },
            Event::Rename { from: a, to: b },
            Event::Send {
                to: "TCP:[127.0.0.1:1->127.0.0.1:2]".to_owned(),
                bytes: b"xy".to_vec(),
            },
        ];
        assert_eq!(parse(&trace.join("\n"), Path::new("/d")), expected);
    }
}
