//! Plain text and Markdown as a page.

use url::Url;

use super::date_text::{SlashOrder, stamp};
use super::extract::extract_fragment;
use super::model::{Block, BlockKind, NoTextWhy, Page, PageKind};
use super::tree::collapse;

/// Markdown by way of HTML; a block of `key: value` lines between `---` at the top gives metadata.
pub fn extract_markdown(text: &str, url: &Url) -> Page {
    let (matter, body) = front_matter(text);
    let mut html = String::new();
    let options = pulldown_cmark::Options::ENABLE_TABLES | pulldown_cmark::Options::ENABLE_STRIKETHROUGH;
    pulldown_cmark::html::push_html(&mut html, pulldown_cmark::Parser::new_ext(body, options));
    let mut page = extract_fragment(&html, url);
    let value = |key: &str| {
        let line = matter.lines().find_map(|line| {
            line.split_once(':')
                .filter(|(name, _)| name.trim().eq_ignore_ascii_case(key))
        });
        line.map(|(_, value)| collapse(value.trim().trim_matches(['"', '\''])))
            .filter(|value| !value.is_empty())
    };
    page.title = value("title").or(page.title);
    page.authors = value("author").into_iter().collect();
    page.published_at = value("date")
        .and_then(|date| stamp(&date, SlashOrder::Unknown))
        .map(|found| found.at);
    page
}

fn front_matter(text: &str) -> (&str, &str) {
    let Some(rest) = text.trim_start_matches('\u{feff}').strip_prefix("---\n") else {
        return ("", text);
    };
    rest.split_once("\n---\n").unwrap_or(("", text))
}

/// Plain text: paragraphs are parted by empty lines, lines of a deep indent are code.
pub fn extract_plain(text: &str) -> Page {
    let mut page = Page::without_text(NoTextWhy::Empty);
    for paragraph in paragraphs(text) {
        let is_code = paragraph
            .iter()
            .all(|line| line.starts_with("    ") || line.starts_with('\t'));
        if is_code {
            for line in paragraph {
                page.push_line(line.trim_end(), BlockKind::Code);
            }
        } else {
            page.push_line(&collapse(&paragraph.join(" ")), BlockKind::Paragraph);
        }
    }
    if !page.text.is_empty() {
        page.outcome = PageKind::Article;
    }
    page
}

fn paragraphs(text: &str) -> Vec<Vec<&str>> {
    let mut found: Vec<Vec<&str>> = vec![Vec::new()];
    for line in text.lines() {
        if !line.trim().is_empty() {
            found
                .last_mut()
                .expect("the list starts with one entry")
                .push(line);
        } else if found.last().is_some_and(|last| !last.is_empty()) {
            found.push(Vec::new());
        }
    }
    found.retain(|paragraph| !paragraph.is_empty());
    found
}

impl Page {
    /// A page of which nothing is known but why it has no text.
    pub(super) fn without_text(why: NoTextWhy) -> Self {
        Self {
            title: None,
            authors: Vec::new(),
            published_at: None,
            canonical: None,
            site_name: None,
            language: None,
            text: String::new(),
            is_sponsored: false,
            outcome: PageKind::NoText { why },
            feeds: Vec::new(),
            links: Vec::new(),
            blocks: Vec::new(),
        }
    }

    fn push_line(&mut self, line: &str, kind: BlockKind) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let start = self.text.len();
        self.text.push_str(line);
        self.blocks.push(Block {
            start,
            end: self.text.len(),
            kind,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url() -> Url {
        Url::parse("https://example.com/a/").unwrap()
    }

    #[test]
    fn markdown_gives_title_date_blocks_and_links() {
        let text = "---\ntitle: \"A day\"\ndate: 2026-08-20\n---\n\nFirst *words* with a [link](b.html).\n\n- one\n- two\n\n```\nlet x = 1;\n```\n";
        let page = extract_markdown(text, &url());
        assert_eq!(page.title.as_deref(), Some("A day"));
        assert_eq!(page.published_at.unwrap().to_string(), "2026-08-20");
        assert_eq!(page.text, "First words with a link.\none\ntwo\nlet x = 1;");
        assert_eq!(page.links[0].url, "https://example.com/a/b.html");
        assert_eq!(page.blocks[3].kind, BlockKind::Code);
    }

    #[test]
    fn plain_text_keeps_paragraphs_and_code() {
        let page = extract_plain("One line\nand its rest.\n\n    $ run it\n\nEnd.");
        assert_eq!(page.text, "One line and its rest.\n    $ run it\nEnd.");
        assert_eq!(page.blocks[1].kind, BlockKind::Code);
    }
}
