//! HTML page to main text and metadata.
//!
//! Invariant: pure, linear in the page, walks trees with loops only; no bytes make it panic.

mod assemble;
mod authors;
mod cards;
mod class_names;
mod clutter;
mod data_table;
mod date_text;
mod declared;
mod extract;
mod head;
mod intake;
mod json_ld;
mod lead;
mod model;
mod outcome;
mod parse;
mod phrases;
mod pictures;
mod plain;
mod pointers;
mod published;
mod region;
mod run;
mod segment;
mod sift;
mod sink;
mod site;
mod sponsored;
mod tame;
mod threads;
mod title;
mod tree;

pub use extract::{PAGE_BYTES_MAX, extract, extract_fragment};
pub use model::{Block, BlockKind, NoTextWhy, Page, PageKind, PageLink};
