//! The author's page and the JSON API, over HTTP on the author's own machine.
//!
//! The page works without scripts: forms that post, and pages that load themselves again while something is under way.
//! Every request passes `gate`'s checks of its `Host`; every decision needs a session, a token of that session in
//! the form, and a request that comes from the page itself. The JSON API takes a bearer token instead.
//!
//! **Invariant.** Handlers parse, call one function of the engine and render; they decide nothing. Text from outside
//! leaves only through `escape`: nothing in this crate looks at it. No script, no cookie but the session, and no token
//! in a log line or in the address of a page that a person stays on.
//!
//! To add a page: a file in `page` and a line in `router`. To add an action: a function in `actions` that takes
//! `gate::Act`, and a line in `router`. To add a call of the API: a function in `api`, a line in its `router`, which asks
//! for the token, and one in docs/api.md.

mod actions;
mod api;
mod fault;
mod gate;
mod login;
mod metrics;
mod options;
mod page;
mod router;
mod serve;

pub use login::{LoginLink, LoginLinkError, is_local, login_link};
pub use metrics::{Around, EndpointHealth, Meter};
pub use options::{DeskOptions, Ready, Start, Starting};
pub use serve::{ServeError, serve};
