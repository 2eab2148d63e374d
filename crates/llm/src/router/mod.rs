//! Who answers a call: the models of its route in order, at most four tries, within budget.

mod ask;
mod attempt;
mod patience;
mod plan;
mod probe;
mod route;
mod signal;
mod tariff;

pub use ask::{Keys, Router, RouterOptions};
pub use patience::Patience;
pub use probe::{Check, ProbeReport};
