//! What was known of a stored text when the round first looked at it.

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::Fetch;
use copydesk_journal::{StageContext, StageError};
use copydesk_store::SnapshotRecord;
use serde::{Deserialize, Serialize};

use crate::step_key;

/// Who owned a text, and the first fetch that gave it.
#[derive(Serialize, Deserialize)]
struct FirstSeen {
    owner: String,
    fetch: Option<Fetch>,
}

/// A stored text with its owner and at most one fetch, the first, as they were when this was first asked in the round. Both
/// may change behind it: a later run with an earlier `--now` fetches the text before everybody else, and an import gives it
/// to the author. A replay has to find what was found.
///
/// # Errors
/// [`StageError::Input`] where it is no stored snapshot, and those of a step.
pub(super) async fn first_seen(ctx: &StageContext, hash: &ContentHash) -> Result<SnapshotRecord, StageError> {
    let record = ctx.snapshot(hash).await?;
    let now = FirstSeen {
        owner: record.owner,
        fetch: record.fetches.into_iter().next(),
    };
    let key = format!("first_seen/{}", step_key::of_hash(hash));
    let seen = ctx.read_once(&key, || async { Ok(now) }).await?;
    Ok(SnapshotRecord {
        hash: record.hash,
        text: record.text,
        owner: seen.owner,
        fetches: seen.fetch.into_iter().collect(),
    })
}
