//! What of a folder belongs to a desk and is no issue that somebody published.

use std::fs;
use std::path::Path;

/// What `copydesk init` and the stages put beside config.toml.
const PARTS: &[&str] = &[
    "data",
    "evals",
    "notes",
    "out",
    "outbox",
    "pipelines",
    "prompts",
    "replies",
];
/// Files there.
const FILES: &[&str] = &["voice.md", "voice.proposed.md"];
/// What the index and the feed of a site of ours begin with.
const SITE_MARK: &[u8] = b"Written by Copydesk";
/// Bytes in which it stands.
const HEAD: usize = 2_000;

/// Whether a folder is a desk.
pub fn is_desk(folder: &Path) -> bool {
    folder.join("config.toml").is_file() && folder.join("pipelines").is_dir()
}

/// Why something in the folder of a desk is left out; none where it is the author's. A folder of it that is named by
/// itself is read.
pub fn own(folder: &Path, name: &str) -> Option<&'static str> {
    let path = folder.join(name);
    if path.is_file() {
        return FILES.contains(&name).then_some("of the desk in this folder");
    }
    if PARTS.contains(&name) {
        return Some("of the desk in this folder; name it alone to read what is in it");
    }
    is_site(&path).then_some("the site of the desk in this folder: its issues are in the archive already")
}

fn is_site(folder: &Path) -> bool {
    ["index.html", "feed.xml"].iter().all(|name| {
        let bytes = fs::read(folder.join(name)).unwrap_or_default();
        let head = &bytes[..bytes.len().min(HEAD)];
        head.windows(SITE_MARK.len()).any(|window| window == SITE_MARK)
    })
}
