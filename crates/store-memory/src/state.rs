//! Everything that is held, and who may write to it.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_domain::{ContentHash, Instant, PipelineName, RunId};
use copydesk_store::{
    ArchiveRecord, AuthorNote, DecisionRecord, EndpointRecord, ExchangeBodies, ExchangeRecord, FeedState,
    LabelRecord, Lease, LogLine, NoticeRecord, OutboxRecord, PipelineControl, PreflightRecord, Pruned,
    RunRecord, SlotRecord, SnapshotRecord, StageRecord, StoreError, TokenRecord, TrustRecord,
};

use crate::spend::Spend;
use crate::step::Attempt;

pub(crate) type Result<T> = std::result::Result<T, StoreError>;

/// A run, and who holds it until when.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) record: RunRecord,
    pub(crate) holder: Option<(String, Instant)>,
}

impl Run {
    /// Who holds the run at `now`.
    pub(crate) fn held_by(&self, now: Instant) -> Option<&(String, Instant)> {
        self.holder.as_ref().filter(|(_, until)| *until > now)
    }
}

/// A decision on something of a run.
#[derive(Debug)]
pub(crate) struct Decided {
    pub(crate) run: RunId,
    pub(crate) record: DecisionRecord,
}

/// Lists stand in the order of their making.
#[derive(Debug, Default)]
pub(crate) struct State {
    pub(crate) bodies: BTreeMap<ContentHash, Vec<u8>>,
    pub(crate) runs: Vec<Run>,
    pub(crate) stages: Vec<(RunId, StageRecord)>,
    pub(crate) attempts: Vec<Attempt>,
    pub(crate) spends: Vec<Spend>,
    pub(crate) logs: Vec<(RunId, LogLine)>,
    pub(crate) snapshots: Vec<SnapshotRecord>,
    /// When each snapshot was last read by a run.
    pub(crate) seen: BTreeMap<ContentHash, Instant>,
    /// Snapshots that only replays read.
    pub(crate) kept: BTreeSet<ContentHash>,
    pub(crate) archive: Vec<ArchiveRecord>,
    pub(crate) decisions: Vec<Decided>,
    pub(crate) outbox: Vec<(RunId, OutboxRecord)>,
    pub(crate) slots: BTreeMap<(PipelineName, Instant), SlotRecord>,
    pub(crate) controls: BTreeMap<PipelineName, PipelineControl>,
    pub(crate) notes: Vec<AuthorNote>,
    /// Labels in the order of their making, each with when it was taken back.
    pub(crate) labels: Vec<(LabelRecord, Option<Instant>)>,
    pub(crate) tokens: BTreeMap<ContentHash, TokenRecord>,
    /// Notices in order, each with when it was told.
    pub(crate) notices: Vec<(NoticeRecord, Option<Instant>)>,
    pub(crate) preflights: BTreeMap<(PipelineName, Instant), PreflightRecord>,
    pub(crate) tools: BTreeMap<String, TrustRecord>,
    pub(crate) feeds: BTreeMap<String, FeedState>,
    /// Exchanges in order, each with its bodies.
    pub(crate) exchanges: Vec<(RunId, ExchangeRecord, ExchangeBodies)>,
    /// What was learnt, by address and model.
    pub(crate) endpoints: BTreeMap<(String, String), EndpointRecord>,
    pub(crate) prunings: BTreeMap<Instant, Pruned>,
}

impl State {
    /// A run that must be there.
    pub(crate) fn run(&self, id: &RunId) -> Result<&Run> {
        let found = self.runs.iter().find(|run| run.record.id == *id);
        found.ok_or_else(|| StoreError::RunUnknown { run: id.clone() })
    }

    /// The same, to be changed.
    pub(crate) fn run_mut(&mut self, id: &RunId) -> Result<&mut Run> {
        let found = self.runs.iter_mut().find(|run| run.record.id == *id);
        found.ok_or_else(|| StoreError::RunUnknown { run: id.clone() })
    }

    /// That the lease is the newest one and was not released.
    pub(crate) fn require_lease(&self, lease: &Lease) -> Result<()> {
        let run = self.run(&lease.run)?;
        if run.record.fence == lease.fence && run.holder.is_some() {
            return Ok(());
        }
        Err(StoreError::LeaseLost {
            run: lease.run.clone(),
        })
    }

    /// Keeps bytes under their hash.
    pub(crate) fn put_body(&mut self, bytes: &[u8]) {
        self.bodies
            .entry(ContentHash::of(bytes))
            .or_insert_with(|| bytes.to_vec());
    }

    /// Bytes that a row points to.
    pub(crate) fn known_body(&self, hash: &ContentHash) -> Result<&[u8]> {
        let missing = || StoreError::Inconsistent {
            table: "body",
            column: "bytes",
            id: hash.to_string(),
        };
        self.bodies.get(hash).map(Vec::as_slice).ok_or_else(missing)
    }
}
