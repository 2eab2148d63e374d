//! What a server says of a tool, as people and models get to see it. Pure.

/// Characters of a description; those of real servers have a few hundred.
const CHARS_MAX: usize = 4_000;

/// A description without what nobody sees (controls, tag characters, marks of direction, joiners of no width), cut where
/// it is long. What a person trusts is the fingerprint of the whole.
pub(super) fn shown(description: &str) -> String {
    let mut signs = description.chars().filter(|sign| is_seen(*sign));
    let mut text: String = signs.by_ref().take(CHARS_MAX).collect();
    if signs.next().is_some() {
        text.push('…');
    }
    text
}

fn is_seen(sign: char) -> bool {
    let is_hidden = matches!(
        sign,
        '\u{ad}' | '\u{61c}' | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}'
    );
    !is_hidden && (sign == '\n' || sign == '\t' || !sign.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_left_out_and_what_is_long_is_cut() {
        assert_eq!(shown("Reads\n\tit."), "Reads\n\tit.");
        assert_eq!(shown("a\u{1b}[2Jb\u{e0041}\u{202e}\u{200b}c\u{0}"), "a[2Jbc");
        let long = shown(&"é".repeat(CHARS_MAX + 1));
        assert_eq!(long.chars().count(), CHARS_MAX + 1);
        assert!(long.ends_with('…'));
    }
}
