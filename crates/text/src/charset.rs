//! Bytes to text: which character encoding a feed or a page is in.
//!
//! Labels lie more often than bytes do. So a label is believed only where the bytes agree with it, and text that
//! is nearly all UTF-8 stays UTF-8 with the few foreign bytes read as windows-1252.

use std::fmt::Write as _;

use encoding_rs::{
    Encoding, GBK, ISO_2022_JP, REPLACEMENT, UTF_8, UTF_16BE, UTF_16LE, WINDOWS_1252, X_USER_DEFINED,
};

/// How far into a document a declaration is looked for; HTML asks for it in the first 1,024 bytes.
const DECLARATION_BYTES_MAX: usize = 4_096;

/// Decodes a feed or a page.
///
/// `content_type`: the HTTP header of that name, if there was one. Order: byte order mark, UTF-16 and UTF-32 told by
/// their zero bytes, charset of the header, XML declaration or `<meta charset>`, UTF-8 where the bytes are that,
/// windows-1252. Never fails; bytes that mean nothing become U+FFFD. C1 control characters, which are windows-1252
/// in disguise, become the characters that were meant.
pub fn decode(bytes: &[u8], content_type: Option<&str>) -> String {
    let text = wide(bytes).unwrap_or_else(|| {
        let bytes = bytes.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(bytes);
        narrow(bytes, &labels(bytes, content_type))
    });
    without_c1(text)
}

/// The encodings that the document claims for itself, the strongest claim first.
fn labels(bytes: &[u8], content_type: Option<&str>) -> Vec<&'static Encoding> {
    let head = &bytes[..bytes.len().min(DECLARATION_BYTES_MAX)];
    let head = String::from_utf8_lossy(head).to_ascii_lowercase();
    let declared = xml_declaration(&head).or_else(|| meta_charset(&head));
    [
        content_type.and_then(|header| charset_parameter(&header.to_ascii_lowercase())),
        declared,
    ]
    .into_iter()
    .flatten()
    .filter_map(|label| Encoding::for_label_no_replacement(label.as_bytes()))
    // Wide encodings were told by their bytes before; here such a label is a mistake.
    .filter(|encoding| ![UTF_16BE, UTF_16LE, REPLACEMENT, X_USER_DEFINED].contains(encoding))
    .collect()
}

/// The value of `charset=` in a header or a `<meta>`; `text` is in lower case.
fn charset_parameter(text: &str) -> Option<String> {
    let (_, rest) = text.split_once("charset")?;
    let value = rest
        .trim_start()
        .strip_prefix('=')?
        .trim_start()
        .trim_start_matches(['"', '\'']);
    let end = value
        .find(|c: char| !(c.is_ascii_alphanumeric() || "-_:.+".contains(c)))
        .unwrap_or(value.len());
    (end > 0).then(|| value[..end].to_owned())
}

fn xml_declaration(head: &str) -> Option<String> {
    let rest = head.trim_start().strip_prefix("<?xml")?;
    let declaration = &rest[..rest.find("?>").or_else(|| rest.find('>'))?];
    let (_, value) = declaration.split_once("encoding")?;
    let value = value
        .trim_start()
        .strip_prefix('=')?
        .trim_start()
        .trim_start_matches(['"', '\'']);
    Some(value[..value.find(['"', '\'', ' ']).unwrap_or(value.len())].to_owned())
}

/// What stands behind the XML declaration that `head` begins with, its comments and the hints to a style sheet.
fn behind_declaration(head: &str) -> Option<&str> {
    let mut rest = head.strip_prefix("<?xml")?.split_once("?>")?.1.trim_start();
    loop {
        rest = if let Some(comment) = rest.strip_prefix("<!--") {
            comment.split_once("-->")?.1.trim_start()
        } else if let Some(hint) = rest.strip_prefix("<?") {
            hint.split_once("?>")?.1.trim_start()
        } else {
            return Some(rest);
        };
    }
}

/// The charset of a page's `<meta>`. The text of a feed may well talk about `<meta charset>`, so feeds are not asked.
fn meta_charset(head: &str) -> Option<String> {
    let start = head.trim_start();
    let is_feed = || {
        ["<?xml", "<rss", "<feed", "<rdf", "<channel", "{"]
            .iter()
            .any(|feed| start.starts_with(feed))
    };
    // A page written as XML begins like a feed; its declaration mostly names no charset.
    let is_page = behind_declaration(start)
        .is_some_and(|rest| rest.starts_with("<html") || rest.starts_with("<!doctype html"));
    if !is_page && is_feed() {
        return None;
    }
    head.split("<meta")
        .skip(1)
        .find_map(|tag| charset_parameter(&tag[..tag.find('>').unwrap_or(tag.len())]))
}

/// UTF-16 and UTF-32, by byte order mark or by where the zero bytes stand. `None` for all else.
fn wide(bytes: &[u8]) -> Option<String> {
    match bytes {
        [0, 0, 0xFE, 0xFF, rest @ ..] => return Some(utf_32(rest, u32::from_be_bytes)),
        [0xFF, 0xFE, 0, 0, rest @ ..] => return Some(utf_32(rest, u32::from_le_bytes)),
        [0xFE, 0xFF, rest @ ..] => return Some(UTF_16BE.decode_without_bom_handling(rest).0.into_owned()),
        [0xFF, 0xFE, rest @ ..] => return Some(UTF_16LE.decode_without_bom_handling(rest).0.into_owned()),
        [0, 0, 0, first, ..] if *first != 0 => return Some(utf_32(bytes, u32::from_be_bytes)),
        [first, 0, 0, 0, ..] if *first != 0 => return Some(utf_32(bytes, u32::from_le_bytes)),
        _ => {}
    }
    let pairs = bytes[..bytes.len().min(128)].chunks_exact(2);
    let all = pairs.len();
    let (mut high_first, mut low_first) = (0, 0);
    for pair in pairs {
        high_first += usize::from(pair[0] == 0 && pair[1] != 0);
        low_first += usize::from(pair[0] != 0 && pair[1] == 0);
    }
    // Markup is mostly ASCII, so at least two of three units have a zero half, always the same one.
    if all >= 2 && high_first * 3 >= all * 2 && low_first == 0 {
        return Some(UTF_16BE.decode_without_bom_handling(bytes).0.into_owned());
    }
    (all >= 2 && low_first * 3 >= all * 2 && high_first == 0)
        .then(|| UTF_16LE.decode_without_bom_handling(bytes).0.into_owned())
}

fn utf_32(bytes: &[u8], unit: fn([u8; 4]) -> u32) -> String {
    bytes
        .chunks_exact(4)
        .map(|four| unit([four[0], four[1], four[2], four[3]]))
        .map(|code| char::from_u32(code).unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// Decodes bytes of an ASCII-compatible encoding.
fn narrow(bytes: &[u8], labels: &[&'static Encoding]) -> String {
    if let Ok(text) = std::str::from_utf8(bytes) {
        // ASCII may still be ISO-2022-JP, which lives in escapes; two-byte encodings may look like UTF-8 by chance.
        let other = labels.first().copied().filter(|_| !labels.contains(&UTF_8));
        return match other {
            Some(encoding) if encoding == ISO_2022_JP || (is_multibyte(encoding) && !text.is_ascii()) => {
                clean(encoding, bytes).unwrap_or_else(|| text.to_owned())
            }
            _ => text.to_owned(),
        };
    }
    if mostly_utf_8(bytes) {
        return patched(bytes);
    }
    if let Some(text) = labels
        .iter()
        .filter(|label| **label != UTF_8)
        .find_map(|label| clean(label, bytes))
    {
        return text;
    }
    match labels.iter().find(|label| is_multibyte(label)) {
        Some(label) if !labels.contains(&UTF_8) => label.decode_without_bom_handling(bytes).0.into_owned(),
        _ => patched(bytes),
    }
}

fn is_multibyte(encoding: &'static Encoding) -> bool {
    encoding == GBK || (!encoding.is_single_byte() && encoding != UTF_8)
}

fn clean(encoding: &'static Encoding, bytes: &[u8]) -> Option<String> {
    encoding
        .decode_without_bom_handling_and_without_replacement(bytes)
        .map(std::borrow::Cow::into_owned)
}

/// Whether twice as many characters are proper UTF-8 beyond ASCII as there are faults.
fn mostly_utf_8(bytes: &[u8]) -> bool {
    let (mut proper, mut faults) = (0_usize, 0_usize);
    for chunk in bytes.utf8_chunks() {
        proper += chunk.valid().chars().filter(|c| !c.is_ascii()).count();
        faults += usize::from(!chunk.invalid().is_empty());
    }
    proper > 2 * faults
}

/// UTF-8 in which a stray byte means what it means in windows-1252, and a cut-off character is U+FFFD.
fn patched(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + 16);
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        match chunk.invalid() {
            [] => {}
            [byte] => text.push_str(&WINDOWS_1252.decode_without_bom_handling(&[*byte]).0),
            _ => text.push(char::REPLACEMENT_CHARACTER),
        }
    }
    text
}

fn without_c1(text: String) -> String {
    let is_c1 = |c: char| ('\u{80}'..='\u{9f}').contains(&c);
    if !text.contains(is_c1) {
        return text;
    }
    let mut mended = String::with_capacity(text.len());
    for c in text.chars() {
        let _ = mended.write_char(if is_c1(c) { windows_1252(c) } else { c });
    }
    mended
}

/// What the C1 control character `c` (U+0080 to U+009F) means as a byte of windows-1252; itself for others.
pub(crate) fn windows_1252(c: char) -> char {
    u8::try_from(u32::from(c))
        .ok()
        .filter(|byte| (0x80..0xA0).contains(byte))
        .and_then(|byte| WINDOWS_1252.decode_without_bom_handling(&[byte]).0.chars().next())
        .unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_names_the_charset() {
        assert_eq!(
            decode(b"caf\xE9", Some("text/xml; charset=\"ISO-8859-1\"")),
            "café"
        );
        assert_eq!(decode(b"\xEF\xE2", Some("text/xml;charset= 'koi8-r'")), "ОБ");
    }

    #[test]
    fn a_declaration_names_the_charset() {
        let xml = b"<?xml version='1.0' encoding='windows-1251'?><t>\xCF\xF0\xE8</t>";
        assert!(decode(xml, None).ends_with("<t>При</t>"));
        let html = b"<!doctype html><html><meta http-equiv=x content='text/html; charset=iso-8859-2'><p>\xB1";
        assert!(decode(html, None).ends_with("<p>ą"));
    }

    #[test]
    fn a_page_written_as_xml_names_the_charset_in_its_head() {
        let decoded = |start: &str| {
            let meta = "<head><meta http-equiv='Content-Type' content='text/html; charset=windows-1251' />";
            let mut page = format!("<?xml version=\"1.0\"?>\n{start}{meta}<p>").into_bytes();
            page.extend_from_slice(b"\xCF\xF0\xE8");
            decode(&page, None)
        };
        assert!(decoded("<!DOCTYPE html PUBLIC \"x\">\n<html>").ends_with("<p>При"));
        assert!(decoded("<!-- saved -->\n<html xmlns='http://www.w3.org/1999/xhtml'>").ends_with("<p>При"));
        assert!(!decoded("<rss>").ends_with("<p>При"), "a feed may talk about it");
    }

    #[test]
    fn utf_8_bytes_win_over_a_latin_label() {
        assert_eq!(
            decode("<p>naïve".as_bytes(), Some("text/html; charset=iso-8859-1")),
            "<p>naïve"
        );
    }

    #[test]
    fn a_stray_byte_in_utf_8_is_windows_1252() {
        assert_eq!(decode(b"caf\xC3\xA9 \xE2\x80\x93 caf\xE9", None), "café – café");
        assert_eq!(
            decode(b"caf\xE9 \x93x\x94", Some("text/xml; charset=utf-8")),
            "café “x”"
        );
        assert_eq!(decode("don\u{92}t".as_bytes(), None), "don’t");
    }

    #[test]
    fn wide_encodings_are_told_without_a_mark() {
        let text = "<?xml version='1.0'?><t>žluť</t>";
        let be: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        let le: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let four: Vec<u8> = text.chars().flat_map(|c| u32::from(c).to_be_bytes()).collect();
        for bytes in [be, le, four] {
            assert_eq!(decode(&bytes, Some("text/xml; charset=utf-8")), text);
        }
    }
}
