//! Reading replies through their tool server: the newest first, so that whatever there is too much of is old.

use copydesk_domain::{Instant, Untrusted};
use copydesk_journal::{StageContext, StageError, ToolName};
use serde::Deserialize;
use serde_json::{Value, json};

use super::heap::Heap;
use crate::research::{one_line, passable};
use crate::step_key;

/// Replies older than this belong to no issue that can still be answered.
const LOOK_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(14 * 24);
/// Calls of one evening; one gives up to 2,000 mails, so more than one is a flood.
const PAGES_MAX: u32 = 5;

/// A reply as its server gives it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Mail {
    pub(crate) id: Untrusted<String>,
    #[serde(default)]
    pub(crate) in_reply_to: Vec<Untrusted<String>>,
    #[serde(default)]
    pub(crate) references: Vec<Untrusted<String>>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) from: Untrusted<String>,
    #[serde(default, deserialize_with = "or_empty")]
    pub(crate) subject: Untrusted<String>,
    #[serde(default)]
    pub(crate) text: Untrusted<String>,
    #[serde(default)]
    pub(crate) sent_at: Option<Instant>,
    /// When it came in. The sender's own date is worth nothing where mails are chosen by their age.
    #[serde(default)]
    pub(crate) received_at: Option<Instant>,
    #[serde(default, alias = "auto")]
    pub(crate) is_automatic: bool,
    /// It was sent to many.
    #[serde(default)]
    pub(crate) bulk: bool,
    /// The question or correction in the reader's own words, found in the text.
    #[serde(skip)]
    pub(crate) question: Option<Untrusted<String>>,
}

impl Mail {
    /// What tells it from all others in the keys of steps: what its sender chose as its id, and the text.
    pub(crate) fn key(&self) -> String {
        step_key::of_text(&format!("{}\0{}", self.id.inspect(), self.text.inspect()))
    }

    /// What the reader asks: the found words, else the whole text.
    pub(crate) fn question(&self) -> Untrusted<String> {
        self.question.clone().unwrap_or_else(|| {
            self.text.clone().map(|text| {
                text.split_whitespace()
                    .collect::<Vec<_>>()
                    .join(" ")
                    .chars()
                    .take(300)
                    .collect()
            })
        })
    }
}

/// A string that may be null, as empty words.
fn or_empty<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Untrusted<String>, D::Error> {
    Option::<Untrusted<String>>::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Replies, oldest first, and what could not be read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Listed {
    pub(crate) mails: Vec<Mail>,
    /// What could not be read, one line each.
    pub(crate) missing: Vec<String>,
    /// Why the folder could not be listed.
    pub(crate) unread: Option<String>,
}

/// What one call of the server gives.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Page {
    pub(super) replies: Vec<Mail>,
    #[serde(default)]
    pub(super) missing: Vec<Unread>,
    #[serde(default)]
    pub(super) more_missing: usize,
    #[serde(default)]
    pub(super) more: usize,
    #[serde(default)]
    pub(super) next: Option<String>,
}

/// A file of the mail folder that gave no mail.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Unread {
    pub(super) file: String,
    pub(super) reason: String,
}

/// Lists the replies of the last 14 days but those that `is_read` knows. No folder configured = no replies.
pub(crate) async fn list(
    ctx: &StageContext,
    is_read: &(dyn Fn(&Mail) -> bool + Sync),
) -> Result<Listed, StageError> {
    let Some(maildir) = &ctx.pipeline().replies.maildir else {
        return Ok(Listed::default());
    };
    let mut heap = Heap::default();
    let mut unread = None;
    // A reader's clock may be ahead of ours, and a run may be pinned to a past day: the look back is generous.
    let mut arguments =
        json!({ "maildir": maildir, "since": ctx.now().minus(LOOK_BACK).to_string(), "order": "newest" });
    for number in 1..=PAGES_MAX {
        match page(ctx, &format!("newest/{number}"), arguments.clone()).await? {
            Ok(mut page) => {
                page.replies.retain(|mail| !is_read(mail));
                match heap.take(page) {
                    Some(next) if !heap.is_full() => arguments["after"] = Value::from(next),
                    _ => break,
                }
            }
            Err(reason) => {
                unread = Some(format!("{maildir}: {reason}"));
                break;
            }
        }
    }
    let listed = heap.settle(maildir, unread);
    if let Some(reason) = &listed.unread {
        ctx.log("warn", format!("replies could not be read: {reason}"));
    }
    for missing in &listed.missing {
        ctx.log("warn", format!("could not read {missing}"));
    }
    Ok(listed)
}

/// One call; the inner error costs the replies only.
async fn page(ctx: &StageContext, key: &str, arguments: Value) -> Result<Result<Page, String>, StageError> {
    let tool = ToolName::new("replies", "list");
    match ctx.call_tool(key, &tool, arguments).await {
        Ok(reply) if reply.is_error => Ok(Err(one_line(reply.content.inspect()))),
        Ok(reply) => Ok(serde_json::from_value(reply.content.inspect().clone())
            .map_err(|error| format!("replies/list answered something else: {error}"))),
        Err(error) => Ok(Err(passable(error)?)),
    }
}
