//! The desk over HTTP, as browsers, scripts and robots meet it.

mod adversarial;
mod api;
mod browser;
mod custom;
mod drafts;
mod house;
mod material;
mod metrics;
mod money;
mod page;
mod replay;
mod sessions;
mod stories;
