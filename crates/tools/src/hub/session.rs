//! One live connection to a tool server.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::model::{
    CallToolRequest, CallToolRequestParams, CallToolResult, ClientRequest, ErrorCode, JsonObject,
    PaginatedRequestParams, PingRequest, RequestParamsMeta, ServerResult, Tool,
};
use rmcp::service::{Peer, PeerRequestOptions, RoleClient, RunningService, ServiceError};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::child::Child;
use super::listener::Listener;

/// Time to list all tools.
const LIST_TIMEOUT: Duration = Duration::from_secs(15);
/// A list of tools serves for so long, unless the server says that it has changed.
const LIST_KEPT: Duration = Duration::from_secs(1);
/// Tools of one server; more of them, or lists without end, are refused.
const TOOLS_MAX: usize = 1_000;
/// Time for the answer to a ping after a call that had none.
const PING_TIMEOUT: Duration = Duration::from_secs(2);
/// Time beyond a call's own timeout for getting the request and its cancellation out.
const SEND_GRACE: Duration = Duration::from_secs(2);
/// Time between the end of a connection and the question how the process ended.
const LAST_WORDS_DELAY: Duration = Duration::from_millis(50);
/// Time for the protocol's own goodbye.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(2);

/// What the other end of a session runs in.
#[derive(Debug)]
pub(super) enum Far {
    /// Another machine or process that we did not start.
    Remote,
    /// Our child.
    Child(Child),
    /// A task of this process.
    Task(JoinHandle<()>),
}

/// A connection after its handshake.
#[derive(Debug)]
pub(super) struct Session {
    peer: Peer<RoleClient>,
    listener: Listener,
    ends: Mutex<Ends>,
    listed: Mutex<Option<Listed>>,
}

/// A list of tools, and when it was asked for.
#[derive(Debug)]
struct Listed {
    asked_at: Instant,
    tools: Arc<Vec<Tool>>,
}

#[derive(Debug)]
struct Ends {
    running: Option<RunningService<RoleClient, Listener>>,
    far: Far,
}

/// Why a request brought no result.
#[derive(Debug)]
pub(super) enum Fault {
    /// No answer in time.
    Timeout,
    /// The connection is gone; the text says how.
    Closed(String),
    /// The server refused the request in this protocol's own way.
    Refused(String),
    /// An answer that does not belong to the request.
    Odd(String),
}

impl Session {
    pub(super) fn new(running: RunningService<RoleClient, Listener>, listener: Listener, far: Far) -> Self {
        let peer = running.peer().clone();
        let ends = Mutex::new(Ends {
            running: Some(running),
            far,
        });
        Self {
            peer,
            listener,
            ends,
            listed: Mutex::default(),
        }
    }

    /// Whether requests can no longer be sent.
    pub(super) fn is_closed(&self) -> bool {
        self.peer.is_transport_closed()
    }

    /// The tools as last listed; asks if there is no list or the server said that it changed.
    pub(super) async fn known_tools(&self) -> Result<Arc<Vec<Tool>>, Fault> {
        self.tools_since(None).await
    }

    /// The tools as listed within the last second: stages that begin at the same time ask once.
    pub(super) async fn recent_tools(&self) -> Result<Arc<Vec<Tool>>, Fault> {
        self.tools_since(Instant::now().checked_sub(LIST_KEPT)).await
    }

    /// The tools as last listed, if that was not before `since`.
    async fn tools_since(&self, since: Option<Instant>) -> Result<Arc<Vec<Tool>>, Fault> {
        let known = self.listed().as_ref().and_then(|listed| {
            let is_recent = since.is_none_or(|since| listed.asked_at >= since);
            is_recent.then(|| Arc::clone(&listed.tools))
        });
        match known {
            Some(tools) if !self.listener.take_changed() => Ok(tools),
            _ => self.ask_tools().await,
        }
    }

    fn listed(&self) -> MutexGuard<'_, Option<Listed>> {
        self.listed.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The tools as the server lists them now.
    pub(super) async fn ask_tools(&self) -> Result<Arc<Vec<Tool>>, Fault> {
        let asked_at = Instant::now();
        let pages = tokio::time::timeout(LIST_TIMEOUT, self.all_pages())
            .await
            .map_err(|_| Fault::Timeout)?;
        let tools = Arc::new(pages?);
        *self.listed() = Some(Listed {
            asked_at,
            tools: Arc::clone(&tools),
        });
        Ok(tools)
    }

    async fn all_pages(&self) -> Result<Vec<Tool>, Fault> {
        let mut tools: Vec<Tool> = Vec::new();
        let mut cursor = None;
        // Each page holds a tool or more in any sane server, so this many rounds are enough.
        for _ in 0..TOOLS_MAX {
            let params = PaginatedRequestParams::default().with_cursor(cursor);
            let page = match self.peer.list_tools(Some(params)).await {
                Ok(page) => page,
                Err(ServiceError::McpError(error)) if error.code == ErrorCode::METHOD_NOT_FOUND => {
                    return Ok(tools);
                }
                Err(error) => return Err(self.fault(&error).await),
            };
            if tools.len() + page.tools.len() > TOOLS_MAX {
                break;
            }
            for tool in page.tools {
                // Of two tools with one name the first is the one that is trusted and called.
                if !tools.iter().any(|known| known.name == tool.name) {
                    tools.push(tool);
                }
            }
            cursor = page.next_cursor;
            if cursor.is_none() {
                return Ok(tools);
            }
        }
        Err(Fault::Odd(format!("it lists more than {TOOLS_MAX} tools")))
    }

    /// Calls a tool once. `timeout` is for the whole call, whatever progress the server reports.
    pub(super) async fn call(
        &self,
        tool: &str,
        arguments: JsonObject,
        timeout: Duration,
    ) -> Result<CallToolResult, Fault> {
        let mut params = CallToolRequestParams::new(tool.to_owned()).with_arguments(arguments);
        if let Some(parent) = copydesk_journal::trace::traceparent() {
            params.set_traceparent(&parent);
        }
        let request = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        match self.request(request, timeout).await? {
            ServerResult::CallToolResult(result) => Ok(result),
            ServerResult::InputRequiredResult(_) => Err(Fault::Odd(
                "it wants further input, which nobody is there to give".to_owned(),
            )),
            ServerResult::CreateTaskResult(_) => {
                Err(Fault::Odd("it answered with a task to wait for".to_owned()))
            }
            _ => Err(Fault::Odd("its answer is no tool result".to_owned())),
        }
    }

    /// Whether the server still answers.
    pub(super) async fn answers(&self) -> bool {
        let ping = ClientRequest::PingRequest(PingRequest::default());
        // A refusal is an answer too.
        matches!(
            self.request(ping, PING_TIMEOUT).await,
            Ok(_) | Err(Fault::Refused(_))
        )
    }

    async fn request(&self, request: ClientRequest, timeout: Duration) -> Result<ServerResult, Fault> {
        let exchange = async {
            let handle = self
                .peer
                .send_request_with_option(request, PeerRequestOptions::with_timeout(timeout))
                .await?;
            handle.await_response().await
        };
        // A server that no longer reads its stdin blocks the sending, which the library's own timeout does not cover.
        match tokio::time::timeout(timeout + SEND_GRACE, exchange).await {
            Ok(Ok(result)) => Ok(result),
            Ok(Err(error)) => Err(self.fault(&error).await),
            Err(_) => Err(Fault::Timeout),
        }
    }

    async fn fault(&self, error: &ServiceError) -> Fault {
        match error {
            ServiceError::McpError(error) => Fault::Refused(error.message.to_string()),
            ServiceError::Timeout { .. } => Fault::Timeout,
            ServiceError::TransportClosed | ServiceError::Cancelled { .. } => {
                // The pipe closes a moment before the exit status and the last words on stderr are there.
                tokio::time::sleep(LAST_WORDS_DELAY).await;
                Fault::Closed(self.last_words())
            }
            ServiceError::TransportSend(error) => Fault::Closed(with_sources(&*error.error)),
            other => Fault::Odd(other.to_string()),
        }
    }

    fn last_words(&self) -> String {
        match &mut self.ends.lock().unwrap_or_else(PoisonError::into_inner).far {
            Far::Remote => "the connection was closed".to_owned(),
            Far::Child(child) => child.last_words(),
            Far::Task(_) => "its task ended".to_owned(),
        }
    }

    fn take_ends(&self) -> Ends {
        let mut ends = self.ends.lock().unwrap_or_else(PoisonError::into_inner);
        Ends {
            running: ends.running.take(),
            far: std::mem::replace(&mut ends.far, Far::Remote),
        }
    }

    /// Ends the session and waits until the server is gone.
    pub(super) async fn close(&self) {
        let Ends { running, far } = self.take_ends();
        if let Some(mut running) = running {
            let _ = running.close_with_timeout(CLOSE_TIMEOUT).await;
        }
        match far {
            Far::Remote => {}
            Far::Child(child) => child.end().await,
            Far::Task(task) => task.abort(),
        }
    }

    /// Ends the session at once, for a server that no longer answers.
    pub(super) fn abandon(&self) {
        let Ends { running, far } = self.take_ends();
        drop(running);
        if let Far::Task(task) = &far {
            task.abort();
        }
        drop(far);
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        self.abandon();
    }
}

/// An error with its causes, each once.
pub(super) fn with_sources(error: &(dyn std::error::Error + 'static)) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let cause = error.to_string();
        if !text.contains(&cause) {
            text.push_str(": ");
            text.push_str(&cause);
        }
        source = error.source();
    }
    text
}
