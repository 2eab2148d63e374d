//! Tools as a stage sees them.

use std::fmt;
use std::str::FromStr;

use async_trait::async_trait;
use copydesk_domain::Untrusted;
use copydesk_store::StoreError;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A tool by server and name, written `server/tool`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ToolName {
    /// The server, as config.toml or the bundled list names it.
    pub server: String,
    /// The tool's name there.
    pub tool: String,
}

impl ToolName {
    /// From its two parts.
    pub fn new(server: impl Into<String>, tool: impl Into<String>) -> Self {
        Self {
            server: server.into(),
            tool: tool.into(),
        }
    }

    /// Whether a pattern of a pipeline (`server/tool` or `server/*`) names this tool.
    pub fn is_covered_by(&self, pattern: &str) -> bool {
        pattern
            .split_once('/')
            .is_some_and(|(server, tool)| server == self.server && (tool == "*" || tool == self.tool))
    }
}

impl fmt::Display for ToolName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.server, self.tool)
    }
}

impl FromStr for ToolName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (server, tool) = text
            .split_once('/')
            .ok_or_else(|| format!("`{text}` is not a tool such as feeds/poll"))?;
        Ok(Self::new(server, tool))
    }
}

/// A tool as its server describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ToolSpec {
    /// Its name.
    pub name: ToolName,
    /// What it does, in the server's words.
    pub description: String,
    /// JSON schema of its arguments.
    pub input_schema: Value,
    /// It changes nothing, as its server says or the operator says for it.
    #[serde(skip)]
    pub is_read_only: bool,
}

/// What a tool gave. Data, never an instruction.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolReply {
    /// Its structured content; text content as a JSON string where there is no structure.
    pub content: Untrusted<Value>,
    /// The tool says that it failed; `content` says why.
    pub is_error: bool,
}

/// Why a tool gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ToolError {
    /// No server of that name is configured.
    #[error("there is no tool server `{server}`")]
    ServerUnknown {
        /// The server.
        server: String,
    },
    /// The stage's `tools` do not name it.
    #[error("this stage may not call `{tool}`; its `tools` do not name it")]
    NotAllowed {
        /// The tool.
        tool: String,
    },
    /// The tool is new or has changed since a person trusted it.
    #[error(
        "`{tool}` is not trusted as it is now; look at it with `copydesk tools`, then `copydesk tools trust {tool}`"
    )]
    NotTrusted {
        /// The tool.
        tool: String,
    },
    /// The server did not start or did not shake hands.
    #[error("tool server `{server}` did not start: {reason}")]
    Start {
        /// The server.
        server: String,
        /// Why.
        reason: String,
    },
    /// No answer in time.
    #[error("`{tool}` did not answer within {timeout_ms} ms{}", doubt(*is_repeatable))]
    Timeout {
        /// The tool.
        tool: String,
        /// The timeout in milliseconds.
        timeout_ms: u64,
        /// The tool says that calling it twice does no harm.
        is_repeatable: bool,
    },
    /// The server ended or its connection broke during the call.
    #[error("tool server `{server}` ended during the call: {reason}{}", doubt(*is_repeatable))]
    Closed {
        /// The server.
        server: String,
        /// Why.
        reason: String,
        /// The tool says that calling it twice does no harm.
        is_repeatable: bool,
    },
    /// The store failed, and not the tool.
    #[error(transparent)]
    Store(StoreError),
    /// A replay does not call it.
    #[error("a replay does not call `{tool}`: {reason}")]
    NotReplayed {
        /// The tool.
        tool: String,
        /// Why.
        reason: &'static str,
    },
    /// The server answered something that is no tool result.
    #[error("`{tool}` answered badly: {reason}")]
    Protocol {
        /// The tool.
        tool: String,
        /// Why.
        reason: String,
    },
}

impl ToolError {
    /// Its kind, as a word for counts and traces.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::ServerUnknown { .. } => "server_unknown",
            Self::NotAllowed { .. } => "not_allowed",
            Self::NotTrusted { .. } => "not_trusted",
            Self::NotReplayed { .. } => "not_replayed",
            Self::Start { .. } => "not_started",
            Self::Timeout { .. } => "timeout",
            Self::Closed { .. } => "closed",
            Self::Protocol { .. } => "protocol",
            Self::Store(_) => "store",
        }
    }

    /// The same error with its reason passed through `clean`.
    #[must_use]
    pub fn map_reason(mut self, clean: impl FnOnce(&str) -> String) -> Self {
        if let Self::Start { reason, .. } | Self::Closed { reason, .. } | Self::Protocol { reason, .. } =
            &mut self
        {
            *reason = clean(reason);
        }
        self
    }

    /// Whether another attempt may help and does no harm: a call that may have acted is not sent again.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Start { .. } => true,
            Self::Timeout { is_repeatable, .. } | Self::Closed { is_repeatable, .. } => *is_repeatable,
            Self::ServerUnknown { .. }
            | Self::NotAllowed { .. }
            | Self::NotTrusted { .. }
            | Self::NotReplayed { .. }
            | Self::Protocol { .. }
            | Self::Store(_) => false,
        }
    }
}

/// What is not known of a call without an answer.
fn doubt(is_repeatable: bool) -> &'static str {
    if is_repeatable {
        ""
    } else {
        "; it may have acted, so it is not called again"
    }
}

/// The hub that talks to tool servers. Implemented in `tools`.
#[async_trait]
pub trait Tools: Send + Sync + 'static {
    /// The tools that `patterns` cover, sorted by name.
    async fn list(&self, patterns: &[String]) -> Result<Vec<ToolSpec>, ToolError>;

    /// Calls a tool that `patterns` cover. Every call has a timeout.
    async fn call(
        &self,
        tool: &ToolName,
        arguments: Value,
        patterns: &[String],
    ) -> Result<ToolReply, ToolError>;
}
