//! `stories`: what research found, and what the author says of it.

use std::fmt::Write as _;

use copydesk_domain::artifact::{LabelKind, ResearchBrief, Story};
use copydesk_domain::untrusted::Header;
use copydesk_domain::{ContentHash, RunId, StoryId, counted};
use copydesk_engine::{LabelView, Said};
use serde_json::{Value, json};

use crate::app::Folder;
use crate::args::StoriesAction;
use crate::exit::{FAILED, Failure};
use crate::outcome::Outcome;
use crate::words::cut;

/// Digits of hashes for people.
const DIGITS: usize = 8;
/// Characters of a title in a label.
const TITLE_MAX: usize = 60;

/// Lists the stories of a run, or puts or takes back a label.
pub async fn execute(folder: &Folder, run: &str, action: Option<StoriesAction>) -> Result<Outcome, Failure> {
    let id = RunId::new(run);
    let story = StoryId::new;
    let said = match action {
        None => return list(folder, &id).await,
        Some(StoriesAction::Undo { label }) => return undo(folder, &id, &label).await,
        Some(StoriesAction::Merge { story: first, with }) => Said::Merge(story(first), story(with)),
        Some(StoriesAction::Split { story: of, post }) => Said::Split(story(of), post),
        Some(StoriesAction::NotInterested { story: of }) => Said::NotInterested(story(of)),
    };
    let label = folder.engine.put_label(&id, &said).await?;
    let stages = folder.engine.store().stages(&id).await?;
    let brief = folder.engine.brief_of(&stages).await?;
    let text = format!("{}: {}\n", label.id.short(DIGITS), words(&label, brief.as_ref()));
    let hint = format!(
        "it counts for the next draft (`copydesk send-back {id} --note \"…\"`) and for the days to come; `copydesk stories {id} undo {}` takes it back",
        label.id.short(DIGITS)
    );
    Ok(Outcome::new(json!({ "run": id, "label": label }), text).with_talk(hint))
}

async fn undo(folder: &Folder, id: &RunId, label: &str) -> Result<Outcome, Failure> {
    let is_undone = folder.engine.undo_label(id, label).await?;
    let data = json!({ "run": id, "undone": is_undone });
    let text = if is_undone {
        format!("{label} is taken back\n")
    } else {
        format!("{label} was taken back before\n")
    };
    Ok(Outcome::new(data, text))
}

async fn list(folder: &Folder, id: &RunId) -> Result<Outcome, Failure> {
    let view = folder.engine.view(id).await?;
    let stages = folder.engine.store().stages(id).await?;
    let brief = folder.engine.brief_of(&stages).await?.ok_or_else(|| {
        Failure::new(
            "CD009",
            FAILED,
            format!("{id} has no stories yet"),
            format!("`copydesk show {id}` shows how far it is"),
        )
    })?;
    let mut text = String::new();
    for story in &brief.stories {
        write_story(&mut text, &brief, story);
    }
    if brief.stories.is_empty() {
        text.push_str("research found no story\n");
    }
    for label in &view.labels {
        let _ = writeln!(
            text,
            "label {}: {}",
            label.id.short(DIGITS),
            words(label, Some(&brief))
        );
    }
    let stories: Vec<Value> = brief.stories.iter().map(|story| json_of(&brief, story)).collect();
    let data = json!({ "run": id, "stories": stories, "labels": view.labels });
    Ok(Outcome::new(data, text))
}

fn write_story(text: &mut String, brief: &ResearchBrief, story: &Story) {
    let _ = writeln!(
        text,
        "{:<4} {}",
        story.id.to_string(),
        story.title.escape::<Header>()
    );
    let _ = writeln!(text, "     {}", story.reason);
    for snapshot in &story.snapshots {
        let source = brief.sources.iter().find(|source| source.snapshot == *snapshot);
        let url = source.map_or("", |source| source.url.as_str());
        let _ = writeln!(text, "     {}  {url}", snapshot.short(DIGITS));
    }
}

fn json_of(brief: &ResearchBrief, story: &Story) -> Value {
    let url = |snapshot| {
        let mut sources = brief.sources.iter();
        let source = sources.find(|source| source.snapshot == snapshot);
        source.map(|source| source.url.clone())
    };
    let posts: Vec<Value> = story
        .snapshots
        .iter()
        .map(|snapshot| json!({ "snapshot": snapshot, "url": url(*snapshot) }))
        .collect();
    json!({
        "id": story.id,
        "title": story.title.escape::<Header>().to_string(),
        "reason": story.reason,
        "is_new": story.is_new,
        "told_in": story.told_in,
        "told_at": story.told_at,
        "new_notes": story.new_notes,
        "is_unwanted": story.is_unwanted,
        "posts": posts,
    })
}

/// A label in words: titles where the brief has them, and how many posts they stand for.
fn words(label: &LabelView, brief: Option<&ResearchBrief>) -> String {
    let side = |snapshots: &[ContentHash]| named(snapshots, brief);
    match label.kind {
        LabelKind::Merge => format!(
            "one story: {} and {}",
            side(&label.snapshots),
            side(&label.others)
        ),
        LabelKind::Split => format!(
            "{} is not of one story with {}",
            side(&label.snapshots),
            side(&label.others)
        ),
        LabelKind::NotInterested => format!("not interested: {} and what follows", side(&label.snapshots)),
    }
}

/// `“Cloud region opens” (3 posts)`: the title of the first post that the brief has.
fn named(snapshots: &[ContentHash], brief: Option<&ResearchBrief>) -> String {
    let posts = counted(snapshots.len(), "post", "posts");
    let sources = brief.map_or(&[][..], |brief| &brief.sources);
    let known = snapshots
        .iter()
        .find_map(|snapshot| sources.iter().find(|source| source.snapshot == *snapshot));
    known.map_or(posts.clone(), |source| {
        let title = source.title.escape::<Header>().to_string();
        format!("“{}” ({posts})", cut(&title, TITLE_MAX))
    })
}
