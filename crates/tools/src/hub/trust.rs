//! `copydesk tools` and `copydesk tools trust`: what there is, and what a person trusts.

use copydesk_domain::ContentHash;
use copydesk_journal::{ToolError, ToolName};
use copydesk_store::{Command, StoreError, TrustRecord};
use futures::future::join_all;
use serde::Serialize;

use super::fingerprint::fingerprint;
use super::slot::Slot;
use super::tools::Hub;

/// One tool as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolStatus {
    /// Its server.
    pub server: String,
    /// Its name there.
    pub tool: String,
    /// SHA-256 of where it runs and what it says about itself.
    pub fingerprint: ContentHash,
    /// Bundled, or trusted by a person exactly as it is.
    pub trusted: bool,
    /// A person trusted it, but it is not what it was.
    pub changed: bool,
    /// What it says that it does.
    pub description: String,
}

/// All tools, and the servers that could not be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Inspection {
    /// By server and name.
    pub tools: Vec<ToolStatus>,
    /// One error for each server that did not list its tools.
    pub failed: Vec<ToolError>,
}

/// What came of trusting.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trusted {
    /// What is newly trusted; bundled and trusted ones were left as they are.
    pub newly: Vec<ToolStatus>,
    /// One error for each server that could not be asked, where all were meant.
    pub failed: Vec<ToolError>,
}

/// Why nothing was trusted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrustError {
    /// A server could not be asked.
    #[error(transparent)]
    Tool(#[from] ToolError),
    /// The server has no such tool.
    #[error("there is no tool `{tool}`; `copydesk tools` lists what there is")]
    Unknown {
        /// The tool.
        tool: ToolName,
    },
    /// The trust could not be stored.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Hub {
    /// Asks every server for its tools.
    ///
    /// # Errors
    /// [`ToolError`] only when the trusted tools cannot be read; a server that fails stands in [`Inspection::failed`].
    pub async fn inspect(&self) -> Result<Inspection, ToolError> {
        self.inspect_slots(self.inner.slots.values().collect()).await
    }

    /// The same of one server.
    ///
    /// # Errors
    /// [`ToolError::ServerUnknown`] besides.
    pub async fn inspect_server(&self, server: &str) -> Result<Inspection, ToolError> {
        self.inspect_slots(vec![self.slot(server)?]).await
    }

    async fn inspect_slots(&self, slots: Vec<&Slot>) -> Result<Inspection, ToolError> {
        let trusted = self.trusted().await?;
        let asked = join_all(slots.iter().map(|slot| self.statuses(slot, &trusted))).await;
        let mut inspection = Inspection::default();
        for answer in asked {
            match answer {
                Ok(tools) => inspection.tools.extend(tools),
                Err(error) => inspection.failed.push(error),
            }
        }
        Ok(inspection)
    }

    /// Trusts tools as they are now: all (`None`), those of a server (`SERVER`), or one (`SERVER/TOOL`). Where all are
    /// meant, a server that cannot be asked keeps the others from nothing.
    ///
    /// # Errors
    /// [`TrustError`] where a server or tool that was named cannot be asked or is unknown, or the trust cannot be stored.
    pub async fn trust(&self, selector: Option<&str>) -> Result<Trusted, TrustError> {
        let servers: Vec<&str> = match selector {
            None => self.inner.slots.keys().map(String::as_str).collect(),
            Some(selector) => vec![selector.split_once('/').map_or(selector, |(server, _)| server)],
        };
        let wanted = selector
            .and_then(|selector| selector.split_once('/'))
            .map(|(_, tool)| tool);
        let mut done = Trusted::default();
        for server in servers {
            let slot = self.slot(server)?;
            let known = self.trusted().await?;
            let mut statuses = match self.statuses(slot, &known).await {
                Ok(statuses) => statuses,
                Err(error) if selector.is_none() => {
                    done.failed.push(error);
                    continue;
                }
                Err(error) => return Err(error.into()),
            };
            if let Some(tool) = wanted {
                statuses.retain(|status| status.tool == tool);
                if statuses.is_empty() {
                    return Err(TrustError::Unknown {
                        tool: ToolName::new(server, tool),
                    });
                }
            }
            for status in statuses.into_iter().filter(|status| !status.trusted) {
                self.store_trust(&status).await?;
                done.newly.push(ToolStatus {
                    trusted: true,
                    changed: false,
                    ..status
                });
            }
        }
        Ok(done)
    }

    async fn store_trust(&self, status: &ToolStatus) -> Result<(), StoreError> {
        let record = TrustRecord {
            tool: format!("{}/{}", status.server, status.tool),
            fingerprint: status.fingerprint,
            at: self.inner.clock.now(),
        };
        let stored = self.inner.store.apply(Command::TrustTool(record)).await;
        self.forget_trusted();
        stored.map(|_| ())
    }

    async fn statuses(&self, slot: &Slot, trusted: &[TrustRecord]) -> Result<Vec<ToolStatus>, ToolError> {
        let tools = slot.ask_tools(&self.inner.ways).await?;
        let mut statuses: Vec<ToolStatus> = tools
            .iter()
            .map(|tool| {
                let name = format!("{}/{}", slot.name, tool.name);
                let found = fingerprint(&slot.target, tool);
                let mut records = trusted.iter().filter(|record| record.tool == name).peekable();
                let was_trusted = records.peek().is_some();
                let is_trusted = slot.is_bundled() || records.any(|record| record.fingerprint == found);
                ToolStatus {
                    server: slot.name.clone(),
                    tool: tool.name.clone().into_owned(),
                    fingerprint: found,
                    trusted: is_trusted,
                    changed: was_trusted && !is_trusted,
                    description: slot.description(tool),
                }
            })
            .collect();
        statuses.sort_by(|a, b| a.tool.cmp(&b.tool));
        Ok(statuses)
    }
}
