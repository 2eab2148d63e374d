//! Renderers make payloads from drafts, channels take approved payloads, and the outbox takes approved answers.
//!
//! Renderers are pure: the same draft gives the same bytes. Channels render nothing: they put approved bytes where
//! they belong, as often as they are asked to, with one result. A sentence that the guard blocked is in no payload.
//!
//! Invariant: text from outside leaves here only through `escape`; nothing in this crate looks at it. Links come only
//! from the addresses of sources.
//!
//! To add a channel: a folder with a [`copydesk_journal::Renderer`] that serves it and a [`copydesk_journal::Channel`]
//! that takes its payload, and a line in [`renderers`] and [`channels`].

mod article;
mod atomic;
mod body;
mod channels;
mod http;
mod mail;
mod markdown;
mod preview;
mod site;
mod when;

pub use atomic::{WriteError, WriteProgress};
pub use channels::{ChannelKeys, channels, renderers};
pub use http::{HttpChannel, HttpOptions, HttpRenderer};
pub use mail::{AnswerMail, OutboxFolder, answer_mail};
pub use preview::{PREVIEW_CSS, SpanWords, article_html, preview_html};
pub use site::{SiteChannel, SiteOptions, SiteRenderer};
