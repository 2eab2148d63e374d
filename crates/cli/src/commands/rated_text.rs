//! Drafts and ratings of a run as lines of `show`. Pure.

use std::fmt::Write as _;

use copydesk_domain::RunId;
use copydesk_domain::artifact::DraftRating;
use copydesk_engine::rated::DraftView;
use copydesk_engine::{Agreement, RatedRound};

use crate::words;

/// The drafts of each round with who rated whose how, and what the author chose.
pub fn lines(run: &RunId, rounds: &[RatedRound], agreement: &[Agreement]) -> String {
    let mut text = String::new();
    for round in rounds {
        round_lines(&mut text, run, round);
    }
    for one in agreement {
        let times = if one.of == 1 { "time" } else { "times" };
        let _ = writeln!(
            text,
            "  {} agreed with you {} of {} {times}",
            one.rater, one.agreed, one.of
        );
    }
    text
}

fn round_lines(text: &mut String, run: &RunId, round: &RatedRound) {
    let number = if round.round.0 > 1 {
        format!(" (round {})", round.round.0)
    } else {
        String::new()
    };
    let _ = writeln!(text, "  drafts{number}");
    for draft in &round.drafts {
        let _ = writeln!(text, "    {}", draft_line(draft));
    }
    for name in &round.left_out {
        let _ = writeln!(
            text,
            "    `{name}` made no draft; `copydesk logs {run} --stage draft` says why"
        );
    }
    text.push_str(&matrix(round));
    for unrated in &round.unrated {
        let _ = writeln!(
            text,
            "    {} did not rate draft {} for {}: {}",
            unrated.rater,
            unrated.draft,
            unrated.purpose,
            words::line(&unrated.reason)
        );
    }
    if round.is_blind {
        let _ = writeln!(
            text,
            "    who wrote and rated what is told once you have chosen: copydesk approve {run} --draft LETTER"
        );
    }
    if let Some(choice) = &round.choice {
        let by = choice.drafter.as_ref().map(|drafter| format!(", by {drafter}"));
        let first = if choice.is_default {
            "first by its ratings"
        } else {
            "not first by its ratings"
        };
        let _ = writeln!(
            text,
            "    you chose draft {}{} ({first}, {})",
            choice.draft,
            by.unwrap_or_default(),
            choice.decision.participle()
        );
    }
}

fn draft_line(draft: &DraftView) -> String {
    let by = draft
        .rated
        .drafter
        .as_ref()
        .map(|drafter| format!(" by {drafter}"));
    let mean = draft.rated.mean_of_others.map_or_else(
        || "no other has rated it".to_owned(),
        |mean| format!("{mean} of 10 by others"),
    );
    let first = if draft.is_first { ", stands first" } else { "" };
    format!(
        "Draft {}{}  {mean}{first}  issue hash {}",
        draft.rated.label,
        by.unwrap_or_default(),
        draft.rated.issue
    )
}

/// A line for each rater and purpose, a column for each draft; `*` marks what a model gave its own draft.
fn matrix(round: &RatedRound) -> String {
    let mut lines: Vec<(&str, &str)> = Vec::new();
    for rating in &round.ratings {
        let line = (rating.rater.as_str(), rating.purpose.as_str());
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    if lines.is_empty() {
        return String::new();
    }
    let widest = lines.iter().map(|(rater, _)| rater.chars().count()).max();
    let width = widest.unwrap_or(0).max("rater".len());
    let mut text = format!("    {:<width$}  {:<11}", "rater", "for");
    for draft in &round.drafts {
        let _ = write!(text, "  {:>4}", draft.rated.label);
    }
    text.push('\n');
    for (rater, purpose) in lines {
        let _ = write!(text, "    {rater:<width$}  {purpose:<11}");
        for draft in &round.drafts {
            let is_it = |rating: &&DraftRating| {
                rating.rater == rater && rating.purpose == purpose && rating.draft == draft.rated.label
            };
            let score = round.ratings.iter().find(is_it).map(|rating| {
                let own = if rating.is_own { "*" } else { "" };
                format!("{}{own}", rating.score)
            });
            let _ = write!(text, "  {:>4}", score.unwrap_or_else(|| "-".to_owned()));
        }
        text.push('\n');
    }
    if round.ratings.iter().any(|rating| rating.is_own) {
        text.push_str("    * its own draft: it does not count for who stands first\n");
    }
    text
}
