//! Reading replies through their tool server.

use copydesk_domain::{Instant, Untrusted};
use copydesk_journal::{StageContext, StageError, ToolName};
use serde::Deserialize;
use serde_json::json;

use crate::research::{one_line, passable};

/// Replies older than this belong to no issue that can still be answered.
const LOOK_BACK: jiff::SignedDuration = jiff::SignedDuration::from_hours(14 * 24);
/// Replies of one evening; the newest are kept and the rest is named as missing.
const REPLIES_MAX: usize = 200;
/// Calls of one evening; one gives up to 2,000 mails.
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
    #[serde(default, alias = "auto")]
    pub(crate) is_automatic: bool,
    /// The question or correction in the reader's own words, found in the text.
    #[serde(skip)]
    pub(crate) question: Option<Untrusted<String>>,
}

impl Mail {
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
    pub(crate) missing: Vec<String>,
}

/// What one call of the server gives.
#[derive(Debug, Clone, Default, Deserialize)]
struct Page {
    replies: Vec<Mail>,
    #[serde(default)]
    missing: Vec<Unread>,
    #[serde(default)]
    next_since: Option<String>,
}

/// A file of the mail folder that gave no mail.
#[derive(Debug, Clone, Deserialize)]
struct Unread {
    file: String,
    reason: String,
}

/// Lists the replies of the last 14 days but those that `is_read` knows. No folder configured = no replies.
pub(crate) async fn list(
    ctx: &StageContext,
    is_read: &(dyn Fn(&Mail) -> bool + Sync),
) -> Result<Listed, StageError> {
    let Some(maildir) = &ctx.pipeline().replies.maildir else {
        return Ok(Listed::default());
    };
    let mut listed = Listed::default();
    // A reader's clock may be ahead of ours, and a run may be pinned to a past day: the look back is generous.
    let mut since = Some(ctx.now().minus(LOOK_BACK).to_string());
    for number in 1..=PAGES_MAX {
        let Some(from) = since.take() else { break };
        match page(ctx, &format!("list/{number}"), maildir, &from).await? {
            Ok(page) => {
                let unread = page.missing.into_iter();
                listed
                    .missing
                    .extend(unread.map(|one| format!("{maildir}/{}: {}", one.file, one.reason)));
                let is_new = |mail: &Mail| listed.mails.iter().all(|known| known.id != mail.id);
                let new: Vec<Mail> = page
                    .replies
                    .into_iter()
                    .filter(is_new)
                    .filter(|mail| !is_read(mail))
                    .collect();
                listed.mails.extend(new);
                since = page.next_since;
            }
            Err(reason) => listed.missing.push(format!("{maildir}: {reason}")),
        }
    }
    for missing in &listed.missing {
        ctx.log("warn", format!("could not read {missing}"));
    }
    Ok(ordered(listed))
}

/// One call; the inner error costs the replies only.
async fn page(
    ctx: &StageContext,
    key: &str,
    maildir: &str,
    since: &str,
) -> Result<Result<Page, String>, StageError> {
    let tool = ToolName::new("replies", "list");
    match ctx
        .call_tool(key, &tool, json!({ "maildir": maildir, "since": since }))
        .await
    {
        Ok(reply) if reply.is_error => Ok(Err(one_line(reply.content.inspect()))),
        Ok(reply) => Ok(serde_json::from_value(reply.content.inspect().clone())
            .map_err(|error| format!("replies/list answered something else: {error}"))),
        Err(error) => Ok(Err(passable(error)?)),
    }
}

fn ordered(mut listed: Listed) -> Listed {
    listed
        .mails
        .sort_by_key(|mail| mail.sent_at.map(Instant::as_micros));
    if listed.mails.len() > REPLIES_MAX {
        let left_out = listed.mails.len() - REPLIES_MAX;
        listed.mails.drain(..left_out);
        listed
            .missing
            .push(format!("{left_out} older replies beyond {REPLIES_MAX}"));
    }
    listed
}
