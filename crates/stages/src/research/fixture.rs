//! Sources and readings for tests.

use copydesk_domain::artifact::Source;
use copydesk_domain::{ContentHash, Instant, Untrusted};

use super::reading::Reading;

/// A plain post without a date, owned by `owner`.
pub(super) fn source(owner: &str, title: &str, text: &str) -> Source {
    let words = |text: &str| Untrusted::new(text.to_owned());
    let snapshot = ContentHash::of(text.as_bytes());
    Source {
        snapshot,
        url: format!("https://{owner}/{}", snapshot.short(6)),
        title: words(title),
        publisher: words(owner),
        authors: Vec::new(),
        owner: owner.to_owned(),
        published_at: None,
        fetched_at: Instant::from_micros(0),
        beats: Vec::new(),
        is_sponsored: false,
        gives_orders: false,
        copy_of: None,
        canonical_url: None,
        is_about_itself: false,
        read_from: None,
        first_published_at: None,
        changed_from: None,
    }
}

/// A post as it was read.
pub(super) fn reading(source: Source, text: &str) -> Reading {
    Reading {
        feed: source.owner.clone(),
        text: Untrusted::new(text.to_owned()),
        links: Vec::new(),
        page_fault: None,
        fetched_from: source.url.clone(),
        claimed_url: None,
        source,
    }
}
