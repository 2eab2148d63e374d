//! The hub itself: which server, whether it may be called, and the call.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use copydesk_domain::Clock;
use copydesk_journal::{ToolError, ToolName, ToolReply, ToolSpec, Tools};
use copydesk_store::{Store, TrustRecord};
use futures::future::join_all;
use rmcp::model::{JsonObject, Tool};
use serde_json::Value;
use tokio::time::Instant;

use super::connect::{Target, Ways};
use super::fingerprint::fingerprint;
use super::options::HubOptions;
use super::reply;
use super::slot::Slot;
use crate::servers::without_by_code;
use crate::store_fault;

/// Trust is given by a person, through this process or one before it; it is read again after so long.
const TRUST_KEPT: Duration = Duration::from_secs(1);

/// Talks to all tool servers. Cheap to clone; clones share their sessions.
#[derive(Clone)]
pub struct Hub {
    pub(super) inner: Arc<Inner>,
}

/// What clones share.
pub(super) struct Inner {
    pub slots: BTreeMap<String, Slot>,
    pub ways: Ways,
    pub store: Arc<dyn Store>,
    /// The trusted tools, and when they were read.
    pub trusted: Mutex<Option<(Instant, Arc<[TrustRecord]>)>>,
    pub clock: Arc<dyn Clock>,
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("servers", &self.inner.slots.keys())
            .finish_non_exhaustive()
    }
}

impl Hub {
    /// A hub of these servers. Starts and connects nothing yet.
    pub fn new(options: HubOptions) -> Self {
        let HubOptions {
            servers,
            secrets,
            child_env,
            guard,
            bundled,
            store,
            http,
            clock,
            stderr,
        } = options;
        let configured = servers
            .into_iter()
            .map(|(name, config)| (name, Target::Configured(config)));
        let bundled = bundled
            .into_iter()
            .map(|server| (server.name().to_owned(), Target::Bundled(server)));
        // Bundled ones come last and so win over a configured server of the same name.
        let slots = configured
            .chain(bundled)
            .map(|(name, target)| (name.clone(), Slot::new(name, target, &secrets)));
        let inner = Inner {
            slots: slots.collect(),
            ways: Ways {
                child_env,
                guard,
                http,
                stderr,
                secrets: secrets.clone(),
            },
            store,
            trusted: Mutex::default(),
            clock,
        };
        Self {
            inner: Arc::new(inner),
        }
    }

    /// Ends all sessions and waits until their servers are gone: a few seconds at most. Later calls fail.
    pub async fn close(&self) {
        join_all(self.inner.slots.values().map(Slot::shut)).await;
    }

    pub(super) fn slot(&self, server: &str) -> Result<&Slot, ToolError> {
        self.inner
            .slots
            .get(server)
            .ok_or_else(|| ToolError::ServerUnknown {
                server: server.to_owned(),
            })
    }

    /// The trusted tools.
    pub(super) async fn trusted(&self) -> Result<Arc<[TrustRecord]>, ToolError> {
        let known = || self.inner.trusted.lock().expect("no holder of this lock panics");
        if let Some((read_at, trusted)) = &*known()
            && read_at.elapsed() < TRUST_KEPT
        {
            return Ok(Arc::clone(trusted));
        }
        let trusted = self.inner.store.trusted_tools().await;
        let trusted: Arc<[TrustRecord]> = trusted.map_err(ToolError::Store)?.into();
        *known() = Some((Instant::now(), Arc::clone(&trusted)));
        Ok(trusted)
    }

    /// Has the trusted tools read anew.
    pub(super) fn forget_trusted(&self) {
        *self.inner.trusted.lock().expect("no holder of this lock panics") = None;
    }

    /// Passes if a person trusts each of `tools` as it is now.
    async fn check_trust(
        &self,
        slot: &Slot,
        listed: &Arc<Vec<Tool>>,
        tools: &[&Tool],
    ) -> Result<(), ToolError> {
        if slot.is_bundled() || tools.is_empty() {
            return Ok(());
        }
        let trusted = self.trusted().await?;
        for tool in tools {
            if slot.has_passed(listed, &trusted, &tool.name) {
                continue;
            }
            let name = format!("{}/{}", slot.name, tool.name);
            let found = fingerprint(&slot.target, tool);
            if !trusted
                .iter()
                .any(|record| record.tool == name && record.fingerprint == found)
            {
                return Err(ToolError::NotTrusted { tool: name });
            }
            slot.note_passed(listed, &trusted, &tool.name);
        }
        Ok(())
    }

    async fn list_server(&self, server: &str, patterns: &[String]) -> Result<Vec<ToolSpec>, ToolError> {
        let slot = self.slot(server)?;
        let tools = slot.recent_tools(&self.inner.ways).await?;
        let is_covered = |tool: &&Tool| covers(patterns, &ToolName::new(server, tool.name.clone()));
        let covered: Vec<&Tool> = tools.iter().filter(is_covered).collect();
        self.check_trust(slot, &tools, &covered).await?;
        Ok(covered.into_iter().map(|tool| spec(slot, tool)).collect())
    }
}

#[async_trait]
impl Tools for Hub {
    async fn list(&self, patterns: &[String]) -> Result<Vec<ToolSpec>, ToolError> {
        let servers: BTreeSet<&str> = patterns.iter().map(|pattern| server_of(pattern)).collect();
        let lists = join_all(
            servers
                .into_iter()
                .map(|server| self.list_server(server, patterns)),
        )
        .await;
        let mut specs = Vec::new();
        for list in lists {
            specs.extend(list?);
        }
        specs.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(specs)
    }

    async fn call(
        &self,
        tool: &ToolName,
        arguments: Value,
        patterns: &[String],
    ) -> Result<ToolReply, ToolError> {
        if !covers(patterns, tool) {
            return Err(ToolError::NotAllowed {
                tool: tool.to_string(),
            });
        }
        let slot = self.slot(&tool.server)?;
        let arguments = object(tool, arguments)?;
        let tools = slot.known_tools(&self.inner.ways).await?;
        let Some(known) = tools.iter().find(|known| known.name == tool.tool) else {
            return Err(ToolError::Protocol {
                tool: tool.to_string(),
                reason: no_such_tool(&tools),
            });
        };
        self.check_trust(slot, &tools, &[known]).await?;
        match slot.call(&self.inner.ways, known, arguments).await? {
            Ok(result) => {
                // What somebody else's server says of a store is not about ours.
                if slot.is_bundled()
                    && let Some(error) = store_fault::of(&result)
                {
                    return Err(ToolError::Store(error));
                }
                reply::read(tool, result).map(|reply| slot.clean(reply))
            }
            Err(reason) => Ok(reply::refused(&reason)),
        }
    }
}

fn covers(patterns: &[String], tool: &ToolName) -> bool {
    patterns.iter().any(|pattern| tool.is_covered_by(pattern))
}

fn server_of(pattern: &str) -> &str {
    pattern.split_once('/').map_or(pattern, |(server, _)| server)
}

fn spec(slot: &Slot, tool: &Tool) -> ToolSpec {
    let schema = JsonObject::clone(&tool.input_schema);
    ToolSpec {
        name: ToolName::new(slot.name.clone(), tool.name.clone()),
        description: slot.description(tool),
        input_schema: Value::Object(if slot.is_bundled() {
            without_by_code(schema)
        } else {
            schema
        }),
        is_read_only: slot.is_read_only(tool),
    }
}

fn object(tool: &ToolName, arguments: Value) -> Result<JsonObject, ToolError> {
    match arguments {
        Value::Object(map) => Ok(map),
        Value::Null => Ok(JsonObject::new()),
        _ => {
            let reason = "its arguments must be a JSON object".to_owned();
            Err(ToolError::Protocol {
                tool: tool.to_string(),
                reason,
            })
        }
    }
}

fn no_such_tool(tools: &[Tool]) -> String {
    let names: Vec<&str> = tools.iter().map(|tool| &*tool.name).take(20).collect();
    format!("its server has no such tool; it has: {}", names.join(", "))
}
