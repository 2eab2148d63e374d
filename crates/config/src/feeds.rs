//! `copydesk feeds`: `[[feed]]` entries added and removed with comments and order kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use toml_edit::{Array, ArrayOfTables, DocumentMut, Item, Table, value};

use crate::address;
use crate::durable;
use crate::pipeline::FeedConfig;

/// Why a pipeline file was left as it was.
#[derive(Debug, thiserror::Error)]
pub enum FeedsError {
    /// The file cannot be read or written.
    #[error("`{}` cannot be changed", file.display())]
    File {
        /// The pipeline file.
        file: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file breaks the rules of TOML.
    #[error("`{}` is not valid TOML", file.display())]
    Syntax {
        /// The pipeline file.
        file: PathBuf,
        /// Where and why.
        source: Box<toml_edit::TomlError>,
    },
    /// `feed` is written as something else than `[[feed]]`.
    #[error("`feed` in `{}` is not a list of [[feed]] sections", file.display())]
    Shape {
        /// The pipeline file.
        file: PathBuf,
    },
    /// The feed's address is no http or https address.
    #[error("{message}")]
    Address {
        /// What is wrong with it.
        message: String,
    },
}

/// What [`import`] did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Imported {
    /// Addresses that are new in the file.
    pub added: Vec<String>,
    /// Addresses that the file has already, or that came twice.
    pub duplicates: Vec<String>,
    /// Addresses that are no http or https addresses, with the reason.
    pub refused: Vec<(String, String)>,
}

/// Adds one feed. `false` where the file has its address already; then nothing is changed.
pub fn add(file: &Path, feed: &FeedConfig) -> Result<bool, FeedsError> {
    address::http(&feed.url).map_err(|message| FeedsError::Address { message })?;
    Ok(!import(file, std::slice::from_ref(feed))?.added.is_empty())
}

/// Adds all feeds that are new, in order.
pub fn import(file: &Path, feeds: &[FeedConfig]) -> Result<Imported, FeedsError> {
    let mut document = read(file)?;
    let entries = entries_of(&mut document, file)?;
    let mut known: Vec<String> = entries
        .iter()
        .filter_map(url_of)
        .map(address::feed_identity)
        .collect();
    let mut done = Imported::default();
    for feed in feeds {
        let identity = address::feed_identity(&feed.url);
        if let Err(reason) = address::http(&feed.url) {
            done.refused.push((feed.url.clone(), reason));
        } else if known.contains(&identity) {
            done.duplicates.push(feed.url.clone());
        } else {
            entries.push(entry(feed));
            known.push(identity);
            done.added.push(feed.url.clone());
        }
    }
    if !done.added.is_empty() {
        write(file, &document)?;
    }
    Ok(done)
}

/// Removes the feed with this address. `false` where the file has none.
pub fn remove(file: &Path, url: &str) -> Result<bool, FeedsError> {
    let mut document = read(file)?;
    let entries = entries_of(&mut document, file)?;
    let wanted = address::feed_identity(url);
    let before = entries.len();
    entries.retain(|entry| url_of(entry).is_none_or(|url| address::feed_identity(url) != wanted));
    let is_removed = entries.len() < before;
    if is_removed {
        write(file, &document)?;
    }
    Ok(is_removed)
}

fn read(file: &Path) -> Result<DocumentMut, FeedsError> {
    let text = fs::read_to_string(file).map_err(|source| FeedsError::File {
        file: file.to_owned(),
        source,
    })?;
    text.parse().map_err(|source| FeedsError::Syntax {
        file: file.to_owned(),
        source: Box::new(source),
    })
}

fn entries_of<'d>(document: &'d mut DocumentMut, file: &Path) -> Result<&'d mut ArrayOfTables, FeedsError> {
    let item = document
        .entry("feed")
        .or_insert(Item::ArrayOfTables(ArrayOfTables::new()));
    item.as_array_of_tables_mut().ok_or_else(|| FeedsError::Shape {
        file: file.to_owned(),
    })
}

fn url_of(entry: &Table) -> Option<&str> {
    entry.get("url")?.as_str()
}

fn entry(feed: &FeedConfig) -> Table {
    let mut table = Table::new();
    table.decor_mut().set_prefix("\n");
    table.insert("url", value(feed.url.trim()));
    for (key, text) in [("title", &feed.title), ("owner", &feed.owner)] {
        if let Some(text) = text {
            table.insert(key, value(text));
        }
    }
    if !feed.beats.is_empty() {
        table.insert("beats", value(feed.beats.iter().collect::<Array>()));
    }
    table
}

/// Writes beside the file first, so that a full disk leaves the old one whole.
fn write(file: &Path, document: &DocumentMut) -> Result<(), FeedsError> {
    let beside = file.with_extension("toml.new");
    let written = fs::write(&beside, document.to_string()).and_then(|()| {
        // The new file may be read by whoever could read the old one.
        fs::set_permissions(&beside, fs::metadata(file)?.permissions())?;
        fs::File::open(&beside)?.sync_all()?;
        fs::rename(&beside, file)?;
        durable::keep_name(file)
    });
    written.map_err(|source| {
        // The first failure is the one to tell; the rest file is only tidied away.
        let _ = fs::remove_file(&beside);
        FeedsError::File {
            file: file.to_owned(),
            source,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# Mine.\n[pipeline]\nname = \"daily\" # the name\n\n# First feed.\n[[feed]]\nurl = \"https://a.example/feed\"\n\n[[feed]]\nurl = \"https://b.example/feed\" # good\n\n[replies]\nmaildir = \"replies\"\n";

    fn feed(url: &str) -> FeedConfig {
        FeedConfig {
            url: url.to_owned(),
            title: Some("C \"quoted\"".to_owned()),
            beats: vec!["AI".to_owned(), "cloud".to_owned()],
            owner: None,
        }
    }

    fn file(text: &str) -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("daily.toml");
        fs::write(&path, text).unwrap();
        (dir, path)
    }

    #[test]
    fn a_new_feed_stands_behind_the_others_and_nothing_else_moves() {
        let (_dir, path) = file(TEXT);
        assert!(add(&path, &feed("https://c.example/feed")).unwrap());
        let added = "\n[[feed]]\nurl = \"https://c.example/feed\"\ntitle = 'C \"quoted\"'\nbeats = [\"AI\", \"cloud\"]\n";
        let expected = TEXT.replace("# good\n", &format!("# good\n{added}"));
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    }

    #[test]
    fn a_file_without_feeds_gets_its_first() {
        let (_dir, path) = file("[pipeline]\nname = \"daily\"\n");
        assert!(add(&path, &feed("https://c.example/feed")).unwrap());
        let text = fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("[pipeline]\nname = \"daily\"\n\n[[feed]]\nurl = "),
            "{text}"
        );
    }

    #[test]
    fn the_same_address_is_added_once() {
        let (_dir, path) = file(TEXT);
        assert!(!add(&path, &feed("http://A.example/feed/")).unwrap());
        let urls = [
            "https://c.example",
            "https://c.example/",
            "https://b.example/feed",
            "ftp://d.example",
        ];
        let done = import(&path, &urls.map(feed)).unwrap();
        assert_eq!(done.added, ["https://c.example"]);
        assert_eq!(done.duplicates, ["https://c.example/", "https://b.example/feed"]);
        assert_eq!(done.refused[0].0, "ftp://d.example");
    }

    #[test]
    fn a_feed_goes_with_its_lines() {
        let (_dir, path) = file(TEXT);
        assert!(remove(&path, "https://b.example/feed").unwrap());
        assert!(!remove(&path, "https://b.example/feed").unwrap());
        let expected = TEXT.replace("[[feed]]\nurl = \"https://b.example/feed\" # good\n\n", "");
        assert_eq!(fs::read_to_string(&path).unwrap(), expected);
    }

    #[test]
    fn a_broken_file_is_left_alone() {
        let (_dir, path) = file("[[feed]\n");
        assert!(matches!(
            add(&path, &feed("https://c.example/")),
            Err(FeedsError::Syntax { .. })
        ));
        assert!(matches!(
            add(&path, &feed("c.example")),
            Err(FeedsError::Address { .. })
        ));
        assert_eq!(fs::read_to_string(&path).unwrap(), "[[feed]\n");
    }
}
