//! A published issue for tests.

use copydesk_domain::{ContentHash, Instant, RunId, Untrusted};
use copydesk_journal::PastIssue;

use super::Told;
use crate::{research, review};

/// An issue that is out and says nothing.
pub(crate) fn told(slug: &str) -> Told {
    let hash = ContentHash::of(slug.as_bytes());
    Told {
        past: PastIssue {
            run: RunId::new("r1"),
            slug: slug.to_owned(),
            issue: hash,
            draft: hash,
            brief: hash,
            published_at: Some(Instant::from_micros(0)),
            review: None,
            first_draft: None,
            is_approved: true,
        },
        title: Untrusted::new("A title".to_owned()),
        draft: review::fixture::draft(Vec::new()),
        brief: research::fixture::brief(Vec::new()),
    }
}
