//! What is read from one page.

use copydesk_domain::PublishedAt;
use serde::{Deserialize, Serialize};

/// Main text and metadata of one page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// Headline without the site's name.
    pub title: Option<String>,
    /// Names as the page gives them, without "By", in page order, no name twice.
    pub authors: Vec<String>,
    /// First publication; never the date of a change, unless the page gives no other.
    pub published_at: Option<PublishedAt>,
    /// Absolute http(s) address that the page calls its own.
    pub canonical: Option<String>,
    /// Name of the site or publication.
    pub site_name: Option<String>,
    /// Language tag as declared, in lower case (`en`, `pt-br`).
    pub language: Option<String>,
    /// Main text: one block per line, no title, empty when there is none.
    pub text: String,
    /// The page labels itself as sponsored, advertorial or a paid partnership.
    pub is_sponsored: bool,
    /// Whether there is an article, and why not.
    pub outcome: PageKind,
    /// Absolute addresses of the feeds that the page announces.
    pub feeds: Vec<String>,
    /// Links inside the main text, in order, each address once.
    pub links: Vec<PageLink>,
    /// The lines of `text`, in order: together they cover it but for the line breaks.
    pub blocks: Vec<Block>,
}

/// Whether a page has an article.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PageKind {
    /// The page has main text.
    Article,
    /// The page has none.
    NoText {
        /// The likeliest cause.
        why: NoTextWhy,
    },
}

/// Why a page gave no main text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoTextWhy {
    /// It asks for a name and a password.
    LoginWall,
    /// It asks for consent before it shows anything.
    CookieWall,
    /// Its content is made by scripts.
    ScriptOnly,
    /// It lists other pages.
    IndexPage,
    /// It has no text at all, or is no text format.
    Empty,
}

/// A link inside the main text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageLink {
    /// Absolute http(s) address.
    pub url: String,
    /// The words that carry the link.
    pub text: String,
}

/// One line of a page's text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Block {
    /// First byte in the text.
    pub start: usize,
    /// One past the last byte in the text; the line break is not included.
    pub end: usize,
    /// What the line is.
    pub kind: BlockKind,
}

/// What a line of a page's text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BlockKind {
    /// A heading of any level.
    Heading,
    /// Running text.
    Paragraph,
    /// An item of a list, or a term or description of one.
    ListItem,
    /// A paragraph of a quotation set apart.
    Quote,
    /// One line of a code block.
    Code,
    /// One row of a table of data, cells parted by ` | `.
    Table,
    /// The caption of a figure or table.
    Caption,
}
