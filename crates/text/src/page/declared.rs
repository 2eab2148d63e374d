//! The text that a page declares for machines, for pages whose own text is made by scripts.

use url::Url;

use super::extract::extract_fragment;
use super::json_ld::Described;
use super::model::{Block, BlockKind, NoTextWhy, Page, PageKind};
use super::run::word_count;

/// Words from which a declared text is an article and no description.
const WORDS_MIN: usize = 40;

/// The declared text as a page, where a page shows none of its own; only text, lines and links of it count.
pub fn declared(described: &Described, outcome: PageKind, base: &Url) -> Option<Page> {
    // A list of pages declares the text of its first entry, if any.
    if matches!(
        outcome,
        PageKind::Article
            | PageKind::NoText {
                why: NoTextWhy::IndexPage
            }
    ) {
        return None;
    }
    let body = described.body.as_deref()?;
    if word_count(body) < WORDS_MIN {
        return None;
    }
    let page = if body.contains("</") || body.contains("<br") || body.contains("<p>") {
        extract_fragment(body, base)
    } else {
        plain(body)
    };
    (!page.text.is_empty()).then_some(page)
}

/// Each line a paragraph.
fn plain(body: &str) -> Page {
    let mut page = Page::without_text(NoTextWhy::Empty);
    for line in body.lines() {
        let line = super::tree::collapse(line);
        if line.is_empty() {
            continue;
        }
        if !page.text.is_empty() {
            page.text.push('\n');
        }
        let start = page.text.len();
        page.text.push_str(&line);
        page.blocks.push(Block {
            start,
            end: page.text.len(),
            kind: BlockKind::Paragraph,
        });
    }
    page.outcome = PageKind::Article;
    page
}

#[cfg(test)]
mod tests {
    use super::super::extract::extract;
    use super::*;

    fn read(body: &str, shown: &str) -> Page {
        let html = format!(
            "<title>A title</title><script type='application/ld+json'>{{\"@type\":\"NewsArticle\",\"articleBody\":{}}}</script>\
             <body>{shown}<script src=/app.js></script>",
            serde_json::Value::from(body)
        );
        extract(
            html.as_bytes(),
            None,
            &Url::parse("https://example.com/a").unwrap(),
        )
    }

    const WORDS: &str =
        "The pump ran dry on Monday, and nobody on the night shift noticed it before six in the morning.";

    #[test]
    fn a_page_made_by_scripts_has_the_text_that_it_declares() {
        let body = format!("{WORDS}\n\n{WORDS}\n{WORDS}");
        let page = read(&body, "<div id=root></div>");
        assert_eq!(page.text.lines().count(), 3);
        assert_eq!(page.outcome, PageKind::Article);
        assert_eq!(&page.text[page.blocks[2].start..page.blocks[2].end], WORDS);
        let html = format!("<p>{WORDS}</p><p>{WORDS}</p><p>{WORDS}</p>");
        assert_eq!(read(&html, "").text, page.text);
    }

    #[test]
    fn what_a_page_shows_comes_before_what_it_declares() {
        let other = "A second pump had been ordered in spring, but the parts for it are still somewhere in the harbour.";
        let page = read(&WORDS.repeat(3), &format!("<p>{other}</p><p>{other}</p>"));
        assert!(page.text.starts_with(other));
        // A short one is a description.
        assert_eq!(read(WORDS, "<div id=root></div>").text, "");
    }
}
