//! The layout check: what a reader may rely on without reading the code.
//!
//! - [`edges`]: which crate depends on which, and that nothing points upwards;
//! - [`words`]: libraries, calls and attributes that belong to one crate, or to none;
//! - [`files`]: the length of files, and what no file may contain;
//! - [`error_pages`]: one page for each error code.
//!
//! A new edge between crates is a design change: it is named in the commit, in `ARCHITECTURE.md` and in [`edges`].

mod blank;
mod check;
mod edges;
mod error_pages;
mod files;
mod source;
mod test_items;
mod words;

pub(crate) use check::run;
