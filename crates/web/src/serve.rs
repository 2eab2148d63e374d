//! The server.

use copydesk_domain::RunId;
use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::options::{Desk, DeskOptions};
use crate::router::router;

/// How long open requests get to end at a shutdown; waits of the JSON API end at once.
const DRAIN_MAX: std::time::Duration = std::time::Duration::from_secs(3);

/// Why the desk stopped.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The listener failed.
    #[error("the page can no longer be served")]
    Listener(#[from] std::io::Error),
}

/// Serves the desk until `shutdown` turns true or its sender is gone.
///
/// # Errors
/// [`ServeError::Listener`] when the socket fails.
pub async fn serve(
    listener: TcpListener,
    options: DeskOptions,
    shutdown: watch::Receiver<bool>,
) -> Result<(), ServeError> {
    let address = listener.local_addr()?;
    let mut stopping = shutdown.clone();
    let mut draining = shutdown.clone();
    let router = router(Desk::new(options, address, shutdown));
    let served = axum::serve(listener, router).with_graceful_shutdown(async move {
        // An error says that the sender is gone, which means the same.
        let _ = stopping.wait_for(|is_set| *is_set).await;
    });
    let overdue = async move {
        let _ = draining.wait_for(|is_set| *is_set).await;
        tokio::time::sleep(DRAIN_MAX).await;
    };
    tokio::select! {
        result = served => Ok(result?),
        // Connections that a browser keeps open do not hold up the end.
        () = overdue => Ok(()),
    }
}

/// The page that a request belongs to: that of its run, or the first one.
pub(crate) fn page_of(uri: &axum::http::Uri) -> String {
    let mut parts = uri.path().split('/').skip(1);
    match (parts.next(), parts.next()) {
        (Some("runs"), Some(run)) if !run.is_empty() => format!("/runs/{run}"),
        _ => "/".to_owned(),
    }
}

/// Where a run's page lies below the server's address.
pub(crate) fn run_path(run: &RunId) -> String {
    format!("/runs/{run}")
}
