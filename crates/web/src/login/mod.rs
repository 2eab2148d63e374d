//! One-time links and the sessions that they open.

mod handlers;
mod link;
mod session;

pub(crate) use handlers::{enter, leave, show};
pub use link::{LoginLink, LoginLinkError, is_local, login_link};
pub(crate) use session::Session;
