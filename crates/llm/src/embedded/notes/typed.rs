//! Dates, names, and who did what to whom, from the sentences that were chosen.

use std::sync::LazyLock;

use copydesk_domain::artifact::{NoteKind, NoteRole};
use copydesk_domain::task::NoteDraft;
use copydesk_text::names::{self, Name};
use copydesk_text::words;
use regex::Regex;

use super::super::fit::regex;

/// Relations taken from one page.
const RELATIONS_MAX: usize = 2;
/// Dates taken from one page.
const DATES_MAX: usize = 2;
/// Names taken from one page.
const NAMES_MAX: usize = 3;
/// Words of a relation's span: who, the deed, and to whom.
const RELATION_WORDS_MAX: usize = 16;

/// The typed notes of some sentences: relations first, then dates, then names.
pub fn notes(sentences: &[&str]) -> Vec<NoteDraft> {
    let relations = sentences
        .iter()
        .filter_map(|text| relation(text))
        .take(RELATIONS_MAX);
    let dates = sentences.iter().filter_map(|text| date(text)).take(DATES_MAX);
    relations.chain(dates).chain(named(sentences)).collect()
}

fn plain(kind: NoteKind, quote: &str) -> NoteDraft {
    NoteDraft {
        kind,
        role: NoteRole::Background,
        quote: quote.to_owned(),
        who: None,
        what: None,
        value: None,
        unit: None,
        date: None,
    }
}

/// `Norn bought Lattice`: a name, a deed that is done to somebody, and a name behind it.
fn relation(text: &str) -> Option<NoteDraft> {
    static DEED: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?x)^\s+(?:has\s+|have\s+|now\s+|also\s+|officially\s+)*(?:buys|bought|acquires|acquired|sells|sold|joins|joined|leaves|left|replaces|replaced|removes|removed
            |launches|launched|releases|released|publishes|published|adds|added|introduces|introduced|drops|dropped|supports|sues|sued|hires|hired|funds|funded|leads|joins
            |warns|warned|fines|fined|blocks|blocked|bans|banned|patches|patched|fixes|fixed|deprecates|deprecated|reports|reported|donates|donated|merges|merged|moves|moved|uses|adopts|adopted|chose|chooses)\s",
        )
    });
    let found = names::find(text);
    found.iter().find_map(|who| {
        let deed = DEED.find(&text[who.range.end..])?;
        let from = who.range.end + deed.end();
        let object: &Name = found.iter().find(|name| name.range.start >= from)?;
        let gap = &text[from..object.range.start];
        // Only an article or a word or two of description may stand between: else the name is of another clause.
        let is_near = words::count(gap) <= 3 && !gap.contains([',', ';', ':', '(', '.']);
        let quote = &text[who.range.start..object.range.end];
        let fits = is_near && words::count(quote) <= RELATION_WORDS_MAX && who.text != object.text;
        fits.then(|| NoteDraft {
            role: NoteRole::News,
            who: Some(who.text.clone()),
            what: Some(quote[who.text.len()..].trim().to_owned()),
            ..plain(NoteKind::Relation, quote)
        })
    })
}

fn date(text: &str) -> Option<NoteDraft> {
    let written = super::date(text)?;
    Some(NoteDraft {
        value: Some(written.clone()),
        date: Some(written),
        ..plain(NoteKind::Date, text)
    })
}

/// The names that stand in most of the sentences.
fn named(sentences: &[&str]) -> Vec<NoteDraft> {
    let mut counted: Vec<(String, String, usize, &str)> = Vec::new();
    for text in sentences {
        for name in names::find(text) {
            let key = names::key(&name.text);
            match counted.iter_mut().find(|(known, ..)| *known == key) {
                Some((_, _, count, _)) => *count += 1,
                None => counted.push((key, name.text, 1, text)),
            }
        }
    }
    // A stable sort: of names that stand as often, the earlier.
    counted.sort_by_key(|(_, _, count, _)| std::cmp::Reverse(*count));
    let notes = counted
        .into_iter()
        .take(NAMES_MAX)
        .map(|(_, name, _, text)| NoteDraft {
            what: Some(name.clone()),
            value: Some(name),
            ..plain(NoteKind::Name, text)
        });
    notes.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_relation_spans_who_did_what_to_whom() {
        let text = "On Monday, Norn bought the startup Lattice Labs, and Ada Berg stays.";
        let note = relation(text).unwrap();
        assert_eq!(note.quote, "Norn bought the startup Lattice Labs");
        assert_eq!(
            (note.who.as_deref(), note.what.as_deref()),
            (Some("Norn"), Some("bought the startup Lattice Labs"))
        );
        assert!(relation("Norn bought time, and Lattice Labs waits.").is_none());
        assert!(relation("The team released it on Monday.").is_none());
    }

    #[test]
    fn dates_and_names_stand_in_their_quotes() {
        let texts = [
            "Norn 4.2 came out on 18 August 2026 in Tromvik.",
            "The Norn team thanks Lattice Labs.",
        ];
        let notes = notes(&texts);
        let date = notes.iter().find(|note| note.kind == NoteKind::Date).unwrap();
        assert_eq!(date.date.as_deref(), Some("18 August 2026"));
        assert!(notes.iter().any(|note| note.kind == NoteKind::Name));
        for note in &notes {
            for field in [&note.who, &note.value, &note.date].into_iter().flatten() {
                assert!(note.quote.contains(field.as_str()), "{note:?}");
            }
        }
    }
}
