//! What files must say beyond their shape: one file for each part of them.
//!
//! Each rule looks at values that already have the right shape and gives every problem it finds.

mod alarms;
mod browser;
mod channels;
mod config;
mod custom;
mod issue;
pub(crate) mod models;
mod pipeline;
mod search;
mod servers;
mod stages;
mod telemetry;
mod voices;
mod window;

pub(crate) use config::config;
pub(crate) use pipeline::pipeline;
pub(crate) use window::windows;
