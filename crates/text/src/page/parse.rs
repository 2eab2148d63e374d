//! HTML to a [`Tree`], with bounds on depth, nodes and attributes.

use std::cell::Cell;

use html5ever::interface::TreeSink;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{
    BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};

use super::sink::Sink;
use super::tame::cap_attributes;
use super::tree::Tree;

/// Open elements at most. The tree builder searches them for each tag, so its work is bytes times this.
const DEPTH_MAX: usize = 256;
/// Nodes at most: beyond it the rest of the page is not read. 20 MiB of real HTML has fewer than a million.
const NODES_MAX: usize = 2_000_000;
/// Bytes handed to the tokenizer between two looks at the number of nodes.
const CHUNK_BYTES: usize = 16 * 1024;

/// Parses a whole document. Never fails: what is no HTML becomes text.
pub fn parse(html: &str) -> Tree {
    let tamed = cap_attributes(html);
    let builder = TreeBuilder::new(Sink::new(), TreeBuilderOpts::default());
    let tokenizer = Tokenizer::new(
        Guard {
            builder,
            dropped: Cell::new(0),
        },
        TokenizerOpts::default(),
    );
    let queue = BufferQueue::default();
    let mut rest: &str = &tamed;
    while !rest.is_empty() && tokenizer.sink.builder.sink.len() < NODES_MAX {
        let (chunk, tail) = rest.split_at(rest.floor_char_boundary(CHUNK_BYTES).max(1));
        rest = tail;
        queue.push_back(StrTendril::from_slice(chunk));
        while !queue.is_empty() {
            // A script tag interrupts the tokenizer; there is nothing to run, so it goes on at once.
            let _ = tokenizer.feed(&queue);
        }
    }
    tokenizer.end();
    tokenizer.sink.builder.sink.finish()
}

/// Passes tokens on, but no start tag that would nest deeper than [`DEPTH_MAX`].
struct Guard {
    builder: TreeBuilder<usize, Sink>,
    /// Start tags dropped whose end tag is still to come.
    dropped: Cell<usize>,
}

impl Guard {
    fn refuses(&self, tag: &Tag) -> bool {
        let raw_text = matches!(
            &*tag.name,
            "script" | "style" | "textarea" | "title" | "noscript" | "iframe" | "xmp"
        );
        match tag.kind {
            TagKind::StartTag if raw_text || tag.self_closing => false,
            TagKind::StartTag => {
                let too_deep = self.builder.sink.depth() >= DEPTH_MAX;
                self.dropped.set(self.dropped.get() + usize::from(too_deep));
                too_deep
            }
            TagKind::EndTag => {
                let matches_dropped = self.dropped.get() > 0 && !raw_text;
                self.dropped
                    .set(self.dropped.get() - usize::from(matches_dropped));
                matches_dropped
            }
        }
    }
}

impl TokenSink for Guard {
    type Handle = usize;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<usize> {
        if matches!(&token, Token::TagToken(tag) if self.refuses(tag)) {
            return TokenSinkResult::Continue;
        }
        self.builder.process_token(token, line)
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.builder
            .adjusted_current_node_present_but_not_in_html_namespace()
    }
}
