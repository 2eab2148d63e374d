//! Cuts what would make the HTML tokenizer slow: it compares each attribute of a tag with all before it.

use std::borrow::Cow;

/// Attributes kept in one tag. Real pages stay below 60; the tokenizer's work per tag is at most half the square.
const ATTRIBUTES_MAX: usize = 128;

/// The same HTML with no tag of more than [`ATTRIBUTES_MAX`] attributes. Linear in `html`.
pub fn cap_attributes(html: &str) -> Cow<'_, str> {
    let bytes = html.as_bytes();
    let mut out = String::new();
    let mut copied = 0;
    let mut at = 0;
    while at + 1 < bytes.len() {
        if bytes[at] != b'<' || !bytes[at + 1].is_ascii_alphabetic() {
            at += 1;
            continue;
        }
        let tag = scan_tag(bytes, at + 1);
        if let Some(cut) = tag.cut_at {
            out.push_str(&html[copied..cut]);
            copied = tag.end;
        }
        at = tag.end;
    }
    if copied == 0 {
        return Cow::Borrowed(html);
    }
    out.push_str(&html[copied..]);
    Cow::Owned(out)
}

struct Tag {
    /// Index of the closing `>`, or the end of input.
    end: usize,
    /// Where the first attribute over the limit begins.
    cut_at: Option<usize>,
}

/// Walks one tag from the first byte of its name. All decisions fall on ASCII bytes, so cuts are at character ends.
fn scan_tag(bytes: &[u8], start: usize) -> Tag {
    let mut attributes = 0;
    let mut cut_at = None;
    let mut quote = None;
    let mut after_value = false;
    for (offset, &byte) in bytes[start..].iter().enumerate() {
        let at = start + offset;
        let previous = bytes[at - 1];
        if let Some(open) = quote {
            if byte == open {
                quote = None;
                after_value = true;
            }
            continue;
        }
        match byte {
            b'>' => return Tag { end: at, cut_at },
            b'"' | b'\'' if opens_value(bytes, at) => quote = Some(byte),
            byte if byte.is_ascii_whitespace() || byte == b'/' => {}
            _ if after_value || previous.is_ascii_whitespace() || previous == b'/' => {
                attributes += 1;
                if attributes > ATTRIBUTES_MAX && cut_at.is_none() {
                    cut_at = Some(at);
                }
            }
            _ => {}
        }
        after_value = false;
    }
    Tag {
        end: bytes.len(),
        cut_at,
    }
}

/// Whether the quotation mark at `at` begins a value: the last byte before it that is no blank is `=`.
fn opens_value(bytes: &[u8], at: usize) -> bool {
    // Eight blanks at most, so that a run of quotation marks after a long gap stays linear.
    let from = at.saturating_sub(8);
    bytes[from..at]
        .iter()
        .rev()
        .find(|byte| !byte.is_ascii_whitespace())
        == Some(&b'=')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ordinary_tags_are_left_alone() {
        let html = "<p class=\"a > b\" id='x'>1 < 2 <b>é</b><img src=a.png alt=\"\" /></p>";
        assert!(matches!(cap_attributes(html), Cow::Borrowed(_)));
    }

    #[test]
    fn a_tag_with_many_attributes_is_cut_and_closed() {
        let many = (0..1_000).fold(String::new(), |all, n| all + " a" + &n.to_string() + "=\"é\"");
        let html = format!("<p>x</p><div{many}>text</div>");
        let tamed = cap_attributes(&html);
        assert!(tamed.len() < 2_000);
        assert!(tamed.starts_with("<p>x</p><div a0="));
        assert!(tamed.ends_with(">text</div>"));
    }

    #[test]
    fn attributes_without_blanks_between_them_count() {
        let many = (0..1_000).fold(String::new(), |all, n| all + "a" + &n.to_string() + "=\"\"");
        assert!(cap_attributes(&format!("<div {many}>x")).len() < 2_000);
    }
}
