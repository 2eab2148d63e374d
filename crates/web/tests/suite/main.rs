//! The desk over HTTP, as browsers, scripts and robots meet it.

mod adversarial;
mod api;
mod browser;
mod calm;
mod custom;
mod drafts;
mod ended;
mod house;
mod material;
mod metrics;
mod money;
mod page;
mod presses;
mod replay;
mod sessions;
mod stories;
