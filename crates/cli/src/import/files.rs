//! Issues as files: Markdown and HTML, in folders inside folders.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use copydesk_text::past_issue::{self, Written};
use url::Url;

use super::desk;
use super::found::Import;

/// Bytes of one file. A book has one or two megabytes.
const FILE_BYTES_MAX: u64 = 20 * 1024 * 1024;
/// Bytes of all files of one import together; their texts are held until they are stored.
const BYTES_MAX: u64 = 512 * 1024 * 1024;
/// Files looked at; a daily newsletter of thirty years has some eleven thousand issues.
const FILES_MAX: usize = 50_000;
/// Folders inside folders.
const DEPTH_MAX: usize = 16;
/// Files beside issues that have a name of their own everywhere.
const NOT_ISSUES: &[&str] = &[
    "readme",
    "license",
    "licence",
    "changelog",
    "contributing",
    "code_of_conduct",
    "_index",
    "404",
    "voice",
    "voice.proposed",
];

/// Reads all issues below a folder, or the one in a file, in the order of their paths.
///
/// # Errors
/// The folder itself cannot be read.
pub fn from_folder(root: &Path) -> io::Result<Import> {
    let mut import = Import::default();
    if root.is_file() {
        let name = name_of(root);
        read_one(root, &name, &name, &mut import);
        return Ok(import);
    }
    let mut walk = Walk::default();
    walk.enter(root, "", DEPTH_MAX)?;
    walk.files.sort();
    let all: BTreeSet<String> = walk.files.iter().map(|(shown, _)| shown.clone()).collect();
    let folder = name_of(root);
    let mut bytes = 0;
    for (shown, path) in &walk.files {
        if let Some(twin) = twin(shown, &all) {
            import.skip(shown, format!("{twin} is the same issue"));
            continue;
        }
        if is_list(shown, &all) {
            import.skip(shown, "the list of what lies below it");
            continue;
        }
        bytes += fs::metadata(path).map_or(0, |about| about.len().min(FILE_BYTES_MAX));
        if bytes > BYTES_MAX {
            import.skip(shown, "more than 512 MiB in all; import the folder in parts");
        } else {
            read_one(path, shown, &format!("{folder}/{shown}"), &mut import);
        }
    }
    walk.skipped.sort();
    for (shown, reason) in walk.skipped {
        import.skip(&shown, reason);
    }
    for (ending, count) in walk.others {
        let files = if count == 1 { "file is" } else { "files are" };
        import.skip(
            &format!("*.{ending}"),
            format!("{count} {files} neither Markdown nor HTML"),
        );
    }
    Ok(import)
}

/// What lies below a folder.
#[derive(Default)]
struct Walk {
    files: Vec<(String, PathBuf)>,
    skipped: Vec<(String, String)>,
    /// Files of other kinds, by ending.
    others: BTreeMap<String, usize>,
}

impl Walk {
    fn enter(&mut self, folder: &Path, below: &str, depth_left: usize) -> io::Result<()> {
        let is_desk = desk::is_desk(folder);
        for entry in fs::read_dir(folder)? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let shown = if below.is_empty() {
                name
            } else {
                format!("{below}/{name}")
            };
            let own = is_desk.then(|| desk::own(folder, &entry.file_name().to_string_lossy()));
            let kind = entry.file_type()?;
            if let Some(reason) = own.flatten() {
                self.skip(shown, reason);
            } else if kind.is_symlink() {
                // What it leads to may lie outside, or lead back.
                self.skip(shown, "a link to another place");
            } else if kind.is_dir() {
                self.enter_inner(&entry.path(), shown, depth_left);
            } else if !kind.is_file() {
                // A pipe would be waited for.
                self.skip(shown, "no plain file");
            } else if written(&entry.path()).is_none() {
                *self.others.entry(ending(&entry.path())).or_default() += 1;
            } else if self.files.len() >= FILES_MAX {
                self.skip(shown, "more than 50,000 files");
            } else {
                self.files.push((shown, entry.path()));
            }
        }
        Ok(())
    }

    fn enter_inner(&mut self, folder: &Path, shown: String, depth_left: usize) {
        if depth_left == 0 {
            return self.skip(shown, "more than 16 folders inside each other");
        }
        if let Err(error) = self.enter(folder, &shown, depth_left - 1) {
            self.skip(shown, error.to_string());
        }
    }

    fn skip(&mut self, shown: String, reason: impl Into<String>) {
        if self.skipped.len() < FILES_MAX {
            self.skipped.push((shown, reason.into()));
        }
    }
}

/// The Markdown file that an HTML file beside it was made from.
fn twin(shown: &str, all: &BTreeSet<String>) -> Option<String> {
    let (stem, ending) = shown.rsplit_once('.')?;
    if !ending.to_ascii_lowercase().starts_with("htm") {
        return None;
    }
    ["md", "markdown"]
        .iter()
        .map(|ending| format!("{stem}.{ending}"))
        .find(|twin| all.contains(twin))
}

/// Whether a file is the index of a site or of a part of it: issues lie in folders below its own.
fn is_list(shown: &str, all: &BTreeSet<String>) -> bool {
    let (folder, name) = shown
        .rsplit_once('/')
        .map_or(("", shown), |(folder, name)| (folder, name));
    let below = |other: &String| {
        let rest = other
            .strip_prefix(folder)
            .map(|rest| rest.trim_start_matches('/'));
        let is_inside = folder.is_empty() || other.as_bytes().get(folder.len()) == Some(&b'/');
        is_inside && rest.is_some_and(|rest| rest.contains('/'))
    };
    name.to_ascii_lowercase().starts_with("index.htm") && all.iter().any(below)
}

fn read_one(path: &Path, shown: &str, place: &str, import: &mut Import) {
    let Some(written) = written(path) else {
        return import.skip(shown, "neither Markdown nor HTML");
    };
    let stem = shown.rsplit('/').next().unwrap_or(shown);
    let stem = stem
        .rsplit_once('.')
        .map_or(stem, |(stem, _)| stem)
        .to_lowercase();
    if NOT_ISSUES.contains(&stem.as_str()) {
        return import.skip(shown, "no issue by its name");
    }
    let bytes = match read_bytes(path) {
        Ok(bytes) => bytes,
        Err(reason) => return import.skip(shown, reason),
    };
    let issue = past_issue::read(&bytes, written, shown, &base());
    if issue.is_draft {
        return import.skip(shown, "a draft by its front matter");
    }
    import.take(shown, issue.url, format!("file:{place}"), issue.page);
}

/// The bytes of a file, if they are text of a bearable size.
fn read_bytes(path: &Path) -> Result<Vec<u8>, String> {
    let length = fs::metadata(path).map_err(|error| error.to_string())?.len();
    if length > FILE_BYTES_MAX {
        return Err(format!(
            "{}: a file has at most 20 MiB",
            crate::words::bytes(length)
        ));
    }
    let bytes = fs::read(path).map_err(|error| error.to_string())?;
    let head = &bytes[..bytes.len().min(4_096)];
    let is_wide = head.starts_with(&[0xFF, 0xFE]) || head.starts_with(&[0xFE, 0xFF]);
    if !is_wide && head.contains(&0) {
        return Err("binary, whatever its name says".to_owned());
    }
    Ok(bytes)
}

/// What relative links of a file are relative to: nothing that exists.
fn base() -> Url {
    Url::parse("https://import.invalid/").expect("the address is fixed and valid")
}

/// Whether a file is an issue by its ending, and not a feed.
pub fn is_issue(path: &Path) -> bool {
    written(path).is_some()
}

fn written(path: &Path) -> Option<Written> {
    match ending(path).as_str() {
        "md" | "markdown" | "mdown" | "mkd" => Some(Written::Markdown),
        "html" | "htm" | "xhtml" => Some(Written::Html),
        _ => None,
    }
}

fn ending(path: &Path) -> String {
    let ending = path
        .extension()
        .map(|ending| ending.to_string_lossy().to_lowercase());
    ending.unwrap_or_else(|| "no ending".to_owned())
}

fn name_of(path: &Path) -> String {
    path.file_name()
        .map_or_else(String::new, |name| name.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(root: &Path, name: &str, text: &[u8]) {
        let path = root.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    #[test]
    fn whatever_is_read_as_an_issue_in_a_folder_is_one_alone() {
        for name in [
            "a.md",
            "a.MKD",
            "a.mdown",
            "a.markdown",
            "a.xhtml",
            "a.htm",
            "a.html",
        ] {
            assert!(is_issue(Path::new(name)), "{name}");
        }
        for name in ["feed.xml", "a.json", "a.rss", "md"] {
            assert!(!is_issue(Path::new(name)), "{name}");
        }
    }

    #[test]
    fn folders_are_read_through_and_what_is_no_issue_is_named() {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path();
        let text = format!("---\ntitle: One\n---\n{}", "A sentence of words. ".repeat(20));
        write(root, "2025/2025-03-01-one.md", text.as_bytes());
        write(
            root,
            "2025/two.html",
            format!(
                "<article><h1>Two</h1><p>{}</p></article>",
                "A sentence of words. ".repeat(20)
            )
            .as_bytes(),
        );
        write(root, "2025/twin.md", text.replace("words", "twins").as_bytes());
        write(root, "2025/twin.html", b"<p>The same.</p>");
        write(root, "README.md", text.as_bytes());
        write(
            root,
            "draft.md",
            text.replace("title: One", "draft: true").as_bytes(),
        );
        write(root, "odd.md", b"\0\x01\x02binary");
        write(root, "empty.md", b"");
        write(root, "photo.jpg", b"x");
        write(root, ".git/x.md", text.as_bytes());
        fs::File::create(root.join("huge.md"))
            .unwrap()
            .set_len(FILE_BYTES_MAX + 1)
            .unwrap();
        let import = from_folder(root).unwrap();
        let found: Vec<&str> = import.found.iter().map(|found| found.title.as_str()).collect();
        assert_eq!(found, ["One", "One", "Two"]);
        assert_eq!(import.found[0].published_at.unwrap().to_string(), "2025-03-01");
        let reason = |what: &str| {
            let mut all = import.skipped.iter();
            all.find(|skipped| skipped.what == what)
                .map(|skipped| skipped.reason.as_str())
        };
        assert_eq!(reason("2025/twin.html"), Some("2025/twin.md is the same issue"));
        assert_eq!(reason("README.md"), Some("no issue by its name"));
        assert_eq!(reason("draft.md"), Some("a draft by its front matter"));
        assert_eq!(reason("odd.md"), Some("binary, whatever its name says"));
        assert_eq!(reason("empty.md"), Some("it has no text"));
        assert_eq!(reason("huge.md"), Some("21.0 MB: a file has at most 20 MiB"));
        assert_eq!(reason("*.jpg"), Some("1 file is neither Markdown nor HTML"));
        assert_eq!(import.skipped.len(), 7, "{:?}", import.skipped);
    }

    #[test]
    fn what_belongs_to_a_desk_is_left_out_and_named() {
        let dir = tempfile::tempdir().unwrap();
        let text = "A sentence of words. ".repeat(20);
        let desk = dir.path().join("desk");
        write(&desk, "config.toml", b"");
        write(&desk, "pipelines/daily.toml", b"");
        for part in [
            "notes/seen.md",
            "prompts/draft/write_title.md",
            "out/run/issue.md",
            "voice.md",
        ] {
            write(&desk, part, text.as_bytes());
        }
        for page in ["public/index.html", "public/feed.xml"] {
            write(&desk, page, b"<!DOCTYPE html><!-- Written by Copydesk -->");
        }
        write(&desk, "public/2026-08-20-a/index.md", text.as_bytes());
        write(&desk, "essays/notes/mine.md", text.as_bytes());
        let import = from_folder(dir.path()).unwrap();
        let found: Vec<&str> = import.found.iter().map(|found| found.url.as_str()).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].ends_with("desk/essays/notes/mine.md"), "{found:?}");
        let mut skipped: Vec<&str> = import
            .skipped
            .iter()
            .filter(|skipped| skipped.reason.contains("desk in this folder"))
            .map(|skipped| skipped.what.as_str())
            .collect();
        skipped.sort_unstable();
        assert_eq!(
            skipped,
            [
                "desk/notes",
                "desk/out",
                "desk/pipelines",
                "desk/prompts",
                "desk/public",
                "desk/voice.md"
            ]
        );
        // Named by itself, a part of it is what is wanted.
        assert_eq!(from_folder(&desk.join("notes")).unwrap().found.len(), 1);
    }

    #[test]
    fn the_index_of_a_site_is_no_issue_and_that_of_an_issue_is() {
        let all: BTreeSet<String> = [
            "index.html",
            "posts/index.html",
            "posts/a/index.html",
            "posts-b/x.html",
        ]
        .map(str::to_owned)
        .into();
        assert!(is_list("index.html", &all) && is_list("posts/index.html", &all));
        assert!(!is_list("posts/a/index.html", &all) && !is_list("posts-b/x.html", &all));
        assert!(!is_list("index.html", &BTreeSet::from(["index.html".to_owned()])));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_back_and_a_socket_have_an_end() {
        let dir = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(dir.path(), dir.path().join("again")).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(dir.path().join("pipe.md")).unwrap();
        let import = from_folder(dir.path()).unwrap();
        let mut reasons: Vec<&str> = import.skipped.iter().map(|one| one.reason.as_str()).collect();
        reasons.sort_unstable();
        assert_eq!(reasons, ["a link to another place", "no plain file"]);
    }
}
