//! What a reader brought, against the source: what is not there goes and is counted.

use copydesk_domain::artifact::{Note, NoteKind};
use copydesk_domain::task::NoteDraft;
use copydesk_domain::untrusted::{Quote, verify_span};
use copydesk_domain::{ContentHash, NoteId, Untrusted};
use copydesk_text::numbers::{self, Kind};
use copydesk_text::{quotes, sentence, words};

/// A note that stood the check.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Checked {
    pub(crate) note: Note,
    /// Fields that said what the quote does not: taken off the note.
    pub(crate) fields_dropped: u32,
}

/// The note, if its quote is bytes of the text and bears what its kind says: a figure its value, a date its date, a
/// relation the one who acts. Other fields that the quote does not bear are taken off.
pub(crate) fn check(
    text: &Untrusted<String>,
    snapshot: ContentHash,
    draft: &NoteDraft,
    number: usize,
) -> Option<Checked> {
    let quote = whole_span(text, draft.quote.trim())?;
    let words = quote.as_str();
    if sentence::addresses_model(words) {
        return None;
    }
    let mut fields_dropped = 0;
    let mut field = |value: &Option<String>, bears: &dyn Fn(&str) -> bool| {
        let given = value
            .as_deref()
            .map(str::trim)
            .filter(|value| !value.is_empty())?;
        if bears(given) {
            return Some(Untrusted::new(given.to_owned()));
        }
        fields_dropped += 1;
        None
    };
    let in_quote = |value: &str| words.contains(value);
    let all = text.inspect();
    let who = field(&draft.who, &|who| all.contains(who));
    let what = field(&draft.what, &in_quote);
    let value = field(&draft.value, &in_quote);
    let unit = field(&draft.unit, &|unit| bears_unit(words, unit));
    let date = field(&draft.date, &|date| all.contains(date));
    let kind = match draft.kind {
        NoteKind::Number
            if !value
                .as_ref()
                .is_some_and(|value| is_figure(words, value.inspect())) =>
        {
            return None;
        }
        NoteKind::Date if !date.as_ref().is_some_and(|date| is_date(words, date.inspect())) => return None,
        NoteKind::Relation if !who.as_ref().is_some_and(|who| in_quote(who.inspect())) => return None,
        NoteKind::Name if value.is_none() && what.is_none() => return None,
        // Nobody is quoted here: the words are the page's own.
        NoteKind::Quotation if !is_spoken(all, quote.start, words) => {
            fields_dropped += 1;
            NoteKind::Statement
        }
        kind => kind,
    };
    let note = Note {
        id: NoteId::new(format!("n{number}")),
        snapshot,
        start: quote.start,
        end: quote.end,
        kind,
        role: draft.role,
        who,
        what,
        value,
        unit,
        date,
    };
    Some(Checked { note, fields_dropped })
}

/// The first place of a quote where it begins and ends with a word: `fatal` out of `nonfatal` is not what the source says.
fn whole_span(text: &Untrusted<String>, quote: &str) -> Option<Quote> {
    let mut from = 0;
    loop {
        let found = verify_span(text, quote, from)?;
        if words::is_whole(text.inspect(), &(found.start..found.end)) {
            return Some(found);
        }
        let first = text.inspect()[found.start..].chars().next()?;
        from = found.start + first.len_utf8();
    }
}

/// Whether a value is a number of the quote, or a part of one with its scale.
fn is_figure(quote: &str, value: &str) -> bool {
    let has_number =
        |text: &str| text.contains(|c: char| c.is_ascii_digit()) || !numbers::find(text).is_empty();
    let is_word = || {
        numbers::find(quote).iter().any(|number| {
            quote[number.range.clone()].contains(value) || value.contains(&quote[number.range.clone()])
        })
    };
    has_number(value) || is_word()
}

/// Whether a date stands in the quote as a date, or as a day that it counts from.
fn is_date(quote: &str, date: &str) -> bool {
    let is_written = numbers::find(quote).iter().any(|number| {
        matches!(number.kind, Kind::Date | Kind::Year) && quote[number.range.clone()].contains(date)
    });
    is_written || (quote.contains(date) && !numbers::dates(date).is_empty())
}

/// Whether the quote has the unit, as written or by another common sign for it.
fn bears_unit(quote: &str, unit: &str) -> bool {
    const SAME: &[&[&str]] = &[
        &["%", "percent", "per cent", "pct"],
        &["$", "usd", "dollar", "dollars", "us$"],
        &["€", "eur", "euro", "euros"],
        &["£", "gbp", "pound", "pounds"],
        &["min", "minutes", "minute"],
        &["h", "hours", "hour", "hrs"],
        &["s", "sec", "seconds", "second"],
        &["ms", "milliseconds", "millisecond"],
        &["d", "days", "day"],
    ];
    let (quote, unit) = (quote.to_lowercase(), unit.to_lowercase());
    let singular = unit.trim_end_matches('s');
    let is_there = |unit: &str| !unit.is_empty() && quote.contains(unit);
    is_there(&unit)
        || (singular.len() >= 3 && is_there(singular))
        || SAME
            .iter()
            .filter(|signs| signs.contains(&unit.as_str()))
            .any(|signs| signs.iter().any(|sign| is_there(sign)))
}

/// Whether a quote holds somebody's words in quotation marks, or stands between two of them.
fn is_spoken(text: &str, start: usize, quote: &str) -> bool {
    if !quotes::find(quote).is_empty() {
        return true;
    }
    let line_start = text[..start].rfind('\n').map_or(0, |at| at + 1);
    let line_end = text[start..].find('\n').map_or(text.len(), |at| start + at);
    let end = start + quote.len();
    quotes::find(&text[line_start..line_end])
        .iter()
        .any(|spoken| line_start + spoken.range.start <= start && end <= line_start + spoken.range.end + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use copydesk_domain::artifact::NoteRole;

    const TEXT: &str = "Norn lost 4,200 clusters on 18 August 2026.\n\"We were too slow,\" said Ada Berg.\nTarnhelm paid $4 million.";

    fn draft(kind: NoteKind, quote: &str) -> NoteDraft {
        NoteDraft {
            kind,
            role: NoteRole::News,
            quote: quote.to_owned(),
            who: None,
            what: None,
            value: None,
            unit: None,
            date: None,
        }
    }

    fn checked(draft: &NoteDraft) -> Option<Checked> {
        let text = Untrusted::new(TEXT.to_owned());
        check(&text, ContentHash::of(TEXT.as_bytes()), draft, 1)
    }

    const LOST: &str = "Norn lost 4,200 clusters on 18 August 2026.";

    #[test]
    fn a_quote_that_is_not_there_is_no_note() {
        assert!(checked(&draft(NoteKind::Statement, "Norn lost 4,300 clusters")).is_none());
        assert!(checked(&draft(NoteKind::Statement, LOST)).is_some());
    }

    #[test]
    fn a_quote_that_cuts_a_word_or_a_figure_is_no_note() {
        assert!(checked(&draft(NoteKind::Statement, "orn lost 4,200 clusters")).is_none());
        assert!(checked(&draft(NoteKind::Statement, "Norn lost 4,200 clust")).is_none());
        assert!(checked(&draft(NoteKind::Statement, "200 clusters on 18 August")).is_none());
        // `lost` stands in `relost` first, and then as a word.
        let text = Untrusted::new("Norn relost it. Lattice lost it.".to_owned());
        let hash = ContentHash::of(text.inspect().as_bytes());
        let found = check(&text, hash, &draft(NoteKind::Statement, "lost it."), 1).unwrap();
        assert_eq!(found.note.start, 24);
    }

    #[test]
    fn a_figure_without_its_value_in_the_quote_is_no_note() {
        let with = |value: &str| NoteDraft {
            value: Some(value.to_owned()),
            ..draft(NoteKind::Number, LOST)
        };
        assert!(checked(&with("4,200")).is_some());
        assert!(checked(&with("4,300")).is_none());
        assert!(checked(&with("clusters")).is_none());
        assert!(checked(&draft(NoteKind::Number, LOST)).is_none());
    }

    #[test]
    fn a_wrong_unit_is_taken_off_and_counted() {
        let with = |unit: &str| {
            let draft = NoteDraft {
                value: Some("4,200".to_owned()),
                unit: Some(unit.to_owned()),
                ..draft(NoteKind::Number, LOST)
            };
            let checked = checked(&draft).unwrap();
            (
                checked.note.unit.map(|unit| unit.inspect().clone()),
                checked.fields_dropped,
            )
        };
        assert_eq!(with("clusters"), (Some("clusters".to_owned()), 0));
        assert_eq!(with("customers"), (None, 1));
        let money = NoteDraft {
            value: Some("4 million".to_owned()),
            unit: Some("dollars".to_owned()),
            ..draft(NoteKind::Number, "Tarnhelm paid $4 million.")
        };
        assert!(checked(&money).unwrap().note.unit.is_some());
    }

    #[test]
    fn dates_and_relations_stand_in_their_quote() {
        let dated = |date: &str| NoteDraft {
            date: Some(date.to_owned()),
            ..draft(NoteKind::Date, LOST)
        };
        assert!(checked(&dated("18 August 2026")).is_some());
        assert!(checked(&dated("19 August 2026")).is_none());
        let done = |who: &str| NoteDraft {
            who: Some(who.to_owned()),
            ..draft(NoteKind::Relation, LOST)
        };
        assert!(checked(&done("Norn")).is_some());
        assert!(checked(&done("Tarnhelm")).is_none());
    }

    #[test]
    fn words_of_nobody_are_no_quotation() {
        let kind = |quote: &str| checked(&draft(NoteKind::Quotation, quote)).unwrap().note.kind;
        assert_eq!(kind(LOST), NoteKind::Statement);
        assert_eq!(kind("We were too slow,"), NoteKind::Quotation);
        assert_eq!(kind("\"We were too slow,\" said Ada Berg."), NoteKind::Quotation);
    }

    #[test]
    fn who_is_named_nowhere_is_taken_off() {
        let named = NoteDraft {
            who: Some("Eve Moor".to_owned()),
            ..draft(NoteKind::Statement, LOST)
        };
        let checked = checked(&named).unwrap();
        assert_eq!((checked.note.who, checked.fields_dropped), (None, 1));
    }
}
