//! `mcp NAME`: a bundled tool server over stdio. Beside a running owner of the folder it goes through its socket.

use std::path::Path;
use std::sync::Arc;

use copydesk_domain::Clock;
use copydesk_net::{Allow, GuardedClient, SystemClock};
use copydesk_store_memory::MemoryStore;
use copydesk_tools::{DESK, ServerDeps};
use serde_json::Value;

use crate::app::{Folder, OpenOptions, has_config};
use crate::control::{self, Control, Finish};
use crate::exit::{Failure, USAGE};
use crate::outcome::Outcome;

/// Serves until stdin ends.
pub async fn execute(options: OpenOptions, name: &str) -> Result<Outcome, Failure> {
    if !copydesk_tools::is_served(name) {
        return Err(Failure::new(
            "CD011",
            USAGE,
            format!("there is no bundled tool server `{name}`"),
            format!(
                "the bundled ones are: {}",
                copydesk_tools::served_names().collect::<Vec<_>>().join(", ")
            ),
        ));
    }
    let nothing = || Outcome::new(Value::Null, String::new());
    if name == DESK {
        crate::app::require_folder(&options.dir)?;
    }
    if !has_config(&options.dir)? {
        serve(name, &without_folder(&options.dir)).await?;
        return Ok(nothing());
    }
    if control::forward_mcp(&options.dir, name).await? {
        return Ok(nothing());
    }
    let folder = Arc::new(Folder::open(options).await?);
    crate::signals::watch(folder.shutdown.clone());
    // Whoever serves owns the folder meanwhile, so it answers the commands of others as well.
    let control = Control::serve(Arc::clone(&folder)).await?;
    let mut stopping = folder.shutdown.subscribe();
    let served = tokio::select! {
        served = serve(name, &folder.deps) => served,
        _ = stopping.wait_for(|is_set| *is_set) => Ok(()),
    };
    control.finish(Finish::AfterSessions).await;
    folder.close().await;
    served.map(|()| nothing())
}

async fn serve(name: &str, deps: &ServerDeps) -> Result<(), Failure> {
    let served = copydesk_tools::serve_stdio(name, deps).await;
    served.map_err(|error| {
        Failure::new(
            "CD011",
            USAGE,
            error.to_string(),
            "start it from an MCP host: copydesk mcp feeds",
        )
    })
}

/// What a server works with where there is no folder: it keeps nothing, and only public addresses are read.
fn without_folder(dir: &Path) -> ServerDeps {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let client = GuardedClient::new(copydesk_net::Options::new(Allow::none(), crate::app::USER_AGENT));
    ServerDeps {
        store: Arc::new(MemoryStore::new()),
        client,
        clock,
        folder: dir.to_owned(),
        maildirs: Arc::new(Vec::new),
        desk: None,
    }
}
