//! From a configured or bundled server to a session.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use copydesk_config::{Blanks, McpServerConfig};
use copydesk_journal::ToolError;
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::model::ProtocolVersion;
use rmcp::service::{
    ClientInitializeError, ClientLifecycleMode, ClientServiceExt, RoleClient, RunningService,
};
use rmcp::transport::IntoTransport;
use rmcp::transport::streamable_http_client::{
    StreamableHttpClientTransport, StreamableHttpClientTransportConfig,
};

use super::child::{Child, Start};
use super::listener::Listener;
use super::options::StderrSink;
use super::session::{Far, Session, with_sources};
use super::traced_http::TracedHttp;
use crate::servers::BundledServer;

/// Time from the start of a server to the end of its handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(15);
/// Bytes buffered each way between us and a bundled server.
const PIPE_BYTES: usize = 64 * 1024;
/// Bytes of one message over HTTP; beyond it the call fails instead of filling the memory.
const MESSAGE_BYTES_MAX: usize = 16 * 1024 * 1024;

/// How a server is reached.
pub(super) enum Target {
    /// Inside this process.
    Bundled(BundledServer),
    /// As config.toml says.
    Configured(McpServerConfig),
}

/// What connecting needs beside the target.
pub(super) struct Ways {
    /// Environment of stdio servers.
    pub child_env: BTreeMap<String, String>,
    /// Ends them when this process is gone.
    pub guard: Option<PathBuf>,
    /// Client for HTTP servers.
    pub http: reqwest::Client,
    /// Takes the stderr of stdio servers.
    pub stderr: StderrSink,
    /// Blanked in it.
    pub secrets: Blanks,
}

type Running = RunningService<RoleClient, Listener>;

/// Opens a session.
pub(super) async fn connect(server: &str, target: &Target, ways: &Ways) -> Result<Session, ToolError> {
    match open(server, target, ways, ClientLifecycleMode::Initialize).await {
        Ok(session) => Ok(session),
        Err(failure) if failure.may_be_stateless => {
            // A server that knows the stateless protocol alone refuses the handshake; greet it in its own way.
            let versions = ClientLifecycleMode::Discover {
                preferred_versions: vec![ProtocolVersion::V_2026_07_28],
            };
            open(server, target, ways, versions)
                .await
                .map_err(|_| failure.into_error(server))
        }
        Err(failure) => Err(failure.into_error(server)),
    }
}

/// Why there is no session.
struct Failure {
    reason: String,
    may_be_stateless: bool,
}

impl Failure {
    fn of(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            may_be_stateless: false,
        }
    }

    fn into_error(self, server: &str) -> ToolError {
        ToolError::Start {
            server: server.to_owned(),
            reason: self.reason,
        }
    }
}

async fn open(
    server: &str,
    target: &Target,
    ways: &Ways,
    mode: ClientLifecycleMode,
) -> Result<Session, Failure> {
    match target {
        Target::Bundled(bundled) => over_pipe(bundled, mode).await,
        Target::Configured(config) => match (&config.command, &config.url) {
            (Some(command), None) => over_stdio(server, command, config, ways, mode).await,
            (None, Some(url)) => over_http(url, config, ways, mode).await,
            _ => Err(Failure::of("its entry needs either `command` or `url`")),
        },
    }
}

async fn over_pipe(bundled: &BundledServer, mode: ClientLifecycleMode) -> Result<Session, Failure> {
    let (near, far) = tokio::io::duplex(PIPE_BYTES);
    let server = bundled.clone();
    let task = tokio::spawn(async move {
        if let Err(error) = server.serve_until_closed(far).await {
            tracing::warn!(%error, "a bundled tool server ended");
        }
    });
    let listener = Listener::default();
    let running = shake_hands(listener.clone(), near, mode).await?;
    Ok(Session::new(running, listener, Far::Task(task)))
}

async fn over_stdio(
    server: &str,
    command: &str,
    config: &McpServerConfig,
    ways: &Ways,
    mode: ClientLifecycleMode,
) -> Result<Session, Failure> {
    let mut env = ways.child_env.clone();
    env.extend(config.env.clone());
    let start = Start {
        server,
        command,
        args: &config.args,
        env,
        guard: ways.guard.as_deref(),
        stderr: ways.stderr.clone(),
        secrets: ways.secrets.clone(),
    };
    let (mut child, stdout, stdin) =
        Child::start(start).map_err(|error| Failure::of(format!("`{command}`: {error}")))?;
    let listener = Listener::default();
    match shake_hands(listener.clone(), (stdout, stdin), mode).await {
        Ok(running) => Ok(Session::new(running, listener, Far::Child(child))),
        Err(mut failure) => {
            tokio::time::sleep(Duration::from_millis(50)).await;
            failure.reason = format!("{} ({})", failure.reason, child.last_words());
            Err(failure)
        }
    }
}

async fn over_http(
    url: &str,
    config: &McpServerConfig,
    ways: &Ways,
    mode: ClientLifecycleMode,
) -> Result<Session, Failure> {
    let mut headers = HashMap::new();
    for (name, value) in &config.headers {
        let wrong = |_| {
            Failure::of(format!(
                "the header `{name}` has a name or value that cannot be sent"
            ))
        };
        let key = HeaderName::try_from(name).map_err(|error| wrong(error.to_string()))?;
        let mut value = HeaderValue::try_from(value).map_err(|error| wrong(error.to_string()))?;
        value.set_sensitive(true);
        headers.insert(key, value);
    }
    let settings = StreamableHttpClientTransportConfig::with_uri(url)
        .custom_headers(headers)
        .max_sse_event_size(MESSAGE_BYTES_MAX)
        .max_json_response_size(MESSAGE_BYTES_MAX)
        // It would send the call again in the new session; whether to do that is the caller's decision.
        .reinit_on_expired_session(false);
    let transport = StreamableHttpClientTransport::with_client(TracedHttp(ways.http.clone()), settings);
    let listener = Listener::default();
    let running = shake_hands(listener.clone(), transport, mode).await?;
    Ok(Session::new(running, listener, Far::Remote))
}

async fn shake_hands<T, E, A>(
    listener: Listener,
    transport: T,
    mode: ClientLifecycleMode,
) -> Result<Running, Failure>
where
    T: IntoTransport<RoleClient, E, A>,
    E: std::error::Error + Send + Sync + 'static,
{
    let greeting = listener.serve_with_lifecycle(transport, mode);
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, greeting).await {
        Ok(Ok(running)) => Ok(running),
        Ok(Err(error)) => Err(Failure {
            reason: explain(&error),
            may_be_stateless: may_be_stateless(&error),
        }),
        Err(_) => Err(Failure::of(format!(
            "no handshake within {} s",
            HANDSHAKE_TIMEOUT.as_secs()
        ))),
    }
}

fn may_be_stateless(error: &ClientInitializeError) -> bool {
    matches!(
        error,
        ClientInitializeError::JsonRpcError(_) | ClientInitializeError::NoCompatibleProtocolVersion { .. }
    )
}

/// In words, without the message that the server sent: it may be long.
fn explain(error: &ClientInitializeError) -> String {
    let text = match error {
        ClientInitializeError::ExpectedInitResponse(_) | ClientInitializeError::ExpectedInitResult(_) => {
            "it answered the handshake with something else".to_owned()
        }
        ClientInitializeError::ConnectionClosed(_) => {
            "it closed the connection during the handshake".to_owned()
        }
        ClientInitializeError::TransportError { error, .. } => with_sources(&*error.error),
        other => with_sources(other),
    };
    text.chars().take(400).collect()
}
