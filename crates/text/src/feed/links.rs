//! Which of a feed's or an item's links is its address.

use url::Url;

use super::event::Field;
use super::{address, construct};

/// Prefix of relations when they are written out as addresses.
const IANA: &str = "http://www.iana.org/assignments/relation/";

/// The address of the piece itself: `rel="alternate"` in HTML first, or the text of a `link`.
pub fn alternate(fields: &[Field<'_>]) -> Option<Url> {
    fields
        .iter()
        .filter_map(|field| Some((rank(field)?, target(field)?)))
        // The first of the best: `min_by_key` keeps the first of equals.
        .min_by_key(|(rank, _)| *rank)
        .map(|(_, url)| url)
}

/// The address with relation `relation`, such as `next`.
pub fn related(fields: &[Field<'_>], relation: &str) -> Option<Url> {
    let is_meant = |field: &&Field<'_>| {
        is_link(field) && field.attribute("rel").is_some_and(|rel| short(rel) == relation)
    };
    fields.iter().find(is_meant).and_then(target)
}

fn is_link(field: &Field<'_>) -> bool {
    matches!(field.key.as_str(), "link" | "atom:link" | "url")
}

/// How well a link serves as the address; lower is better, `None` is not at all.
fn rank(field: &Field<'_>) -> Option<u8> {
    if !is_link(field) {
        return None;
    }
    if field.attribute("href").is_none() {
        return Some(if field.key == "link" { 0 } else { 3 });
    }
    let relation = short(field.attribute("rel").unwrap_or("alternate"));
    let media = field
        .attribute("type")
        .unwrap_or("text/html")
        .to_ascii_lowercase();
    match (relation.as_str(), media.contains("html")) {
        ("alternate" | "", true) => Some(1),
        ("alternate" | "", false) => Some(2),
        _ => None,
    }
}

fn short(relation: &str) -> String {
    relation
        .strip_prefix(IANA)
        .unwrap_or(relation)
        .to_ascii_lowercase()
}

fn target(field: &Field<'_>) -> Option<Url> {
    match field.attribute("href") {
        Some(href) => address::resolve(href, &field.base),
        None => address::resolve(&construct::line(field)?, &field.base),
    }
}
