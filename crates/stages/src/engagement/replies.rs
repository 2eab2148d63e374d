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

/// A reply as its server gives it.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Mail {
    pub(crate) id: Untrusted<String>,
    #[serde(default)]
    pub(crate) in_reply_to: Option<Untrusted<String>>,
    #[serde(default)]
    pub(crate) references: Vec<Untrusted<String>>,
    pub(crate) from: Untrusted<String>,
    #[serde(default)]
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
            self.text.clone().map(|text| text.split_whitespace().collect::<Vec<_>>().join(" ").chars().take(300).collect())
        })
    }
}

/// Replies, oldest first, and what could not be read.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Listed {
    #[serde(default, rename = "replies")]
    pub(crate) mails: Vec<Mail>,
    #[serde(default)]
    pub(crate) missing: Vec<String>,
}

/// Lists the replies of the last 14 days. No folder configured = no replies.
pub(crate) async fn list(ctx: &StageContext) -> Result<Listed, StageError> {
    let Some(maildir) = &ctx.pipeline().replies.maildir else { return Ok(Listed::default()) };
    let tool = ToolName::new("replies", "list");
    // A reader's clock may be ahead of ours, and a run may be pinned to a past day: the look back is generous.
    let since = ctx.now().minus(LOOK_BACK);
    let fault = |reason: String| Listed { mails: Vec::new(), missing: vec![format!("{maildir}: {reason}")] };
    let listed = match ctx.call_tool("list", &tool, json!({ "maildir": maildir, "since": since })).await {
        Ok(reply) if reply.is_error => fault(one_line(reply.content.inspect())),
        Ok(reply) => serde_json::from_value(reply.content.inspect().clone())
            .unwrap_or_else(|error| fault(format!("replies/list answered something else: {error}"))),
        Err(error) => fault(passable(error)?),
    };
    for missing in &listed.missing {
        ctx.log("warn", format!("could not read {missing}")).await?;
    }
    Ok(ordered(listed))
}

fn ordered(mut listed: Listed) -> Listed {
    listed.mails.sort_by_key(|mail| mail.sent_at.map(Instant::as_micros));
    if listed.mails.len() > REPLIES_MAX {
        let left_out = listed.mails.len() - REPLIES_MAX;
        listed.mails.drain(..left_out);
        listed.missing.push(format!("{left_out} older replies beyond {REPLIES_MAX}"));
    }
    listed
}
