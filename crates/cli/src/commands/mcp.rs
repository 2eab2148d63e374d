//! `mcp NAME`: a bundled tool server over stdio. Beside a running daemon it goes through its socket.

use std::path::Path;
use std::sync::Arc;

use copydesk_config::{Environment, Workspace};
use copydesk_domain::Clock;
use copydesk_net::{Allow, GuardedClient, HostPort, SystemClock};
use copydesk_store::Store;
use copydesk_store_memory::MemoryStore;
use copydesk_store_sqlite::{Options, SqliteStore};
use copydesk_tools::ServerDeps;
use serde_json::Value;

use crate::control;
use crate::exit::{Failure, USAGE};
use crate::lock::{Locked, lock, taken};
use crate::outcome::Outcome;

/// Serves until stdin ends.
pub async fn execute(dir: &Path, name: &str) -> Result<Outcome, Failure> {
    let nothing = || Outcome::new(Value::Null, String::new());
    if control::forward_mcp(dir, name).await? {
        return Ok(nothing());
    }
    let has_folder = dir.join("config.toml").is_file();
    let mut allow = Allow::none();
    let mut kept_lock = None;
    let store: Arc<dyn Store> = if has_folder {
        let workspace = Workspace::load(dir, &Environment::system())?;
        let hosts: Vec<HostPort> = workspace
            .config
            .net
            .allow
            .iter()
            .filter_map(|text| HostPort::parse(text).ok())
            .collect();
        allow = Allow::of(hosts);
        let data = dir.join("data");
        match lock(&data)? {
            Locked::Ours(lock) => kept_lock = Some(lock),
            Locked::Theirs(about) => return Err(taken(&data, &about)),
        }
        Arc::new(SqliteStore::open(&dir.join(&workspace.config.store.path), Options::SHIPPED).await?)
    } else {
        Arc::new(MemoryStore::new())
    };
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let client = GuardedClient::new(copydesk_net::Options::new(allow, crate::app::USER_AGENT));
    let deps = ServerDeps {
        store,
        client,
        clock,
        folder: dir.to_owned(),
    };
    let served = copydesk_tools::serve_stdio(name, &deps).await;
    drop(kept_lock);
    served.map_err(|error| {
        Failure::new(
            "CD011",
            USAGE,
            error.to_string(),
            "start it from an MCP host: copydesk mcp feeds",
        )
    })?;
    Ok(nothing())
}
