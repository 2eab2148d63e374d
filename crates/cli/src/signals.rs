//! Ctrl-C and SIGTERM: the first asks for an orderly end, the second ends at once.

use std::io::IsTerminal;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// An end that takes longer is explained to whoever watches.
const SAID_AFTER: Duration = Duration::from_secs(1);

/// Sets `shutdown` at the first signal.
pub fn watch(shutdown: watch::Sender<bool>) {
    tokio::spawn(async move {
        let Ok(mut term) = signal(SignalKind::terminate()) else {
            return;
        };
        let (mut is_second, mut is_said) = (false, false);
        loop {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = term.recv() => {}
                () = tokio::time::sleep(SAID_AFTER), if is_second && !is_said => {
                    is_said = true;
                    say();
                    continue;
                }
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

fn say() {
    if std::io::stderr().is_terminal() {
        eprintln!("ending: a call under way gets a few seconds; Ctrl-C again ends at once");
    }
}
