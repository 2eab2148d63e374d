//! Makes the links inside a feed's HTML absolute, and leaves every other byte as it is.

use std::fmt::Write as _;

use url::Url;

use super::entities;
use super::html::is_one_of;
use super::markup::{Attribute, Tag, Token, Tokenizer};

/// Attributes that hold one address.
const ADDRESSES: &[&str] = &[
    "href",
    "src",
    "cite",
    "poster",
    "longdesc",
    "background",
    "action",
    "formaction",
    "data",
];

/// How many times as long as it was HTML may become: links may be shorter than what they are seen from.
const GROWTH_MAX: usize = 16;

/// Pictures in one `srcset` at most; a longer one stays as it is.
const CANDIDATES_MAX: usize = 64;

/// `html` with its relative links made absolute from `base`, the rest byte for byte. Fragments (`#note`) stay, and so
/// do the last links of HTML that is hardly more than links.
pub fn absolutise(html: &str, base: &Url) -> String {
    rewrite(html, base, false)
}

/// The same for XHTML taken from inside a feed: without `xmlns` attributes, CDATA sections written as text.
pub fn absolutise_xhtml(xhtml: &str, base: &Url) -> String {
    rewrite(xhtml, base, true)
}

fn rewrite(html: &str, base: &Url, is_xml: bool) -> String {
    let mut out = String::with_capacity(html.len() + 64);
    let bytes_max = html.len().saturating_mul(GROWTH_MAX) + 1_024;
    let mut copied = 0;
    let mut tokens = Tokenizer::new(html);
    while let Some(token) = tokens.next() {
        match token {
            Token::Start(tag) => {
                for attribute in &tag.attributes {
                    if is_xml && is_xml_only(attribute.name) {
                        let from = html[copied..attribute.at.start]
                            .rfind(attribute.name)
                            .map(|at| copied + at);
                        if let Some(from) = from {
                            out.push_str(html[copied..from].trim_end());
                            copied = after_quote(html, attribute);
                        }
                    } else if let Some(value) = absolute_value(&tag, attribute, base)
                        && out.len() + value.len() <= bytes_max
                    {
                        out.push_str(&html[copied..attribute.at.start]);
                        out.push_str(&entities::escape(&value));
                        copied = attribute.at.end;
                    }
                }
            }
            Token::Cdata(text) if is_xml => {
                out.push_str(&html[copied..tokens.span().start]);
                out.push_str(&entities::escape(text));
                copied = tokens.span().end;
            }
            _ => {}
        }
    }
    out.push_str(&html[copied..]);
    out
}

fn is_xml_only(attribute: &str) -> bool {
    attribute == "xmlns" || attribute.starts_with("xmlns:") || attribute.starts_with("xml:")
}

fn after_quote(html: &str, attribute: &Attribute<'_>) -> usize {
    let end = attribute.at.end;
    end + usize::from(matches!(html.as_bytes().get(end), Some(b'"' | b'\'')))
}

/// The absolute form of an attribute's value, if it holds an address that is relative.
fn absolute_value(tag: &Tag<'_>, attribute: &Attribute<'_>, base: &Url) -> Option<String> {
    if attribute.name.eq_ignore_ascii_case("srcset") {
        return srcset(&entities::decode(attribute.value), base);
    }
    is_one_of(attribute.name, ADDRESSES)?;
    // `data` is an address on `object` only, and `cite` is a word elsewhere.
    if attribute.name.eq_ignore_ascii_case("data") && !tag.name.eq_ignore_ascii_case("object") {
        return None;
    }
    absolute(&entities::decode(attribute.value), base)
}

fn absolute(value: &str, base: &Url) -> Option<String> {
    let value = value.trim();
    if value.is_empty()
        || value.starts_with('#')
        || Url::parse(value) != Err(url::ParseError::RelativeUrlWithoutBase)
    {
        return None;
    }
    base.join(value).ok().map(|url| readable(url.into(), value))
}

/// `url` with the letters of `value` beyond ASCII as they were written: links in HTML may have them.
fn readable(mut url: String, value: &str) -> String {
    /// Longer addresses are left encoded; the work grows with the square of the length.
    const BYTES_MAX: usize = 2_048;
    if value.is_ascii() || value.len() > BYTES_MAX {
        return url;
    }
    for c in value.chars().filter(|c| !c.is_ascii()) {
        let mut bytes = [0; 4];
        let letter: &str = c.encode_utf8(&mut bytes);
        let mut encoded = String::new();
        for byte in letter.bytes() {
            let _ = write!(encoded, "%{byte:02X}");
        }
        url = url.replace(&encoded, letter);
    }
    url
}

fn srcset(value: &str, base: &Url) -> Option<String> {
    if value.contains("data:") || value.split(',').nth(CANDIDATES_MAX).is_some() {
        return None;
    }
    let candidate = |candidate: &str| {
        let (address, size) = candidate.trim().split_once(' ').unwrap_or((candidate.trim(), ""));
        let address = absolute(address, base).unwrap_or_else(|| address.to_owned());
        if size.is_empty() {
            address
        } else {
            format!("{address} {size}")
        }
    };
    Some(value.split(',').map(candidate).collect::<Vec<_>>().join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn relative_links_become_absolute() {
        let base = Url::parse("https://a.example/b/c.xml").unwrap();
        let html = "<a class=x href='../d?e=1&amp;f=2'>g</a><img src=h.png srcset=\"i.png 1x, /j.png 2x\"><a href=\"#n\">";
        assert_eq!(
            absolutise(html, &base),
            "<a class=x href='https://a.example/d?e=1&amp;f=2'>g</a><img src=https://a.example/b/h.png \
             srcset=\"https://a.example/b/i.png 1x, https://a.example/j.png 2x\"><a href=\"#n\">"
        );
        assert_eq!(
            absolutise("<a href='é'>", &base),
            "<a href='https://a.example/b/é'>"
        );
        assert_eq!(
            absolutise("<a href=\"mailto:x@y\">&amp;<", &base),
            "<a href=\"mailto:x@y\">&amp;<"
        );
    }

    #[test]
    fn html_of_nothing_but_links_does_not_fill_the_memory() {
        let base = Url::parse(&format!("https://a.example/{}/", "x".repeat(2_000))).unwrap();
        let links = "<a href=b>".repeat(10_000);
        assert!(absolutise(&links, &base).len() < links.len() * 20);
        let pictures = format!("<img srcset='{}'>", "b,".repeat(100_000));
        assert_eq!(absolutise(&pictures, &base), pictures);
    }

    #[test]
    fn xhtml_loses_its_xml() {
        let base = Url::parse("https://a.example/").unwrap();
        let xhtml =
            "<div xmlns=\"http://www.w3.org/1999/xhtml\" class='c'>a &lt; <![CDATA[b < c]]><br/></div>";
        assert_eq!(
            absolutise_xhtml(xhtml, &base),
            "<div class='c'>a &lt; b &lt; c<br/></div>"
        );
    }
}
