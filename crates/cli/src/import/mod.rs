//! Past issues from outside: what is found in a folder or a feed, and what is kept of it.

mod desk;
mod feed;
mod files;
mod found;
mod keep;
mod voice;

pub use feed::{FeedFault, from_address, from_file};
pub use files::{from_folder, is_issue};
pub use found::{Import, Skipped};
pub use keep::{Counts, keep};
pub use voice::{ISSUES_MAX as VOICE_ISSUES_MAX, Voice, propose, texts};

/// Whether the word names an address, not a path.
pub fn is_address(word: &str) -> bool {
    let lower = word.to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}
