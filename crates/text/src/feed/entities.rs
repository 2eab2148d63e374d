//! Character references: `&amp;`, `&#8217;`, `&eacute;`.
//!
//! Only the fixed table of HTML is known. Entities that a document declares itself are never expanded: they stay as
//! they are written, so neither a file nor a laughing chain can come in through them.

use std::borrow::Cow;

use html5ever::data::NAMED_ENTITIES;

use crate::charset::windows_1252;

/// The longest name in the table of HTML has 31 letters.
const NAME_BYTES_MAX: usize = 32;

/// Replaces the character references of `text`; what is none (`a & b`, `?x=1&y=2`, `&unknown;`) stays.
pub fn decode(text: &str) -> Cow<'_, str> {
    let Some(first) = text.find('&') else {
        return Cow::Borrowed(text);
    };
    let mut decoded = String::with_capacity(text.len());
    decoded.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(at) = rest.find('&') {
        decoded.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some((characters, length)) = reference(rest) {
            decoded.extend(characters.into_iter().flatten());
            rest = &rest[length..];
        } else {
            decoded.push('&');
            rest = &rest[1..];
        }
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// Whether `text` holds a reference that [`decode`] would replace.
pub fn has_reference(text: &str) -> bool {
    text.match_indices('&')
        .any(|(at, _)| reference(&text[at..]).is_some())
}

/// Writes `text` so that HTML and XML read it back as it is, in text and in quoted attributes.
pub fn escape(text: &str) -> Cow<'_, str> {
    if !text.contains(['&', '<', '>', '"', '\'']) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    Cow::Owned(escaped)
}

/// The reference at the start of `text` (which starts with `&`): its one or two characters and its length.
fn reference(text: &str) -> Option<([Option<char>; 2], usize)> {
    let body = &text.as_bytes()[1..];
    if body.first() == Some(&b'#') {
        return numeric(&body[1..]).map(|(c, length)| ([Some(c), None], length + 2));
    }
    let end = body
        .iter()
        .take(NAME_BYTES_MAX + 1)
        .position(|byte| !byte.is_ascii_alphanumeric())?;
    if end == 0 || body[end] != b';' {
        return None;
    }
    let (first, second) = *NAMED_ENTITIES.get(&text[1..end + 2])?;
    let first = char::from_u32(first).filter(|c| *c != '\0')?;
    Some((
        [Some(first), char::from_u32(second).filter(|c| *c != '\0')],
        end + 2,
    ))
}

/// A number after `&#`, with or without its semicolon: HTML forgives that.
fn numeric(body: &[u8]) -> Option<(char, usize)> {
    let (radix, skipped) = if matches!(body.first(), Some(b'x' | b'X')) {
        (16, 1)
    } else {
        (10, 0)
    };
    let digits = body[skipped..]
        .iter()
        .take_while(|byte| char::from(**byte).is_digit(radix))
        .count();
    if digits == 0 {
        return None;
    }
    let code = body[skipped..skipped + digits]
        .iter()
        .filter_map(|byte| char::from(*byte).to_digit(radix))
        .fold(0_u32, |code, digit| {
            code.saturating_mul(radix).saturating_add(digit)
        });
    let end = skipped + digits;
    let length = end + usize::from(body.get(end) == Some(&b';'));
    let c = char::from_u32(code)
        .filter(|c| *c != '\0')
        .unwrap_or(char::REPLACEMENT_CHARACTER);
    Some((windows_1252(c), length))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_become_characters() {
        assert_eq!(
            decode("&lt;p&gt; caf&eacute; &#8217;&#x2019; &#146;&NotEqualTilde;"),
            "<p> café ’’ ’≂̸"
        );
    }

    #[test]
    fn what_is_no_reference_stays() {
        for text in [
            "a & b",
            "?x=1&y=2&copy=3",
            "&unknown;",
            "&;",
            "&",
            "&#;",
            "&#x;",
            "é&é",
        ] {
            assert_eq!(decode(text), text);
        }
    }

    #[test]
    fn impossible_characters_are_replaced() {
        assert_eq!(decode("&#0;&#xD800;&#99999999999;"), "\u{fffd}\u{fffd}\u{fffd}");
    }

    #[test]
    fn escaping_is_undone_by_decoding() {
        let text = "a < b & \"c\" 'd' &amp;";
        assert_eq!(decode(&escape(text)), text);
    }
}
