//! The payload of the site channel.

use copydesk_domain::Instant;
use copydesk_domain::Untrusted;
use copydesk_domain::untrusted::persist;
use serde::{Deserialize, Serialize};

/// Media type of the payload.
pub(super) const MEDIA_TYPE: &str = "application/json";

/// Everything that an issue brings to a site, rendered. Stored as canonical JSON: keys in this order, no spaces.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SitePayload {
    /// [`copydesk_domain::artifact::FORMAT`]
    pub(super) format: String,
    /// Folder of the issue.
    pub(super) slug: String,
    /// Name of the newsletter.
    pub(super) newsletter: String,
    #[serde(serialize_with = "persist")]
    pub(super) title: Untrusted<String>,
    pub(super) date: jiff::civil::Date,
    /// A line for lists.
    #[serde(serialize_with = "persist")]
    pub(super) description: Untrusted<String>,
    /// `SLUG/index.html`
    pub(super) html: String,
    /// `SLUG/index.md`
    pub(super) markdown: String,
    pub(super) feed_entry: FeedEntry,
    /// The pipeline that made it; empty in payloads of programs that did not keep it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub(super) pipeline: String,
    /// Line under the newsletter's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) deck: Option<String>,
}

/// What the Atom feed needs besides title and description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct FeedEntry {
    /// Stays the same for ever, also where the site moves.
    pub(super) id: String,
    pub(super) updated: Instant,
    /// The issue as HTML without the page around it.
    pub(super) content: String,
}

/// Whether a slug is a plain folder name: lower-case ASCII letters, digits and single hyphens between them.
pub(super) fn is_slug(slug: &str) -> bool {
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    (1..=100).contains(&slug.len())
        && slug.chars().all(is_plain)
        && !slug.starts_with('-')
        && !slug.ends_with('-')
}

#[cfg(test)]
mod tests {
    use super::is_slug;

    #[test]
    fn a_slug_is_one_plain_folder() {
        assert!(is_slug("2026-08-20-supply-chain-attack"));
        for wrong in [
            "",
            "..",
            "a/b",
            "a\\b",
            ".git",
            "-a",
            "a-",
            "Über",
            "index.html",
            "a b",
            "a\0",
        ] {
            assert!(!is_slug(wrong), "{wrong}");
        }
    }
}
