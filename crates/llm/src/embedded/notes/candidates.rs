//! The sentences of a page that can be quoted.

use copydesk_text::{sentence, words};

use super::super::fit;
use super::action::{self, is_action};

/// A sentence that can be quoted.
#[derive(Debug, Clone, Copy)]
pub struct Candidate<'a> {
    /// Its bytes in the page.
    pub text: &'a str,
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
}

/// The sentences of a page that are fit, in its order. Where none is, sentences that are bearable.
pub fn find(text: &str) -> Vec<Candidate<'_>> {
    let lines = lines(text);
    let fit = collect(&lines, fit::is_quotable);
    if fit.is_empty() {
        collect(&lines, fit::is_bearable)
    } else {
        fit
    }
}

fn collect<'a>(lines: &[Line<'a>], is_fit: fn(&str) -> bool) -> Vec<Candidate<'a>> {
    let mut found = Vec::new();
    for line in lines {
        for range in sentence::split(line.text) {
            let text = &line.text[range];
            let has_no_subject = action::lacks_subject(text) || action::is_order(text);
            let lone_item = line.in_list && !line.under_advice && has_no_subject;
            if is_fit(text) && !lone_item && !action::is_changelog_entry(text) {
                let is_action = is_action(text) || (line.under_advice && action::is_order(text));
                found.push(Candidate { text, is_action });
            }
        }
    }
    found
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let all: Vec<&str> = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    let is_item =
        |line: &&str| words::count(line) <= 30 && sentence::split(line).len() == 1 && !is_heading(line);
    let items: Vec<bool> = all.iter().map(is_item).collect();
    let mut under_advice = false;
    all.iter()
        .enumerate()
        .map(|(at, text)| {
            if is_heading(text) {
                under_advice = action::promises_advice(text);
            }
            let beside = |at: Option<usize>| at.and_then(|at| items.get(at)).copied().unwrap_or(false);
            let in_list = items[at] && (beside(at.checked_sub(1)) || beside(at.checked_add(1)));
            Line {
                text: strip_bullet(text),
                in_list: in_list || strip_bullet(text) != *text,
                under_advice,
            }
        })
        .collect()
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

    fn texts(text: &str) -> Vec<&str> {
        find(text).into_iter().map(|candidate| candidate.text).collect()
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
        assert!(find(text).iter().all(|candidate| candidate.is_action));
    }
}
