//! What stands in the folder of a site, and what should.

use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use copydesk_domain::ContentHash;

use super::letters::Front;
use super::payload::{SitePayload, is_slug};
use super::{MARK, STYLE_CSS, atom, index};
use crate::atomic::Target;

/// A site's folder, name and address.
#[derive(Debug, Clone)]
pub(super) struct Site {
    pub(super) dir: PathBuf,
    /// Without a slash at its end.
    pub(super) base_url: Option<String>,
    pub(super) newsletter: String,
    pub(super) deck: Option<String>,
}

/// Who holds the folder of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Holder {
    /// Nobody.
    Nobody,
    /// The payload with this hash.
    Issue(ContentHash),
    /// Files that were not written here.
    Stranger,
}

impl Site {
    /// Who holds `SLUG/`. Its `issue.json` is written first, so a page without one is a stranger's.
    pub(super) fn holder(&self, slug: &str) -> io::Result<Holder> {
        let folder = self.dir.join(slug);
        if let Some(bytes) = read(&folder.join("issue.json"))? {
            return Ok(Holder::Issue(ContentHash::of(&bytes)));
        }
        let is_taken = folder.join("index.html").try_exists()? || folder.join("index.md").try_exists()?;
        Ok(if is_taken {
            Holder::Stranger
        } else {
            Holder::Nobody
        })
    }

    /// A shared file that somebody else wrote, if there is one.
    pub(super) fn foreign_file(&self) -> io::Result<Option<PathBuf>> {
        for name in ["index.html", "feed.xml"] {
            let path = self.dir.join(name);
            if read(&path)?.is_some_and(|bytes| !has_mark(&bytes)) {
                return Ok(Some(path));
            }
        }
        Ok(None)
    }

    /// Every file of the site that follows from `payload` and from the issues on disk, in the order of writing.
    pub(super) fn files(&self, payload: &SitePayload, bytes: &[u8]) -> io::Result<Vec<Target>> {
        let mut issues = self.issues()?;
        issues.retain(|issue| issue.slug != payload.slug);
        issues.push(payload.clone());
        issues.sort_by(|a, b| {
            let key = |issue: &SitePayload| (issue.date, issue.feed_entry.updated, issue.slug.clone());
            key(b).cmp(&key(a))
        });
        let folder = self.dir.join(&payload.slug);
        let mut files = vec![
            Target {
                path: folder.join("issue.json"),
                bytes: bytes.to_vec(),
            },
            Target {
                path: folder.join("index.md"),
                bytes: payload.markdown.clone().into_bytes(),
            },
        ];
        let style = self.dir.join("style.css");
        if read(&style)?.is_none_or(|bytes| has_mark(&bytes)) {
            files.push(Target {
                path: style,
                bytes: STYLE_CSS.as_bytes().to_vec(),
            });
        }
        files.push(Target {
            path: folder.join("index.html"),
            bytes: payload.html.clone().into_bytes(),
        });
        let front = Front::of(self, &issues);
        files.extend(self.letter_feeds(&front, &issues)?);
        files.push(Target {
            path: self.dir.join("feed.xml"),
            bytes: atom::feed(self, &front, &issues).into_bytes(),
        });
        files.push(Target {
            path: self.dir.join("index.html"),
            bytes: index::index(self, &front, &issues).into_bytes(),
        });
        Ok(files)
    }

    /// A feed for each letter, where there are several.
    fn letter_feeds(&self, front: &Front, issues: &[SitePayload]) -> io::Result<Vec<Target>> {
        let mut files = Vec::new();
        for letter in front.letters.iter().filter(|_| front.is_mixed()) {
            let path = self.dir.join(&letter.feed);
            if read(&path)?.is_none_or(|bytes| has_mark(&bytes)) {
                let bytes = atom::letter_feed(self, letter, issues).into_bytes();
                files.push(Target { path, bytes });
            }
        }
        Ok(files)
    }

    /// The issues on disk. Folders without a payload of ours are somebody else's.
    fn issues(&self) -> io::Result<Vec<SitePayload>> {
        let entries = match fs::read_dir(&self.dir) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let mut issues = Vec::new();
        for entry in entries {
            let entry = entry?;
            let Some(slug) = entry
                .file_name()
                .to_str()
                .filter(|name| is_slug(name))
                .map(str::to_owned)
            else {
                continue;
            };
            if let Some(bytes) = read(&entry.path().join("issue.json"))?
                && let Ok(issue) = serde_json::from_slice::<SitePayload>(&bytes)
                && issue.slug == slug
            {
                issues.push(issue);
            }
        }
        Ok(issues)
    }
}

fn has_mark(bytes: &[u8]) -> bool {
    let start = &bytes[..bytes.len().min(2_000)];
    String::from_utf8_lossy(start).contains(MARK)
}

/// The bytes of a file; `None` where there is none.
fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) => Err(error),
    }
}
