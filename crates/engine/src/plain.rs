//! Words that may hold text of others, as one line of an alarm or receipt. Pure.

/// Characters of a title or a reason; a longer one is cut.
const CHARACTERS: usize = 160;

/// One line that shows what it is: no control character, none that turns the direction of writing, not too long.
pub(crate) fn plain(text: &str) -> String {
    let turns =
        |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let line: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .filter(|c| !turns(*c))
        .take(CHARACTERS + 1)
        .collect();
    match line.char_indices().nth(CHARACTERS) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_short_and_shows_what_it_is() {
        assert_eq!(plain("a\u{202e}b\tc\u{1b}[2J"), "ab c [2J");
        let long = plain(&"é".repeat(500));
        assert_eq!(long.chars().count(), CHARACTERS + 1);
        assert!(long.ends_with('…'));
    }
}
