//! Serving a bundled server to a host.

use rmcp::service::{RoleServer, ServerInitializeError, ServiceExt};
use rmcp::transport::{IntoTransport, async_rw::AsyncRwTransport};
use tokio::io::{AsyncRead, AsyncWrite};

use super::bundled::BundledServer;
use super::deps::{ServerDeps, served};

/// Why a bundled server does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// There is no bundled server of that name.
    #[error("there is no bundled tool server `{name}`; there are: {known}")]
    Unknown {
        /// The name as given.
        name: String,
        /// The names there are, separated by commas.
        known: String,
    },
    /// The host did not shake hands.
    #[error("the host did not open a session")]
    Handshake {
        /// What went wrong.
        #[source]
        source: Box<ServerInitializeError>,
    },
}

/// Serves the bundled server `name` over this process's stdin and stdout until stdin ends: `copydesk mcp NAME`.
///
/// Nothing else may write to stdout meanwhile.
pub async fn serve_stdio(name: &str, deps: &ServerDeps) -> Result<(), ServeError> {
    let (stdin, stdout) = rmcp::transport::stdio();
    serve_over(name, deps, stdin, stdout).await
}

/// The same over any pair of streams, such as a connection to the daemon's socket.
pub async fn serve_over<R, W>(name: &str, deps: &ServerDeps, read: R, write: W) -> Result<(), ServeError>
where
    R: AsyncRead + Send + Unpin + 'static,
    W: AsyncWrite + Send + Unpin + 'static,
{
    let servers = served(deps);
    let known = || {
        servers
            .iter()
            .map(BundledServer::name)
            .collect::<Vec<_>>()
            .join(", ")
    };
    let server = servers.iter().find(|server| server.name() == name);
    let server = server.ok_or_else(|| ServeError::Unknown {
        name: name.to_owned(),
        known: known(),
    })?;
    server
        .clone()
        .with_text()
        .serve_until_closed(AsyncRwTransport::new_server(read, write))
        .await
}

impl BundledServer {
    /// Serves one host until it closes the connection.
    pub(crate) async fn serve_until_closed<T, E, A>(self, transport: T) -> Result<(), ServeError>
    where
        T: IntoTransport<RoleServer, E, A>,
        E: std::error::Error + Send + Sync + 'static,
    {
        let session = self.serve(transport).await;
        let session = session.map_err(|source| ServeError::Handshake {
            source: Box::new(source),
        })?;
        // How it ended does not matter: the host is gone.
        let _ = session.waiting().await;
        Ok(())
    }
}
