//! The links of a feed or an item, which of them is its address, and what is enclosed.

use serde::{Deserialize, Serialize};
use url::Url;

use super::event::Field;
use super::{about, address, construct, html};

/// Prefix of relations when they are written out as addresses.
const IANA: &str = "http://www.iana.org/assignments/relation/";

/// Links of one item or feed beyond this number are left out; each is compared with all before it.
const LINKS_MAX: usize = 100;

/// Enclosures of one item beyond this number are left out.
pub const ENCLOSURES_MAX: usize = 100;

/// A link with what is said of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Where it leads: absolute, http or https.
    pub url: String,
    /// What is there: a registered relation in lower case, such as `alternate`, or an address that means one.
    pub relation: String,
    /// Media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// What it is called, plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Language of what is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<String>,
}

/// A file that belongs to an item, such as the sound of an episode.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Enclosure {
    /// Where it is: absolute, http or https.
    pub url: String,
    /// Size in bytes, where the feed gives one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub length: Option<u64>,
    /// Media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub media: Option<String>,
    /// What it is called, plain text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
}

impl Link {
    /// To the piece itself, with nothing more said of it.
    pub fn alternate(url: &Url) -> Self {
        Self {
            url: url.to_string(),
            relation: "alternate".to_owned(),
            ..Self::default()
        }
    }
}

/// All links but enclosures in their order, each once; the first 100.
pub fn listed(fields: &[Field<'_>]) -> Vec<Link> {
    let link = |field: &Field<'_>| {
        let relation = relation(field);
        if !is_link(field) || relation == "enclosure" {
            return None;
        }
        Some(Link {
            url: target(field)?.into(),
            relation,
            media: said(field, "type").map(|media| media.to_ascii_lowercase()),
            title: said(field, "title"),
            language: said(field, "hreflang").as_deref().and_then(about::language),
        })
    };
    capped(fields.iter().filter_map(link), LINKS_MAX)
}

/// What is enclosed: `enclosure` of RSS, links of that relation; the first 100.
pub fn enclosures(fields: &[Field<'_>]) -> Vec<Enclosure> {
    let enclosure = |field: &Field<'_>| {
        let reference = match field.key.as_str() {
            "enclosure" => field.attribute("url").or_else(|| field.attribute("href"))?,
            _ if is_link(field) && relation(field) == "enclosure" => field.attribute("href")?,
            _ => return None,
        };
        Some(Enclosure {
            url: address::resolve(reference, &field.base)?.into(),
            length: field.attribute("length").and_then(|length| length.parse().ok()),
            media: said(field, "type").map(|media| media.to_ascii_lowercase()),
            title: said(field, "title"),
        })
    };
    capped(fields.iter().filter_map(enclosure), ENCLOSURES_MAX)
}

/// The first `most` different ones.
pub fn capped<T: PartialEq>(all: impl Iterator<Item = T>, most: usize) -> Vec<T> {
    let mut kept = Vec::new();
    for one in all {
        if kept.len() == most {
            break;
        }
        if !kept.contains(&one) {
            kept.push(one);
        }
    }
    kept
}

/// Where readers answer: `comments` of RSS, a link to `replies`.
pub fn comments(fields: &[Field<'_>]) -> Option<Url> {
    let mut own = fields.iter().filter(|field| field.key == "comments");
    own.find_map(target).or_else(|| related(fields, "replies"))
}

fn said(field: &Field<'_>, name: &str) -> Option<String> {
    let value = field.attribute(name).map(html::tidy)?;
    (!value.is_empty()).then_some(value)
}

fn relation(field: &Field<'_>) -> String {
    let relation = field.attribute("rel").filter(|relation| !relation.is_empty());
    short(relation.unwrap_or("alternate"))
}

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
