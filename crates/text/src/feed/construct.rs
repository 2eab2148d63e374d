//! Text constructs: what a title, summary or content means, by its type, mode and looks.

use std::rc::Rc;

use base64::Engine as _;
use base64::engine::general_purpose::GeneralPurpose;
use base64::engine::{DecodePaddingMode, GeneralPurposeConfig};
use url::Url;

use super::event::Field;
use super::markup::{Token, Tokenizer};
use super::model::TextKind;
use super::{address, entities, html, relink};

/// Base64 with or without its padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Fields whose text is HTML without saying so.
const ALWAYS_HTML: &[&str] = &["content:encoded", "fullitem", "body", "xhtml:body"];

/// The text of a field that holds a line: references decoded, tags dropped, white space tidied.
pub fn line(field: &Field<'_>) -> Option<String> {
    some(html::tidy(&characters(field.inner)))
}

/// A title as plain text, whatever it is written in.
pub fn title(field: &Field<'_>) -> Option<String> {
    let (text, kind) = body(field)?;
    some(match kind {
        TextKind::Plain => html::tidy(&text),
        TextKind::Html => html::to_text(&text),
    })
}

/// A summary or content: its text or its HTML with absolute links.
pub fn body(field: &Field<'_>) -> Option<(String, TextKind)> {
    let (text, kind) = unwrapped(field)?;
    let text: String = text.trim().chars().filter(|c| !html::is_forbidden(*c)).collect();
    some(text).map(|text| (text, kind))
}

fn some(text: String) -> Option<String> {
    (!text.is_empty()).then_some(text)
}

fn unwrapped(field: &Field<'_>) -> Option<(String, TextKind)> {
    let declared = field.attribute("type").unwrap_or_default().to_ascii_lowercase();
    let mode = field.attribute("mode").unwrap_or_default().to_ascii_lowercase();
    if is_base64(&declared, &mode) {
        return decoded_base64(field, &declared);
    }
    let is_plain = matches!(declared.as_str(), "text" | "text/plain");
    if has_elements(field.inner) && !(is_plain && mode == "escaped") {
        return Some(inline(field, &declared));
    }
    let text = characters(field.inner);
    if declared == "xhtml" || declared == "application/xhtml+xml" {
        return Some((relink::absolutise_xhtml(field.inner, &field.base), TextKind::Html));
    }
    let is_html =
        matches!(declared.as_str(), "html" | "text/html") || ALWAYS_HTML.contains(&field.key.as_str());
    let is_html = is_html || (!is_plain && html::looks_like_html(&text));
    Some(if is_html {
        (relink::absolutise(&text, &field.base), TextKind::Html)
    } else {
        (text, TextKind::Plain)
    })
}

/// Markup written without escaping. Atom 1.0 wraps it in a `div` that is not part of the text.
fn inline(field: &Field<'_>, declared: &str) -> (String, TextKind) {
    let mut inner = field.inner;
    let mut base = Rc::clone(&field.base);
    if matches!(declared, "xhtml" | "html")
        && let Some((inside, own_base)) = wrapper(inner, &base)
    {
        inner = inside;
        base = own_base;
    }
    if declared == "html" && !has_elements(inner) {
        return (relink::absolutise(&characters(inner), &base), TextKind::Html);
    }
    (relink::absolutise_xhtml(inner, &base), TextKind::Html)
}

/// The inside of a single `div` that all of `markup` stands in, and its base.
fn wrapper<'a>(markup: &'a str, base: &Rc<Url>) -> Option<(&'a str, Rc<Url>)> {
    let mut tokens = Tokenizer::new(markup);
    let tag = loop {
        match tokens.next()? {
            Token::Text(text) if text.trim().is_empty() => {}
            Token::Start(tag) => break tag,
            _ => return None,
        }
    };
    let is_div = tag
        .name
        .rsplit(':')
        .next()
        .is_some_and(|local| local.eq_ignore_ascii_case("div"));
    let inside = markup[tokens.span().end..].trim_end();
    let end = inside.rfind("</")?;
    let closes = inside[end + 2..]
        .trim_end_matches('>')
        .trim()
        .eq_ignore_ascii_case(tag.name);
    // `<div>…</div><div>…</div>` begins and ends with a div without being one.
    let (mut depth, mut is_single) = (1_usize, true);
    for token in Tokenizer::new(&inside[..end]) {
        match token {
            Token::Start(inner) if inner.name.eq_ignore_ascii_case(tag.name) && !inner.is_empty => depth += 1,
            Token::End(name) if name.eq_ignore_ascii_case(tag.name) => depth = depth.saturating_sub(1),
            _ => {}
        }
        is_single &= depth > 0;
    }
    let own_base = tag.attributes.iter().find(|a| a.name == "xml:base");
    let base = own_base
        .and_then(|a| address::base(&entities::decode(a.value), base))
        .map_or_else(|| Rc::clone(base), Rc::new);
    (is_div && closes && is_single && !tag.is_empty).then_some((&inside[..end], base))
}

/// Atom 0.3 says `mode="base64"`; Atom 1.0 means it by any type that is neither text nor XML.
fn is_base64(declared: &str, mode: &str) -> bool {
    let is_media = declared.contains('/') && !declared.starts_with("text/");
    mode == "base64" || (mode.is_empty() && is_media && !declared.ends_with("xml"))
}

fn decoded_base64(field: &Field<'_>, declared: &str) -> Option<(String, TextKind)> {
    let packed: String = characters(field.inner).split_ascii_whitespace().collect();
    let bytes = BASE64.decode(packed).ok()?;
    let text = String::from_utf8(bytes).ok()?;
    let is_html = declared.contains("html") || (declared != "text/plain" && html::looks_like_html(&text));
    Some(if is_html {
        (relink::absolutise(&text, &field.base), TextKind::Html)
    } else {
        (text, TextKind::Plain)
    })
}

fn has_elements(markup: &str) -> bool {
    Tokenizer::new(markup).any(|token| matches!(token, Token::Start(_)))
}

/// The characters of `markup`: references decoded once, CDATA as it is, tags dropped.
pub fn characters(markup: &str) -> String {
    let mut text = String::with_capacity(markup.len());
    for token in Tokenizer::new(markup) {
        match token {
            Token::Text(raw) => text.push_str(&entities::decode(raw)),
            Token::Cdata(raw) => text.push_str(raw),
            Token::Start(_) | Token::End(_) => {}
        }
    }
    text
}
