//! Values of mail headers made from a stranger's words.

use std::fmt::Write as _;

use copydesk_domain::untrusted::{Context, Header};

/// One address, without a name; empty where the text holds none or several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Recipient;

/// A message id in angle brackets; empty where the text is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MessageId;

/// The subject of an answer to a message with this subject.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct ReplySubject;

impl Context for Recipient {
    fn escape(text: &str) -> String {
        let text = text.trim();
        let address = match (text.find('<'), text.rfind('<')) {
            (Some(first), Some(last)) if first == last => {
                text[last + 1..].strip_suffix('>').unwrap_or_default()
            }
            (Some(_), _) => "",
            (None, _) => text,
        };
        if is_address(address) {
            address.to_owned()
        } else {
            String::new()
        }
    }
}

/// A plain `local@domain` in ASCII. Stricter than RFC 5322: what is refused goes out without a recipient.
fn is_address(text: &str) -> bool {
    let is_local = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    let is_domain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
    text.len() <= 254
        && text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && !domain.is_empty()
                && local.chars().all(is_local)
                && domain.chars().all(is_domain)
        })
}

impl Context for MessageId {
    fn escape(text: &str) -> String {
        let inner = text.trim().trim_start_matches('<').trim_end_matches('>');
        let is_plain = |c: char| c.is_ascii_graphic() && !matches!(c, '<' | '>');
        if inner.len() <= 250 && inner.contains('@') && inner.chars().all(is_plain) {
            format!("<{inner}>")
        } else {
            String::new()
        }
    }
}

impl Context for ReplySubject {
    fn escape(text: &str) -> String {
        let line = Header::escape(text);
        let line = line.trim();
        let is_reply = line
            .get(..3)
            .is_some_and(|start| start.eq_ignore_ascii_case("re:"));
        encoded(&if is_reply {
            line.to_owned()
        } else {
            format!("Re: {line}")
        })
    }
}

/// Characters of an encoded word: 75 less `=?utf-8?Q?` and `?=`, and less the header's name on the first line.
const PIECE_MAX: usize = 54;

/// Text as header words (RFC 2047, encoding Q): as it is where it is short and plain, else in pieces of at most 75
/// characters, each on a line of its own.
pub(super) fn encoded(text: &str) -> String {
    let is_plain = text.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    if is_plain && text.len() <= 60 && !text.contains("=?") {
        return text.to_owned();
    }
    let mut pieces = vec![String::new()];
    for character in text.chars() {
        let word = encoded_character(character);
        if pieces
            .last()
            .is_some_and(|piece| piece.len() + word.len() > PIECE_MAX)
        {
            pieces.push(String::new());
        }
        if let Some(piece) = pieces.last_mut() {
            piece.push_str(&word);
        }
    }
    let words: Vec<String> = pieces
        .iter()
        .map(|piece| format!("=?utf-8?Q?{piece}?="))
        .collect();
    words.join("\r\n ")
}

fn encoded_character(character: char) -> String {
    if character == ' ' {
        return "_".to_owned();
    }
    if character.is_ascii_alphanumeric() {
        return character.to_string();
    }
    let mut buffer = [0; 4];
    let mut word = String::new();
    for byte in character.encode_utf8(&mut buffer).bytes() {
        let _ = write!(word, "={byte:02X}");
    }
    word
}
