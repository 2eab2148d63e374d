//! Who answers a call: the models of its route in order, at most four tries, within budget.

mod advice;
mod ask;
mod asking;
mod attempt;
mod breaker;
mod exchange;
mod listing;
mod memory;
mod meter;
mod patience;
mod plan;
mod probe;
mod probe_book;
mod probe_calls;
mod rates;
mod report;
mod route;
mod signal;
mod tariff;
mod tokens;
mod window;

pub use ask::{Expand, Keys, Router, RouterOptions};
pub use breaker::BreakerPolicy;
pub use memory::Remembered;
pub use meter::EndpointState;
pub(crate) use meter::Meter;
pub use patience::Patience;
pub use report::{Check, ProbeReport, Way};
