//! What is old: published before the window, or told by an issue of the past with nothing new since.

use copydesk_domain::artifact::{Evidence, Source, Suggestion, SuggestionKind};

use super::super::Bench;
use super::super::past::{Past, is_coverage};
use super::{Line, about};

/// Sentences whose every source is old, and sentences on pages that a past issue cited already.
pub(super) fn check(bench: &Bench, lines: &[Line<'_>], past: &[Past]) -> Vec<Suggestion> {
    let mut found = Vec::new();
    for line in lines.iter().filter(|line| !is_coverage(line.sentence)) {
        let sources: Vec<&Source> = line
            .sentence
            .evidence
            .iter()
            .flat_map(Evidence::spans)
            .filter_map(|span| {
                bench
                    .brief
                    .sources
                    .iter()
                    .find(|source| source.snapshot == span.snapshot)
            })
            .collect();
        let is_old = |source: &Source| {
            source
                .published_at
                .is_some_and(|at| at.latest() <= bench.brief.window.from)
        };
        let cited_by = |source: &Source| {
            past.iter()
                .find(|issue| issue.draft.sources.contains(&source.snapshot))
        };
        let all_old = sources.iter().all(|source| is_old(source));
        if let Some(source) = sources.first().filter(|_| all_old) {
            let day = source.published_at.map(|at| at.latest().to_string());
            let day = day.unwrap_or_default();
            let reason = format!(
                "its source is of {}, before the window",
                day.get(..10).unwrap_or(&day)
            );
            found.push(about(line, SuggestionKind::Stale, reason));
        } else if let Some(issue) = sources.first().and_then(|source| cited_by(source)) {
            let all = sources.iter().all(|source| cited_by(source).is_some());
            if all {
                let reason = format!("the issue {} told from the same page", issue.slug);
                found.push(about(line, SuggestionKind::Stale, reason));
            }
        }
    }
    found.extend(told_stories(bench, lines));
    found
}

/// Stories that a past issue told and that have nothing new, at their section's first sentence.
fn told_stories(bench: &Bench, lines: &[Line<'_>]) -> Vec<Suggestion> {
    let mut found = Vec::new();
    for section in bench
        .draft
        .sections
        .iter()
        .filter(|section| section.wanted.is_none())
    {
        let told = section
            .stories
            .iter()
            .filter_map(|id| bench.brief.stories.iter().find(|story| story.id == *id))
            .filter(|story| !story.is_new && story.new_snapshots.is_empty());
        for story in told {
            let line = lines.iter().find(|line| {
                let spans = line.sentence.evidence.iter().flat_map(Evidence::spans);
                line.section.heading == section.heading
                    && spans
                        .into_iter()
                        .any(|span| story.snapshots.contains(&span.snapshot))
            });
            let (Some(line), Some(slug)) = (line, &story.told_in) else {
                continue;
            };
            let reason = format!("the issue {slug} told the story, and nothing is new since");
            found.push(about(line, SuggestionKind::Stale, reason));
        }
    }
    found
}
