//! `desk`: what waits for the author, for an agent that may read it and ask for changes. Approving is not among its
//! tools, and what stands behind it has no way to do so. It is for MCP hosts; no stage is offered it.

use std::sync::Arc;

use async_trait::async_trait;
use copydesk_domain::untrusted::{persist, persist_option};
use copydesk_domain::{ContentHash, RunId, Untrusted};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bundled::BundledServer;
use super::deps::DESK;
use super::fault::ToolFault;
use super::tool::{Reach, ServerTool};

/// Characters of a note.
const NOTE_CHARS_MAX: usize = 4_000;

/// What the desk works with. Implemented in `cli`, over the engine. Errors are one line for people.
#[async_trait]
pub trait Desk: Send + Sync + 'static {
    /// Issues, and what custom stages made, that wait for the author's decision.
    async fn list(&self) -> Result<Vec<DeskEntry>, String>;
    /// What waits first in a run, as the author sees it.
    async fn read(&self, run: &RunId) -> Result<DeskText, String>;
    /// Sends back what has this hash.
    async fn request_changes(&self, run: &RunId, hash: ContentHash, note: String) -> Result<(), String>;
}

/// Something that waits for the author's decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeskEntry {
    /// Its run.
    pub run: String,
    /// The pipeline.
    pub pipeline: String,
    /// `issue`, or the name of the custom stage that made it.
    pub what: String,
    /// Its hash: what a decision binds.
    pub hash: String,
    /// The title of an issue.
    #[serde(serialize_with = "persist_option")]
    pub title: Option<Untrusted<String>>,
    /// Until when the author can decide.
    pub expires_at: Option<String>,
}

/// `read`
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeskText {
    /// What it is.
    pub entry: DeskEntry,
    /// An issue as Markdown; the JSON that a custom stage made.
    #[serde(serialize_with = "persist")]
    pub text: Untrusted<String>,
    /// Each claim of an issue with the guard's word on it and the words that it stands on.
    pub claims: Vec<DeskClaim>,
}

/// A claim of an issue.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeskClaim {
    /// Id of its sentence.
    pub sentence: String,
    /// The sentence.
    #[serde(serialize_with = "persist")]
    pub text: Untrusted<String>,
    /// `supported`, `unsettled` or `blocked`; a blocked one is not in the issue.
    pub verdict: String,
    /// Why.
    pub reasons: Vec<String>,
    /// What it stands on.
    pub evidence: Vec<DeskWords>,
}

/// Words of a source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct DeskWords {
    /// Address of the source.
    pub url: Option<String>,
    /// Who published it.
    #[serde(serialize_with = "persist_option")]
    pub publisher: Option<Untrusted<String>>,
    /// The words.
    #[serde(serialize_with = "persist")]
    pub words: Untrusted<String>,
}

/// `list`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ListArgs {}

/// `list`
#[derive(Debug, Serialize, JsonSchema)]
struct ListReply {
    /// Of the oldest run first.
    waiting: Vec<DeskEntry>,
}

/// `read`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ReadArgs {
    /// A run that `list` gave.
    run: String,
}

/// `request_changes`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ChangeArgs {
    /// The run.
    run: String,
    /// The hash that `read` gave: what has changed since is not sent back.
    hash: String,
    /// What to change, in one sentence for each wish.
    note: String,
}

/// `request_changes`
#[derive(Debug, Serialize, JsonSchema)]
struct ChangeReply {
    run: String,
    hash: String,
    /// `sent_back`
    decision: &'static str,
}

/// The server over a desk.
pub(super) fn server(desk: &Arc<dyn Desk>) -> BundledServer {
    let (to_list, to_read, to_change) = (Arc::clone(desk), Arc::clone(desk), Arc::clone(desk));
    let list_tool = ServerTool::new(
        "list",
        "Lists issues and results that wait for the author's decision.",
        Reach::Local,
        move |ListArgs {}| list(Arc::clone(&to_list)),
    );
    let read_tool = ServerTool::new(
        "read",
        "Gives what waits in a run: its text, and each claim with its verdict and the words of its sources.",
        Reach::Local,
        move |args| read(Arc::clone(&to_read), args),
    );
    let change_tool = ServerTool::new(
        "request_changes",
        "Sends back what waits, with a note that the next draft follows. It is written again, which may cost money.",
        Reach::Local,
        move |args| request_changes(Arc::clone(&to_change), args),
    );
    let about = "What waits for the author: read it and ask for changes. Only the author approves, on the page or by \
                 the command line.";
    BundledServer::new(
        DESK,
        about,
        vec![list_tool, read_tool, change_tool.that_changes()],
    )
}

async fn list(desk: Arc<dyn Desk>) -> Result<ListReply, ToolFault> {
    let waiting = desk.list().await.map_err(ToolFault::new)?;
    Ok(ListReply { waiting })
}

async fn read(desk: Arc<dyn Desk>, args: ReadArgs) -> Result<DeskText, ToolFault> {
    desk.read(&RunId::new(args.run)).await.map_err(ToolFault::new)
}

async fn request_changes(desk: Arc<dyn Desk>, args: ChangeArgs) -> Result<ChangeReply, ToolFault> {
    let ChangeArgs { run, hash, note } = args;
    if note.trim().is_empty() {
        return Err(ToolFault::new("the note is empty: say what to change"));
    }
    if note.chars().count() > NOTE_CHARS_MAX {
        return Err(ToolFault::new(format!(
            "the note has more than {NOTE_CHARS_MAX} characters"
        )));
    }
    let bound: ContentHash = hash
        .parse()
        .map_err(|error| ToolFault::new(format!("`hash`: {error}")))?;
    let changed = desk.request_changes(&RunId::new(run.as_str()), bound, note).await;
    changed.map_err(ToolFault::new)?;
    Ok(ChangeReply {
        run,
        hash,
        decision: "sent_back",
    })
}
