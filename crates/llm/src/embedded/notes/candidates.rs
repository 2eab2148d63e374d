//! The sentences of a page that can be quoted.

use std::borrow::Cow;
use std::ops::Range;
use std::sync::LazyLock;

use copydesk_domain::Instant;
use copydesk_text::{sentence, words};
use regex::Regex;

use super::super::fit::{self, regex};
use super::super::shorten;
use super::action::{self, is_action};
use super::plans;

/// A sentence that can be quoted.
#[derive(Debug, Clone)]
pub struct Candidate<'a> {
    /// Its bytes in the page.
    pub text: &'a str,
    /// What of it can be quoted, with ellipses where words went.
    pub form: Cow<'a, str>,
    /// It tells the reader what to do.
    pub is_action: bool,
}

/// A line of the page with what is known about its place.
struct Line<'a> {
    text: &'a str,
    /// One short item among others.
    in_list: bool,
    /// The heading over it promises advice.
    under_advice: bool,
    /// Its words are not the page's own.
    of_others: bool,
}

/// The sentences of a page that are fit, in its order. Where none is, sentences that are bearable. What was planned
/// for a day before `now` is left out.
pub fn find(text: &str, now: Option<Instant>) -> Vec<Candidate<'_>> {
    let lines = lines(text);
    let fit = collect(&lines, now, shorten::form);
    if fit.is_empty() {
        collect(&lines, now, |text| {
            fit::is_bearable(text).then_some(Cow::Borrowed(text))
        })
    } else {
        fit
    }
}

fn collect<'a>(
    lines: &[Line<'a>],
    now: Option<Instant>,
    form_of: for<'t> fn(&'t str) -> Option<Cow<'t, str>>,
) -> Vec<Candidate<'a>> {
    let mut found = Vec::new();
    for line in lines
        .iter()
        .filter(|line| !line.of_others && !is_colophon(line.text))
    {
        let ranges = sentence::split(line.text);
        for (at, range) in ranges.iter().enumerate() {
            let text = with_next(line.text, range, ranges.get(at + 1));
            let has_no_subject = action::lacks_subject(text) || action::is_order(text);
            let lone_item = line.in_list && !line.under_advice && has_no_subject;
            let is_stale = now.is_some_and(|now| plans::is_overtaken(text, now));
            // A title, whatever of it could be cut off so that the rest looks whole.
            let has_no_stop = text.ends_with(char::is_alphanumeric);
            if lone_item || is_stale || has_no_stop || action::is_changelog_entry(text) {
                continue;
            }
            if let Some(form) = form_of(text) {
                let is_action = is_action(text) || (line.under_advice && action::is_order(text));
                found.push(Candidate {
                    text,
                    form,
                    is_action,
                });
            }
        }
    }
    found
}

/// A sentence; with the next one where that goes on with its thing and both are read at one go.
fn with_next<'a>(line: &'a str, range: &Range<usize>, next: Option<&Range<usize>>) -> &'a str {
    const WORDS_MAX: usize = 42;
    let text = &line[range.clone()];
    let both = next.map_or(text, |next| &line[range.start..next.end]);
    let goes_on = next.is_some_and(|next| fit::is_quotable(text) && fit::goes_on(&line[next.clone()], text));
    if goes_on && words::count(both) <= WORDS_MAX && fit::is_quotable(both) {
        both
    } else {
        text
    }
}

/// Whether a line says where its page comes from and on what terms: `Text by …; licence: CC-BY-4.0`.
fn is_colophon(line: &str) -> bool {
    static TERMS: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)\blicen[cs]e(?:s|d)?\s*(?::|under\b|as\b)\s*[^.]{0,30}(?:\bCC[\s-]?(?:BY|0)|\bMIT\b|\bApache\b|\bBSD\b|\bGPL|\bcreative\s+commons\b) | ©\s*\d{4} | \bcopyright\s+(?:©|\(c\)|\d{4}) | \ball\s+rights\s+reserved\b",
        )
    });
    words::count(line) <= 60 && TERMS.is_match(line)
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let all: Vec<&str> = without_history(text)
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let is_item =
        |line: &&str| words::count(line) <= 30 && sentence::split(line).len() == 1 && !is_heading(line);
    let items: Vec<bool> = all.iter().map(is_item).collect();
    let mut under_advice = false;
    let mut under_quote = false;
    all.iter()
        .enumerate()
        .map(|(at, text)| {
            if is_heading(text) {
                under_advice = action::promises_advice(text);
                under_quote = promises_quote(text) || (under_quote && is_signature(text));
            }
            let beside = |at: Option<usize>| at.and_then(|at| items.get(at)).copied().unwrap_or(false);
            let in_list = items[at] && (beside(at.checked_sub(1)) || beside(at.checked_add(1)));
            Line {
                text: strip_bullet(text),
                in_list: in_list || strip_bullet(text) != *text,
                under_advice,
                of_others: under_quote || (all.len() > 1 && is_long_title(text)),
            }
        })
        .collect()
}

/// Whether a heading stands over the words of somebody else: `Quote of the Week`.
fn promises_quote(heading: &str) -> bool {
    static QUOTES: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?i)\bquot(?:es?|ations?)\s+of\s+the\s+(?:day|week|month|year|issue)\b"));
    QUOTES.is_match(heading)
}

/// `– Ada Berg on her blog`
fn is_signature(line: &str) -> bool {
    line.starts_with(['-', '–', '—', '―', '~'])
}

/// Whether a line is a title, as roundups list those of others: `norn v0.3.1 - Print all pages at home.`, or several
/// sentences the last of which has no stop. Half of such a title says something else: `Norn cannot be ported by hand. So
/// we wrote a mender`.
fn is_long_title(line: &str) -> bool {
    static ENTRY: LazyLock<Regex> =
        LazyLock::new(|| regex(r"^(?:\S+\s+){1,3}?v?\d+(?:\.\d+)+\s+[-–—]\s[^–—]+$"));
    const WORDS_MAX: usize = 25;
    let is_open = line.ends_with(|last: char| last.is_alphanumeric());
    words::count(line) <= WORDS_MAX && (ENTRY.is_match(line) || (is_open && sentence::split(line).len() > 1))
}

/// The lines of a page up to its second heading of the kind `(Update 28-July-2026)`: pages that are kept up to date
/// put the newest first and keep what they said before at the end.
fn without_history(text: &str) -> impl Iterator<Item = &str> {
    static UPDATE: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)^[(\[\#\s]{0,4}(?:update|updated|edit|edited)\b[^.]{0,20}?
            (?:\d{1,2}[-\s]\p{L}{3,9}[-\s,]{1,2}\d{4} | \p{L}{3,9}\s\d{1,2}(?:st|nd|rd|th)?,?\s\d{4} | \d{4}-\d{2}-\d{2})",
        )
    });
    let mut updates = 0;
    text.lines().take_while(move |line| {
        updates += usize::from(UPDATE.is_match(line.trim()) && is_heading(line.trim()));
        updates < 2
    })
}

/// A short line without a full stop.
fn is_heading(line: &str) -> bool {
    words::count(line) <= 10 && !line.ends_with(['.', '!', '?', ';', ','])
}

/// A line without the mark of its list.
fn strip_bullet(line: &str) -> &str {
    let bare = line.trim_start_matches(['-', '*', '•', '–', '·', '+', '▪', '◦']);
    if bare.len() < line.len() && bare.starts_with(' ') {
        return bare.trim_start();
    }
    let digits = line.bytes().take_while(u8::is_ascii_digit).count();
    match line[digits..].strip_prefix(['.', ')']) {
        Some(rest) if (1..=2).contains(&digits) && rest.starts_with(' ') => rest.trim_start(),
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Option<Instant> {
        "2026-07-30T05:00:00Z".parse().ok()
    }

    fn texts(text: &str) -> Vec<&str> {
        find(text, now())
            .into_iter()
            .map(|candidate| candidate.text)
            .collect()
    }

    #[test]
    fn a_sentence_that_goes_on_is_taken_with_the_one_before() {
        let text = "After four years of work, the new planner is close to release. \
            We are enabling it by default on all nodes and plan to release it in May. \
            Norn closes six holes in all supported lines.";
        assert_eq!(
            texts(text),
            [
                "After four years of work, the new planner is close to release. We are enabling it by default on all nodes and plan to release it in May.",
                "Norn closes six holes in all supported lines.",
            ]
        );
    }

    #[test]
    fn a_colophon_is_no_text() {
        let text = "Norn releases versions 4.2.1 and 4.1.9 with fixes for six flaws.\n\
            Copy made from the original. Text by the Norn contributors; licence: CC-BY-4.0. Small changes were made.\n\
            Norn changes its licence from MIT to a stricter one that forbids resale by cloud vendors.";
        let found = texts(text);
        assert_eq!(found.len(), 2, "{found:?}");
    }

    #[test]
    fn titles_and_quotations_of_others_are_not_the_pages_own_words() {
        let text = "Norn 4.2 ships a new planner for joins over tables.\n\
            Keeping two clocks of Norn in step by hand is hopeless. So we wrote a mender for it\n\
            A look at small planners that sort pages by night — Lattice Labs\n\
            norn-tide v0.3.1 - Draw and print the pages of all mirrors at home.\n\
            Quote of the Week\n\
            For two winters, the crew of Lattice has been drying its pages in the open. Last week, 40 pages burned.\n\
            – Ada Berg on her blog\n\
            Lattice found three bugs in the field over the past year.\n\
            Changes of the week\n\
            Norn closes six holes in all supported lines.";
        assert_eq!(
            texts(text),
            [
                "Norn 4.2 ships a new planner for joins over tables.",
                "Norn closes six holes in all supported lines.",
            ]
        );
        let feed = "Norn 4.2 ships a new planner for joins over tables. It reads";
        assert_eq!(texts(feed).len(), 1, "all that a feed has is no title of another");
    }

    #[test]
    fn plans_that_time_overtook_are_left_out() {
        let text = "Norn releases versions 4.2.1 and 4.1.9 today with fixes for six flaws.\n\
            (Update 29 July 2026)\n\
            The fixed versions are on all mirrors and cover every supported line of Norn.\n\
            (Update 28 July 2026)\n\
            The Norn project is delaying the planned releases until Wednesday, July 29, 2026.\n\
            The Norn project delays nothing else on its list of planned work.";
        assert_eq!(texts(text).len(), 2, "{:?}", texts(text));
        let plan = "The Norn project will release new versions on or shortly after Wednesday, June 17.";
        assert!(texts(plan).is_empty());
        let ahead = "The Norn project will release new versions on or shortly after Wednesday, August 12.";
        assert_eq!(texts(ahead).len(), 1);
    }

    #[test]
    fn items_that_begin_with_update_cut_nothing_off() {
        let text = "Norn 4.2 ships a new planner for joins over tables.\n- Update tokio to 1.48\n- Update serde to 1.0.230\n\
            The company told 312 customers to rotate their keys on Monday.";
        assert_eq!(texts(text).len(), 2, "{:?}", texts(text));
    }

    #[test]
    fn entries_of_a_changelog_are_left_out() {
        let text = "Norn 4.2 ships a new planner for joins.\n- Fix a crash in the parser of dates.\n- Update the lexer to version 3 of the grammar.\n- Add support for zones in the planner.";
        assert_eq!(texts(text), ["Norn 4.2 ships a new planner for joins."]);
    }

    #[test]
    fn advice_in_a_list_is_kept() {
        let text = "What to do\n- Rotate the signing keys of every zone.\n- Restart the nodes that were up on Monday.";
        assert_eq!(texts(text).len(), 2);
        assert!(find(text, now()).iter().all(|candidate| candidate.is_action));
    }
}
