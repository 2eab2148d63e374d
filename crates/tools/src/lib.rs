//! Tools over MCP, both ways: [`hub`] talks to tool servers, [`servers`] are the bundled ones.
//!
//! **Invariant.** The only crate that speaks MCP. It opens no socket of its own (HTTP goes through the client that it
//! is given, fetched addresses through the guarded client), reads no environment variable and no config file, and
//! never sends a call twice. Stdio servers are child processes in a process group of their own that ends with their
//! session.
//!
//! To add a tool to a bundled server: a type for its arguments and one for its reply, an async function between the
//! two, and a `ServerTool` in the server's list. To add a server: a module in [`servers`] and a line in
//! [`servers::bundled`].
//!
//! **Arguments that only code may give.** `web/open` takes an `id` from a list that code made, and the list itself
//! as `listed`. The hub leaves such properties (marked [`BY_CODE`] in the schema) out of the schemas that
//! [`Tools::list`](copydesk_journal::Tools::list) returns, so a model never sees them; the stage checks the model's
//! arguments against that schema and then adds `listed` itself, overwriting whatever stood there. Nothing is kept
//! between calls, so a session that was lost in between costs nothing.

mod feed_memory;
pub mod hub;
pub mod servers;
mod store_fault;

pub use feed_memory::FeedMemory;
pub use hub::{Hub, HubOptions, Inspection, StderrSink, ToolStatus, TrustError, Trusted};
pub use servers::{
    BUNDLED, BY_CODE, BundledServer, DESK, Desk, DeskClaim, DeskEntry, DeskText, DeskWords, FeedLimits,
    Maildirs, PageReader, ServeError, ServerDeps, WholeFeed, bundled, is_served, serve_over, serve_stdio,
    served_names, whole_feed,
};
