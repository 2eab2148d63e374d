//! A tokenizer for markup as it is found: XML with faults, HTML, and what lies between.
//!
//! It never fails, goes over its input once, and keeps slices of it. A construct without an end (comment, CDATA,
//! quotation mark) is not one: its opening mark is passed over and what follows is read as usual. That there is no
//! end is remembered, so that a thousand openings cost one search.

use std::ops::Range;

/// Attributes beyond this number are read and forgotten.
const ATTRIBUTES_MAX: usize = 64;

/// A piece of markup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Token<'a> {
    /// A start tag.
    Start(Tag<'a>),
    /// An end tag: the name as written.
    End(&'a str),
    /// Text with its references.
    Text(&'a str),
    /// The inside of a CDATA section.
    Cdata(&'a str),
}

/// A start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag<'a> {
    /// The name as written, with its prefix.
    pub name: &'a str,
    /// The attributes in the order of the text, at most 64.
    pub attributes: Vec<Attribute<'a>>,
    /// Whether it ends in `/>`.
    pub is_empty: bool,
}

/// An attribute of a start tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attribute<'a> {
    /// The name as written, with its prefix.
    pub name: &'a str,
    /// The value with its references, without its quotation marks.
    pub value: &'a str,
    /// Where the value stands in the text.
    pub at: Range<usize>,
}

/// Reads tokens off a text.
pub struct Tokenizer<'a> {
    text: &'a str,
    position: usize,
    start: usize,
    /// Ends that are known not to come at or after a place.
    missing: Vec<(&'static str, usize)>,
}

impl<'a> Tokenizer<'a> {
    /// A tokenizer at the start of `text`.
    pub fn new(text: &'a str) -> Self {
        Self {
            text,
            position: 0,
            start: 0,
            missing: Vec::new(),
        }
    }

    /// Where the last token starts and ends, in bytes.
    pub fn span(&self) -> Range<usize> {
        self.start..self.position
    }

    /// Passes over all up to the end tag `name`, as HTML does with scripts. Stays where it is if there is none.
    pub fn skip_raw(&mut self, name: &'static str) {
        if self.is_missing(name, self.position) {
            return;
        }
        let mut at = self.position;
        while let Some(found) = self.text[at..].find("</") {
            let rest = &self.text.as_bytes()[at + found + 2..];
            if rest.len() >= name.len() && rest[..name.len()].eq_ignore_ascii_case(name.as_bytes()) {
                self.position = at + found;
                return;
            }
            at += found + 2;
        }
        self.missing.push((name, self.position));
    }

    fn is_missing(&self, end: &str, from: usize) -> bool {
        self.missing
            .iter()
            .any(|(known, since)| *known == end && *since <= from)
    }

    /// The place just after the next `end` at or after `from`.
    fn after(&mut self, from: usize, end: &'static str) -> Option<usize> {
        if self.is_missing(end, from) {
            return None;
        }
        let found = self.text.get(from..).and_then(|rest| rest.find(end));
        if found.is_none() {
            self.missing.push((end, from));
        }
        found.map(|at| from + at + end.len())
    }

    fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The first place at or after `from` whose byte is one of `stops`, or the end of the text.
    fn until(&self, from: usize, stops: &[u8]) -> usize {
        let bytes = &self.text.as_bytes()[from..];
        from + bytes
            .iter()
            .position(|byte| stops.contains(byte))
            .unwrap_or(bytes.len())
    }

    fn past_space(&self, from: usize) -> usize {
        let bytes = &self.text.as_bytes()[from..];
        from + bytes
            .iter()
            .position(|byte| !byte.is_ascii_whitespace())
            .unwrap_or(bytes.len())
    }

    /// Comments, CDATA, declarations and instructions. `None`: nothing to show, go on.
    fn special(&mut self) -> Option<Token<'a>> {
        let (text, at) = (self.text, self.position);
        let rest = &text[at..];
        if rest.starts_with("<!--") {
            self.position = self.after(at + 4, "-->").unwrap_or(at + 4);
        } else if rest.starts_with("<![CDATA[") {
            let from = at + "<![CDATA[".len();
            self.position = from;
            if let Some(end) = self.after(from, "]]>") {
                self.position = end;
                return Some(Token::Cdata(&text[from..end - 3]));
            }
        } else if rest.starts_with("<?") {
            self.position = self
                .after(at + 2, "?>")
                .unwrap_or_else(|| (self.until(at, b">") + 1).min(text.len()));
        } else {
            self.position = self.past_doctype(at + 2);
        }
        None
    }

    /// The place after a `<!DOCTYPE`, with its internal subset.
    fn past_doctype(&mut self, from: usize) -> usize {
        let simple = |this: &Self| (this.until(from, b">") + 1).min(this.text.len());
        let (mut at, mut depth) = (from, 0_usize);
        while !self.is_missing("doctype", from) {
            at = self.until(at, b"[]>\"'<");
            match self.byte(at) {
                None => self.missing.push(("doctype", from)),
                Some(b'>') if depth == 0 => return at + 1,
                Some(b'[') => depth += 1,
                Some(b']') => depth = depth.saturating_sub(1),
                Some(b'<') if self.text[at..].starts_with("<!--") => {
                    at = self.after(at + 4, "-->").unwrap_or(at + 4);
                    continue;
                }
                Some(b'<') if depth == 0 => return at,
                Some(quote @ (b'"' | b'\'')) => {
                    at = self
                        .after(at + 1, if quote == b'"' { "\"" } else { "'" })
                        .unwrap_or(at + 1);
                    continue;
                }
                Some(_) => {}
            }
            at += 1;
        }
        simple(self)
    }

    fn end_tag(&mut self) -> Token<'a> {
        let from = self.position + 2;
        let name_end = self.until(from, b" \t\r\n\x0c/<>");
        let end = self.until(name_end, b"<>");
        self.position = if self.byte(end) == Some(b'>') {
            end + 1
        } else {
            end
        };
        Token::End(&self.text[from..name_end])
    }

    fn start_tag(&mut self) -> Token<'a> {
        let name_end = self.until(self.position + 1, b" \t\r\n\x0c/<>");
        let name = &self.text[self.position + 1..name_end];
        let (mut attributes, mut is_empty) = (Vec::new(), false);
        let mut at = name_end;
        loop {
            at = self.past_space(at);
            match self.byte(at) {
                None | Some(b'<') => break,
                Some(b'>') => {
                    at += 1;
                    break;
                }
                Some(b'/') => {
                    is_empty = self.byte(at + 1) == Some(b'>');
                    at += 1;
                }
                Some(_) => {
                    let (attribute, next) = self.attribute(at);
                    at = next;
                    if attributes.len() < ATTRIBUTES_MAX {
                        attributes.push(attribute);
                    }
                }
            }
        }
        self.position = at;
        Token::Start(Tag {
            name,
            attributes,
            is_empty,
        })
    }

    fn attribute(&mut self, from: usize) -> (Attribute<'a>, usize) {
        let text = self.text;
        // An attribute may not start with `=`, but then it must still move on.
        let name_end = self.until(
            from + usize::from(self.byte(from) == Some(b'=')),
            b" \t\r\n\x0c=/<>",
        );
        let name = &text[from..name_end];
        let mut at = self.past_space(name_end);
        if self.byte(at) != Some(b'=') {
            return (
                Attribute {
                    name,
                    value: "",
                    at: name_end..name_end,
                },
                name_end,
            );
        }
        at = self.past_space(at + 1);
        let close = match self.byte(at) {
            Some(b'"') => self.after(at + 1, "\""),
            Some(b'\'') => self.after(at + 1, "'"),
            _ => None,
        };
        if let Some(end) = close {
            return (
                Attribute {
                    name,
                    value: &text[at + 1..end - 1],
                    at: at + 1..end - 1,
                },
                end,
            );
        }
        let end = self.until(at, b" \t\r\n\x0c<>");
        (
            Attribute {
                name,
                value: &text[at..end],
                at: at..end,
            },
            end,
        )
    }
}

impl<'a> Iterator for Tokenizer<'a> {
    type Item = Token<'a>;

    fn next(&mut self) -> Option<Token<'a>> {
        loop {
            self.start = self.position;
            let rest = &self.text.as_bytes()[self.position..];
            let token = match rest {
                [] => return None,
                [b'<', b'!' | b'?', ..] => match self.special() {
                    Some(token) => token,
                    None => continue,
                },
                [b'<', b'/', first, ..] if is_name_start(*first) => self.end_tag(),
                [b'<', first, ..] if is_name_start(*first) => self.start_tag(),
                [first, ..] => {
                    let from = self.position;
                    self.position = self.until(from + usize::from(*first == b'<'), b"<");
                    Token::Text(&self.text[from..self.position])
                }
            };
            return Some(token);
        }
    }
}

fn is_name_start(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b':' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let show = |token| match token {
            Token::Start(tag) => {
                let attributes: Vec<_> = tag
                    .attributes
                    .iter()
                    .map(|a| format!(" {}={}", a.name, a.value))
                    .collect();
                format!(
                    "<{}{}{}>",
                    tag.name,
                    attributes.concat(),
                    if tag.is_empty { "/" } else { "" }
                )
            }
            Token::End(name) => format!("</{name}>"),
            Token::Text(text) => text.to_owned(),
            Token::Cdata(text) => format!("[{text}]"),
        };
        Tokenizer::new(text).map(show).collect()
    }

    #[test]
    fn well_formed_markup_is_read() {
        assert_eq!(
            shown("<?xml version='1.0'?><!-- c --><a b=\"1\" c = 'x>y'><d/>t<![CDATA[<e>]]></a >"),
            "<a b=1 c=x>y><d/>t[<e>]</a>"
        );
    }

    #[test]
    fn a_doctype_is_passed_over() {
        assert_eq!(
            shown("<!DOCTYPE r [<!ENTITY a \"]>\"><!-- it's --> ]><r>&a;</r>"),
            "<r>&a;</r>"
        );
        assert_eq!(shown("<!DOCTYPE r PUBLIC \"open><r>x</r>"), "<r>x</r>");
    }

    #[test]
    fn bare_marks_are_text() {
        assert_eq!(shown("1 < 2 <3 </ > & <"), "1 < 2 <3 </ > & <");
    }

    #[test]
    fn openings_without_an_end_are_passed_over() {
        assert_eq!(shown("<a><!-- x<b>"), "<a> x<b>");
        assert_eq!(shown("<a><![CDATA[x</a>"), "<a>x</a>");
        assert_eq!(shown("<a href=\"x>y</a>"), "<a href=\"x>y</a>");
        assert_eq!(shown("<a b=c=d =e"), "<a b=c=d =e=>");
    }

    #[test]
    fn many_openings_cost_one_search() {
        for opening in [
            "<!--",
            "<![CDATA[",
            "<?",
            "<!D [",
            "<a b=\"",
            "<a b='",
            "<a",
            "</a",
            "<!D \"",
            "<a b",
        ] {
            let text = opening.repeat(200_000);
            assert!(Tokenizer::new(&text).count() <= 400_000, "{opening}");
        }
    }
}
