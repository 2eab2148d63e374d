//! The day by itself: a beat wakes the planner, the planner says what is due, runs are moved forward.
//!
//! Three things wake it: the five-second beat, a monotonic timer of at most a minute (the beat stalls when the clock
//! is set back), and every commit of the store, so that an approval is acted on at once. A wake that finds nothing to
//! do costs a few reads.
//!
//! Invariant: decides nothing itself. What is due is [`crate::planner::due`], which run wants to be moved is
//! `ready::is_due`, what a run does next is [`crate::next::next`].

mod beat;
mod blanks;
mod desk;
mod feed_watch;
mod heartbeat;
mod in_order;
mod ledger;
mod options;
mod outage;
mod pace;
mod pool;
mod preflights;
mod pruner;
mod ready;
mod run_paces;
mod service;
mod supersede;
mod teller;
mod telling;

pub use heartbeat::{Heartbeat, Pulse, STALLED_AFTER};
pub use options::{DaemonOptions, Loaded, Loader};
pub(crate) use ready::Mark;
pub use service::{Daemon, DaemonHandle};
