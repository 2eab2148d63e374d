//! What `list` takes and gives.

use std::path::PathBuf;
use std::str::FromStr;

use copydesk_domain::{Instant, PublishedAt};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::servers::fault::ToolFault;

/// `list`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ListArgs {
    /// Folder with `new` and `cur`, as a pipeline's `[replies] maildir` names it; no other folder is read.
    #[schemars(with = "String")]
    pub maildir: PathBuf,
    /// Only mails delivered at this instant or day or later.
    pub since: Option<String>,
    /// Which mails come first; `oldest` unless given.
    #[serde(default)]
    pub order: Order,
    /// Goes on where another answer in the same order ended: its `next`.
    pub after: Option<String>,
}

/// By the time of delivery.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum Order {
    /// The oldest mail first.
    #[default]
    Oldest,
    /// The newest mail first: what does not fit are old mails.
    Newest,
}

impl ListArgs {
    /// `since` as an instant.
    pub(super) fn since(&self) -> Result<Option<Instant>, ToolFault> {
        let Some(text) = &self.since else { return Ok(None) };
        let since =
            PublishedAt::from_str(text).map_err(|error| ToolFault::new(format!("`since`: {error}")))?;
        Ok(Some(since.earliest()))
    }
}

/// `list`
#[derive(Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct ListReply {
    /// In the order that was asked for.
    pub replies: Vec<Reply>,
    /// Files that are no mails, or too large.
    pub missing: Vec<Missing>,
    /// Files that are no mails, beyond those named in `missing`.
    pub more_missing: usize,
    /// Files that were not looked at, since their mails might not fit into this answer.
    pub more: usize,
    /// `after` of the call that gives them, with everything else as in this call.
    pub next: Option<String>,
}

/// A mail.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Reply {
    /// `Message-ID` without its brackets; `sha256:` and its hash where it is too long, and the hash of the file where
    /// there is none. Its sender chose it: two mails may have the same one.
    pub id: String,
    /// Message ids that it answers, long ones as their hash.
    pub in_reply_to: Vec<String>,
    /// Message ids of its thread, oldest first, long ones as their hash.
    pub references: Vec<String>,
    /// Name and address: `Ann Lee <ann@news.example>`.
    pub from: Option<String>,
    /// Subject, decoded.
    pub subject: Option<String>,
    /// What the sender wrote: no quotation, no signature. The whole text where nothing else is left.
    pub text: String,
    /// The sender's `Date`.
    pub sent_at: Option<String>,
    /// When it came into the Maildir.
    pub received_at: String,
    /// A machine wrote it: an absence note, a bounce, a list.
    pub auto: bool,
    /// It was sent to many: automatic, or over a list.
    pub bulk: bool,
    /// The text was longer than what is given.
    pub is_cut: bool,
}

/// A file that gave no mail.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Missing {
    /// Its name below the Maildir.
    pub file: String,
    /// Why.
    pub reason: String,
}
