//! The cases of a part, read from its file or folder, whatever the layout.

mod claims;
mod documents;
mod export;
mod feeds;
mod issues;
mod pages;
mod posts;
mod source;

pub use claims::claims;
pub use documents::{Document, documents};
pub use feeds::{FeedCase, feeds};
pub use issues::{Candidate, Issue, issues};
pub use pages::{PageCase, pages};
pub use posts::{Post, Posts, posts};
pub use source::Source;
