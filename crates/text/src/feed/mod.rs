//! Feeds: bytes to dated items, whatever the dialect and however badly written.
//!
//! [`parse`] reads RSS 0.9x, 1.0 and 2.0, Atom 0.3 and 1.0, CDF and JSON Feed 1.0 and 1.1. Feeds that are not
//! well-formed are read as far as they can be. Nothing that a document declares is expanded or fetched, the work is
//! linear in the input, and all addresses in the result are absolute.
//!
//! To add a dialect: teach `parse` its root, map its field names in `fields`, and add a case to `tests/feeds.rs`.

mod about;
mod address;
mod authors;
mod categories;
mod construct;
pub mod date;
mod date_words;
mod entities;
mod event;
mod fields;
mod harmless;
mod html;
mod json;
mod lab;
mod links;
mod markup;
mod model;
mod namespace;
pub mod opml;
mod parse;
mod reader;
mod relink;
mod repeats;

pub use about::About;
pub use address::strip_tracking;
pub use categories::Category;
pub use harmless::harmless;
pub use html::to_text;
pub use lab::{LabFeed, LabItem};
pub use links::{Enclosure, Link};
pub use model::{Feed, FeedError, FeedItem, FeedKind, Marked, TextKind};
pub use parse::parse;
pub use repeats::ItemKey;
