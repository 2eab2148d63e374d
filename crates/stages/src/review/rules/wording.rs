//! Phrases and shapes that carry nothing, the author's own rules, and words of the trade where plain ones were promised.

use copydesk_domain::Untrusted;
use copydesk_domain::artifact::{Suggestion, SuggestionKind};
use copydesk_domain::task::HouseStyle;
use copydesk_text::style::{self, Breach, Flaw, Habit};

use super::super::Bench;
use super::{Line, about, on_whole};

/// Words of the trade that one proposal names.
const TERMS_MAX: usize = 6;
/// Flaws of one sentence that are told; the rest is seen while mending them.
const FLAWS_MAX: usize = 2;

/// Each sentence by itself, then the dashes of the whole issue.
pub(super) fn check(bench: &Bench, lines: &[Line<'_>], house: &HouseStyle) -> Vec<Suggestion> {
    let issue: String = lines.iter().map(Line::text).collect::<Vec<_>>().join("\n");
    let mut found = Vec::new();
    for line in lines {
        found.extend(flaws(line));
        found.extend(breaches(line, house));
        let is_plain = bench
            .pipeline
            .sections
            .iter()
            .any(|config| config.plain && config.heading == line.section.heading);
        if is_plain {
            found.extend(jargon(line, &issue));
        }
    }
    let texts: Vec<&str> = lines.iter().map(Line::text).collect();
    if let Some(dashes) = style::many_dashes(&texts) {
        let reason = format!("{dashes} dashes in the issue’s own words: commas and full stops part as well");
        found.push(on_whole(SuggestionKind::Style, reason));
    }
    found
}

fn flaws(line: &Line<'_>) -> Vec<Suggestion> {
    let found = style::flaws(line.text()).into_iter().take(FLAWS_MAX);
    found
        .map(|flaw| Suggestion {
            replacement: flaw.replacement.clone().map(Untrusted::new),
            ..about(line, kind_of(flaw.habit), words_for(&flaw))
        })
        .collect()
}

fn kind_of(habit: Habit) -> SuggestionKind {
    match habit {
        Habit::Worn | Habit::Machine | Habit::Hype | Habit::Empty => SuggestionKind::Cliche,
        Habit::Wordy => SuggestionKind::Style,
    }
}

/// A reason that names the flaw.
pub(super) fn words_for(flaw: &Flaw) -> String {
    if flaw.what.contains(['“', ' '])
        && flaw.habit == Habit::Machine
        && flaw.replacement.is_none()
        && flaw.what.len() > 40
    {
        return format!("{} {}", flaw.what, flaw.habit.words());
    }
    let what = if flaw.what.contains('“') {
        flaw.what.clone()
    } else {
        format!("“{}”", flaw.what)
    };
    format!("{what} {}", flaw.habit.words())
}

/// What the author's own rules say against a sentence; its length is looked at elsewhere.
fn breaches(line: &Line<'_>, house: &HouseStyle) -> Vec<Suggestion> {
    let found = style::breaches(house, line.text())
        .into_iter()
        .filter_map(|breach| {
            let reason = reason_of(&breach)?;
            Some(about(line, SuggestionKind::Style, reason))
        });
    found.collect()
}

/// What a breach is called; none for a length.
pub(super) fn reason_of(breach: &Breach) -> Option<String> {
    match breach {
        Breach::Phrase(phrase) => Some(format!("voice.md strikes out “{phrase}”")),
        Breach::Exclamation => Some("voice.md wants no exclamation marks".to_owned()),
        Breach::Emoji => Some("voice.md wants no emoji".to_owned()),
        Breach::Length(_) => None,
    }
}

/// Words of the trade in a section that promises plain words, quotations too: the reader meets them there. A wording is
/// proposed only for the author's own words.
fn jargon(line: &Line<'_>, issue: &str) -> Option<Suggestion> {
    let text = line.text();
    let terms = style::jargon(text, issue);
    if terms.is_empty() {
        return None;
    }
    let named: Vec<String> = terms
        .iter()
        .take(TERMS_MAX)
        .map(|term| match term.plainer {
            Some(plainer) => format!("“{}” (“{plainer}”)", term.text),
            None => format!("“{}”", term.text),
        })
        .collect();
    let own = style::own_words(text);
    let mut plain = text.to_owned();
    for term in terms.iter().rev() {
        let is_own = own[term.range.clone()] == text[term.range.clone()];
        if let Some(plainer) = term.plainer.filter(|_| is_own) {
            plain.replace_range(term.range.clone(), plainer);
        }
    }
    let reason = format!("plain words were promised here: {}", named.join(", "));
    Some(Suggestion {
        replacement: (plain != text).then(|| Untrusted::new(plain)),
        ..about(line, SuggestionKind::Jargon, reason)
    })
}
