//! What the bundled servers work with.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use copydesk_domain::Clock;
use copydesk_net::GuardedClient;
use copydesk_store::Store;

use super::bundled::BundledServer;
use super::desk::{self, Desk};
use super::{archive, feeds, replies, web};

/// What the bundled servers work with. Cheap to clone.
#[derive(Clone)]
pub struct ServerDeps {
    /// What is kept of feeds, and the archive.
    pub store: Arc<dyn Store>,
    /// Fetches feeds and pages. Its limit of connections to one host holds for all servers together.
    pub client: GuardedClient,
    /// Tells the time for `Retry-After` and for how old a robots.txt is.
    pub clock: Arc<dyn Clock>,
    /// The author's folder: relative paths in arguments lie in it, wherever the process was started.
    pub folder: PathBuf,
    /// Names the Maildirs of the pipelines; no other is read.
    pub maildirs: Maildirs,
    /// What waits for the author, for MCP hosts alone; none where there is no folder.
    pub desk: Option<Arc<dyn Desk>>,
}

/// Gives `[replies] maildir` of each pipeline, as it is written there now. It may read files.
pub type Maildirs = Arc<dyn Fn() -> Vec<String> + Send + Sync>;

impl fmt::Debug for ServerDeps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerDeps")
            .field("client", &self.client)
            .finish_non_exhaustive()
    }
}

/// Names of the bundled tool servers that runs may call, in order.
pub const BUNDLED: [&str; 4] = ["archive", "feeds", "replies", "web"];

/// Name of the server for MCP hosts that no run is offered.
pub const DESK: &str = "desk";

/// Whether `copydesk mcp` knows a server of this name.
pub fn is_served(name: &str) -> bool {
    served_names().any(|known| known == name)
}

/// Names of the servers for MCP hosts: the bundled ones, and the author's desk, which no run is offered.
pub fn served_names() -> impl Iterator<Item = &'static str> {
    BUNDLED.into_iter().chain([DESK])
}

/// The servers for MCP hosts.
pub(super) fn served(deps: &ServerDeps) -> Vec<BundledServer> {
    let mut servers = bundled(deps);
    servers.extend(deps.desk.as_ref().map(desk::server));
    servers
}

/// All bundled servers of runs: `archive`, `feeds`, `replies`, `web`.
pub fn bundled(deps: &ServerDeps) -> Vec<BundledServer> {
    vec![
        archive::server(deps),
        feeds::server(deps),
        replies::server(deps),
        web::server(deps),
    ]
}
