//! What is due: pure functions over schedules and what is stored of them. No clock, no store.
//!
//! The contract for days on which the clocks change:
//! - **Gap** (clocks go forward, a wall time does not exist): a fixed time, and likewise `at` and `worth_until`, means
//!   the instant of the transition. Several fixed times in one gap are one slot.
//! - **Repeat** (clocks go back, a wall time comes twice): a fixed time fires once, in the first pass.
//! - A schedule whose hour is `*` names no wall time but a pace: it keeps its pace through both passes of a repeat and
//!   has nothing to do in a gap, since no time passes in it. Every other hour field (`5`, `5,17`, `9-17`, `*/2`) is a
//!   list of fixed times.

mod due;
mod facts;
mod rule;
mod superseding;
mod trust;
mod upcoming;
mod verdict;
mod view;
mod wake;
mod wall;
mod window;

pub use due::{ahead, due};
pub use facts::{Action, Ledger, RunFacts, ScheduleView, Writing};
pub use rule::{Occurrence, Occurrences, Rule, RuleError};
pub use trust::{ClockTrust, LEAP_MAX, PLAUSIBLE_FROM, PROBATION};
pub use upcoming::{Upcoming, dst_note, upcoming};
pub(crate) use verdict::is_undecided;
pub use verdict::{LATE_AFTER, is_unsettled, outcome, verdict, writing};
pub use view::SlotView;
pub use wake::{SLEEP_MAX, jump, next_wake};
pub use wall::{WallKind, first_pass, resolve, second_pass};
pub use window::{of_interest, read_from};
