//! What a feed says of itself beside its name: from the fields before and between its items.

use std::rc::Rc;

use copydesk_domain::PublishedAt;
use serde::{Deserialize, Serialize};
use url::Url;

use super::address;
use super::categories::{self, Category};
use super::construct;
use super::event::{Attributes, Field};
use super::fields;
use super::links::{self, Link};
use super::model::Marked;

const IDS: &[&str] = &["id", "atom:id", "guid", "dc:identifier"];
const SUBTITLES: &[&str] = &[
    "subtitle",
    "tagline",
    "description",
    "abstract",
    "atom:subtitle",
    "dc:description",
    "itunes:subtitle",
    "itunes:summary",
];
const RIGHTS: &[&str] = &[
    "rights",
    "copyright",
    "dc:rights",
    "atom:rights",
    "dcterms:rights",
];
const LANGUAGES: &[&str] = &["language", "dc:language", "dcterms:language"];
const PUBLISHED: &[&str] = &[
    "pubdate",
    "published",
    "issued",
    "atom:published",
    "dcterms:issued",
];
const UPDATED: &[&str] = &[
    "updated",
    "modified",
    "atom:updated",
    "dcterms:modified",
    "lastbuilddate",
    "dc:date",
    "date",
    "lastmod",
];
const EDITORS: &[&str] = &["managingeditor"];

/// Bytes of a language tag at most; the longest registered has 11, private ones may be longer.
const LANGUAGE_BYTES_MAX: usize = 35;

/// What a feed says of itself. `None` and empty mean that it does not say.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct About {
    /// The feed's own id, as given; a path is made absolute.
    pub id: Option<String>,
    /// What it is about, in a line.
    pub subtitle: Option<Marked>,
    /// Who may do what with it.
    pub rights: Option<Marked>,
    /// Its language as a tag of BCP 47, parts apart by hyphens.
    pub language: Option<String>,
    /// Names, one author each; an e-mail address where that is all there is.
    pub authors: Vec<String>,
    /// When it was published.
    pub published_at: Option<PublishedAt>,
    /// When it was last changed.
    pub updated_at: Option<PublishedAt>,
    /// What it is filed under.
    pub categories: Vec<Category>,
    /// Its links in the order given, each once.
    pub links: Vec<Link>,
}

/// What the elements around the items say in attributes, the innermost last.
#[derive(Default)]
pub struct Frame {
    language: Option<String>,
    updated_at: Option<PublishedAt>,
}

impl Frame {
    /// Takes in the attributes of one more element.
    pub fn add(&mut self, attributes: &Attributes) {
        let language = attributes.get("xml:lang").and_then(language);
        self.language = language.or(self.language.take());
        // CDF says it so.
        let updated_at = attributes.get("lastmod").and_then(fields::parse_date);
        self.updated_at = updated_at.or(self.updated_at);
    }
}

/// What `fields` of a feed say in their `frame`. `base`: what the feed's own id starts from.
pub fn of(fields: &[Field<'_>], frame: Frame, base: &Rc<Url>) -> About {
    let line = |keys| fields::first(fields, keys, construct::line);
    let marked = |keys| fields::first(fields, keys, construct::body).map(Marked::from);
    let day = |keys| fields::first(fields, keys, |field| fields::parse_date(&construct::line(field)?));
    let mut authors = fields::authors_of(fields);
    if authors.is_empty() {
        authors = fields::named_in(fields, EDITORS);
    }
    About {
        id: line(IDS).map(|id| address::id(id, base)),
        subtitle: marked(SUBTITLES),
        rights: marked(RIGHTS),
        language: line(LANGUAGES).as_deref().and_then(language).or(frame.language),
        authors,
        published_at: day(PUBLISHED),
        updated_at: day(UPDATED).or(frame.updated_at),
        categories: categories::of(fields),
        links: links::listed(fields),
    }
}

/// A language tag with hyphens, as `en-US` for `en_US`; `None` for what is none.
pub fn language(text: &str) -> Option<String> {
    let tag = text.trim().replace('_', "-");
    let is_tag = (2..=LANGUAGE_BYTES_MAX).contains(&tag.len())
        && tag.split('-').all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        });
    is_tag.then_some(tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_a_tag_or_nothing() {
        assert_eq!(language(" en_US ").as_deref(), Some("en-US"));
        assert_eq!(language("zh-Hant-TW").as_deref(), Some("zh-Hant-TW"));
        for text in [
            "",
            "e",
            "English, mostly",
            "en--us",
            "x-averyverylongprivatetagthatnobodyhas",
        ] {
            assert_eq!(language(text), None, "{text}");
        }
    }
}
