//! Where a tag ends, and which of its attributes the HTML tokenizer gets: it compares each with all before it.

/// Attributes kept in one tag. Real pages stay below 60; the tokenizer's work per tag is at most half the square.
pub const ATTRIBUTES_MAX: usize = 128;

/// One tag as it stands in a page. Both places are at ASCII bytes, so at ends of characters.
#[derive(Debug, PartialEq, Eq)]
pub struct TagSpan {
    /// Index of the closing `>`, or the end of input.
    pub end: usize,
    /// Where the first attribute over the limit begins.
    pub cut_at: Option<usize>,
}

/// Where the tokenizer is inside a tag.
#[derive(Clone, Copy)]
enum Place {
    /// In the tag's name.
    TagName,
    /// Behind a blank, a slash or a quoted value: what is neither begins an attribute.
    Between,
    /// In an attribute's name.
    Name,
    /// Behind a name and a blank: a value may still follow.
    AfterName,
    /// Behind `=`.
    BeforeValue,
    /// In a value without quotation marks.
    Bare,
    /// In a value that ends with this quotation mark.
    Quoted(u8),
}

/// Walks one tag from the first byte of its name. Linear in its length.
///
/// # Source
/// The states of a tag in the HTML Standard, WHATWG, 13.2.5.8 and 13.2.5.32 to 13.2.5.40.
pub fn scan_tag(bytes: &[u8], start: usize) -> TagSpan {
    let mut attributes = 0;
    let mut cut_at = None;
    let mut place = Place::TagName;
    for (offset, &byte) in bytes[start..].iter().enumerate() {
        if byte == b'>' && !matches!(place, Place::Quoted(_)) {
            return TagSpan {
                end: start + offset,
                cut_at,
            };
        }
        let next = step(place, byte);
        let begins = matches!(next, Place::Name) && matches!(place, Place::Between | Place::AfterName);
        attributes += usize::from(begins);
        if begins && attributes > ATTRIBUTES_MAX {
            cut_at = cut_at.or(Some(start + offset));
        }
        place = next;
    }
    TagSpan {
        end: bytes.len(),
        cut_at,
    }
}

/// The place behind `byte`, which does not end the tag.
fn step(place: Place, byte: u8) -> Place {
    let is_blank = byte.is_ascii_whitespace();
    match (place, byte) {
        (Place::Quoted(mark), _) if byte == mark => Place::Between,
        (Place::Quoted(_), _) => place,
        (Place::Bare, _) if is_blank => Place::Between,
        (Place::BeforeValue, b'"' | b'\'') => Place::Quoted(byte),
        (Place::BeforeValue, _) if is_blank => Place::BeforeValue,
        (Place::Bare | Place::BeforeValue, _) => Place::Bare,
        (_, b'/') => Place::Between,
        (Place::TagName | Place::Between, _) if is_blank => Place::Between,
        (Place::TagName, _) => Place::TagName,
        (Place::Name | Place::AfterName, _) if is_blank => Place::AfterName,
        (Place::Name | Place::AfterName, b'=') => Place::BeforeValue,
        // An equals sign in front of a name is a part of it.
        (Place::Between | Place::Name | Place::AfterName, _) => Place::Name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is kept of a tag, from the first byte of its name.
    fn kept(tag: &str) -> &str {
        let span = scan_tag(tag.as_bytes(), 0);
        &tag[..span.cut_at.unwrap_or(span.end)]
    }

    fn many() -> String {
        (0..1_000).fold(String::new(), |all, n| all + " a" + &n.to_string())
    }

    #[test]
    fn an_ordinary_tag_ends_at_its_sign_and_keeps_all() {
        for tag in [
            "p class=\"a > b\" id='x'",
            "img src=a.png alt=\"\" /",
            "b",
            "a =\"x\" y = 'z>'",
            "p a=b\"c'd",
            "p \"",
        ] {
            assert_eq!(kept(&format!("{tag}>é\">'>")), tag);
        }
    }

    #[test]
    fn a_tag_with_many_attributes_is_cut() {
        let values = (0..1_000).fold(String::new(), |all, n| all + " a" + &n.to_string() + "=\"é\"");
        let tag = format!("div{values}>text</div>");
        assert!(kept(&tag).starts_with("div a0=") && kept(&tag).ends_with(" a127=\"é\" "));
        assert_eq!(scan_tag(tag.as_bytes(), 0).end, tag.len() - ">text</div>".len());
    }

    #[test]
    fn attributes_without_blanks_between_them_count() {
        let many = (0..1_000).fold(String::new(), |all, n| all + "a" + &n.to_string() + "=\"\"");
        assert!(kept(&format!("div {many}>x")).len() < 2_000);
        assert!(kept(&format!("div{}>x", many.replace("=\"\"", "/"))).len() < 2_000);
    }

    #[test]
    fn no_quotation_mark_hides_attributes() {
        let gap = " ".repeat(10);
        for start in [
            "a=b=\" ".to_owned(),
            format!("a={gap}\">\" "),
            "a \"=' ' ' ".to_owned(),
        ] {
            let tag = format!("div {start}{}>x", many());
            assert!(kept(&tag).len() < 2_000, "{start}");
            assert_eq!(scan_tag(tag.as_bytes(), 0).end, tag.len() - 2, "{start}");
        }
    }
}
