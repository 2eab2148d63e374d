//! Where the HTML tree builder puts its nodes.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};

use html5ever::interface::{ElementFlags, NodeOrText, QuirksMode, TreeSink};
use html5ever::tendril::StrTendril;
use html5ever::tree_builder::ElemName;
use html5ever::{Attribute, LocalName, Namespace, QualName};

use super::tame::ATTRIBUTES_MAX;
use super::tree::{Data, Node, Tree};

/// A node while the tree is built; `NONE` stands for no node.
struct Raw {
    parent: usize,
    previous: usize,
    next: usize,
    first: usize,
    last: usize,
    depth: usize,
    name: Option<QualName>,
    data: Data,
    /// The fragment of a `template`.
    contents: usize,
}

const NONE: usize = usize::MAX;

/// The tree under construction.
pub struct Sink {
    nodes: RefCell<Vec<Raw>>,
    depth: Cell<usize>,
}

/// An element's name, given out by value: the nodes sit behind a `RefCell`.
#[derive(Debug)]
pub struct Name(QualName);

impl ElemName for Name {
    fn ns(&self) -> &Namespace {
        &self.0.ns
    }

    fn local_name(&self) -> &LocalName {
        &self.0.local
    }
}

impl Sink {
    /// An empty document.
    pub fn new() -> Self {
        let sink = Self {
            nodes: RefCell::new(Vec::new()),
            depth: Cell::new(0),
        };
        sink.create(None, Data::Document);
        sink
    }

    /// Depth of the innermost open element, as far as the builder tells.
    pub fn depth(&self) -> usize {
        self.depth.get()
    }

    /// Nodes made so far.
    pub fn len(&self) -> usize {
        self.nodes.borrow().len()
    }

    fn create(&self, name: Option<QualName>, data: Data) -> usize {
        let mut nodes = self.nodes.borrow_mut();
        nodes.push(Raw {
            parent: NONE,
            previous: NONE,
            next: NONE,
            first: NONE,
            last: NONE,
            depth: 0,
            name,
            data,
            contents: NONE,
        });
        nodes.len() - 1
    }

    /// Puts `child` below `parent`, before the child `before` or at the end.
    fn attach(&self, parent: usize, child: usize, before: usize) {
        let mut nodes = self.nodes.borrow_mut();
        let previous = if before == NONE {
            nodes[parent].last
        } else {
            nodes[before].previous
        };
        nodes[child].parent = parent;
        nodes[child].previous = previous;
        nodes[child].next = before;
        nodes[child].depth = nodes[parent].depth + 1;
        match previous {
            NONE => nodes[parent].first = child,
            previous => nodes[previous].next = child,
        }
        match before {
            NONE => nodes[parent].last = child,
            before => nodes[before].previous = child,
        }
        if nodes[child].name.is_some() {
            self.depth.set(nodes[child].depth);
        }
    }

    fn detach(&self, child: usize) {
        let mut nodes = self.nodes.borrow_mut();
        let (parent, previous, next) = (nodes[child].parent, nodes[child].previous, nodes[child].next);
        if parent == NONE {
            return;
        }
        match previous {
            NONE => nodes[parent].first = next,
            previous => nodes[previous].next = next,
        }
        match next {
            NONE => nodes[parent].last = previous,
            next => nodes[next].previous = previous,
        }
        nodes[child].parent = NONE;
        nodes[child].previous = NONE;
        nodes[child].next = NONE;
    }

    fn insert(&self, parent: usize, child: NodeOrText<usize>, before: usize) {
        match child {
            NodeOrText::AppendNode(node) => {
                self.detach(node);
                self.attach(parent, node, before);
            }
            NodeOrText::AppendText(text) => {
                if !self.extend_text(parent, &text, before) {
                    let node = self.create(None, Data::Text(text));
                    self.attach(parent, node, before);
                }
            }
        }
    }

    /// Adds to the text that stands right before the place of insertion, if there is one.
    fn extend_text(&self, parent: usize, text: &StrTendril, before: usize) -> bool {
        let mut nodes = self.nodes.borrow_mut();
        let previous = if before == NONE {
            nodes[parent].last
        } else {
            nodes[before].previous
        };
        if previous == NONE {
            return false;
        }
        let Data::Text(present) = &mut nodes[previous].data else {
            return false;
        };
        present.push_tendril(text);
        true
    }

    /// The nodes in document order, detached ones left out.
    fn flatten(self) -> Tree {
        let mut raw = self.nodes.into_inner();
        let mut nodes: Vec<Node> = Vec::with_capacity(raw.len());
        let mut place = vec![0; raw.len()];
        let mut at = 0;
        loop {
            let parent = if raw[at].parent == NONE {
                0
            } else {
                place[raw[at].parent]
            };
            place[at] = nodes.len();
            let data = std::mem::replace(&mut raw[at].data, Data::Document);
            nodes.push(Node { parent, end: 0, data });
            if raw[at].first != NONE {
                at = raw[at].first;
                continue;
            }
            // Up to the next node that has a sibling to its right, closing each on the way.
            loop {
                nodes[place[at]].end = nodes.len();
                if raw[at].next != NONE {
                    at = raw[at].next;
                    break;
                }
                if raw[at].parent == NONE {
                    return Tree { nodes };
                }
                at = raw[at].parent;
            }
        }
    }
}

impl TreeSink for Sink {
    type Handle = usize;
    type Output = Tree;
    type ElemName<'a> = Name;

    fn finish(self) -> Tree {
        self.flatten()
    }

    fn parse_error(&self, _message: Cow<'static, str>) {}

    fn get_document(&self) -> usize {
        0
    }

    fn elem_name<'a>(&'a self, target: &'a usize) -> Name {
        Name(
            self.nodes.borrow()[*target]
                .name
                .clone()
                .expect("the builder asks for names of elements only"),
        )
    }

    fn create_element(&self, name: QualName, attrs: Vec<Attribute>, flags: ElementFlags) -> usize {
        let attrs = attrs
            .into_iter()
            .map(|attr| (attr.name.local, attr.value))
            .collect();
        let element = self.create(Some(name.clone()), Data::Element(name.local, attrs));
        if flags.template {
            let contents = self.create(None, Data::Document);
            self.nodes.borrow_mut()[element].contents = contents;
        }
        element
    }

    fn create_comment(&self, _text: StrTendril) -> usize {
        self.create(None, Data::Document)
    }

    fn create_pi(&self, _target: StrTendril, _data: StrTendril) -> usize {
        self.create(None, Data::Document)
    }

    fn append(&self, parent: &usize, child: NodeOrText<usize>) {
        self.insert(*parent, child, NONE);
    }

    fn append_based_on_parent_node(&self, element: &usize, previous: &usize, child: NodeOrText<usize>) {
        let parent = self.nodes.borrow()[*element].parent;
        if parent == NONE {
            self.insert(*previous, child, NONE);
        } else {
            self.insert(parent, child, *element);
        }
    }

    fn append_doctype_to_document(&self, _name: StrTendril, _public: StrTendril, _system: StrTendril) {}

    fn pop(&self, node: &usize) {
        self.depth.set(self.nodes.borrow()[*node].depth.saturating_sub(1));
    }

    fn get_template_contents(&self, target: &usize) -> usize {
        self.nodes.borrow()[*target].contents
    }

    fn same_node(&self, left: &usize, right: &usize) -> bool {
        left == right
    }

    fn set_quirks_mode(&self, _mode: QuirksMode) {}

    fn append_before_sibling(&self, sibling: &usize, child: NodeOrText<usize>) {
        let parent = self.nodes.borrow()[*sibling].parent;
        if parent != NONE {
            self.insert(parent, child, *sibling);
        }
    }

    fn add_attrs_if_missing(&self, target: &usize, attrs: Vec<Attribute>) {
        if let Data::Element(_, present) = &mut self.nodes.borrow_mut()[*target].data {
            for attr in attrs {
                // A page may say `<html>` and `<body>` any number of times, each with others.
                if present.len() >= ATTRIBUTES_MAX {
                    break;
                }
                if present.iter().all(|(name, _)| *name != attr.name.local) {
                    present.push((attr.name.local, attr.value));
                }
            }
        }
    }

    fn remove_from_parent(&self, target: &usize) {
        self.detach(*target);
    }

    fn reparent_children(&self, node: &usize, parent: &usize) {
        loop {
            let child = self.nodes.borrow()[*node].first;
            if child == NONE {
                return;
            }
            self.detach(child);
            self.attach(*parent, child, NONE);
        }
    }
}
