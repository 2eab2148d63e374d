//! What a service manager such as systemd is told, over the socket that `NOTIFY_SOCKET` names.

use sd_notify::NotifyState;

/// A line for the service manager.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ServiceState<'a> {
    /// Everything is up.
    Ready,
    /// The end has begun.
    Stopping,
    /// For whoever asks how the service is.
    Status(&'a str),
    /// The service does its work; silence for longer than `WatchdogSec` gets it restarted.
    Alive,
}

/// Tells the service manager. Does nothing where there is none.
///
/// # Errors
/// The socket does not take it.
pub fn tell_service_manager(states: &[ServiceState<'_>]) -> std::io::Result<()> {
    let states: Vec<NotifyState<'_>> = states.iter().map(|state| words(*state)).collect();
    sd_notify::notify(&states)
}

fn words(state: ServiceState<'_>) -> NotifyState<'_> {
    match state {
        ServiceState::Ready => NotifyState::Ready,
        ServiceState::Stopping => NotifyState::Stopping,
        ServiceState::Status(text) => NotifyState::Status(text),
        ServiceState::Alive => NotifyState::Watchdog,
    }
}
