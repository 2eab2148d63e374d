//! What importing a past issue does. Pure; both stores ask it.

use copydesk_domain::{ContentHash, Instant, Untrusted};
use serde::{Deserialize, Serialize};

/// A past issue of the author's from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ImportedIssue {
    /// Its snapshot.
    pub hash: ContentHash,
    /// Its title.
    pub title: Untrusted<String>,
    /// Its address.
    pub url: String,
    /// When it was published.
    pub at: Instant,
}

/// What became of an issue that was imported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Imported {
    /// It was not there.
    Added,
    /// Its address had another text of the author's; both stay.
    Changed,
    /// It is there already; nothing was written.
    Known,
}

/// What is stored of the author's, as importing sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Present {
    /// The author's newest text at this address.
    pub newest_of_url: Option<ContentHash>,
    /// The author has this text, at whatever address.
    pub has_text: bool,
}

/// Decides what importing the text `hash` does. A text that came back after another one counts as a change; a known
/// text that moved to a new address is known.
pub fn imported(hash: ContentHash, present: Present) -> Imported {
    match present.newest_of_url {
        Some(newest) if newest == hash => Imported::Known,
        Some(_) => Imported::Changed,
        None if present.has_text => Imported::Known,
        None => Imported::Added,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_new_or_other_is_written() {
        let (old, new) = (ContentHash::of(b"old"), ContentHash::of(b"new"));
        let at = |newest_of_url, has_text| {
            imported(
                new,
                Present {
                    newest_of_url,
                    has_text,
                },
            )
        };
        assert_eq!(at(None, false), Imported::Added);
        assert_eq!(at(None, true), Imported::Known);
        assert_eq!(at(Some(old), false), Imported::Changed);
        assert_eq!(at(Some(old), true), Imported::Changed);
        assert_eq!(at(Some(new), true), Imported::Known);
    }
}
