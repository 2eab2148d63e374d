//! The `site` channel: a small static site of issue pages, an index and an Atom feed.
//!
//! ```text
//! site/index.html         every issue, newest first
//! site/feed.xml           Atom, the newest issues in full
//! site/feed-NAME.xml      the same of one letter, where several share the folder
//! site/style.css          shared by all pages
//! site/SLUG/index.html    the issue
//! site/SLUG/index.md      the same as Markdown with front matter
//! site/SLUG/issue.json    the payload itself: its SHA-256 is the hash that the author's approval covers
//! ```

mod atom;
mod channel;
mod index;
mod letters;
mod page;
mod payload;
mod renderer;
mod shelf;

pub use channel::{SiteChannel, SiteOptions};
pub use renderer::SiteRenderer;

/// First line of each shared file: what does not bear it belongs to somebody else and is left alone.
const MARK: &str = "Written by Copydesk";

/// Styles of all pages.
const STYLE_CSS: &str = include_str!("style.css");
