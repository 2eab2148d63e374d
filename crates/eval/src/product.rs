//! What a scorer asks of crates that stand beside this one; `cli` wires it.

use copydesk_domain::task::{RankStoriesInput, RankStoriesOutput, TakeNotesInput, TakeNotesOutput};

/// The built-in model, and what research knows of a title. Deterministic.
pub trait Product {
    /// The order of stories; `None` where the model refuses.
    fn rank(&self, input: &RankStoriesInput) -> Option<RankStoriesOutput>;
    /// Notes of one page; `None` where the model refuses.
    fn take_notes(&self, input: &TakeNotesInput) -> Option<TakeNotesOutput>;
    /// Whether a title names a release.
    fn is_release(&self, title: &str) -> bool;
    /// Whether a title names what a publisher does every month.
    fn is_routine(&self, title: &str) -> bool;
}
