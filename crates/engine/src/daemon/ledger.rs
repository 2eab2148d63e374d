//! Reading what the planner decides on.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use copydesk_config::Pipeline;
use copydesk_domain::{ContentHash, Instant, PipelineName, RunId, SlotState};
use copydesk_store::RunRecord;

use crate::error::EngineError;
use crate::gates;
use crate::planner::{Ledger, RunFacts, Writing, of_interest, read_from, writing};
use crate::services::Engine;

/// Pipelines of releases kept in memory; each open run has one.
const RELEASES_MAX: usize = 64;

/// No slot is older.
const FIRST: Instant = Instant::from_micros(0);

/// Reads ledgers, and remembers from where on slots are still of interest.
#[derive(Default)]
pub(crate) struct LedgerReader {
    from: HashMap<PipelineName, Instant>,
    pipelines: HashMap<ContentHash, Arc<Pipeline>>,
}

impl LedgerReader {
    /// Reads all slots again with the next ledger: what was of interest rested on a clock that is not to be trusted.
    pub(crate) fn start_over(&mut self) {
        self.from.clear();
    }

    /// The ledger of these pipelines. `open`: all open runs.
    pub(crate) async fn read(
        &mut self,
        engine: &Engine,
        pipelines: &HashSet<PipelineName>,
        open: &[RunRecord],
        now: Instant,
    ) -> Result<Ledger, EngineError> {
        let mut ledger = Ledger::default();
        let mut runs: Vec<RunRecord> = open
            .iter()
            .filter(|run| run.slot.is_some() && run.parent.is_none())
            .cloned()
            .collect();
        for pipeline in pipelines {
            let remembered = self.from.get(pipeline).copied();
            let from = match read_from(remembered, now) {
                Some(from) => from,
                None => engine
                    .store()
                    .slots_of_interest(pipeline, now)
                    .await?
                    .unwrap_or(FIRST),
            };
            let rows = engine.store().slots(pipeline, from).await?;
            if let Some(from) = of_interest(&rows, now) {
                self.from.insert(pipeline.clone(), from);
            }
            let pending = rows.iter().filter(|row| row.state == SlotState::Pending);
            for run in pending.filter_map(|row| row.run.as_ref()) {
                if runs.iter().all(|known| known.id != *run) {
                    runs.extend(engine.store().run(run).await?);
                }
            }
            ledger.slots.extend(rows);
        }
        let pending = ledger.slots.iter().filter(|row| row.state == SlotState::Pending);
        let pending: HashSet<RunId> = pending.filter_map(|row| row.run.clone()).collect();
        for run in runs {
            let awaits_verdict = pending.contains(&run.id);
            ledger.runs.extend(self.facts(engine, run, awaits_verdict).await?);
        }
        Ok(ledger)
    }

    async fn facts(
        &mut self,
        engine: &Engine,
        run: RunRecord,
        awaits_verdict: bool,
    ) -> Result<Option<RunFacts>, EngineError> {
        let Some(slot) = &run.slot else { return Ok(None) };
        let (writing, is_undecided, is_blank) = match self.pipeline(engine, &run).await {
            Ok(pipeline) => {
                let stages = engine.store().stages(&run.id).await?;
                let decisions = if pipeline.stages.iter().any(|stage| stage.approval) {
                    engine.store().decisions(&run.id).await?
                } else {
                    Vec::new()
                };
                let is_undecided = gates::is_undecided(&pipeline, &stages, &decisions);
                let writing = writing(&pipeline, &stages);
                let is_made = matches!(writing, Writing::Issue | Writing::Artifact);
                // Only a verdict tells it.
                let is_blank = awaits_verdict && is_made && engine.is_blank(&stages).await;
                (writing, is_undecided, is_blank)
            }
            // One run that cannot be read must not stop the planner.
            Err(error @ EngineError::Release { .. }) => (Writing::Failed(error.to_string()), false, false),
            Err(error) => return Err(error),
        };
        Ok(Some(RunFacts {
            nominal: slot.nominal,
            writing,
            is_undecided,
            is_blank,
            run: run.id,
            pipeline: run.pipeline,
            created_at: run.created_at,
            state: run.state,
            issue: run.issue,
        }))
    }

    /// The pipeline that a run is pinned to.
    async fn pipeline(&mut self, engine: &Engine, run: &RunRecord) -> Result<Arc<Pipeline>, EngineError> {
        if let Some(known) = self.pipelines.get(&run.release) {
            return Ok(Arc::clone(known));
        }
        let pipeline = Arc::new(engine.release(run).await?.pipeline.clone());
        if self.pipelines.len() >= RELEASES_MAX {
            self.pipelines.clear();
        }
        self.pipelines.insert(run.release, Arc::clone(&pipeline));
        Ok(pipeline)
    }
}
