//! Notes: typed records with exact spans. A quote that stands in no source is dropped and counted.

use std::collections::HashSet;

use copydesk_domain::artifact::{Note, Story};
use copydesk_domain::task::{NoteDraft, TakeNotes, TakeNotesInput};
use copydesk_domain::{ContentHash, NoteId, counted};
use copydesk_journal::{StageContext, StageError};

use super::note_check::check;
use super::reader::Reader;
use super::reading::Reading;
use super::week::Week;
use crate::models_used;

/// Readers at work at once.
const AT_ONCE: usize = 6;
/// Notes of one snapshot: sentences and figures, and beside them relations, dates and names.
const NOTES_MAX: u32 = 16;

/// What the readers brought.
#[derive(Debug, Clone, Default)]
pub(crate) struct Taken {
    pub(crate) notes: Vec<Note>,
    pub(crate) dropped: u32,
    pub(crate) fields_dropped: u32,
    pub(crate) models: Vec<String>,
}

/// Takes notes from every snapshot of the stories, each with its own reader; those of the week are there already.
pub(crate) async fn take(
    ctx: &StageContext,
    readings: &[Reading],
    stories: &[Story],
    week: &Week,
) -> Result<Taken, StageError> {
    let reader = Reader::of(ctx)?;
    let unworthy = reader.unworthy(ctx, stories).await?;
    let mut wanted: Vec<usize> = stories
        .iter()
        .flat_map(|story| &story.snapshots)
        .filter(|snapshot| !unworthy.contains(snapshot))
        .filter_map(|snapshot| {
            readings
                .iter()
                .position(|reading| reading.source.snapshot == *snapshot)
        })
        .collect();
    wanted.retain(|index| !week.has_notes(&readings[*index].source.snapshot));
    let mut seen = HashSet::new();
    wanted.retain(|index| seen.insert(readings[*index].source.snapshot));
    let mut taken = Taken {
        notes: week.notes.clone(),
        ..Taken::default()
    };
    take_from(ctx, reader, readings, wanted, &mut taken).await?;
    Ok(taken)
}

/// Takes notes from these, beside those that are taken already.
pub(crate) async fn take_more(
    ctx: &StageContext,
    found: &[Reading],
    taken: &mut Taken,
) -> Result<(), StageError> {
    if found.is_empty() {
        return Ok(());
    }
    take_from(ctx, Reader::of(ctx)?, found, (0..found.len()).collect(), taken).await
}

async fn take_from(
    ctx: &StageContext,
    reader: Reader,
    readings: &[Reading],
    wanted: Vec<usize>,
    taken: &mut Taken,
) -> Result<(), StageError> {
    ctx.note(format!(
        "taking notes from {}",
        counted(wanted.len(), "post", "posts")
    ));
    let all = ctx
        .for_each(wanted, AT_ONCE, |index| async move {
            (index, ask(ctx, reader, &readings[index]).await)
        })
        .await;
    for (index, asked) in all {
        let reading = &readings[index];
        let (drafts, model) = asked?;
        models_used::note(&mut taken.models, &model);
        for draft in drafts {
            let number = taken.notes.len() + 1;
            match check(&reading.text, reading.source.snapshot, &draft, number) {
                Some(checked) => {
                    taken.fields_dropped += checked.fields_dropped;
                    taken.notes.push(checked.note);
                }
                None => taken.dropped += 1,
            }
        }
    }
    Ok(())
}

async fn ask(
    ctx: &StageContext,
    reader: Reader,
    reading: &Reading,
) -> Result<(Vec<NoteDraft>, copydesk_domain::ModelName), StageError> {
    let place = reading.place();
    let input = TakeNotesInput {
        title: reading.source.title.prompt_data(),
        publisher: reading.source.publisher.prompt_data(),
        published_at: reading.source.published_at,
        now: Some(ctx.now()),
        text: reader.text(ctx, reading, &place).await?.prompt_data(),
        beats: ctx.pipeline().pipeline.beats.clone(),
        notes_max: NOTES_MAX,
    };
    let key = format!("take_notes/{place}");
    let asked = ctx.ask::<TakeNotes>(&key, &input).await?;
    let notes = asked
        .output
        .inspect()
        .notes
        .iter()
        .take(NOTES_MAX as usize)
        .cloned()
        .collect();
    Ok((notes, asked.model))
}

/// Notes in the order of stories and snapshots, numbered anew.
pub(crate) fn in_story_order(stories: &[Story], notes: Vec<Note>) -> Vec<Note> {
    let order: Vec<ContentHash> = stories
        .iter()
        .flat_map(|story| story.snapshots.iter().copied())
        .collect();
    let place = |note: &Note| {
        order
            .iter()
            .position(|snapshot| *snapshot == note.snapshot)
            .unwrap_or(usize::MAX)
    };
    let mut notes = notes;
    notes.sort_by_key(place);
    for (index, note) in notes.iter_mut().enumerate() {
        note.id = NoteId::new(format!("n{}", index + 1));
    }
    notes
}
