//! HTML to a [`Tree`], with bounds on depth, nodes and attributes.

use std::cell::{Cell, RefCell};

use html5ever::LocalName;
use html5ever::interface::TreeSink;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use html5ever::tree_builder::{TreeBuilder, TreeBuilderOpts};

use super::intake::Intake;
use super::sink::Sink;
use super::tree::Tree;

/// Open elements at most. The tree builder searches them for each tag, so its work is bytes times this.
const DEPTH_MAX: usize = 256;
/// Nodes at most: beyond it the rest of the page is not read. 20 MiB of real HTML has fewer than a million.
const NODES_MAX: usize = 2_000_000;

/// Parses a whole document. Never fails: what is no HTML becomes text.
pub fn parse(html: &str) -> Tree {
    let tokenizer = tokenizer();
    Intake::new(html, &tokenizer).read();
    tokenizer.end();
    tokenizer.sink.builder.sink.finish()
}

fn tokenizer() -> Tokenizer<Guard> {
    let guard = Guard {
        builder: TreeBuilder::new(Sink::new(), TreeBuilderOpts::default()),
        dropped: Cell::new(0),
        declarations: Cell::new(0),
        inside: RefCell::new(Inside::Markup),
    };
    Tokenizer::new(guard, TokenizerOpts::default())
}

/// What the tokenizer reads at the moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inside {
    /// Text with tags.
    Markup,
    /// Text without tags, up to the end tag with this name.
    Raw(LocalName),
    /// Text without tags, up to the end.
    Plain,
}

/// Passes tokens on, but no start tag that would nest deeper than [`DEPTH_MAX`], and none once there are [`NODES_MAX`].
pub struct Guard {
    builder: TreeBuilder<usize, Sink>,
    /// Start tags dropped whose end tag is still to come.
    dropped: Cell<usize>,
    /// Comments and document types that came.
    declarations: Cell<usize>,
    inside: RefCell<Inside>,
}

impl Guard {
    /// Whether nothing more is taken in.
    pub fn is_full(&self) -> bool {
        self.builder.sink.len() >= NODES_MAX
    }

    /// What the tokenizer reads behind the last tag.
    pub fn inside(&self) -> Inside {
        self.inside.borrow().clone()
    }

    /// Comments and document types that came so far.
    pub fn declarations(&self) -> usize {
        self.declarations.get()
    }

    /// Whether the innermost open element is of SVG or MathML.
    pub fn is_in_foreign(&self) -> bool {
        self.builder
            .adjusted_current_node_present_but_not_in_html_namespace()
    }

    fn refuses(&self, tag: &Tag) -> bool {
        let is_foreign = self.is_in_foreign();
        let holds_none = !is_foreign && is_raw_text(&tag.name);
        match tag.kind {
            TagKind::StartTag if holds_none || ends_at_once(tag, is_foreign) => false,
            TagKind::StartTag => {
                let too_deep = self.builder.sink.depth() >= DEPTH_MAX;
                self.dropped.set(self.dropped.get() + usize::from(too_deep));
                too_deep
            }
            TagKind::EndTag => {
                let matches_dropped = self.dropped.get() > 0 && !holds_none;
                self.dropped
                    .set(self.dropped.get() - usize::from(matches_dropped));
                matches_dropped
            }
        }
    }
}

/// Elements of HTML with text and no elements in them.
fn is_raw_text(name: &str) -> bool {
    matches!(
        name,
        "script" | "style" | "textarea" | "title" | "noscript" | "iframe" | "xmp" | "noembed" | "noframes"
    )
}

/// Whether a start tag opens nothing. The slash of `<div/>` counts in SVG and MathML only.
fn ends_at_once(tag: &Tag, is_foreign: bool) -> bool {
    let is_void = matches!(
        &*tag.name,
        "area"
            | "base"
            | "basefont"
            | "bgsound"
            | "br"
            | "col"
            | "embed"
            | "frame"
            | "hr"
            | "image"
            | "img"
            | "input"
            | "keygen"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    );
    let is_root = matches!(&*tag.name, "svg" | "math");
    (is_void && !is_foreign) || (tag.self_closing && (is_foreign || is_root))
}

impl TokenSink for Guard {
    type Handle = usize;

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<usize> {
        let mut started = None;
        match &token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => started = Some(tag.name.clone()),
            Token::TagToken(_) => {
                self.inside.replace(Inside::Markup);
            }
            Token::CommentToken(_) | Token::DoctypeToken(_) => {
                self.declarations.set(self.declarations.get() + 1);
            }
            _ => {}
        }
        let is_refused = matches!(&token, Token::TagToken(tag) if self.refuses(tag));
        // Open formatting elements come again in each block: one piece of text can make thousands of nodes.
        if is_refused || (self.is_full() && !matches!(token, Token::EOFToken)) {
            return TokenSinkResult::Continue;
        }
        let result = self.builder.process_token(token, line);
        match (&result, started) {
            (TokenSinkResult::RawData(_), Some(name)) => {
                self.inside.replace(Inside::Raw(name));
            }
            (TokenSinkResult::Plaintext, _) => {
                self.inside.replace(Inside::Plain);
            }
            _ => {}
        }
        result
    }

    fn end(&self) {
        self.builder.end();
    }

    fn adjusted_current_node_present_but_not_in_html_namespace(&self) -> bool {
        self.is_in_foreign()
    }
}

#[cfg(test)]
mod tests {
    use html5ever::tendril::StrTendril;
    use html5ever::tokenizer::BufferQueue;
    use proptest::prelude::*;
    use proptest::test_runner::FileFailurePersistence;

    use super::super::tame::ATTRIBUTES_MAX;
    use super::super::tree::Data;
    use super::*;

    /// Names, attributes and texts with their places.
    fn shown(tree: &Tree) -> Vec<(usize, String)> {
        let show = |node: usize| match &tree.nodes[node].data {
            Data::Document => "#".to_owned(),
            Data::Text(text) => text.to_string(),
            Data::Element(name, attributes) => format!("<{name} {attributes:?}>"),
        };
        (0..tree.nodes.len())
            .map(|node| (tree.parent(node), show(node)))
            .collect()
    }

    /// The tree as it is when the tokenizer gets every byte.
    fn untamed(html: &str) -> Tree {
        let tokenizer = tokenizer();
        let queue = BufferQueue::default();
        queue.push_back(StrTendril::from_slice(html));
        while !queue.is_empty() {
            let _ = tokenizer.feed(&queue);
        }
        tokenizer.end();
        tokenizer.sink.builder.sink.finish()
    }

    fn texts(html: &str) -> String {
        let tree = parse(html);
        let below_body = (0..tree.nodes.len()).filter_map(|node| tree.text(node));
        below_body.collect::<Vec<_>>().join("|")
    }

    /// As many pieces as `count`, each with a number in it.
    fn numbered(count: usize, before: &str, after: &str) -> String {
        let pieces = (0..count).map(|n| [before, &n.to_string(), after].concat());
        pieces.collect::<Vec<_>>().concat()
    }

    fn attributes(count: usize) -> String {
        numbered(count, " a", "")
    }

    fn depth(tree: &Tree) -> usize {
        (0..tree.nodes.len())
            .map(|node| tree.ancestors(node).count())
            .max()
            .unwrap_or(0)
    }

    #[test]
    fn a_script_ends_at_its_own_end() {
        // A comparison in a script looks like a tag of a thousand attributes.
        let code = format!("for (i=0; i<n.length; i++) {{{} }}", attributes(1_000));
        for name in ["script", "style", "textarea", "xmp", "noscript", "iframe"] {
            let html = format!("<p>one</p><{name}>{code}</{name}><p>two</p>");
            assert_eq!(texts(&html), format!("one|{code}|two"), "{name}");
        }
        let title = format!("<title>{code}</title><p>two");
        assert_eq!(texts(&title), format!("{code}|two"));
        assert_eq!(texts(&format!("<p>one<!-- <b{code} --></p>two")), "one|two");
        let nested = format!("<script><!--<script></script>{code}--></script a=\">\" {code}><p>two");
        assert_eq!(texts(&nested), format!("<!--<script></script>{code}-->|two"));
    }

    #[test]
    fn tags_with_many_attributes_are_cut_wherever_they_stand() {
        let many = attributes(1_000);
        for before in [
            "",
            "<svg><style>",
            "<frameset><style>",
            "<svg><![CDATA[ ><script>]]>",
            "<![CDATA[ ><script>]]>",
            "<!--><style>-->",
            "<script><!--<script></script></script>",
            "<select><textarea>",
            "</><p>",
            "<title></titles></title \"\">",
        ] {
            let tree = parse(&format!("{before}<i{many}>x"));
            let most = (0..tree.nodes.len()).map(|node| match &tree.nodes[node].data {
                Data::Element(_, attributes) => attributes.len(),
                _ => 0,
            });
            assert!(most.max().unwrap() <= ATTRIBUTES_MAX, "{before}");
        }
    }

    #[test]
    fn end_tags_with_many_attributes_cost_no_more_than_start_tags() {
        // Each compared with all before it: twenty thousand million comparisons in one tag.
        let many = attributes(200_000);
        assert_eq!(texts(&format!("<p>one</p{many}>two")), "one|two");
        assert_eq!(texts(&format!("<xmp>one</xmp{many}>two")), "one|two");
        assert_eq!(texts(&format!("<p a=\" a0{many}>\">one")), "one");
        let hidden = format!("<p a={}\">\"{many}>one", " ".repeat(10));
        assert_eq!(texts(&hidden), "one");
    }

    #[test]
    fn a_slash_hides_no_depth() {
        for unit in [
            "<div/>",
            "<b/>",
            "<svg><style>",
            "<svg><foreignObject><p/>",
            "<math><mi><i/>",
        ] {
            let tree = parse(&unit.repeat(100_000));
            assert!(depth(&tree) < 2 * DEPTH_MAX, "{unit}: {}", depth(&tree));
        }
        assert_eq!(depth(&parse(&"<svg><g/><g/></svg><br/><br>".repeat(1_000))), 4);
    }

    #[test]
    fn a_break_too_deep_down_leaves_the_count_of_ends_alone() {
        let tree = parse(&format!("{}<br>x{}y", "<div>".repeat(300), "</div>".repeat(300)));
        let last = tree.nodes.len() - 1;
        assert_eq!(
            (tree.text(last), tree.tag(tree.parent(last))),
            (Some("y"), "body")
        );
    }

    #[test]
    fn formatting_that_comes_again_in_each_paragraph_stops_at_the_limit() {
        // Where a line is drawn, the depth of what stood before it is forgotten, but not its formatting.
        let fonts = numbered(1_900, "<hr><p><font a=", ">");
        let tree = parse(&(fonts + &"<hr><p>x".repeat(4_096)));
        let count = tree.nodes.len();
        assert!((NODES_MAX..NODES_MAX + 10_000).contains(&count), "{count}");
    }

    #[test]
    fn html_and_body_said_again_and_again_stop_at_the_limit() {
        let many = numbered(200_000, "<html a", ">") + &numbered(200_000, "<body a", ">");
        let tree = parse(&(many + "x"));
        let count = |name: &str| {
            let node = tree.elements(0, name).next().unwrap();
            match &tree.nodes[node].data {
                Data::Element(_, attributes) => attributes.len(),
                _ => 0,
            }
        };
        assert_eq!((count("html"), count("body")), (ATTRIBUTES_MAX, ATTRIBUTES_MAX));
    }

    /// What brings the tokenizer from one state to another.
    const PARTS: &[&str] = &[
        "<script>",
        "</script>",
        "</script x=\">\">",
        "</SCRIPT/",
        "<!--",
        "-->",
        "--!>",
        "<!-->",
        "<!--->",
        "<!---!>",
        "<!x>",
        "<?x",
        "</>",
        "</3",
        "<![CDATA[",
        "]]>",
        "<svg>",
        "</svg>",
        "<title>",
        "</title ",
        "<style/>",
        "</style>",
        "<textarea>",
        "</textarea>",
        "<xmp>",
        "</xmp>",
        "<noscript>",
        "</noscript>",
        "<noembed>",
        "<noframes>",
        "</noframes>",
        "<iframe>",
        "</iframe>",
        "<frameset>",
        "<select>",
        "<math><mi>",
        "<foreignObject>",
        "<template>",
        "</template>",
        "<plaintext>",
        "<p a='",
        "' b=\"",
        "\"",
        ">",
        "<",
        " x",
        "=",
        "/",
        "é",
        "<!doctype html \">",
        "\0",
        "\r\n",
    ];

    /// In a script behind `<!-- <script>` the end tag is text, and the sign behind its name was handed over as `>`.
    fn as_handed_over(mut shown: Vec<(usize, String)>) -> Vec<(usize, String)> {
        for (_, text) in &mut shown {
            let small = text.to_ascii_lowercase();
            for (at, name) in small.match_indices("</script") {
                let end = at + name.len();
                if small[end..].starts_with([' ', '/']) {
                    text.replace_range(end..=end, ">");
                }
            }
        }
        shown
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
            cases: 2_000,
            ..ProptestConfig::default()
        })]

        #[test]
        fn a_page_without_overlong_tags_is_read_as_it_stands(
            parts in proptest::collection::vec(proptest::sample::select(PARTS.to_vec()), 0..24)
        ) {
            let html = parts.concat();
            prop_assert_eq!(as_handed_over(shown(&parse(&html))), as_handed_over(shown(&untamed(&html))));
        }

        #[test]
        fn no_state_of_the_tokenizer_lets_an_overlong_tag_through(
            parts in proptest::collection::vec(proptest::sample::select(PARTS.to_vec()), 0..24)
        ) {
            let many = attributes(ATTRIBUTES_MAX + 40);
            let html = parts.join("") + "<i" + &many + ">" + &parts.concat() + "<i" + &many + ">x";
            let tree = parse(&html);
            for node in &tree.nodes {
                if let Data::Element(_, attributes) = &node.data {
                    prop_assert!(attributes.len() <= ATTRIBUTES_MAX);
                }
            }
        }
    }
}
