//! A tree to runs of text: what a reader would see as one paragraph, heading, item, row or code line.

use std::borrow::Cow;
use std::ops::Range;

use super::data_table::data_tables;
use super::model::BlockKind;
use super::run::{Run, SENTENCE_ENDS, is_shorter_than, word_count};
use super::site::Site;
use super::tree::{Data, Tree};

/// Whether the element starts and ends a run.
fn is_block(tree: &Tree, node: usize) -> bool {
    let tag = tree.tag(node);
    // A custom element is a part of a line where text stands beside it, else a box of its own.
    is_block_tag(tag) || (tag.contains('-') && !has_own_text(tree, tree.parent(node)))
}

fn has_own_text(tree: &Tree, node: usize) -> bool {
    tree.children(node)
        .take(20)
        .filter_map(|child| tree.text(child))
        .any(|text| !text.trim().is_empty())
}

fn is_block_tag(tag: &str) -> bool {
    matches!(
        tag,
        "address"
            | "article"
            | "aside"
            | "blockquote"
            | "body"
            | "caption"
            | "center"
            | "dd"
            | "details"
            | "dialog"
            | "dir"
            | "div"
            | "dl"
            | "dt"
            | "fieldset"
            | "figcaption"
            | "figure"
            | "footer"
            | "form"
            | "h1"
            | "h2"
            | "h3"
            | "h4"
            | "h5"
            | "h6"
            | "header"
            | "hgroup"
            | "html"
            | "li"
            | "main"
            | "menu"
            | "nav"
            | "ol"
            | "p"
            | "pre"
            | "section"
            | "summary"
            | "table"
            | "tbody"
            | "td"
            | "tfoot"
            | "th"
            | "thead"
            | "tr"
            | "ul"
            | "hr"
            | "search"
    )
}

/// All runs outside the subtrees that `skip` marks by their root, in document order.
pub fn segment(tree: &Tree, skip: &[bool]) -> Vec<Run> {
    let data_tables = data_tables(tree);
    let mut walk = Walk {
        tree,
        runs: Vec::new(),
        open: Open::default(),
        blocks: Vec::new(),
        data_tables: &data_tables,
    };
    let mut elements: Vec<usize> = Vec::new();
    let mut at = 0;
    while at < tree.nodes.len() {
        while let Some(&last) = elements.last()
            && tree.end(last) <= at
        {
            elements.pop();
            walk.leave(last);
        }
        if skip[at] {
            walk.skip(at);
            at = tree.end(at);
            continue;
        }
        match &tree.nodes[at].data {
            Data::Text(text) => walk.text(at, text),
            Data::Element(..) => {
                walk.enter(at);
                elements.push(at);
            }
            Data::Document => {}
        }
        at += 1;
    }
    walk.flush();
    walk.runs
}

/// The run that is being gathered.
#[derive(Default)]
struct Open {
    text: String,
    first: Option<usize>,
    last: usize,
    blank_pending: bool,
    links: Vec<(Range<usize>, usize)>,
    link_start: Option<(usize, usize)>,
    breaks: usize,
}

/// A block element that is open, with what it makes of its text.
struct Level {
    node: usize,
    kind: BlockKind,
    /// Inside a row of a table of data: cells do not end the run.
    in_row: bool,
}

struct Walk<'a> {
    tree: &'a Tree,
    runs: Vec<Run>,
    open: Open,
    blocks: Vec<Level>,
    data_tables: &'a [bool],
}

impl Walk<'_> {
    fn kind(&self) -> BlockKind {
        self.blocks
            .last()
            .map_or(BlockKind::Paragraph, |level| level.kind)
    }

    fn in_row(&self) -> bool {
        self.blocks.last().is_some_and(|level| level.in_row)
    }

    fn enter(&mut self, node: usize) {
        let tag = self.tree.tag(node);
        if is_block(self.tree, node) {
            if self.in_row() {
                self.enter_in_row(node, tag);
                return;
            }
            self.flush();
            let in_row = tag == "tr" && self.table_is_data(node);
            let kind = if in_row {
                BlockKind::Table
            } else {
                kind_below(self.kind(), tag)
            };
            self.blocks.push(Level { node, kind, in_row });
            return;
        }
        match tag {
            "br" if self.kind() == BlockKind::Code => self.open.text.push('\n'),
            "br" => self.line_break(),
            "a" if self.tree.attr(node, "href").is_some() => {
                self.end_link();
                self.open.link_start = Some((self.open.text.len(), node));
            }
            _ => {}
        }
    }

    fn enter_in_row(&mut self, node: usize, tag: &str) {
        if matches!(tag, "td" | "th") && !self.open.text.is_empty() {
            self.open.text.push_str(" |");
        }
        self.open.blank_pending = true;
        self.blocks.push(Level {
            node,
            kind: BlockKind::Table,
            in_row: true,
        });
    }

    fn leave(&mut self, node: usize) {
        if self.open.link_start.is_some_and(|(_, link)| link == node) {
            self.end_link();
        }
        if self.blocks.last().is_some_and(|level| level.node == node) {
            let ends_row = !self.in_row() || self.tree.tag(node) == "tr";
            if ends_row {
                self.flush();
            } else {
                self.open.blank_pending = true;
            }
            self.blocks.pop();
        }
    }

    fn skip(&mut self, node: usize) {
        if is_block(self.tree, node) && !self.in_row() {
            self.flush();
        }
        self.open.blank_pending = true;
    }

    /// Two breaks in a row part paragraphs. One does behind a short line or the end of a sentence; else the text is
    /// only wrapped.
    fn line_break(&mut self) {
        self.open.breaks += 1;
        self.open.blank_pending = true;
        if self.in_row() || self.kind() == BlockKind::Heading {
            return;
        }
        let is_short = is_shorter_than(&self.open.text, 12);
        if self.open.breaks >= 2
            || is_short
            || self.is_wrapped()
            || self.open.text.ends_with(SENTENCE_ENDS)
            || self.open.text.ends_with([':', '"', '”', ')', '」', '）'])
        {
            self.flush();
        }
    }

    /// Whether one inline element holds all of the run so far, as `<b>` does with a title in pages without headings.
    fn is_wrapped(&self) -> bool {
        let (Some(first), Some(level)) = (self.open.first, self.blocks.last()) else {
            return false;
        };
        let wrapper = self
            .tree
            .ancestors(first)
            .take_while(|&node| node != level.node && node != 0)
            .last();
        wrapper.is_some_and(|wrapper| self.tree.contains(wrapper, self.open.last))
    }

    fn text(&mut self, node: usize, text: &str) {
        if self.kind() == BlockKind::Code && !self.in_row() {
            self.open.first.get_or_insert(node);
            self.open.text.push_str(&without_invisible(text));
            return;
        }
        let visible = without_invisible(text);
        let mut words = visible.split_whitespace();
        let Some(first) = words.next() else {
            self.open.blank_pending |= !text.is_empty();
            return;
        };
        self.open.breaks = 0;
        self.open.last = node;
        self.open.first.get_or_insert(node);
        self.open.blank_pending |= text.starts_with(char::is_whitespace);
        self.push_word(first);
        for word in words {
            self.open.blank_pending = true;
            self.push_word(word);
        }
        self.open.blank_pending = text.ends_with(char::is_whitespace);
    }

    fn push_word(&mut self, word: &str) {
        if self.open.blank_pending && !self.open.text.is_empty() {
            self.open.text.push(' ');
            if let Some((start, _)) = &mut self.open.link_start
                && *start + 1 == self.open.text.len()
            {
                *start += 1;
            }
        }
        self.open.blank_pending = false;
        self.open.text.push_str(word);
    }

    fn end_link(&mut self) {
        let Some((start, node)) = self.open.link_start.take() else {
            return;
        };
        let text = &self.open.text[start..];
        let is_sign = !text.is_empty() && text.len() <= 4 && !text.contains(char::is_alphanumeric);
        if is_sign && Site::is_jump(self.tree, node) {
            // The anchor that generators put beside headings.
            self.open.text.truncate(self.open.text[..start].trim_end().len());
        } else if !text.is_empty() {
            self.open.links.push((start..self.open.text.len(), node));
        }
    }

    /// Closes the run. A link that is still open goes on in the next one.
    fn flush(&mut self) {
        let link = self.open.link_start.map(|(_, node)| node);
        self.end_link();
        let open = std::mem::take(&mut self.open);
        self.open.link_start = link.map(|node| (0, node));
        let Some(node) = open.first else {
            return;
        };
        let (owner, kind) = self
            .blocks
            .last()
            .map_or((0, BlockKind::Paragraph), |level| (level.node, level.kind));
        if kind == BlockKind::Code {
            self.push_code(owner, node, &open.text);
        } else if open.text.chars().any(char::is_alphanumeric) {
            let words = word_count(&open.text);
            self.runs.push(Run {
                owner,
                node,
                kind,
                text: open.text,
                words,
                links: open.links,
            });
        }
    }

    /// Code keeps its lines and their indentation, each a run; links in it are dropped.
    fn push_code(&mut self, owner: usize, node: usize, text: &str) {
        for line in text.lines().filter(|line| !line.trim().is_empty()) {
            let text = line.trim_end().replace('\t', "    ");
            let words = word_count(&text);
            self.runs.push(Run {
                owner,
                node,
                kind: BlockKind::Code,
                text,
                words,
                links: Vec::new(),
            });
        }
    }

    fn table_is_data(&self, row: usize) -> bool {
        let table = self
            .tree
            .ancestors(row)
            .find(|&node| self.tree.tag(node) == "table");
        table.is_some_and(|table| self.data_tables[table])
    }
}

/// Text without characters that show nothing: they part words for a program and hide text from a reader.
/// The joiners U+200C and U+200D stay; scripts and emoji need them.
fn without_invisible(text: &str) -> Cow<'_, str> {
    let is_invisible = |c: char| matches!(c, '\u{AD}' | '\u{200B}' | '\u{200E}' | '\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\u{E0000}'..='\u{E007F}');
    if text.is_ascii() || !text.contains(is_invisible) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|&c| !is_invisible(c)).collect())
}

/// What text in a `tag` is, given what text in its parent is.
fn kind_below(outer: BlockKind, tag: &str) -> BlockKind {
    match (outer, tag) {
        (BlockKind::Code, _) | (_, "pre") => BlockKind::Code,
        (BlockKind::Table, _) => BlockKind::Table,
        (_, "h1" | "h2" | "h3" | "h4" | "h5" | "h6") => BlockKind::Heading,
        (_, "li" | "dd" | "dt") => BlockKind::ListItem,
        (_, "blockquote") => BlockKind::Quote,
        (_, "figcaption" | "caption") => BlockKind::Caption,
        // Cells of a layout table start afresh.
        (_, "td" | "th") => BlockKind::Paragraph,
        (outer, _) => outer,
    }
}

#[cfg(test)]
mod tests {
    use super::super::clutter::never_text;
    use super::super::parse::parse;
    use super::*;

    fn lines(html: &str) -> Vec<(BlockKind, String)> {
        let tree = parse(html);
        segment(&tree, &never_text(&tree))
            .into_iter()
            .map(|run| (run.kind, run.text))
            .collect()
    }

    fn texts(html: &str) -> Vec<String> {
        lines(html).into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn breaks_part_short_lines_and_sentences_but_not_wrapped_text() {
        let wrapped = "one two three four five six seven eight nine ten eleven twelve thirteen<br>fourteen";
        assert_eq!(texts(wrapped).len(), 1);
        assert_eq!(
            texts("Short line<br>and another<br><br>third"),
            ["Short line", "and another", "third"]
        );
    }

    #[test]
    fn hidden_and_invisible_text_is_left_out() {
        let html = "<p>Seen</p><p style='display: none'>Hidden</p><p hidden>Too</p><!-- no --><p>a\u{200B}b\u{E0041}</p>";
        assert_eq!(texts(html), ["Seen", "ab"]);
    }

    #[test]
    fn rows_of_data_are_lines_and_cells_of_a_layout_are_paragraphs() {
        let data = "<table><tr><th>Name<th>Size<tr><td>a<td>1<tr><td>b<td>2</table>";
        assert_eq!(texts(data), ["Name | Size", "a | 1", "b | 2"]);
        let layout = "<table><tr><td>Menu<td><h1>Title</h1><p>Text of the page.</table>";
        assert_eq!(
            lines(layout)[2],
            (BlockKind::Paragraph, "Text of the page.".to_owned())
        );
    }

    #[test]
    fn anchors_beside_headings_are_no_text_and_links_keep_their_place() {
        let tree = parse("<h2>Part <a href='#part'>¶</a></h2><p>See <a href=/x>this page</a>.</p>");
        let runs = segment(&tree, &never_text(&tree));
        assert_eq!(runs[0].text, "Part");
        assert_eq!(&runs[1].text[runs[1].links[0].0.clone()], "this page");
    }

    #[test]
    fn code_keeps_its_lines() {
        assert_eq!(texts("<pre>fn a() {\n\tb\n\n}</pre>"), ["fn a() {", "    b", "}"]);
    }
}
