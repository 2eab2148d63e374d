//! Times and long words as people read them on a terminal. Pure.

use copydesk_domain::untrusted::Header;
use copydesk_domain::{Instant, Untrusted};
use copydesk_journal::InWriting;

/// Times to come within so many minutes also say how soon.
const NEAR_MINUTES: i64 = 120;

/// `2026-11-28 07:52 UTC`
pub fn minute(at: Instant) -> String {
    at.timestamp().strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// `2026-11-28 07:52 UTC, in 10 min`: a time to come, and how soon it is where it is near.
pub fn coming(at: Instant, now: Instant) -> String {
    let seconds = at.since(now).as_secs();
    let soon = match seconds {
        1..60 => format!(", in {seconds} s"),
        60.. if (seconds + 30) / 60 <= NEAR_MINUTES => format!(", in {} min", (seconds + 30) / 60),
        _ => String::new(),
    };
    format!("{}{soon}", minute(at))
}

/// `07:52:01`, UTC
pub fn clock(at: Instant) -> String {
    at.timestamp().strftime("%H:%M:%S").to_string()
}

/// `draft write_section/lead: near has written about 120 tokens`
pub fn writing(now: &InWriting) -> String {
    let (stage, key) = (&now.stage, line(&now.key));
    format!(
        "{stage} {key}: {} has written about {} tokens",
        now.model, now.tokens
    )
}

/// At most `width` characters; `…` stands for the rest.
pub fn cut(text: &str, width: usize) -> String {
    if text.chars().count() <= width {
        return text.to_owned();
    }
    let kept: String = text.chars().take(width.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

/// `17 B`, `4.0 MB`: a size, in powers of a thousand.
pub fn bytes(bytes: u64) -> String {
    let units = [(1_000_000_000, "GB"), (1_000_000, "MB"), (1_000, "kB")];
    let large = units.into_iter().find(|(unit, _)| bytes >= *unit);
    large.map_or_else(
        || format!("{bytes} B"),
        |(unit, name)| format!("{:.1} {name}", bytes as f64 / unit as f64),
    )
}

/// `1 file`, `2 files`
pub fn count(number: usize, one: &str, many: &str) -> String {
    let what = if number == 1 { one } else { many };
    format!("{number} {what}")
}

/// Stands for an end of line while the rest is made harmless: no control character, and in no letter.
const LINE_END: char = '\u{2028}';

/// Text from outside, line by line, without what moves the cursor of a terminal or turns the order of its letters.
pub fn lines(text: &Untrusted<String>) -> Vec<String> {
    let marked = text
        .clone()
        .map(|text| text.replace("\r\n", "\n").replace('\n', "\u{2028}"));
    let harmless = marked.escape::<Header>();
    let turns = |c: char| matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let lines = harmless.as_str().trim_end_matches(LINE_END).split(LINE_END);
    lines.map(|line| line.replace(turns, "")).collect()
}

/// A word as a shell takes it whole: in quotes where it has other letters than those of plain paths and names.
pub fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+,:@%=~".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// One line without control characters.
pub fn line(text: &str) -> String {
    let line = text.lines().next().unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn later(now: Instant, seconds: i64) -> Instant {
        now.plus(jiff::SignedDuration::from_secs(seconds))
    }

    #[test]
    fn near_times_say_how_soon() {
        let now: Instant = "2026-11-28T07:42:01.444Z".parse().unwrap();
        assert_eq!(coming(later(now, 600), now), "2026-11-28 07:52 UTC, in 10 min");
        assert_eq!(coming(later(now, 9), now), "2026-11-28 07:42 UTC, in 9 s");
        assert_eq!(coming(later(now, 86_400), now), "2026-11-29 07:42 UTC");
        assert_eq!(coming(later(now, -60), now), "2026-11-28 07:41 UTC");
        assert_eq!(clock(now), "07:42:01");
    }

    #[test]
    fn a_word_with_a_blank_is_quoted_for_a_shell() {
        assert_eq!(quoted("./desk-5/run_1"), "./desk-5/run_1");
        assert_eq!(quoted("d 5"), "'d 5'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }

    #[test]
    fn what_is_cut_says_so() {
        assert_eq!(cut("write_section", 13), "write_section");
        assert_eq!(cut("write section here", 7), "write…");
        assert_eq!(
            (bytes(17), bytes(4_040_000)),
            ("17 B".to_owned(), "4.0 MB".to_owned())
        );
        let files = [0, 1, 2].map(|number| count(number, "file", "files"));
        assert_eq!(files, ["0 files", "1 file", "2 files"]);
        assert_eq!(line("one\u{1b}[2J\ntwo"), "one[2J");
    }
}
