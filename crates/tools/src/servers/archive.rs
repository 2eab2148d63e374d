//! `archive`: full text over snapshots and past issues.

use std::sync::Arc;

use copydesk_domain::untrusted::persist;
use copydesk_domain::{ContentHash, Instant, Untrusted};
use copydesk_store::{SearchHit, Store};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::bundled::BundledServer;
use super::deps::ServerDeps;
use super::fault::ToolFault;
use super::tool::{Reach, ServerTool};

/// Hits when the caller names no number.
const LIMIT: u32 = 10;
/// Hits at most.
const LIMIT_MAX: u32 = 50;

/// `search`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SearchArgs {
    /// Words to look for.
    query: String,
    /// Hits wanted: 1 to 50, 10 if not given.
    limit: Option<u32>,
}

/// `search`: best first.
#[derive(Debug, Serialize, JsonSchema)]
struct SearchReply {
    hits: Vec<Hit>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Hit {
    /// Name for `get`.
    hash: String,
    /// `snapshot` or `issue`.
    kind: String,
    #[serde(serialize_with = "persist")]
    title: Untrusted<String>,
    /// Address, or slug of an issue.
    url: String,
    /// When it was published.
    at: Option<String>,
    /// Words around the hit.
    #[serde(serialize_with = "persist")]
    excerpt: Untrusted<String>,
}

/// `get`
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct GetArgs {
    /// The hash that `search` gave.
    hash: String,
}

/// `get`
#[derive(Debug, Serialize, JsonSchema)]
struct GetReply {
    hash: String,
    /// `snapshot` or `issue`.
    kind: String,
    #[serde(serialize_with = "persist")]
    title: Untrusted<String>,
    /// Address, or slug of an issue.
    url: String,
    /// When it was published.
    at: Option<String>,
    /// The whole text.
    #[serde(serialize_with = "persist")]
    text: Untrusted<String>,
}

pub(super) fn server(deps: &ServerDeps) -> BundledServer {
    let (to_search, to_get) = (Arc::clone(&deps.store), Arc::clone(&deps.store));
    let search_tool = ServerTool::new(
        "search",
        "Searches stored sources and past issues by words, best hit first.",
        Reach::Local,
        move |args| search(Arc::clone(&to_search), args),
    );
    let get_tool = ServerTool::new(
        "get",
        "Gives the whole text of a stored source or past issue by the hash that search gave.",
        Reach::Local,
        move |args| get(Arc::clone(&to_get), args),
    );
    let about =
        "Full-text search over what Copydesk has read and published. Everything stays on this machine.";
    BundledServer::new("archive", about, vec![search_tool, get_tool])
}

async fn search(store: Arc<dyn Store>, args: SearchArgs) -> Result<SearchReply, ToolFault> {
    let limit = args.limit.unwrap_or(LIMIT).clamp(1, LIMIT_MAX);
    let hits = store.search(&args.query, limit).await?;
    Ok(SearchReply {
        hits: hits.into_iter().map(Hit::from).collect(),
    })
}

impl From<SearchHit> for Hit {
    fn from(hit: SearchHit) -> Self {
        let SearchHit {
            hash,
            kind,
            title,
            url,
            at,
            excerpt,
        } = hit;
        Self {
            hash: hash.to_string(),
            kind,
            title,
            url,
            at: at.map(|at: Instant| at.to_string()),
            excerpt,
        }
    }
}

async fn get(store: Arc<dyn Store>, args: GetArgs) -> Result<GetReply, ToolFault> {
    let hash: ContentHash = args
        .hash
        .parse()
        .map_err(|error| ToolFault::new(format!("{error}")))?;
    let record = store.archived(&hash).await?;
    let record =
        record.ok_or_else(|| ToolFault::new(format!("the archive holds nothing with the hash {hash}")))?;
    Ok(GetReply {
        hash: record.hash.to_string(),
        kind: record.kind,
        title: record.title,
        url: record.url,
        at: record.at.map(|at| at.to_string()),
        text: record.text,
    })
}
