//! The sample wire: one invented week of posts, served over loopback as feeds and pages, and replies from readers.
//!
//! Day 0 is the UTC date of now minus four hours, so that every post lies in the past and within seven days.

mod feeds;
mod pages;
mod replies;
mod serve;
mod wire;

pub use replies::SampleChannels;
pub use serve::{Served, serve};
pub use wire::Wire;
