//! What the bundled servers work with.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use copydesk_domain::Clock;
use copydesk_net::GuardedClient;
use copydesk_store::Store;

use super::bundled::BundledServer;
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

/// Names of the bundled tool servers, in order.
pub const BUNDLED: [&str; 4] = ["archive", "feeds", "replies", "web"];

/// All bundled servers: `archive`, `feeds`, `replies`, `web`.
pub fn bundled(deps: &ServerDeps) -> Vec<BundledServer> {
    vec![
        archive::server(deps),
        feeds::server(deps),
        replies::server(deps),
        web::server(deps),
    ]
}
