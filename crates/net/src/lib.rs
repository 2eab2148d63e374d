//! The outside world of Copydesk: sockets, listeners and the wall clock.
//!
//! **Invariant.** This is the only crate of the project that opens a socket, binds a listener, asks a name
//! server or reads the wall clock. Two programs outside it do so too: tool servers started over stdio, and the
//! database library with its own files.
//!
//! Who dials what:
//! - An address that came from a feed, a page or a model goes through [`GuardedClient`]. It dials public
//!   addresses, and those that [`Allow`] names by exact host and port. [`decide`] judges the text of an address
//!   before any socket or name server; each address that a name resolves to is judged again, and that very
//!   address is dialled. Redirects run through the same two gates. The proxies of the environment are ignored.
//! - An address that a person wrote (a model's endpoint, a tool server, a ping), or that belongs to a server
//!   inside this process, goes through [`trusted_client`]: an ordinary HTTP client that can reach exactly the
//!   listed hosts and ports and nothing else, for libraries that want a client of that type.
//! - A mail server that a person wrote is dialled by [`dial_mail`] and [`dial_mail_encrypted`], at exactly its host and
//!   port.
//! - Servers listen through [`listen`], [`listen_loopback`] and [`unix_listen`].
//!
//! A service manager is told over its own socket: [`tell_service_manager`].
//!
//! It knows no feed, model or tool: it hands over bytes and says why there are none.
#![expect(
    clippy::disallowed_methods,
    reason = "the one crate that opens sockets and reads the wall clock"
)]

mod address;
mod client;
mod clock;
mod control_socket;
mod http;
mod listen;
mod mail;
mod resolve;
mod service_manager;
mod tls;
mod trusted;

#[cfg(test)]
mod shared_data;

pub use address::{
    Allow, Decision, HostPort, HostPortError, Refusal, Target, TargetHost, decide, judge_address,
};
pub use client::{FetchError, GetRequest, GuardedClient, Options, RETRY_AFTER_MAX, RedirectHop, Response};
pub use clock::SystemClock;
pub use control_socket::{unix_connect, unix_listen};
pub use http::{HttpAnswer, HttpClient, HttpFault};
pub use listen::{ListenError, listen, listen_loopback};
pub use mail::{MailDialError, MailStream, dial_mail, dial_mail_encrypted};
pub use reqwest::header::{self, HeaderMap};
pub use resolve::{Resolve, SystemResolver};
pub use service_manager::{ServiceState, tell_service_manager};
pub use tls::install_crypto;
pub use trusted::{TrustedClientError, trusted_client, trusted_client_builder};
