//! Prompt files: front matter that names the task, then a minijinja template.
//!
//! ```text
//! ---
//! task: take_notes
//! version: 1
//! description: Takes typed notes from one document.
//! ---
//! You read for the newsletter "{{ newsletter }}" …
//! ```

mod check;
mod context;
mod front_matter;
mod replace;
mod template;

pub(crate) use check::{check, check_custom};
pub use context::PromptContext;
pub(crate) use context::without_comments;
pub(crate) use front_matter::version;
pub use replace::replaces;
pub use template::{PromptError, prompt_hash, render, render_text};
