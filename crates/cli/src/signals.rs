//! Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// Sets `shutdown` at the first signal.
pub fn watch(shutdown: watch::Sender<bool>) {
    tokio::spawn(async move {
        let Ok(mut term) = signal(SignalKind::terminate()) else {
            return;
        };
        let mut is_second = false;
        loop {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
            }
            if is_second {
                std::process::exit(i32::from(crate::exit::FAILED));
            }
            is_second = true;
            // The receivers may be gone already when the process is ending.
            let _ = shutdown.send(true);
        }
    });
}
