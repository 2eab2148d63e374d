//! Models: who answers typed tasks, over one chat API.
//!
//! - [`Router`] asks the models of a task's route: it builds the request, holds tries, timeouts and money, and
//!   hands over only output that fits the task's schema.
//! - [`embedded`] is the built-in extractive model, a small server with the same API inside this process.
//!
//! **Invariant.** This is the only crate that names a model's endpoint. It opens no socket of its own (the HTTP
//! client comes from `net`), reads no environment, and no prompt and no reply ever reaches a log or an error:
//! errors hold one line of what an endpoint said, without the words of the request and without the key.
//!
//! To add a quirk of some endpoint: teach `request::Dialect` the complaint and the form that it takes instead.

pub mod embedded;
mod reply;
mod request;
mod router;
mod wire;

pub use router::{
    BreakerPolicy, Check, EndpointState, Expand, Keys, Patience, ProbeReport, Remembered, Router,
    RouterOptions, Way,
};
pub use wire::HttpFactory;
