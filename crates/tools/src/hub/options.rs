//! What a hub is made of.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use copydesk_config::{Blanks, McpServerConfig};
use copydesk_domain::Clock;
use copydesk_store::Store;

use crate::servers::BundledServer;

/// Takes what stdio servers write to their stderr: server, one line of at most 2,000 characters. Must not block.
pub type StderrSink = Arc<dyn Fn(&str, &str) + Send + Sync>;

/// What a [`Hub`](super::Hub) is made of.
#[derive(Clone)]
pub struct HubOptions {
    /// Configured servers by name, `"${VAR}"` in `env` and `headers` already replaced.
    pub servers: BTreeMap<String, McpServerConfig>,
    /// What the servers were given and nobody must be heard repeating: blanked in errors, refusals, results and lines of
    /// stderr of configured servers.
    pub secrets: Blanks,
    /// Environment that every stdio server starts with; the server's own `env` wins. Nothing else of ours is passed.
    pub child_env: BTreeMap<String, String>,
    /// A program that runs a stdio server so that it does not outlive this process: called with `guard`, our process
    /// id, and the server's command. None starts servers without it.
    pub guard: Option<PathBuf>,
    /// Servers inside the process. A configured server of the same name is not used.
    pub bundled: Vec<BundledServer>,
    /// Where trusted tools are kept.
    pub store: Arc<dyn Store>,
    /// Client for streamable HTTP; it must be able to reach the addresses in `servers`.
    pub http: reqwest::Client,
    /// Tells when a tool was trusted.
    pub clock: Arc<dyn Clock>,
    /// Where lines from the stderr of stdio servers go.
    pub stderr: StderrSink,
}

impl fmt::Debug for HubOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Neither `env` nor `headers` may be printed: they hold keys.
        f.debug_struct("HubOptions")
            .field("servers", &self.servers.keys())
            .field(
                "bundled",
                &self.bundled.iter().map(BundledServer::name).collect::<Vec<_>>(),
            )
            .finish_non_exhaustive()
    }
}
