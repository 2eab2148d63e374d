//! Pure text work: bytes to feed items, HTML to main text, sentences, similarity, clustering, ranking,
//! extractive summaries, readability, numbers, names and quotations, how an author writes and what an author likes to
//! tell.
//!
//! Invariant: no I/O, no clock, no randomness; every function is bounded in time and memory by its input.

pub mod charset;
pub mod cluster;
pub mod excerpt;
pub mod feed;
pub mod names;
pub mod numbers;
pub mod page;
pub mod past_issue;
pub mod quotes;
pub mod rank;
pub mod readability;
pub mod sentence;
pub mod similarity;
pub mod style;
pub mod summarise;
pub mod taste;
pub mod voice;
pub mod words;
