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
    /// Folder with `new` and `cur`.
    #[schemars(with = "String")]
    pub maildir: PathBuf,
    /// Only mails delivered at this instant or day or later.
    pub since: Option<String>,
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
    /// In the order of their delivery.
    pub replies: Vec<Reply>,
    /// Files that are no mails, or too large.
    pub missing: Vec<Missing>,
    /// Mails that did not fit into this answer; they are the newest ones.
    pub more: usize,
    /// `since` of the call that gives them.
    pub next_since: Option<String>,
}

/// A mail.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Reply {
    /// `Message-ID` without its brackets, else `sha256:` and the hash of the file.
    pub id: String,
    /// Message ids that it answers.
    pub in_reply_to: Vec<String>,
    /// Message ids of its thread, oldest first.
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
