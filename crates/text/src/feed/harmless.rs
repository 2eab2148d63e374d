//! HTML of strangers made safe to show: a list of what may pass, everything else out.
//!
//! The output is written anew, tag by tag, with every value quoted and escaped, so that no reading of the input by a
//! browser can differ from the reading here. No foreign content, raw text or form passes.

use super::entities;
use super::html::{SILENT, is_one_of};
use super::markup::{Tag, Token, Tokenizer};

/// Elements that pass.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "article",
    "aside",
    "audio",
    "b",
    "big",
    "blockquote",
    "br",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "dd",
    "del",
    "details",
    "dfn",
    "div",
    "dl",
    "dt",
    "em",
    "figcaption",
    "figure",
    "font",
    "footer",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
    "hr",
    "i",
    "img",
    "ins",
    "kbd",
    "li",
    "main",
    "mark",
    "nav",
    "ol",
    "p",
    "pre",
    "q",
    "s",
    "samp",
    "section",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "sub",
    "summary",
    "sup",
    "table",
    "tbody",
    "td",
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
    "wbr",
];

/// Elements without an end tag.
const VOID: &[&str] = &["br", "col", "hr", "img", "source", "wbr"];

/// Attributes that pass with any value.
const ATTRIBUTES: &[&str] = &[
    "abbr", "align", "alt", "class", "colspan", "controls", "datetime", "dir", "headers", "height",
    "hreflang", "lang", "reversed", "rowspan", "scope", "start", "summary", "title", "valign", "value",
    "width",
];

/// Attributes that pass if their value is an address of http or https.
const ADDRESSES: &[&str] = &["href", "src", "cite", "poster"];

/// Elements open at once beyond this number lose their tags.
const DEPTH_MAX: usize = 100;

/// `html` with nothing in it that runs, asks, styles or submits. Balanced; addresses must be absolute already.
#[must_use]
pub fn harmless(html: &str) -> String {
    let mut out = String::with_capacity(html.len());
    let mut open: Vec<&'static str> = Vec::new();
    let mut tokens = Tokenizer::new(html);
    while let Some(token) = tokens.next() {
        match token {
            Token::Start(tag) => {
                if let Some(name) = is_one_of(tag.name, SILENT).filter(|_| !tag.is_empty) {
                    tokens.skip_raw(name);
                } else if let Some(name) = is_one_of(tag.name, ELEMENTS) {
                    start(&mut out, &mut open, name, &tag);
                }
            }
            Token::End(name) => {
                if let Some(at) = open.iter().rposition(|open| open.eq_ignore_ascii_case(name)) {
                    close(&mut out, &mut open, at);
                }
            }
            Token::Text(raw) => out.push_str(&text(&entities::decode(raw))),
            Token::Cdata(raw) => out.push_str(&text(raw)),
        }
    }
    close(&mut out, &mut open, 0);
    out.trim().to_owned()
}

fn start(out: &mut String, open: &mut Vec<&'static str>, name: &'static str, tag: &Tag<'_>) {
    let is_void = VOID.contains(&name);
    if !is_void && open.len() >= DEPTH_MAX {
        return;
    }
    out.push('<');
    out.push_str(name);
    for attribute in &tag.attributes {
        let value = entities::decode(attribute.value);
        let safe = is_one_of(attribute.name, ATTRIBUTES).or_else(|| {
            is_one_of(attribute.name, ADDRESSES).filter(|safe| is_safe_address(&value, *safe == "href"))
        });
        if let Some(safe) = safe {
            out.push(' ');
            out.push_str(safe);
            out.push_str("=\"");
            out.push_str(&entities::escape(&value));
            out.push('"');
        }
    }
    if is_void {
        out.push_str(" />");
    } else {
        out.push('>');
        open.push(name);
        if tag.is_empty {
            close(out, open, open.len() - 1);
        }
    }
}

fn close(out: &mut String, open: &mut Vec<&'static str>, from: usize) {
    for name in open.drain(from..).rev() {
        out.push_str("</");
        out.push_str(name);
        out.push('>');
    }
}

fn is_safe_address(value: &str, may_mail: bool) -> bool {
    let value = value.trim().to_ascii_lowercase();
    let is_web = value.starts_with("http://") || value.starts_with("https://");
    is_web || (may_mail && (value.starts_with("mailto:") || value.starts_with('#')))
}

/// Text escaped as a serialiser of HTML does: quotation marks stay.
fn text(raw: &str) -> String {
    let mut escaped = String::with_capacity(raw.len());
    for c in raw.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            c => escaped.push(c),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_runs_is_gone() {
        let html = "<p onclick=\"alert(2)\">Text</p><script>alert(3)</script><img src=x onerror=alert(4)>\
            <a href=\"javascript:alert(5)\">go</a><iframe src=\"http://a.example/\"></iframe><svg><style><img src=y>";
        assert_eq!(harmless(html), "<p>Text</p><img /><a>go</a><img />");
    }

    #[test]
    fn what_is_written_stays_and_is_balanced() {
        let html = "<DIV><a href='https://a.example/?b=1&amp;c=2'>x &lt; y</a> <b>z</div>&nbsp;\"q\"";
        assert_eq!(
            harmless(html),
            "<div><a href=\"https://a.example/?b=1&amp;c=2\">x &lt; y</a> <b>z</b></div>\u{a0}\"q\""
        );
    }

    #[test]
    fn harmless_html_stays_harmless() {
        let html = "<p>a<li title='\"><script>'>b<!-- --><![CDATA[<script>]]>";
        let once = harmless(html);
        assert_eq!(harmless(&once), once);
        assert!(!once.contains("<script"));
    }
}
