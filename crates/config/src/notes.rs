//! The author's own notes: text files below `notes/`.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use copydesk_domain::Instant;

use crate::durable;
use crate::problem::Problem;

/// A note longer than this is left out: 256 KiB are some forty thousand words, more than anyone noted by hand.
const BYTES_MAX: u64 = 256 * 1024;

/// More files than this are left out, so that a wrong folder does not become the day's research.
const FILES_MAX: usize = 1000;

/// Folders inside folders, so that a link to a parent has an end.
const DEPTH_MAX: usize = 8;

/// What `notes/` holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuthorNotes {
    /// Path below `notes/` with `/`, and the text; in the order of paths.
    pub notes: Vec<(String, String)>,
    /// What could not be read and is no note therefore: warnings, in the order of paths.
    pub skipped: Vec<Problem>,
}

/// Reads all `.md` and `.txt` files below `dir`. A folder that is not there holds no notes.
pub fn read(dir: &Path) -> AuthorNotes {
    let mut found = AuthorNotes::default();
    collect(dir, "", DEPTH_MAX, &mut found);
    found.notes.sort();
    for (path, _) in found.notes.drain(FILES_MAX.min(found.notes.len())..) {
        let reason = format!("there are more than {FILES_MAX} notes");
        found
            .skipped
            .push(skipped(&path, &reason, "move old ones out of `notes`"));
    }
    found.skipped.sort_by(|a, b| a.file.cmp(&b.file));
    found
}

/// A warning about a file below `notes/`. `reason`: why it is not read.
fn skipped(path: &str, reason: &str, hint: &str) -> Problem {
    let file = match path {
        "" => "notes".to_owned(),
        path => format!("notes/{path}"),
    };
    Problem::error(file, format!("not read: {reason}"))
        .as_warning()
        .with_hint(hint)
}

/// The same for what the file system refuses.
fn unreadable(path: &str, error: &io::Error) -> Problem {
    skipped(
        path,
        &error.to_string(),
        "let the user that runs Copydesk read it",
    )
}

fn collect(dir: &Path, below: &str, depth_left: usize, found: &mut AuthorNotes) {
    let entries = match fs::read_dir(dir) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return,
        Err(error) => return found.skipped.push(unreadable(below, &error)),
    };
    for entry in entries.filter_map(Result::ok) {
        let Ok(name) = entry.file_name().into_string() else {
            continue;
        };
        if name.starts_with('.') {
            continue;
        }
        let path = entry.path();
        let shown = if below.is_empty() {
            name
        } else {
            format!("{below}/{name}")
        };
        if path.is_dir() && depth_left > 0 {
            collect(&path, &shown, depth_left - 1, found);
        } else if is_note(&path) {
            match read_one(&path) {
                Ok(text) if text.trim().is_empty() => {}
                Ok(text) => found.notes.push((shown, text)),
                Err(unread) => found.skipped.push(unread.of(&shown)),
            }
        }
    }
}

fn is_note(path: &Path) -> bool {
    let extension = path
        .extension()
        .and_then(|extension| extension.to_str())
        .unwrap_or_default();
    path.is_file()
        && ["md", "txt"]
            .iter()
            .any(|wanted| extension.eq_ignore_ascii_case(wanted))
}

/// Why a note could not be read.
enum Unread {
    Long(u64),
    Binary,
    Refused(io::Error),
}

impl Unread {
    fn of(&self, path: &str) -> Problem {
        match self {
            Self::Long(bytes) => skipped(
                path,
                &format!("{bytes} bytes, and a note has at most {BYTES_MAX}"),
                "split it, or keep what you saw yourself",
            ),
            Self::Binary => skipped(path, "not UTF-8 text", "save it as UTF-8"),
            Self::Refused(error) => unreadable(path, error),
        }
    }
}

fn read_one(path: &Path) -> Result<String, Unread> {
    let bytes = fs::metadata(path).map_err(Unread::Refused)?.len();
    if bytes > BYTES_MAX {
        return Err(Unread::Long(bytes));
    }
    let text = fs::read_to_string(path).map_err(|error| match error.kind() {
        io::ErrorKind::InvalidData => Unread::Binary,
        _ => Unread::Refused(error),
    })?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}

/// Writes one note of the author as a new file in `dir`, named after `now`, and returns its path. It is on the disk
/// then, with its name.
///
/// # Errors
/// What the file system says; an existing note is never changed.
pub fn add(dir: &Path, text: &str, now: Instant) -> io::Result<PathBuf> {
    durable::make_folder(dir)?;
    let stamp: String = now
        .to_string()
        .chars()
        .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
        .collect();
    for number in 1..=FILES_MAX {
        let suffix = if number == 1 {
            String::new()
        } else {
            format!("-{number}")
        };
        let path = dir.join(format!("{stamp}{suffix}.md"));
        match fs::File::create_new(&path) {
            Ok(file) => {
                if let Err(error) = fill(file, text).and_then(|()| durable::keep_name(&path)) {
                    // Half a note is worse than none; the error says that it was not taken.
                    let _ = fs::remove_file(&path);
                    return Err(error);
                }
                return Ok(path);
            }
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::new(
        io::ErrorKind::AlreadyExists,
        format!("more than {FILES_MAX} notes of one moment"),
    ))
}

fn fill(mut file: fs::File, text: &str) -> io::Result<()> {
    writeln!(file, "{}", text.trim())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_files_are_notes_and_others_are_not() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("trip")).unwrap();
        for (name, text) in [
            ("b.md", "two"),
            ("trip/a.TXT", "three"),
            ("a.md", "one"),
            ("x.png", "no"),
            (".c.md", "no"),
        ] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let paths: Vec<String> = read(dir.path()).notes.into_iter().map(|(path, _)| path).collect();
        assert_eq!(paths, ["a.md", "b.md", "trip/a.TXT"]);
    }

    #[test]
    fn what_is_too_long_or_no_text_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("long.md"), "x".repeat(300_000)).unwrap();
        fs::write(dir.path().join("odd.md"), [0xff, 0xfe]).unwrap();
        let found = read(dir.path());
        assert_eq!(found.notes, []);
        let told: Vec<String> = found.skipped.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "notes/long.md: warning: not read: 300000 bytes, and a note has at most 262144; split it, or keep what \
                 you saw yourself",
                "notes/odd.md: warning: not read: not UTF-8 text; save it as UTF-8",
            ]
        );
    }

    #[test]
    fn no_folder_holds_no_notes() {
        assert_eq!(read(Path::new("/nonexistent/notes")), AuthorNotes::default());
    }

    #[test]
    fn a_note_never_replaces_another() {
        let dir = tempfile::tempdir().unwrap();
        let now: Instant = "2026-08-20T23:00:00Z".parse().unwrap();
        let first = add(&dir.path().join("notes"), " one ", now).unwrap();
        let second = add(&dir.path().join("notes"), "two", now).unwrap();
        assert!(first.ends_with("2026-08-20T230000Z.md") && second.ends_with("2026-08-20T230000Z-2.md"));
        assert_eq!(fs::read_to_string(first).unwrap(), "one\n");
    }
}
