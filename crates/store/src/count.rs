//! What is asked of a store as a whole. The store adds up: an answer is as long as there are states and models, whatever
//! the number of rows behind it.

use copydesk_domain::{Instant, IssueState, MicroUsd, PipelineName, RunState};

use crate::record::OutboxState;

/// What to count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CountParams {
    /// So many of the newest runs, replays left out.
    pub runs_max: u32,
    /// Bills of reserves made from then on.
    pub billed_since: Instant,
}

/// What was counted. A sum of which nothing is there is left out.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counts {
    /// By pipeline, state and issue, in this order.
    pub runs: Vec<RunCount>,
    /// Payloads of open runs, and of runs with one whose outcome nobody knows; by the word of their state.
    pub payloads: Vec<PayloadCount>,
    /// Settled bills by model. One that was settled never changes, so that these sums never fall.
    pub bills: Vec<BillSum>,
}

/// Runs of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunCount {
    /// Their pipeline.
    pub pipeline: PipelineName,
    /// Their state.
    pub state: RunState,
    /// How far their issues are.
    pub issue: IssueState,
    /// How many; at least one.
    pub count: u64,
}

/// Payloads of one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PayloadCount {
    /// The state.
    pub state: OutboxState,
    /// How many; at least one.
    pub count: u64,
}

/// What one model billed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BillSum {
    /// The model.
    pub model: String,
    /// The sum.
    pub amount: MicroUsd,
}
