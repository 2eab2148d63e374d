//! The way to an endpoint and back: bytes, status, time. It knows chat requests only as bodies.

mod address;
mod assembly;
mod body;
mod endpoint;
mod events;
mod fault;
mod rate_limits;
mod reason;
mod retry_after;
mod seen;
mod service;

pub(crate) use address::Access;
pub(crate) use endpoint::Endpoint;
pub use endpoint::HttpFactory;
#[cfg(test)]
pub(crate) use fault::Stood;
pub(crate) use fault::{Fault, Next};
pub(crate) use rate_limits::{Quota, RateLimits};
pub(crate) use reason::{line_of, without_echo};
pub(crate) use seen::Seen;
