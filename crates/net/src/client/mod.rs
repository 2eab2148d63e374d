//! The guarded client: GET for addresses that came from outside.

mod body;
mod dial;
mod error;
mod exchange;
mod guarded;
mod redirect;
mod request;
mod response;
mod retry_after;
mod turns;

#[cfg(test)]
mod fault_tests;
#[cfg(test)]
mod scenario_tests;
#[cfg(test)]
mod stub;
#[cfg(test)]
mod tls_tests;

pub use error::FetchError;
pub use guarded::{GuardedClient, Options};
pub use request::GetRequest;
pub use response::{RedirectHop, Response};
pub use retry_after::RETRY_AFTER_MAX;
