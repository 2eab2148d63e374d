//! What the reader of an XML feed hands out: fields of the feed, and items with their fields.

use std::rc::Rc;

use url::Url;

use super::entities;
use super::markup::Attribute;

/// A field of a feed or of an item.
#[derive(Debug)]
pub struct Field<'a> {
    /// What it is: `title`, `dc:date`. See [`Namespace::key`].
    pub key: String,
    /// The attributes: names in lower case as written, values decoded.
    pub attributes: Attributes,
    /// What its relative addresses start from.
    pub base: Rc<Url>,
    /// The markup between its tags.
    pub inner: &'a str,
}

/// Attributes of an element.
#[derive(Debug, Default)]
pub struct Attributes(Vec<(String, String)>);

/// What a reader meets.
#[derive(Debug)]
pub enum Event<'a> {
    /// An element around the items begins: the root, a channel.
    Frame(Attributes, Rc<Url>),
    /// A field of the feed.
    FeedField(Field<'a>),
    /// An item begins.
    ItemStart(Attributes, Rc<Url>),
    /// A field of the item that began last.
    ItemField(Field<'a>),
    /// The item ends.
    ItemEnd,
}

impl Field<'_> {
    /// The value of an attribute, trimmed; the name in lower case.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.get(name)
    }
}

impl Attributes {
    /// Of a tag: names in lower case, values decoded.
    pub fn of(attributes: &[Attribute<'_>]) -> Self {
        let decode = |a: &Attribute<'_>| {
            (
                a.name.to_ascii_lowercase(),
                entities::decode(a.value).into_owned(),
            )
        };
        Self(attributes.iter().map(decode).collect())
    }

    /// The value of an attribute, trimmed; the name in lower case.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.trim())
    }
}
