//! The bundled tool servers, usable by any MCP host through `copydesk mcp NAME`.
//!
//! `feeds` polls feeds, `web` reads pages, `archive` searches what is stored, `replies` lists mail. None of these
//! writes anything but what the store keeps of a feed, and none decides anything. `desk`, which runs are not offered, reads
//! what waits for the author and sends it back; it cannot approve.
//!
//! | tool | arguments | structured reply |
//! |---|---|---|
//! | `feeds/poll` | `url`, `max_pages`, `since` | `url`, `moved_to`, `title`, `home`, `items[]`, `not_modified`, `retry_at`, `pages_read`, `incomplete`, `items_cut` |
//! | `web/read` | `url` | `url`, `canonical`, `title`, `authors[]`, `published_at`, `site_name`, `language`, `text`, `blocks[]`, `links[]`, `is_sponsored`, `kind`, `why`, `feeds[]`, `is_cut` |
//! | `web/open` | `id`, and from code `listed[]` of `id`, `url` | as `web/read` |
//! | `archive/search` | `query`, `limit` | `hits[]` of `hash`, `kind`, `title`, `url`, `at`, `excerpt` |
//! | `archive/get` | `hash` | `hash`, `kind`, `title`, `url`, `at`, `text` |
//! | `replies/list` | `maildir`, `since`, `order`, `after` | `replies[]`, `missing[]`, `more_missing`, `more`, `next` |
//! | `desk/list` | | `waiting[]` of `run`, `pipeline`, `what`, `hash`, `title`, `expires_at` |
//! | `desk/read` | `run` | `entry`, `text`, `claims[]` of `sentence`, `text`, `verdict`, `reasons[]`, `evidence[]` |
//! | `desk/request_changes` | `run`, `hash`, `note` | `run`, `hash`, `decision` |
//!
//! A tool that fails gives an error result with `{"error","retry_at"}`: one line that says why, and the time before
//! which asking again is useless, where the other side named one. One of `feeds/poll` that may pass by itself, such as a
//! name that is not found while there is no network, also has `"passing": true` and `"retry_after_s"`.

mod archive;
mod bundled;
mod deps;
mod desk;
mod fault;
mod feeds;
mod replies;
mod serve;
mod tool;
mod web;

pub use bundled::BundledServer;
pub use deps::{BUNDLED, DESK, Maildirs, ServerDeps, bundled, is_served, served_names};
pub use desk::{Desk, DeskClaim, DeskEntry, DeskText, DeskWords};
pub use feeds::{FeedLimits, WholeFeed, whole_feed};
pub use serve::{ServeError, serve_over, serve_stdio};
pub use tool::BY_CODE;
pub use web::PageReader;

pub(crate) use tool::without_by_code;
