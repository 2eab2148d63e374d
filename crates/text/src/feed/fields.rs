//! From the fields of an item to the item: which element of which dialect means what.

use std::rc::Rc;

use copydesk_domain::PublishedAt;
use url::Url;

use super::event::{Attributes, Field};
use super::links::Link;
use super::markup::{Token, Tokenizer};
use super::model::{FeedItem, TextKind};
use super::{address, authors, categories, construct, date, html, links};

const TITLES: &[&str] = &["title", "atom:title", "dc:title"];
const IDS: &[&str] = &["guid", "id", "atom:id", "dc:identifier"];
const PUBLISHED: &[&str] = &[
    "pubdate",
    "published",
    "issued",
    "atom:published",
    "dcterms:issued",
    "dc:date",
    "date",
    "dcterms:available",
];
const UPDATED: &[&str] = &[
    "updated",
    "modified",
    "atom:updated",
    "dcterms:modified",
    "lastbuilddate",
    "lastmod",
];
const CREATED: &[&str] = &["created", "dcterms:created"];
const SUMMARIES: &[&str] = &[
    "description",
    "summary",
    "atom:summary",
    "dc:description",
    "abstract",
    "itunes:summary",
];
const CONTENTS: &[&str] = &[
    "content:encoded",
    "content",
    "atom:content",
    "fullitem",
    "xhtml:body",
    "body",
];
const AUTHORS: &[&str] = &["author", "dc:creator", "dc:author", "atom:author"];
const OTHERS: &[&str] = &[
    "link",
    "atom:link",
    "url",
    "enclosure",
    "comments",
    "itunes:author",
    "feedburner:origlink",
];

/// Tags, authors or categories beyond this number are left out; each is compared with all before it.
const UNIQUE_MAX: usize = 200;

/// Nothing on the web is older; pages are held to the same.
const YEAR_MIN: i16 = 1990;

/// Fields of one item beyond this number are left out.
const FIELDS_MAX: usize = 256;

/// An item while its fields come in.
pub struct Draft<'a> {
    attributes: Attributes,
    base: Rc<Url>,
    fields: Vec<Field<'a>>,
}

impl<'a> Draft<'a> {
    /// An item that begins with these attributes.
    pub fn new(attributes: Attributes, base: Rc<Url>) -> Self {
        Self {
            attributes,
            base,
            fields: Vec::new(),
        }
    }

    /// Takes a field in, if it says something that an item holds.
    pub fn add(&mut self, field: Field<'a>) {
        let groups = [
            TITLES,
            IDS,
            PUBLISHED,
            UPDATED,
            CREATED,
            SUMMARIES,
            CONTENTS,
            AUTHORS,
            categories::KEYS,
            OTHERS,
        ];
        if self.fields.len() < FIELDS_MAX && groups.iter().any(|group| group.contains(&field.key.as_str())) {
            self.fields.push(field);
        }
    }

    /// The item that the fields make.
    pub fn finish(self) -> FeedItem {
        let own_date = self.attributes.get("lastmod").and_then(parse_date);
        let updated_at = self.date(UPDATED).or(own_date);
        let (summary, summary_kind) = apart(first(&self.fields, SUMMARIES, construct::body));
        let (content, content_kind) = apart(first(&self.fields, CONTENTS, construct::body));
        let created_at = self.created_at();
        let categories = categories::of(&self.fields);
        FeedItem {
            id: self.id(),
            url: self.url().map(|url| address::strip_tracking(&url).to_string()),
            title: first(&self.fields, TITLES, construct::title),
            authors: authors_of(&self.fields),
            published_at: self.date(PUBLISHED).or(updated_at).or(created_at),
            updated_at,
            created_at,
            summary,
            summary_kind,
            content,
            content_kind,
            tags: unique(categories.iter().map(|category| category.term.clone())),
            categories,
            links: self.links(),
            enclosures: links::enclosures(&self.fields),
            comments: links::comments(&self.fields).map(String::from),
        }
    }

    /// The links of the fields, else the address that CDF writes into the start tag.
    fn links(&self) -> Vec<Link> {
        let listed = links::listed(&self.fields);
        let own = || address::resolve(self.attributes.get("href")?, &self.base);
        match own() {
            Some(url) if listed.is_empty() => vec![Link::alternate(&url)],
            _ => listed,
        }
    }

    /// The earliest of several: a piece begins once.
    fn created_at(&self) -> Option<PublishedAt> {
        let created = self
            .fields
            .iter()
            .filter(|field| CREATED.contains(&field.key.as_str()));
        created
            .filter_map(|field| parse_date(&construct::line(field)?))
            .min_by_key(|at| at.earliest())
    }

    fn date(&self, keys: &[&str]) -> Option<PublishedAt> {
        first(&self.fields, keys, |field| {
            construct::line(field).as_deref().and_then(parse_date)
        })
    }

    fn id(&self) -> Option<String> {
        let own = first(&self.fields, IDS, construct::line);
        let id = own.or_else(|| self.about().map(str::to_owned))?;
        Some(address::id(id, &self.base))
    }

    fn about(&self) -> Option<&str> {
        self.attributes
            .get("rdf:about")
            .or_else(|| self.attributes.get("about"))
    }

    fn url(&self) -> Option<Url> {
        let original = || {
            let field = self
                .fields
                .iter()
                .find(|field| field.key == "feedburner:origlink")?;
            address::resolve(&construct::line(field)?, &field.base)
        };
        original()
            .or_else(|| links::alternate(&self.fields))
            .or_else(|| self.permalink())
            .or_else(|| {
                self.attributes
                    .get("href")
                    .and_then(|href| address::resolve(href, &self.base))
            })
            .or_else(|| self.about().and_then(address::absolute))
            .or_else(|| {
                let content = self
                    .fields
                    .iter()
                    .find(|field| CONTENTS.contains(&field.key.as_str()))?;
                address::resolve(content.attribute("src")?, &content.base)
            })
    }

    /// The guid as address: unless it says that it is none, and only if it is written like one.
    fn permalink(&self) -> Option<Url> {
        let guid = self.fields.iter().find(|field| field.key == "guid")?;
        let text = construct::line(guid)?;
        match guid
            .attribute("ispermalink")
            .map(str::to_ascii_lowercase)
            .as_deref()
        {
            Some("false") => None,
            Some("true") => address::resolve(&text, &guid.base),
            _ => address::absolute(&text),
        }
    }
}

/// A date that a feed gives. Years before the web are what software writes that has no date: the first of our era,
/// 1601, 1900, the Unix epoch.
pub fn parse_date(text: &str) -> Option<PublishedAt> {
    date::parse(text).filter(|at| at.date().year() >= YEAR_MIN)
}

/// The first answer of `read` on a field with the first of `keys` that has one.
pub fn first<'a, T>(
    fields: &[Field<'a>],
    keys: &[&str],
    read: impl Fn(&Field<'a>) -> Option<T>,
) -> Option<T> {
    keys.iter()
        .find_map(|key| fields.iter().filter(|field| field.key == *key).find_map(&read))
}

fn apart(text: Option<(String, TextKind)>) -> (Option<String>, TextKind) {
    text.map_or((None, TextKind::Plain), |(text, kind)| (Some(text), kind))
}

/// The title among the fields of a feed.
pub fn title_of(fields: &[Field<'_>]) -> Option<String> {
    first(fields, TITLES, construct::title)
}

/// The authors that fields name: those of the dialect, else Apple's.
pub fn authors_of(fields: &[Field<'_>]) -> Vec<String> {
    let mut names = names(fields, AUTHORS);
    if names.is_empty() {
        names = self::names(fields, &["itunes:author"]);
    }
    apart_names(names)
}

/// The names in fields with one of `keys`.
pub fn named_in(fields: &[Field<'_>], keys: &[&str]) -> Vec<String> {
    apart_names(names(fields, keys))
}

fn apart_names(names: Vec<(String, bool)>) -> Vec<String> {
    match names.as_slice() {
        // Software that knows one author field writes them all into it.
        [(only, false)] => authors::several(only),
        _ => unique(names.into_iter().map(|(name, _)| name)),
    }
}

/// Names with whether they came in an element of their own.
fn names(fields: &[Field<'_>], keys: &[&str]) -> Vec<(String, bool)> {
    let named = |field: &Field<'_>| {
        let part = |name| part(field.inner, name);
        if let Some(name) = part("name").or_else(|| part("email")) {
            return Some((name, true));
        }
        let has_parts = ["uri", "url", "name", "email"]
            .iter()
            .any(|name| field.inner.contains(&format!("<{name}")));
        let line = construct::line(field).filter(|_| !has_parts)?;
        authors::name(&line).map(|name| (name, false))
    };
    fields
        .iter()
        .filter(|field| keys.contains(&field.key.as_str()))
        .filter_map(named)
        .collect()
}

/// The text of the element with local name `name` inside `markup`.
fn part(markup: &str, name: &str) -> Option<String> {
    let mut from = None;
    let mut tokens = Tokenizer::new(markup);
    let is_meant = |found: &str| {
        found
            .rsplit(':')
            .next()
            .is_some_and(|local| local.eq_ignore_ascii_case(name))
    };
    while let Some(token) = tokens.next() {
        match (token, from) {
            (Token::Start(tag), None) if is_meant(tag.name) && !tag.is_empty => {
                from = Some(tokens.span().end);
            }
            (Token::End(found), Some(start)) if is_meant(found) => {
                let text = html::tidy(&construct::characters(&markup[start..tokens.span().start]));
                return (!text.is_empty()).then_some(text);
            }
            _ => {}
        }
    }
    None
}

/// The texts that are not empty, each once, in their order; the first 200.
pub fn unique(texts: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for text in texts {
        if kept.len() < UNIQUE_MAX && !text.is_empty() && !kept.contains(&text) {
            kept.push(text);
        }
    }
    kept
}
