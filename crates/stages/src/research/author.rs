//! The author's own notes: sources like any other.

use copydesk_domain::artifact::{Fetch, ReadFrom, Source};
use copydesk_domain::{PublishedAt, Untrusted};
use copydesk_journal::{StageContext, StageInputs, StepError};
use copydesk_store::SnapshotParams;

use super::reading::{AUTHOR, Reading};

/// Notes of the author as snapshots owned by `author`.
pub(crate) async fn read(ctx: &StageContext, inputs: &StageInputs) -> Result<Vec<Reading>, StepError> {
    let mut readings = Vec::new();
    for note in &inputs.author_notes {
        let text = Untrusted::new(note.text.trim().to_owned());
        let title = Untrusted::new(
            note.text
                .trim()
                .lines()
                .next()
                .unwrap_or_default()
                .chars()
                .take(90)
                .collect::<String>(),
        );
        let publisher = Untrusted::new("The author".to_owned());
        let fetch = Fetch {
            url: format!("note:{}", note.from),
            fetched_at: ctx.now(),
            title: Some(title.clone()),
            authors: Vec::new(),
            published_at: Some(PublishedAt::At(note.at)),
            publisher: publisher.clone(),
        };
        let url = fetch.url.clone();
        let snapshot = SnapshotParams {
            text: text.clone(),
            owner: AUTHOR.to_owned(),
            fetch,
        };
        let hash = ctx.put_snapshot(snapshot).await?;
        let source = Source {
            snapshot: hash,
            url,
            title,
            publisher,
            authors: Vec::new(),
            owner: AUTHOR.to_owned(),
            published_at: Some(PublishedAt::At(note.at)),
            fetched_at: ctx.now(),
            beats: Vec::new(),
            is_sponsored: false,
            gives_orders: false,
            copy_of: None,
            canonical_url: None,
            is_about_itself: false,
            read_from: Some(ReadFrom::Note),
            first_published_at: None,
            changed_from: None,
        };
        readings.push(Reading {
            feed: "notes".to_owned(),
            fetched_from: source.url.clone(),
            source,
            text,
            links: Vec::new(),
            page_fault: None,
            claimed_url: None,
        });
    }
    Ok(readings)
}
