//! The stories by rank, each with its reason, and what the author says of them.

use std::collections::BTreeSet;

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::{LabelKind, Story};
use copydesk_engine::LabelView;
use maud::{Markup, html};

use super::bar::hidden;
use super::guard::inert;
use super::load::{RunPage, Writing};
use crate::login::Session;
use crate::page::words;
use crate::serve::run_path;

/// Stories shown: more than an author reads through on one page.
const STORIES_MAX: usize = 40;

pub(super) fn stories(page: &RunPage, writing: &Writing, session: &Session) -> Markup {
    let all = &writing.brief.stories;
    if all.is_empty() {
        return Markup::default();
    }
    html! {
        section.aside #stories {
            h2 { "Stories by rank" }
            p.soft.small {
                "What you say here counts for the next draft of this issue, when you send it back, and for the days to come."
            }
            @if !page.view.labels.is_empty() {
                ul.plain { @for label in &page.view.labels { (label_line(page, writing, session, label)) } }
            }
            ol.plain.ranked {
                @for story in all.iter().take(STORIES_MAX) { (story_line(page, writing, session, story)) }
            }
            (merge(page, writing, session))
            @if all.len() > STORIES_MAX {
                p.soft { "and " (words::count(all.len() - STORIES_MAX, "more story", "more stories")) }
            }
        }
    }
}

fn story_line(page: &RunPage, writing: &Writing, session: &Session, story: &Story) -> Markup {
    let action = format!("{}/stories", run_path(&page.view.run));
    let is_labelled = page.view.labels.iter().any(|label| {
        label.kind == LabelKind::NotInterested
            && label.snapshots.iter().any(|one| story.snapshots.contains(one))
    });
    html! {
        li #{ "story-" (story.id) } {
            p { bdi { (inert(&story.title)) } br; span.soft.small { (story.reason) } }
            @if !story.new_notes.is_empty() {
                p.soft.small { (words::count(story.new_notes.len(), "sentence says", "sentences say")) " what no issue has told" }
            }
            @if !is_labelled && !story.is_unwanted || story.snapshots.len() > 1 { details {
                summary { "Not so?" }
                @if !is_labelled && !story.is_unwanted {
                    form method="post" action=(action) {
                        (hidden(session, None))
                        input type="hidden" name="label" value="not_interested";
                        input type="hidden" name="story" value=(story.id);
                        button type="submit" { "Not interested" }
                    }
                }
                @if story.snapshots.len() > 1 {
                    ul.plain { @for snapshot in &story.snapshots { (split(writing, session, story, snapshot, &action)) } }
                }
            } }
        }
    }
}

/// Two stories that are one: the only form that names two, so it stands once.
fn merge(page: &RunPage, writing: &Writing, session: &Session) -> Markup {
    let all = &writing.brief.stories;
    let pick = |field: &'static str, name: &'static str| {
        html! {
            select name=(name) aria-label=(field) {
                @for story in all.iter().take(STORIES_MAX) {
                    option value=(story.id) { (inert(&story.title)) }
                }
            }
        }
    };
    html! {
        @if all.len() > 1 {
            details {
                summary { "Two of them are one story" }
                form method="post" action={ (run_path(&page.view.run)) "/stories" } {
                    (hidden(session, None))
                    input type="hidden" name="label" value="merge";
                    (pick("One story", "story")) " is one story with " (pick("The other story", "other")) " "
                    button type="submit" { "Merge" }
                }
            }
        }
    }
}

fn split(
    writing: &Writing,
    session: &Session,
    story: &Story,
    snapshot: &ContentHash,
    action: &str,
) -> Markup {
    let source = writing
        .brief
        .sources
        .iter()
        .find(|source| source.snapshot == *snapshot);
    html! {
        @if let Some(source) = source {
            li {
                form method="post" action=(action) {
                    (hidden(session, None))
                    input type="hidden" name="label" value="split";
                    input type="hidden" name="story" value=(story.id);
                    input type="hidden" name="other" value=(snapshot);
                    span.small { bdi { (inert(&source.publisher)) } ": " bdi { (inert(&source.title)) } } " "
                    button type="submit" { "Another story" }
                }
            }
        }
    }
}

fn label_line(page: &RunPage, writing: &Writing, session: &Session, label: &LabelView) -> Markup {
    let what = match label.kind {
        LabelKind::Merge => "You said that these are one story",
        LabelKind::Split => "You said that this is another story",
        LabelKind::NotInterested => "You said that you are not interested in this",
    };
    let of_both = matches!(label.kind, LabelKind::Merge);
    let others: &[ContentHash] = if of_both { &label.others } else { &[] };
    let named: BTreeSet<&ContentHash> = label
        .snapshots
        .iter()
        .take(1)
        .chain(others.iter().take(1))
        .collect();
    let titles = writing
        .brief
        .sources
        .iter()
        .filter(|source| named.contains(&source.snapshot));
    html! {
        li {
            form method="post" action={ (run_path(&page.view.run)) "/stories" } {
                (hidden(session, None))
                input type="hidden" name="label" value="undo";
                input type="hidden" name="other" value=(label.id);
                (what) ": "
                @for (at, source) in titles.enumerate() { @if at > 0 { " · " } bdi { (inert(&source.title)) } }
                " "
                button type="submit" { "Undo" }
            }
        }
    }
}
