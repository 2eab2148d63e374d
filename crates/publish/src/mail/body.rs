//! The text of a message.

use std::fmt::Write as _;

use copydesk_domain::untrusted::Context;

/// Quoted-printable (RFC 2045): ASCII lines of at most 76 characters, ended by CRLF.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct QuotedPrintable;

/// Characters on a line before the `=` that continues it.
const LINE_MAX: usize = 75;

impl Context for QuotedPrintable {
    fn escape(text: &str) -> String {
        let text = text.replace("\r\n", "\n").replace('\r', "\n");
        let mut out = String::with_capacity(text.len() + text.len() / 8);
        for line in text.strip_suffix('\n').unwrap_or(&text).split('\n') {
            push_line(line, &mut out);
        }
        out
    }
}

fn push_line(line: &str, out: &mut String) {
    let mut length = 0;
    let last = line.chars().count().saturating_sub(1);
    for (index, character) in line.chars().enumerate() {
        let word = encoded(character, index == last, length == 0);
        // A character is never cut in two, though the format would allow it.
        if length + word.len() > LINE_MAX {
            out.push_str("=\r\n");
            length = 0;
        }
        length += word.len();
        out.push_str(&word);
    }
    out.push_str("\r\n");
}

/// White space at the end of a line gets lost on the way, and a lone dot or `From ` at its start is misread by some.
fn encoded(character: char, is_last: bool, is_first: bool) -> String {
    let is_fragile =
        (is_last && matches!(character, ' ' | '\t')) || (is_first && matches!(character, '.' | 'F'));
    let is_plain =
        character == ' ' || character == '\t' || (character.is_ascii_graphic() && character != '=');
    if is_plain && !is_fragile {
        return character.to_string();
    }
    let mut buffer = [0; 4];
    let mut word = String::new();
    for byte in character.encode_utf8(&mut buffer).bytes() {
        let _ = write!(word, "={byte:02X}");
    }
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_short_and_ascii() {
        let out = QuotedPrintable::escape(&format!("{} end \nnext\n", "é".repeat(40)));
        assert!(out.is_ascii() && out.lines().all(|line| line.len() <= 76));
        assert!(out.ends_with("end=20\r\nnext\r\n"), "{out}");
    }
}
