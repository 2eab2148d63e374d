//! How much runs did, read once for each.

use std::collections::HashMap;
use std::time::Duration;

use copydesk_domain::artifact::ResearchBrief;
use copydesk_domain::{IssueState, RunId, RunState, StageName};
use copydesk_store::RunRecord;

use crate::error::EngineError;
use crate::notices::{COMPARED_MAX, Pace, TooFast, too_fast};
use crate::services::Engine;

/// Runs looked through for those to compare with.
const RUNS_BACK: u32 = 50;
/// Runs whose pace is remembered; some days of a busy desk.
const KEPT_MAX: usize = 256;

/// Reads paces, and remembers them: a run whose writing is done changes its pace no more.
#[derive(Default)]
pub(crate) struct Paces {
    known: HashMap<RunId, Pace>,
    judged: HashMap<RunId, Option<TooFast>>,
}

impl Paces {
    /// Whether a scheduled run whose writing is done ended suspiciously fast. One that cannot be read is not judged.
    pub(crate) async fn judge(&mut self, engine: &Engine, run: &RunRecord) -> Option<TooFast> {
        if !is_written(run) {
            return None;
        }
        if let Some(judged) = self.judged.get(&run.id) {
            return *judged;
        }
        if self.known.len() > KEPT_MAX || self.judged.len() > KEPT_MAX {
            self.known.clear();
            self.judged.clear();
        }
        let judged = self.compare(engine, run).await.unwrap_or_else(|error| {
            tracing::warn!(%error, run = %run.id, "its pace cannot be compared");
            None
        });
        self.judged.insert(run.id.clone(), judged);
        judged
    }

    async fn compare(&mut self, engine: &Engine, run: &RunRecord) -> Result<Option<TooFast>, EngineError> {
        let this = self.pace(engine, run).await?;
        let mut before = Vec::new();
        for other in engine.store().own_runs(&run.pipeline, RUNS_BACK).await? {
            let is_like = other.is_scheduled && other.created_at < run.created_at;
            if is_like && is_written(&other) && before.len() < COMPARED_MAX {
                before.push(self.pace(engine, &other).await?);
            }
        }
        Ok(too_fast(&this, &before).map(|usual| TooFast {
            work: this.work,
            usual,
        }))
    }

    async fn pace(&mut self, engine: &Engine, run: &RunRecord) -> Result<Pace, EngineError> {
        if let Some(known) = self.known.get(&run.id) {
            return Ok(*known);
        }
        let steps = engine.store().steps(&run.id, 0).await?;
        let written = steps
            .iter()
            .filter(|step| step.stage.as_str() != StageName::ENGAGEMENT);
        let (mut work, mut calls) = (Duration::ZERO, 0);
        for step in written.filter(|step| step.task.is_some() || step.tool.is_some()) {
            work += Duration::from_millis(step.ms);
            calls += 1;
        }
        let brief = engine.brief(&run.id).await?;
        let pace = Pace {
            work,
            read: brief.as_ref().map_or(calls, |brief| brief.sources.len()),
            is_thin: brief.as_ref().is_some_and(is_thin),
        };
        self.known.insert(run.id.clone(), pace);
        Ok(pace)
    }
}

/// Whether the author can be shown what the run made.
fn is_written(run: &RunRecord) -> bool {
    !matches!(run.issue, IssueState::None | IssueState::Drafted) || run.state == RunState::Completed
}

/// Most feeds answered, and none had a post in the window: nothing to read is what they said.
fn is_thin(brief: &ResearchBrief) -> bool {
    let answered = brief.feeds.iter().filter(|feed| feed.answered).count();
    2 * answered > brief.feeds.len() && brief.feeds.iter().all(|feed| feed.posts == 0)
}
