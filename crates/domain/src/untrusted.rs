//! Text from outside: feeds, pages, mail, tool results and every model reply that saw any of them.
//!
//! [`Untrusted`] has no `Deref`, `Display` or `Serialize`. Its exits are four: [`verify_span`] to a quotation,
//! [`listed`] to an address, [`Untrusted::escape`] to a page, [`Untrusted::prompt_data`] to a prompt. Crates that
//! judge text may look at it with [`Untrusted::inspect`] (the layout test lists them); stores and exports write it
//! through [`persist`].

use std::fmt::{self, Write as _};
use std::marker::PhantomData;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::hash::ContentHash;

/// A value that somebody outside wrote. It is data, never an instruction.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Untrusted<T>(T);

impl<T> Untrusted<T> {
    /// Marks a value as written outside.
    pub const fn new(value: T) -> Self {
        Self(value)
    }

    /// A look at the value, for crates that measure text.
    pub const fn inspect(&self) -> &T {
        &self.0
    }

    /// Another value made from this one; still untrusted.
    pub fn map<U>(self, f: impl FnOnce(T) -> U) -> Untrusted<U> {
        Untrusted(f(self.0))
    }
}

impl Untrusted<String> {
    /// SHA-256 of a text: tells texts apart and gives nothing of them.
    pub fn digest(&self) -> ContentHash {
        ContentHash::of(self.0.as_bytes())
    }
}

impl<T> fmt::Debug for Untrusted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Untrusted(…)")
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Untrusted<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

impl<T: schemars::JsonSchema> schemars::JsonSchema for Untrusted<T> {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        T::json_schema(generator)
    }

    fn inline_schema() -> bool {
        T::inline_schema()
    }
}

impl<T: AsRef<str>> Untrusted<T> {
    /// The text made inert for one place of output.
    pub fn escape<C: Context>(&self) -> Escaped<C> {
        Escaped {
            text: C::escape(self.0.as_ref()),
            context: PhantomData,
        }
    }

    /// The text as data of a prompt: only ever a string inside the JSON of the last user message.
    pub fn prompt_data(&self) -> PromptData {
        PromptData(self.0.as_ref().to_owned())
    }
}

/// Serialises an untrusted value for the store and for exports: `#[serde(serialize_with = "persist")]`.
///
/// # Errors
/// Those of the serialiser.
pub fn persist<T: Serialize, S: Serializer>(value: &Untrusted<T>, serializer: S) -> Result<S::Ok, S::Error> {
    value.0.serialize(serializer)
}

/// The same for an optional value.
///
/// # Errors
/// Those of the serialiser.
pub fn persist_option<T: Serialize, S: Serializer>(
    value: &Option<Untrusted<T>>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    value.as_ref().map(|value| &value.0).serialize(serializer)
}

/// The same for a list.
///
/// # Errors
/// Those of the serialiser.
pub fn persist_list<T: Serialize, S: Serializer>(
    values: &[Untrusted<T>],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(values.iter().map(|value| &value.0))
}

/// A string that may stand in the JSON of a user message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(transparent)]
pub struct PromptData(String);

impl PromptData {
    /// The text, for the model that reads the message.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&str> for PromptData {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// A byte range of a stored text whose bytes were compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quote {
    /// First byte.
    pub start: usize,
    /// Byte after the last one.
    pub end: usize,
    text: String,
}

impl Quote {
    /// The bytes of the source, as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

/// Finds `quote` in `text`: the first place, from `from` on, where exactly these bytes stand.
pub fn verify_span(text: &Untrusted<String>, quote: &str, from: usize) -> Option<Quote> {
    let tail = text.0.get(from..)?;
    if quote.is_empty() {
        return None;
    }
    let start = from + tail.find(quote)?;
    Some(Quote {
        start,
        end: start + quote.len(),
        text: quote.to_owned(),
    })
}

/// The bytes of `text` from `start` to `end`, if that is a range of whole characters.
pub fn span(text: &Untrusted<String>, start: usize, end: usize) -> Option<Quote> {
    let quote = text.0.get(start..end)?;
    (!quote.is_empty()).then(|| Quote {
        start,
        end,
        text: quote.to_owned(),
    })
}

/// An address that code listed before; the only kind that may be opened or linked.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ListedUrl(String);

impl ListedUrl {
    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `url` as a listed address, if it is http or https and one of `list`.
pub fn listed<'a>(url: &Untrusted<String>, list: impl IntoIterator<Item = &'a str>) -> Option<ListedUrl> {
    let is_web = url.0.starts_with("https://") || url.0.starts_with("http://");
    (is_web && list.into_iter().any(|known| known == url.0)).then(|| ListedUrl(url.0.clone()))
}

/// Text made inert for the place `C`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Escaped<C> {
    text: String,
    context: PhantomData<C>,
}

impl<C> Escaped<C> {
    /// The escaped text.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl<C> fmt::Display for Escaped<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// A place of output with its own rules of escaping.
pub trait Context {
    /// `text` made inert here.
    fn escape(text: &str) -> String;
}

/// Text or a quoted attribute of an HTML page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Html;
/// Text or a quoted attribute of an XML document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Xml;
/// Running text of a Markdown document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Markdown;
/// A double-quoted scalar of a YAML document, without the quotes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Yaml;
/// The value of a mail or HTTP header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header;

impl Context for Html {
    fn escape(text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '&' => out.push_str("&amp;"),
                '<' => out.push_str("&lt;"),
                '>' => out.push_str("&gt;"),
                '"' => out.push_str("&quot;"),
                '\'' => out.push_str("&#39;"),
                '\0' => out.push('\u{fffd}'),
                other => out.push(other),
            }
        }
        out
    }
}

impl Context for Xml {
    fn escape(text: &str) -> String {
        let is_legal = |c: &char| {
            matches!(c, '\t' | '\n' | '\r') || (*c >= ' ' && !matches!(c, '\u{fffe}' | '\u{ffff}'))
        };
        Html::escape(&text.chars().filter(is_legal).collect::<String>())
    }
}

impl Context for Markdown {
    fn escape(text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut at_line_start = true;
        for (at, character) in text.char_indices() {
            let rest = &text[at + character.len_utf8()..];
            let opens_block = at_line_start && matches!(character, '-' | '+' | '#' | '=' | '~' | '>');
            let is_special = match character {
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' => true,
                '!' => rest.starts_with('['),
                '&' => opens_entity(rest),
                _ => opens_block,
            };
            if is_special {
                out.push('\\');
            }
            out.push(if matches!(character, '\n' | '\r') {
                ' '
            } else {
                character
            });
            at_line_start = at_line_start && character.is_whitespace();
        }
        escape_ordered_list(&out)
    }
}

/// Whether what follows an ampersand makes it an entity, such as `amp;` or `#38;`.
fn opens_entity(rest: &str) -> bool {
    let name = rest
        .split_once(';')
        .map(|(name, _)| name.strip_prefix('#').unwrap_or(name));
    name.is_some_and(|name| {
        !name.is_empty() && name.len() <= 32 && name.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

/// `1. text` at the start of a line would open a list: `1\. text`.
fn escape_ordered_list(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    match text.as_bytes().get(digits) {
        Some(b'.' | b')') if digits > 0 => format!("{}\\{}", &text[..digits], &text[digits..]),
        _ => text.to_owned(),
    }
}

impl Context for Yaml {
    fn escape(text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        for character in text.chars() {
            match character {
                '"' => out.push_str("\\\""),
                '\\' => out.push_str("\\\\"),
                '\n' => out.push_str("\\n"),
                '\t' => out.push_str("\\t"),
                other
                    if (other as u32) < 0x20
                        || matches!(other as u32, 0x7f..=0x9f | 0x2028 | 0x2029 | 0xfeff) =>
                {
                    // Writing to a String cannot fail.
                    let _ = write!(out, "\\u{:04x}", other as u32);
                }
                other => out.push(other),
            }
        }
        out
    }
}

impl Context for Header {
    fn escape(text: &str) -> String {
        text.chars()
            .map(|c| if c.is_control() { ' ' } else { c })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_is_found_only_where_its_bytes_stand() {
        let text = Untrusted::new("Prices fell by 3 percent. Prices fell.".to_owned());
        assert_eq!(
            verify_span(&text, "Prices fell.", 0).map(|quote| quote.start),
            Some(26)
        );
        assert_eq!(verify_span(&text, "prices fell", 0), None);
        assert_eq!(verify_span(&text, "", 0), None);
    }

    #[test]
    fn markdown_cannot_open_links_blocks_or_html() {
        let escape = |text: &str| Untrusted::new(text).escape::<Markdown>().to_string();
        assert_eq!(escape("[x](y)\n# <b>"), "\\[x\\](y) # \\<b>");
        assert_eq!(escape("a & b, $5, &amp; ![x]"), "a & b, $5, \\&amp; \\!\\[x\\]");
        assert_eq!(escape("1. first"), "1\\. first");
        assert_eq!(escape("# head"), "\\# head");
    }

    #[test]
    fn only_listed_web_addresses_leave() {
        let list = ["https://a.example/", "javascript:alert(1)"];
        assert!(listed(&Untrusted::new("https://a.example/".to_owned()), list).is_some());
        assert!(listed(&Untrusted::new("https://b.example/".to_owned()), list).is_none());
        assert!(listed(&Untrusted::new("javascript:alert(1)".to_owned()), list).is_none());
    }
}
