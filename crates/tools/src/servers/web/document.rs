//! What `read` and `open` take and give.

use copydesk_text::page::{Block, Page, PageKind, PageLink};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Bytes of text given; a book chapter has 60 KB.
const TEXT_BYTES_MAX: usize = 1024 * 1024;
/// Links given.
const LINKS_MAX: usize = 2_000;
/// Blocks given.
const BLOCKS_MAX: usize = 20_000;

/// `read`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ReadArgs {
    /// Address of the page.
    pub url: String,
}

/// `open`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct OpenArgs {
    /// Id of an entry of the list.
    pub id: String,
    /// The list: made by code, never by a model.
    #[schemars(extend("x-by-code" = true))]
    pub listed: Vec<Listed>,
}

/// An entry that may be opened.
#[derive(Debug, Deserialize, JsonSchema)]
pub(super) struct Listed {
    /// Its id.
    pub id: String,
    /// Its address.
    pub url: String,
}

/// `read`, `open`
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct PageReply {
    /// Address that answered, after redirects.
    pub url: String,
    /// Address that the page calls its own.
    pub canonical: Option<String>,
    /// Headline without the site's name.
    pub title: Option<String>,
    /// Names.
    pub authors: Vec<String>,
    /// First publication; a bare date where only the day is known.
    pub published_at: Option<String>,
    /// Name of the site.
    pub site_name: Option<String>,
    /// Language as declared.
    pub language: Option<String>,
    /// Main text, one block a line; empty when there is none.
    pub text: String,
    /// The lines of `text` as byte ranges: `start`, `end`, `kind` (`heading`, `paragraph`, `list_item`, `quote`, `code`, `table`, `caption`).
    #[schemars(schema_with = "block_schema")]
    pub blocks: Vec<Block>,
    /// Links inside the main text.
    #[schemars(schema_with = "link_schema")]
    pub links: Vec<PageLink>,
    /// The page calls itself sponsored or an advertisement.
    pub is_sponsored: bool,
    /// `article`, or `no_text`.
    pub kind: &'static str,
    /// For `no_text`: `login_wall`, `cookie_wall`, `script_only`, `index_page`, `empty`.
    pub why: Option<String>,
    /// Feeds that the page announces.
    pub feeds: Vec<String>,
    /// The text was longer than what is given.
    pub is_cut: bool,
}

fn block_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let block = json!({
        "type": "object",
        "properties": { "start": { "type": "integer" }, "end": { "type": "integer" }, "kind": { "type": "string" } },
        "required": ["start", "end", "kind"],
    });
    schemars::json_schema!({ "type": "array", "items": block })
}

fn link_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    let link = json!({
        "type": "object",
        "properties": { "url": { "type": "string" }, "text": { "type": "string" } },
        "required": ["url", "text"],
    });
    schemars::json_schema!({ "type": "array", "items": link })
}

impl PageReply {
    /// The reply for a page read from `url`.
    pub(super) fn new(url: String, page: Page) -> Self {
        let (kind, why) = match page.outcome {
            PageKind::Article => ("article", None),
            PageKind::NoText { why } => {
                // The reason's own name in JSON, so that there is one list of names.
                let name = serde_json::to_value(why)
                    .ok()
                    .and_then(|name| name.as_str().map(str::to_owned));
                ("no_text", name)
            }
        };
        let (text, blocks, is_cut) = cut(page.text, page.blocks);
        let mut links = page.links;
        links.truncate(LINKS_MAX);
        Self {
            url,
            canonical: page.canonical,
            title: page.title,
            authors: page.authors,
            published_at: page.published_at.map(|at| at.to_string()),
            site_name: page.site_name,
            language: page.language,
            text,
            blocks,
            links,
            is_sponsored: page.is_sponsored,
            kind,
            why,
            feeds: page.feeds,
            is_cut,
        }
    }
}

/// The text and its blocks inside their limits, cut between two blocks.
fn cut(mut text: String, mut blocks: Vec<Block>) -> (String, Vec<Block>, bool) {
    let fitting = blocks
        .iter()
        .take(BLOCKS_MAX)
        .take_while(|block| block.end <= TEXT_BYTES_MAX)
        .count();
    if fitting < blocks.len() {
        blocks.truncate(fitting);
        text.truncate(blocks.last().map_or(0, |block| block.end));
        return (text, blocks, true);
    }
    let is_cut = text.len() > TEXT_BYTES_MAX;
    text.truncate(text.floor_char_boundary(TEXT_BYTES_MAX));
    (text, blocks, is_cut)
}

#[cfg(test)]
mod tests {
    use copydesk_text::page::BlockKind;

    use super::*;

    #[test]
    fn a_long_text_is_cut_between_blocks() {
        let line = "x".repeat(TEXT_BYTES_MAX / 2);
        let text = format!("{line}\n{line}\n{line}");
        let block = |start: usize| Block {
            start,
            end: start + line.len(),
            kind: BlockKind::Paragraph,
        };
        let blocks = vec![block(0), block(line.len() + 1), block(2 * (line.len() + 1))];
        let (text, blocks, is_cut) = cut(text, blocks);
        assert_eq!((text.len(), blocks.len(), is_cut), (line.len(), 1, true));
        assert_eq!(
            cut("short".to_owned(), Vec::new()),
            ("short".to_owned(), Vec::new(), false)
        );
    }
}
