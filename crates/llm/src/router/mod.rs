//! Who answers a call: the models of its route in order, at most four tries, within budget.

mod ask;
mod asking;
mod attempt;
mod breaker;
mod meter;
mod patience;
mod plan;
mod probe;
mod rates;
mod route;
mod tariff;

pub use ask::{Keys, Router, RouterOptions};
pub use breaker::BreakerPolicy;
pub use meter::EndpointState;
pub(crate) use meter::Meter;
pub use patience::Patience;
pub use probe::{Check, ProbeReport};
