//! A parsed page as a flat list in document order: a node's subtree is the range from it to its `end`.
//!
//! Being flat, it is walked with loops only: no nesting depth can exhaust the stack.

use html5ever::LocalName;
use html5ever::tendril::StrTendril;

/// A page's nodes in document order; the first is the document itself.
pub struct Tree {
    /// All nodes.
    pub nodes: Vec<Node>,
}

/// One node of a [`Tree`].
pub struct Node {
    /// Index of the parent; the document is its own.
    pub parent: usize,
    /// One past the last node of the subtree.
    pub end: usize,
    /// Element or text.
    pub data: Data,
}

/// What a node is. Comments and processing instructions are left out.
pub enum Data {
    /// The document.
    Document,
    /// Text as parsed, entities resolved.
    Text(StrTendril),
    /// An element with its attributes.
    Element(LocalName, Vec<(LocalName, StrTendril)>),
}

impl Tree {
    /// Name of the element `node`, empty for text and the document.
    pub fn tag(&self, node: usize) -> &str {
        match &self.nodes[node].data {
            Data::Element(name, _) => name,
            Data::Document | Data::Text(_) => "",
        }
    }

    /// Value of an attribute of the element `node`.
    pub fn attr(&self, node: usize, name: &str) -> Option<&str> {
        let Data::Element(_, attrs) = &self.nodes[node].data else {
            return None;
        };
        attrs
            .iter()
            .find(|(key, _)| &**key == name)
            .map(|(_, value)| &**value)
    }

    /// The text of a node that is text.
    pub fn text(&self, node: usize) -> Option<&str> {
        match &self.nodes[node].data {
            Data::Text(text) => Some(text),
            Data::Document | Data::Element(..) => None,
        }
    }

    /// One past the last node of the subtree of `node`.
    pub fn end(&self, node: usize) -> usize {
        self.nodes[node].end
    }

    /// Parent of `node`.
    pub fn parent(&self, node: usize) -> usize {
        self.nodes[node].parent
    }

    /// Whether `inner` is `outer` or below it.
    pub fn contains(&self, outer: usize, inner: usize) -> bool {
        (outer..self.end(outer)).contains(&inner)
    }

    /// The ancestors of `node` from its parent up to the document.
    pub fn ancestors(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        let mut at = node;
        std::iter::from_fn(move || {
            let parent = self.parent(at);
            let step = (parent != at).then_some(parent);
            at = parent;
            step
        })
    }

    /// The children of `node` in order.
    pub fn children(&self, node: usize) -> impl Iterator<Item = usize> + '_ {
        let last = self.end(node);
        let mut at = node + 1;
        std::iter::from_fn(move || {
            let child = (at < last).then_some(at)?;
            at = self.end(child);
            Some(child)
        })
    }

    /// Elements of the subtree of `node`, itself included, that have this name.
    pub fn elements<'a>(&'a self, node: usize, name: &'a str) -> impl Iterator<Item = usize> + 'a {
        (node..self.end(node)).filter(move |&at| self.tag(at) == name)
    }

    /// All text below `node`, its pieces parted by `separator`, white space collapsed.
    /// `length_max`: bytes after which it stops at the next piece.
    pub fn text_below(&self, node: usize, separator: &str, length_max: usize) -> String {
        let mut joined = String::new();
        for piece in (node..self.end(node)).filter_map(|at| self.text(at)) {
            joined.push_str(separator);
            joined.push_str(piece);
            if joined.len() > length_max {
                break;
            }
        }
        collapse(&joined)
    }
}

/// Text with each run of white space as one blank and none at the ends.
pub fn collapse(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}
