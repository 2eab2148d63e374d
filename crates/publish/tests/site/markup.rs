//! What a browser would see in a page.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// A start tag: name and attributes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Element {
    pub name: String,
    pub attributes: Vec<(String, String)>,
}

impl Element {
    pub fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.as_str())
    }
}

#[derive(Default)]
struct Sink {
    elements: RefCell<Vec<Element>>,
    text: RefCell<String>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            Token::TagToken(Tag {
                kind: TagKind::StartTag,
                name,
                attrs,
                ..
            }) => {
                let attributes = attrs
                    .iter()
                    .map(|attr| (attr.name.local.to_string(), attr.value.to_string()))
                    .collect();
                self.elements.borrow_mut().push(Element {
                    name: name.to_string(),
                    attributes,
                });
            }
            Token::CharacterTokens(text) => self.text.borrow_mut().push_str(&text),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// The start tags and the text of a page.
pub fn read(html: &str) -> (Vec<Element>, String) {
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    let queue = BufferQueue::default();
    queue.push_back(StrTendril::from(html));
    let _ = tokenizer.feed(&queue);
    tokenizer.end();
    (tokenizer.sink.elements.take(), tokenizer.sink.text.take())
}

/// What could act, load or send; empty for a page of ours.
pub fn dangers(html: &str) -> Vec<String> {
    const KNOWN: [&str; 35] = [
        "details",
        "summary",
        "html",
        "head",
        "meta",
        "title",
        "link",
        "body",
        "header",
        "main",
        "article",
        "section",
        "footer",
        "h1",
        "h2",
        "h3",
        "code",
        "p",
        "a",
        "time",
        "span",
        "bdi",
        "ul",
        "ol",
        "li",
        "div",
        "figure",
        "figcaption",
        "blockquote",
        "author",
        "name",
        "summary",
        "content",
        "feed",
        "entry",
    ];
    const ATTRIBUTES: [&str; 15] = [
        "lang",
        "charset",
        "http-equiv",
        "content",
        "name",
        "property",
        "href",
        "rel",
        "type",
        "title",
        "class",
        "id",
        "datetime",
        "data-kind",
        "data-sentence",
    ];
    let mut found = Vec::new();
    for element in read(html).0 {
        if !KNOWN.contains(&element.name.as_str()) {
            found.push(format!("<{}>", element.name));
        }
        for (name, value) in &element.attributes {
            let is_known = ATTRIBUTES.contains(&name.as_str()) || name == "data-claim" || name == "open";
            let is_link = name != "href" || is_harmless(value);
            if !is_known || !is_link {
                found.push(format!("{name}={value:?}"));
            }
        }
    }
    found
}

/// A web address, or a place on this site.
fn is_harmless(href: &str) -> bool {
    href.starts_with("https://")
        || href.starts_with("http://")
        || href.starts_with('#')
        || [
            "../index.html",
            "../style.css",
            "../feed.xml",
            "index.md",
            "style.css",
            "feed.xml",
        ]
        .contains(&href)
        || href.starts_with("feed-") && !href.contains([':', '/'])
        || href.ends_with("/index.html") && !href.contains(':')
}
