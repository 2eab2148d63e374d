//! Who answers a call: the models of its route in order, at most four tries, within budget.

mod advice;
mod ask;
mod attempt;
mod exchange;
mod listing;
mod memory;
mod patience;
mod plan;
mod probe;
mod probe_calls;
mod report;
mod route;
mod tariff;

pub use ask::{Expand, Keys, Router, RouterOptions};
pub use memory::Remembered;
pub use patience::Patience;
pub use report::{Check, ProbeReport, Way};
