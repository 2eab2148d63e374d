//! Drafts of several models side by side: which one is shown, and who rated whose how.

use copydesk_domain::artifact::DraftRating;
use copydesk_engine::rated::DraftView;
use copydesk_engine::{Agreement, RatedRound};
use maud::{Markup, html};

use super::guard::inert;
use super::load::RunPage;
use crate::page::words;
use crate::serve::run_path;

/// The drafts of the newest round, where there is a choice or was one; ratings of a single draft too.
pub(super) fn drafts(page: &RunPage) -> Markup {
    let Some(round) = page.rated.last() else {
        return Markup::default();
    };
    html! {
        section.aside #drafts {
            h2 { (heading(round)) }
            @if round.is_blind {
                p.soft {
                    "Each was written from the same brief by another model. Who wrote which, and who rated how, is told once you have chosen."
                }
            }
            @if let Some(choice) = &round.choice {
                p {
                    "You chose draft " strong { (choice.draft) }
                    @if let Some(drafter) = &choice.drafter { ", by " (drafter) }
                    @if round.drafts.len() > 1 {
                        @if choice.is_default { ", which stood first by its ratings" } @else { ", which did not stand first by its ratings" }
                    }
                    "."
                }
            }
            @if round.drafts.len() > 1 { (list(page, round)) }
            @for name in &round.left_out { p.soft { (name) " made no draft; the log of the stage says why." } }
            (matrix(round))
            (reasons(round))
            (agreement(&page.agreement))
        }
    }
}

fn heading(round: &RatedRound) -> String {
    match round.drafts.len() {
        1 => "Rated".to_owned(),
        2 => "Two drafts".to_owned(),
        many => format!("{many} drafts"),
    }
}

fn list(page: &RunPage, round: &RatedRound) -> Markup {
    let run = run_path(&page.view.run);
    let shown = page.writing.as_ref().map(|writing| writing.hash);
    html! {
        ul.plain {
            @for draft in &round.drafts {
                li {
                    @if Some(draft.rated.issue) == shown { strong { (name(draft)) } " (shown)" }
                    @else { a href={ (run) "?draft=" (draft.rated.label) } { (name(draft)) } }
                    @if let Some(drafter) = &draft.rated.drafter { ", by " (drafter) }
                    ": "
                    @match draft.rated.mean_of_others {
                        Some(mean) => { (mean) " of 10 by others" },
                        None => "no other has rated it",
                    }
                    @if draft.is_default { ", first by its ratings" }
                    " " span.soft.small { "version " code { (draft.rated.issue.short(12)) } }
                }
            }
        }
    }
}

fn name(draft: &DraftView) -> String {
    format!("Draft {}", draft.rated.label)
}

/// A line for each rater and purpose, a column for each draft.
fn matrix(round: &RatedRound) -> Markup {
    let mut lines: Vec<(&str, &str)> = Vec::new();
    for rating in &round.ratings {
        let line = (rating.rater.as_str(), rating.purpose.as_str());
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    let cell = |line: (&str, &str), draft: &DraftView| {
        let mut found = round.ratings.iter();
        found.find(|rating| {
            (rating.rater.as_str(), rating.purpose.as_str()) == line && rating.draft == draft.rated.label
        })
    };
    html! {
        @if !lines.is_empty() {
            table.ratings {
                thead { tr {
                    th scope="col" { "Rater" } th scope="col" { "For" }
                    @for draft in &round.drafts { th scope="col" { (name(draft)) } }
                } }
                tbody {
                    @for line in lines {
                        tr {
                            th scope="row" { (line.0) } td { (purpose(line.1)) }
                            @for draft in &round.drafts { td { (score(cell(line, draft))) } }
                        }
                    }
                }
            }
        }
    }
}

fn score(rating: Option<&DraftRating>) -> Markup {
    html! {
        @match rating {
            Some(rating) => { (rating.score) @if rating.is_own { " " span.soft { "(own)" } } },
            None => span.soft { "none" },
        }
    }
}

fn purpose(purpose: &str) -> &str {
    match purpose {
        "first_draft" => "a first draft",
        "checklist" => "the checklist",
        other => other,
    }
}

fn reasons(round: &RatedRound) -> Markup {
    html! {
        @for draft in &round.drafts {
            @let own = || round.ratings.iter().filter(|rating| rating.draft == draft.rated.label);
            @if own().next().is_some() {
                details {
                    summary { "Why draft " (draft.rated.label) " was rated so" }
                    @for rating in own() {
                        p { (rating.rater) ", for " (purpose(&rating.purpose)) ": " strong { (rating.score) } }
                        ul.why { @for reason in &rating.reasons { li { bdi { (inert(reason)) } } } }
                    }
                }
            }
        }
        @for unrated in &round.unrated {
            p.soft { (unrated.rater) " did not rate draft " (unrated.draft) " for " (purpose(&unrated.purpose)) ": " (words::sentence(&unrated.reason)) }
        }
    }
}

/// Who liked best what the author chose, over past issues.
fn agreement(agreement: &[Agreement]) -> Markup {
    html! {
        @for one in agreement {
            p.soft { (one.rater) " agreed with you " (one.agreed) " of " (words::count(one.of as usize, "time", "times")) "." }
        }
    }
}
