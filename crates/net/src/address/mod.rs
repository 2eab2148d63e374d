//! Which addresses may be dialled: a pure decision on text and numbers, before any socket or name server.

mod allow;
mod decide;
mod ip;
mod name;
mod refusal;

#[cfg(test)]
mod ssrf_tests;

pub(crate) use allow::short;
pub use allow::{Allow, HostPort, HostPortError};
pub use decide::{Decision, Target, TargetHost, decide};
pub use ip::judge_address;
pub use refusal::Refusal;
