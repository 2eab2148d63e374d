//! What code proposes: each rule looks at the draft as readers get it, and gives proposals with their reasons.

mod length;
mod reference;
mod repeats;
mod stale;
mod title;
mod wording;

use copydesk_domain::artifact::{ClaimVerdict, DraftSection, Sentence, Suggestion, SuggestionKind};
use copydesk_domain::task::HouseStyle;
use copydesk_domain::{SentenceId, Verdict};

pub(crate) use title::{facts as unsaid, is_idiom};

use super::Bench;
use super::judging::by_code;
use super::past::Past;

/// A sentence in its section.
#[derive(Clone, Copy)]
pub(crate) struct Line<'a> {
    pub(crate) sentence: &'a Sentence,
    pub(crate) section: &'a DraftSection,
}

impl<'a> Line<'a> {
    pub(crate) fn text(&self) -> &'a str {
        self.sentence.text.inspect()
    }
}

/// What readers get, in reading order: nothing blocked, nothing that waits for the author.
pub(crate) fn lines<'a>(bench: &'a Bench, verdicts: &[ClaimVerdict]) -> Vec<Line<'a>> {
    let is_blocked = |id: &SentenceId| {
        verdicts
            .iter()
            .any(|claim| claim.sentence == *id && claim.verdict == Verdict::Blocked)
    };
    let sections = bench
        .draft
        .sections
        .iter()
        .filter(|section| section.wanted.is_none());
    let ids = sections.flat_map(|section| section.paragraphs.iter().flatten().map(move |id| (section, id)));
    ids.filter(|(_, id)| !is_blocked(id))
        .filter_map(|(section, id)| {
            let sentence = bench.draft.sentences.iter().find(|sentence| sentence.id == *id)?;
            Some(Line { sentence, section })
        })
        .collect()
}

/// A proposal about one sentence, in code's words.
pub(crate) fn about(line: &Line<'_>, kind: SuggestionKind, reason: impl Into<String>) -> Suggestion {
    Suggestion {
        sentence: Some(line.sentence.id.clone()),
        kind,
        reason: by_code(reason),
        replacement: None,
    }
}

/// A proposal about the whole issue, in code's words.
pub(crate) fn on_whole(kind: SuggestionKind, reason: impl Into<String>) -> Suggestion {
    Suggestion {
        sentence: None,
        kind,
        reason: by_code(reason),
        replacement: None,
    }
}

/// The first words of a text, for a reason.
pub(crate) fn shown(text: &str) -> String {
    const LENGTH: usize = 60;
    if text.chars().count() <= LENGTH {
        return text.to_owned();
    }
    let head: String = text.chars().take(LENGTH).collect();
    format!(
        "{}…",
        head[..head.rfind(' ').unwrap_or(head.len())].trim_end_matches([',', ';'])
    )
}

/// All that the rules propose, what matters most first.
pub(crate) fn collect(
    bench: &Bench,
    verdicts: &[ClaimVerdict],
    lines: &[Line<'_>],
    past: &[Past],
    style: &HouseStyle,
) -> Vec<Suggestion> {
    let mut suggestions = unsupported(verdicts);
    suggestions.extend(title::check(bench, lines, style));
    suggestions.extend(repeats::within(lines));
    suggestions.extend(repeats::before(lines, past));
    suggestions.extend(stale::check(bench, lines, past));
    suggestions.extend(reference::check(lines));
    suggestions.extend(length::check(bench, lines, style));
    suggestions.extend(wording::check(bench, lines, style));
    suggestions
}

fn unsupported(verdicts: &[ClaimVerdict]) -> Vec<Suggestion> {
    let blocked = verdicts.iter().filter(|claim| claim.verdict == Verdict::Blocked);
    blocked
        .map(|claim| Suggestion {
            sentence: Some(claim.sentence.clone()),
            kind: SuggestionKind::Unsupported,
            reason: by_code(format!("left out of the issue: {}", claim.reasons.join("; "))),
            replacement: None,
        })
        .collect()
}
