//! One server of the hub: its session opens at the first use and is shared.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex as StdMutex};
use std::time::Duration;

use copydesk_config::Blanks;
use copydesk_journal::{ToolError, ToolReply};
use copydesk_store::TrustRecord;
use rmcp::model::{CallToolResult, JsonObject, Tool};
use tokio::sync::{Mutex, watch};

use super::connect::{Target, Ways, connect};
use super::session::{Fault, Session};
use super::shown::shown;

/// Time for one call of a bundled tool: four addresses of 30 s each, one after the other.
const BUNDLED_TIMEOUT: Duration = Duration::from_mins(2);
/// Time for one call where the config gives a timeout that is no time.
const TIMEOUT_MIN: Duration = Duration::from_millis(1);

/// A server and its session, if one is open.
pub(super) struct Slot {
    pub name: String,
    pub target: Target,
    timeout: Duration,
    /// What its server is not to be heard repeating; nothing for a bundled one, which was given none.
    secrets: Blanks,
    current: Mutex<Option<Arc<Session>>>,
    is_shut: watch::Sender<bool>,
    passed: StdMutex<Option<Passed>>,
}

/// Tools of one list that are trusted by some records: neither changes, so that it is looked at once.
struct Passed {
    tools: Arc<Vec<Tool>>,
    trusted: Arc<[TrustRecord]>,
    names: BTreeSet<String>,
}

impl Slot {
    pub(super) fn new(name: String, target: Target, secrets: &Blanks) -> Self {
        let (timeout, secrets) = match &target {
            Target::Bundled(_) => (BUNDLED_TIMEOUT, Blanks::default()),
            Target::Configured(config) => {
                let timeout = config.timeout.try_into().unwrap_or(TIMEOUT_MIN);
                (timeout.max(TIMEOUT_MIN), secrets.clone())
            }
        };
        Self {
            name,
            target,
            timeout,
            secrets,
            current: Mutex::default(),
            is_shut: watch::Sender::default(),
            passed: StdMutex::default(),
        }
    }

    pub(super) fn is_bundled(&self) -> bool {
        matches!(self.target, Target::Bundled(_))
    }

    /// What the server says of a tool, as people and models get to see it.
    pub(super) fn description(&self, tool: &Tool) -> String {
        let description = tool.description.as_deref().unwrap_or_default();
        self.secrets.blank(&shown(description))
    }

    /// What the server gave; why it failed, without its secrets. A result is data and stays as it is, letter by letter:
    /// quotations point into it.
    pub(super) fn clean(&self, reply: ToolReply) -> ToolReply {
        if !reply.is_error {
            return reply;
        }
        ToolReply {
            content: reply.content.map(|content| self.secrets.blank_json(content)),
            ..reply
        }
    }

    fn clean_error(&self, error: ToolError) -> ToolError {
        error.map_reason(|reason| self.secrets.blank(reason))
    }

    /// Whether a tool changes nothing: its server says so, or the operator does where the server is silent.
    pub(super) fn is_read_only(&self, tool: &Tool) -> bool {
        let declared = match &self.target {
            Target::Bundled(_) => &[][..],
            Target::Configured(config) => &config.read_only_tools,
        };
        let is_declared = declared.iter().any(|name| name == "*" || *name == tool.name);
        let hints = tool.annotations.as_ref();
        let is_destructive = hints.is_some_and(|hints| hints.destructive_hint == Some(true));
        match hints.and_then(|hints| hints.read_only_hint) {
            Some(is_read_only) => is_read_only,
            // A server that says of a tool that it destroys knows better than the operator.
            None => is_declared && !is_destructive,
        }
    }

    /// Whether calling a tool twice with the same arguments does no more than calling it once.
    fn is_repeatable(&self, tool: &Tool) -> bool {
        let hints = tool.annotations.as_ref();
        self.is_read_only(tool) || hints.is_some_and(|hints| hints.idempotent_hint == Some(true))
    }

    /// The open session, or a new one. Callers that come while it opens wait for it.
    async fn session(&self, ways: &Ways) -> Result<Arc<Session>, ToolError> {
        let mut current = self.current.lock().await;
        let mut shut = self.is_shut.subscribe();
        if *shut.borrow() {
            return Err(self.closed("the hub was closed"));
        }
        if let Some(session) = &*current
            && !session.is_closed()
        {
            return Ok(Arc::clone(session));
        }
        if let Some(old) = current.take() {
            old.abandon();
        }
        let session = tokio::select! {
            session = connect(&self.name, &self.target, ways) => {
                Arc::new(session.map_err(|error| self.clean_error(error))?)
            }
            // Whoever closes the hub must not wait for a server that takes its time.
            _ = shut.wait_for(|&is_shut| is_shut) => return Err(self.closed("the hub was closed")),
        };
        *current = Some(Arc::clone(&session));
        Ok(session)
    }

    /// The tools as last listed in this session.
    pub(super) async fn known_tools(&self, ways: &Ways) -> Result<Arc<Vec<Tool>>, ToolError> {
        let session = self.session(ways).await?;
        let listed = session.known_tools().await;
        self.listed(&session, listed).await
    }

    /// The tools as the server has listed them within the last second.
    pub(super) async fn recent_tools(&self, ways: &Ways) -> Result<Arc<Vec<Tool>>, ToolError> {
        let session = self.session(ways).await?;
        let listed = session.recent_tools().await;
        self.listed(&session, listed).await
    }

    /// Whether a tool of this very list was found among these very records before.
    pub(super) fn has_passed(
        &self,
        tools: &Arc<Vec<Tool>>,
        trusted: &Arc<[TrustRecord]>,
        name: &str,
    ) -> bool {
        let passed = self.passed.lock().expect("no holder of this lock panics");
        passed.as_ref().is_some_and(|passed| {
            Arc::ptr_eq(&passed.tools, tools)
                && Arc::ptr_eq(&passed.trusted, trusted)
                && passed.names.contains(name)
        })
    }

    /// Remembers that it was.
    pub(super) fn note_passed(&self, tools: &Arc<Vec<Tool>>, trusted: &Arc<[TrustRecord]>, name: &str) {
        let mut passed = self.passed.lock().expect("no holder of this lock panics");
        let is_same =
            |passed: &&mut Passed| Arc::ptr_eq(&passed.tools, tools) && Arc::ptr_eq(&passed.trusted, trusted);
        if let Some(same) = passed.as_mut().filter(is_same) {
            same.names.insert(name.to_owned());
            return;
        }
        *passed = Some(Passed {
            tools: Arc::clone(tools),
            trusted: Arc::clone(trusted),
            names: BTreeSet::from([name.to_owned()]),
        });
    }

    /// The tools as the server lists them now.
    pub(super) async fn ask_tools(&self, ways: &Ways) -> Result<Arc<Vec<Tool>>, ToolError> {
        let session = self.session(ways).await?;
        let listed = session.ask_tools().await;
        self.listed(&session, listed).await
    }

    async fn listed(
        &self,
        session: &Arc<Session>,
        listed: Result<Arc<Vec<Tool>>, Fault>,
    ) -> Result<Arc<Vec<Tool>>, ToolError> {
        match listed {
            Ok(tools) => Ok(tools),
            Err(fault) => {
                self.forget(session).await;
                let reason = match fault {
                    Fault::Timeout => "it did not list its tools in time".to_owned(),
                    Fault::Closed(reason) | Fault::Refused(reason) | Fault::Odd(reason) => reason,
                };
                Err(self.clean_error(ToolError::Start {
                    server: self.name.clone(),
                    reason,
                }))
            }
        }
    }

    /// Calls a tool once. What the server itself refuses is the inner error.
    pub(super) async fn call(
        &self,
        ways: &Ways,
        tool: &Tool,
        arguments: JsonObject,
    ) -> Result<Result<CallToolResult, String>, ToolError> {
        let called = self.call_once(ways, tool, arguments).await;
        called
            .map(|result| result.map_err(|reason| self.secrets.blank(&reason)))
            .map_err(|error| self.clean_error(error))
    }

    async fn call_once(
        &self,
        ways: &Ways,
        tool: &Tool,
        arguments: JsonObject,
    ) -> Result<Result<CallToolResult, String>, ToolError> {
        let session = self.session(ways).await?;
        let name = || format!("{}/{}", self.name, tool.name);
        match session.call(&tool.name, arguments, self.timeout).await {
            Ok(result) => Ok(Ok(result)),
            Err(Fault::Refused(reason)) => Ok(Err(reason)),
            Err(Fault::Odd(reason)) => Err(ToolError::Protocol { tool: name(), reason }),
            Err(Fault::Closed(reason)) => {
                self.forget(&session).await;
                Err(ToolError::Closed {
                    server: self.name.clone(),
                    reason,
                    is_repeatable: self.is_repeatable(tool),
                })
            }
            Err(Fault::Timeout) => {
                if !session.answers().await {
                    self.forget(&session).await;
                }
                let timeout_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
                Err(ToolError::Timeout {
                    tool: name(),
                    timeout_ms,
                    is_repeatable: self.is_repeatable(tool),
                })
            }
        }
    }

    /// Throws a broken session away, unless another caller has replaced it already.
    async fn forget(&self, broken: &Arc<Session>) {
        let mut current = self.current.lock().await;
        if current
            .as_ref()
            .is_some_and(|session| Arc::ptr_eq(session, broken))
        {
            *current = None;
        }
        broken.abandon();
    }

    /// Ends the session for good.
    pub(super) async fn shut(&self) {
        self.is_shut.send_replace(true);
        let session = self.current.lock().await.take();
        if let Some(session) = session {
            session.close().await;
        }
    }

    /// Before anything was sent.
    fn closed(&self, reason: &str) -> ToolError {
        ToolError::Closed {
            server: self.name.clone(),
            reason: reason.to_owned(),
            is_repeatable: true,
        }
    }
}
