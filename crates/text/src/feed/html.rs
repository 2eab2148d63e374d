//! HTML as feeds carry it: telling it from text, and reading its text.
//!
//! All of it works on tokens in one pass. A real HTML parser would build a tree that a hostile feed can make as
//! expensive as it likes.

use super::entities;
use super::markup::{Token, Tokenizer};

/// Elements that people write in feeds. Words in angle brackets that are not here, such as `Vec<T>`, are text.
const KNOWN: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "applet",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "big",
    "blink",
    "blockquote",
    "body",
    "br",
    "button",
    "center",
    "cite",
    "code",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "li",
    "link",
    "main",
    "mark",
    "math",
    "meta",
    "nav",
    "noscript",
    "object",
    "ol",
    "p",
    "picture",
    "pre",
    "q",
    "s",
    "samp",
    "script",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "tr",
    "tt",
    "u",
    "ul",
    "var",
    "video",
];

/// Elements that say something without an end tag.
const LONE: &[&str] = &["br", "hr", "img", "p", "li", "embed", "source"];

/// Elements whose text is not for readers.
pub(super) const SILENT: &[&str] = &["script", "style", "template", "head"];

/// Elements that flow within a line; all others part words.
const INLINE: &[&str] = &[
    "a", "abbr", "acronym", "b", "big", "cite", "code", "del", "dfn", "em", "font", "i", "ins", "kbd",
    "mark", "q", "s", "samp", "small", "span", "strike", "strong", "sub", "sup", "time", "tt", "u", "var",
    "wbr",
];

/// Whether `text` is meant as HTML: it has a known element with its end, a known element that needs none or has
/// attributes, or a character reference. `1 < 2`, `Vec<T>` and `the <p> tag` are text.
pub fn looks_like_html(text: &str) -> bool {
    if entities::has_reference(text) {
        return true;
    }
    let mut open = [false; KNOWN.len()];
    let starts_with_markup = text.trim_start().starts_with('<');
    for token in Tokenizer::new(text) {
        match token {
            Token::Start(tag) => {
                let Some(index) = known(tag.name) else { continue };
                let is_lone = LONE.contains(&KNOWN[index]) && (starts_with_markup || KNOWN[index] == "br");
                if is_lone || tag.is_empty || tag.attributes.iter().any(|a| !a.value.is_empty()) {
                    return true;
                }
                open[index] = true;
            }
            Token::End(name) if known(name).is_some_and(|index| open[index]) => return true,
            _ => {}
        }
    }
    false
}

fn known(name: &str) -> Option<usize> {
    KNOWN.iter().position(|known| known.eq_ignore_ascii_case(name))
}

pub(super) fn is_one_of(name: &str, names: &[&'static str]) -> Option<&'static str> {
    names
        .iter()
        .copied()
        .find(|known| known.eq_ignore_ascii_case(name))
}

/// The text of `html`: references decoded, scripts and styles gone, block elements parted by a space.
#[must_use]
pub fn to_text(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut tokens = Tokenizer::new(html);
    while let Some(token) = tokens.next() {
        match token {
            Token::Start(tag) => {
                if let Some(name) = is_one_of(tag.name, SILENT).filter(|_| !tag.is_empty) {
                    tokens.skip_raw(name);
                }
                part(&mut text, tag.name);
            }
            Token::End(name) => part(&mut text, name),
            Token::Text(raw) => text.push_str(&entities::decode(raw)),
            Token::Cdata(raw) => text.push_str(raw),
        }
    }
    tidy(&text)
}

fn part(text: &mut String, name: &str) {
    if is_one_of(name, INLINE).is_none() {
        text.push('\n');
    }
}

/// Trims `text`, removes control characters, and makes each run of white space with a line break in it one space.
pub fn tidy(text: &str) -> String {
    let is_space = |c: char| c.is_ascii_whitespace();
    let mut tidied = String::with_capacity(text.len());
    let mut rest = text.trim_matches(is_space);
    while let Some(c) = rest.chars().next() {
        let end = rest
            .find(|c: char| is_space(c) != is_space(rest.chars().next().unwrap_or(' ')))
            .unwrap_or(rest.len());
        let run = &rest[..end];
        if !is_space(c) {
            tidied.extend(run.chars().filter(|c| !is_forbidden(*c)));
        } else if run.contains(|c| c != ' ') {
            tidied.push(' ');
        } else {
            tidied.push_str(run);
        }
        rest = &rest[end..];
    }
    tidied
}

/// Control characters that XML does not allow.
pub fn is_forbidden(c: char) -> bool {
    matches!(c, '\0'..='\u{8}' | '\u{b}' | '\u{c}' | '\u{e}'..='\u{1f}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn html_is_told_from_text() {
        for html in [
            "<p>One",
            "a<br>b",
            "see <b>this</b>",
            "AT&amp;T",
            "<img src=\"x\">",
            "x <a href='y'>",
        ] {
            assert!(looks_like_html(html), "{html}");
        }
        for text in [
            "1 < 2 > 0",
            "Vec<T> and Box<dyn Fn()>",
            "the <p> tag",
            "Using <script> tags",
            "a & b",
            "</b>",
        ] {
            assert!(!looks_like_html(text), "{text}");
        }
    }

    #[test]
    fn text_is_read_out_of_html() {
        let html = "<p>One&nbsp;<b>t</b>wo</p>\n<p>three<br/>four</p><script>if (a<b) x();</script> five";
        assert_eq!(to_text(html), "One\u{a0}two three four five");
        assert_eq!(to_text("a <script>b"), "a b");
    }

    #[test]
    fn white_space_is_tidied() {
        assert_eq!(tidy("\n  a  b\n\t c\u{0}d "), "a  b cd");
    }
}
