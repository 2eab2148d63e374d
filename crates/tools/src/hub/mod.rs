//! Talks to tool servers: configured ones over stdio and streamable HTTP, bundled ones inside the process.
//!
//! All of them are reached through the same client. A session opens at the first use, is shared by all callers, and
//! is thrown away when it broke or no longer answers; the next call opens another. No call is ever sent twice.

mod child;
mod connect;
mod fingerprint;
mod listener;
mod options;
mod reply;
mod session;
mod shown;
mod slot;
mod stderr;
mod tools;
mod traced_http;
mod trust;

pub use options::{HubOptions, StderrSink};
pub use tools::Hub;
pub use trust::{Inspection, ToolStatus, TrustError, Trusted};
