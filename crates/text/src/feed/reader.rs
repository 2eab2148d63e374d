//! Walks through an XML feed, faults and all, and hands out its fields.
//!
//! A feed has two levels that matter: fields of the feed and fields of an item. So there is no tree: the reader keeps
//! the containers that are open (root, channel, item) and at most one open field, whose inside it passes over but for
//! finding its end. Missing end tags are made up for: a new item ends the one before it, a new field ends an
//! unfinished title, and the end of a container ends all inside it.

use std::collections::VecDeque;
use std::rc::Rc;

use url::Url;

use super::event::{Attributes, Event, Field};
use super::markup::{Tag, Token, Tokenizer};
use super::model::FeedKind;
use super::namespace::{Bindings, Namespace};
use super::{address, entities};

/// Open containers beyond this number are passed over; a feed needs three.
const CONTAINERS_MAX: usize = 8;

/// Fields that hold a line of text: the start of another field ends them.
const LINES: &[&str] = &[
    "title",
    "link",
    "guid",
    "id",
    "pubdate",
    "published",
    "updated",
    "modified",
    "issued",
    "lastbuilddate",
    "comments",
];

/// Fields whose start tells that an unfinished line is over.
const STARTS: &[&str] = &[
    "title",
    "link",
    "guid",
    "id",
    "pubdate",
    "published",
    "updated",
    "modified",
    "issued",
    "description",
    "summary",
    "content",
    "category",
    "comments",
    "author",
    "enclosure",
];

struct Container<'a> {
    name: &'a str,
    is_item: bool,
    mark: usize,
    base: Rc<Url>,
}

struct OpenField<'a> {
    name: &'a str,
    key: Option<String>,
    attributes: Attributes,
    base: Rc<Url>,
    from: usize,
    /// How many elements of the same name are open inside.
    nested: usize,
    mark: usize,
}

/// Reads events off an XML feed.
pub struct Reader<'a> {
    text: &'a str,
    tokens: Tokenizer<'a>,
    bindings: Bindings,
    containers: Vec<Container<'a>>,
    field: Option<OpenField<'a>>,
    base: Rc<Url>,
    ready: VecDeque<Event<'a>>,
    is_over: bool,
}

impl<'a> Reader<'a> {
    /// Finds the root of a feed. On failure: the name of the first element, if there is any.
    pub fn open(text: &'a str, base: &Url) -> Result<(Self, FeedKind), Option<&'a str>> {
        let mut tokens = Tokenizer::new(text);
        let mut first = None;
        while let Some(token) = tokens.next() {
            let Token::Start(tag) = token else { continue };
            let local = tag
                .name
                .rsplit(':')
                .next()
                .unwrap_or(tag.name)
                .to_ascii_lowercase();
            let kind = match local.as_str() {
                "rdf" => FeedKind::Rdf,
                "feed" => FeedKind::Atom,
                "channel" if tag.name.starts_with('C') => FeedKind::Cdf,
                "rss" | "channel" => FeedKind::Rss,
                // Error messages of a server may stand before the feed; a whole page may not.
                "br" | "b" | "i" | "p" | "font" | "div" => {
                    first = first.or(Some(tag.name));
                    continue;
                }
                _ => return Err(first.or(Some(tag.name))),
            };
            let mut reader = Self {
                text,
                tokens,
                bindings: Bindings::default(),
                containers: Vec::new(),
                field: None,
                base: Rc::new(base.clone()),
                ready: VecDeque::new(),
                is_over: false,
            };
            reader
                .bindings
                .adopt(tag.name, tag.attributes.iter().map(|a| (a.name, a.value)));
            let base = reader.enter(&tag);
            reader.push(&tag, false, 0, base);
            return Ok((reader, kind));
        }
        Err(first)
    }

    fn base(&self) -> &Rc<Url> {
        self.containers
            .last()
            .map_or(&self.base, |container| &container.base)
    }

    fn is_in_item(&self) -> bool {
        self.containers.last().is_some_and(|container| container.is_item)
    }

    /// Takes in what an element declares; returns its base.
    fn enter(&mut self, tag: &Tag<'_>) -> Rc<Url> {
        self.bindings
            .bind(tag.attributes.iter().map(|a| (a.name, a.value)));
        let outer = self.base();
        let declared = tag
            .attributes
            .iter()
            .find(|a| a.name.eq_ignore_ascii_case("xml:base"));
        declared
            .and_then(|a| address::base(&entities::decode(a.value), outer))
            .map_or_else(|| Rc::clone(outer), Rc::new)
    }

    fn push(&mut self, tag: &Tag<'a>, is_item: bool, mark: usize, base: Rc<Url>) {
        let attributes = Attributes::of(&tag.attributes);
        let event = if is_item { Event::ItemStart } else { Event::Frame };
        self.ready.push_back(event(attributes, Rc::clone(&base)));
        self.containers.push(Container {
            name: tag.name,
            is_item,
            mark,
            base,
        });
        if tag.is_empty {
            self.pop();
        }
    }

    fn pop(&mut self) {
        if let Some(container) = self.containers.pop() {
            self.bindings.forget_after(container.mark);
            if container.is_item {
                self.ready.push_back(Event::ItemEnd);
            }
        }
        self.is_over = self.containers.is_empty();
    }

    fn start(&mut self, tag: &Tag<'a>) {
        let mark = self.bindings.mark();
        let (namespace, local) = self.bindings.resolve(tag.name);
        let is_item = namespace == Namespace::Core && is_item(local);
        if is_item && self.is_in_item() {
            self.pop();
        }
        let base = self.enter(tag);
        let (namespace, local) = self.bindings.resolve(tag.name);
        if is_item {
            return self.push(tag, true, mark, base);
        }
        let is_container = ["channel", "rss", "feed"]
            .iter()
            .any(|name| local.eq_ignore_ascii_case(name));
        if is_container && namespace == Namespace::Core && !self.is_in_item() {
            if self.containers.len() < CONTAINERS_MAX {
                self.push(tag, false, mark, base);
            }
            return;
        }
        let attributes = Attributes::of(&tag.attributes);
        let from = self.tokens.span().end;
        let key = namespace.key(local);
        self.field = Some(OpenField {
            name: tag.name,
            key,
            attributes,
            base,
            from,
            nested: 0,
            mark,
        });
        if tag.is_empty {
            self.close_field(from);
        }
    }

    fn close_field(&mut self, end: usize) {
        let Some(field) = self.field.take() else { return };
        self.bindings.forget_after(field.mark);
        let Some(key) = field.key else { return };
        let inner = &self.text[field.from..end];
        let field = Field {
            key,
            attributes: field.attributes,
            base: field.base,
            inner,
        };
        self.ready.push_back(if self.is_in_item() {
            Event::ItemField(field)
        } else {
            Event::FeedField(field)
        });
    }

    /// Whether a start tag inside the open field shows that the field's end tag is missing.
    fn breaks_out(&self, field: &OpenField<'a>, tag: &Tag<'a>) -> bool {
        let (namespace, local) = self.bindings.resolve(tag.name);
        if namespace != Namespace::Core || tag.attributes.iter().any(|a| a.name.starts_with("xmlns")) {
            return false;
        }
        let is_line = field.key.as_deref().is_some_and(|key| LINES.contains(&key));
        is_item(local) || (is_line && STARTS.contains(&local.to_ascii_lowercase().as_str()))
    }

    fn take(&mut self, token: &Token<'a>) {
        let at = self.tokens.span().start;
        match token {
            Token::Start(tag) => {
                if let Some(field) = &mut self.field
                    && field.name.eq_ignore_ascii_case(tag.name)
                    && !is_line(field)
                {
                    field.nested += usize::from(!tag.is_empty);
                    return;
                }
                match &self.field {
                    Some(field) if !self.breaks_out(field, tag) => return,
                    Some(_) => self.close_field(at),
                    None => {}
                }
                self.start(tag);
            }
            Token::End(name) => {
                if let Some(field) = &mut self.field
                    && field.name.eq_ignore_ascii_case(name)
                {
                    if field.nested > 0 {
                        field.nested -= 1;
                    } else {
                        self.close_field(at);
                    }
                    return;
                }
                let found = self
                    .containers
                    .iter()
                    .rposition(|container| container.name.eq_ignore_ascii_case(name));
                if let Some(position) = found {
                    self.close_field(at);
                    while self.containers.len() > position {
                        self.pop();
                    }
                }
            }
            Token::Text(_) | Token::Cdata(_) => {}
        }
    }
}

fn is_item(local: &str) -> bool {
    local.eq_ignore_ascii_case("item") || local.eq_ignore_ascii_case("entry")
}

fn is_line(field: &OpenField<'_>) -> bool {
    field.key.as_deref().is_some_and(|key| LINES.contains(&key))
}

impl<'a> Iterator for Reader<'a> {
    type Item = Event<'a>;

    fn next(&mut self) -> Option<Event<'a>> {
        while self.ready.is_empty() {
            let token = if self.is_over { None } else { self.tokens.next() };
            if let Some(token) = token {
                self.take(&token);
                continue;
            }
            if self.is_over {
                return None;
            }
            self.close_field(self.text.len());
            while !self.containers.is_empty() {
                self.pop();
            }
            self.is_over = true;
        }
        self.ready.pop_front()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        let base = Url::parse("https://a.example/feed.xml").unwrap();
        let (reader, _) = Reader::open(text, &base).unwrap_or_else(|root| panic!("no root: {root:?}"));
        let show = |event| match event {
            Event::Frame(..) => String::new(),
            Event::FeedField(field) => format!("{}={};", field.key, field.inner),
            Event::ItemStart(..) => "[".to_owned(),
            Event::ItemField(field) => format!("{}={},", field.key, field.inner),
            Event::ItemEnd => "]".to_owned(),
        };
        reader.map(show).collect()
    }

    #[test]
    fn fields_of_feed_and_items_are_told_apart() {
        let text = "<rss><channel><title>F</title><image><title>I</title></image><item><title>A</title></item>\
                    <item/></channel></rss><item>late</item>";
        assert_eq!(shown(text), "title=F;image=<title>I</title>;[title=A,][]");
    }

    #[test]
    fn missing_ends_are_made_up_for() {
        assert_eq!(
            shown("<rss><channel><item><title>A<link>x<item><title>B</item></channel>"),
            "[title=A,link=x,][title=B,]"
        );
        assert_eq!(
            shown("<rss><channel><item><title>One<b></title><link>x</link>"),
            "[title=One<b>,link=x,]"
        );
    }

    #[test]
    fn markup_inside_a_field_belongs_to_it() {
        let text = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><content><div xmlns='x'><content>c</content>\
                    <title>t</title></div></content></entry></feed>";
        assert!(shown(text).starts_with("[content=<div"), "{}", shown(text));
        assert!(shown(text).ends_with("</div>,]"));
    }

    #[test]
    fn other_roots_are_refused_by_name() {
        let base = Url::parse("https://a.example/").unwrap();
        assert_eq!(
            Reader::open("<!doctype html><html><body>", &base).err(),
            Some(Some("html"))
        );
        assert_eq!(Reader::open("plain", &base).err(), Some(None));
    }
}
