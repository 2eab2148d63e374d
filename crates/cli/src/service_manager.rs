//! Tells a service manager how the daemon is. Its watchdog is fed by the planner loop and by nothing else, so that a
//! daemon whose planner hangs is restarted, however well its page still answers.

use std::time::{Duration, Instant};

use copydesk_engine::daemon::{Heartbeat, Pulse};
use copydesk_net::{ServiceState, tell_service_manager};
use tokio::sync::watch;

/// The planner looks at each commit; the manager need not hear of all of them.
const EVERY: Duration = Duration::from_secs(1);

/// Tells until the planner loop has ended.
pub fn watch(mut heartbeat: Heartbeat, mut stopping: watch::Receiver<bool>) {
    tokio::spawn(async move {
        let mut told_at: Option<Instant> = None;
        let mut is_up = false;
        loop {
            tokio::select! {
                pulse = heartbeat.next() => {
                    let Some(pulse) = pulse else { return };
                    let is_first = !is_up && pulse.is_up();
                    if is_first || told_at.is_none_or(|at| at.elapsed() >= EVERY) {
                        beat(&pulse, is_first);
                        is_up |= is_first;
                        told_at = Some(Instant::now());
                    }
                }
                _ = stopping.wait_for(|is_set| *is_set) => break,
            }
        }
        tell(&[ServiceState::Stopping, ServiceState::Status("stopping")]);
    });
}

/// The first look that went well says that everything is up, and so does a doubt about the clock: the page is there, and
/// a restart would only believe that clock sooner.
fn beat(pulse: &Pulse, is_first: bool) {
    let status = status(pulse);
    let (status, alive) = (ServiceState::Status(&status), ServiceState::Alive);
    if is_first {
        tell(&[ServiceState::Ready, status, alive]);
    } else {
        tell(&[status, alive]);
    }
}

fn status(pulse: &Pulse) -> String {
    if let Some(doubt) = pulse.doubt() {
        return doubt.to_owned();
    }
    match (pulse.open, pulse.waiting) {
        (0, _) => "no run is open".to_owned(),
        (open, 0) => format!("open runs: {open}"),
        (open, waiting) => format!("open runs: {open}, waiting for a person: {waiting}"),
    }
}

fn tell(states: &[ServiceState<'_>]) {
    if let Err(error) = tell_service_manager(states) {
        tracing::debug!(%error, "the service manager was not told");
    }
}
