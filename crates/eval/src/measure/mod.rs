//! Measures between a result and the truth, each after a published definition.

mod agreement;
mod folds;
mod porter;
mod rouge;
mod shingles;
mod threshold;

pub use agreement::{Pairs, bcubed, pairs};
pub use folds::fold_of;
pub use rouge::rouge1;
pub use shingles::overlap;
pub use threshold::{balanced, folds};

/// The harmonic mean of two shares; 0 where both are.
pub fn harmonic(precision: f64, recall: f64) -> f64 {
    if precision + recall > 0.0 {
        2.0 * precision * recall / (precision + recall)
    } else {
        0.0
    }
}

/// `part` of `all`; `None` of nothing.
pub fn share(part: f64, all: f64) -> Option<f64> {
    (all > 0.0).then(|| part / all)
}
