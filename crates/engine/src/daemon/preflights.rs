//! A look ahead of each slot, in a task of its own: it delays no run and fails none.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use copydesk_config::Release;
use copydesk_domain::{Instant, PipelineName};
use copydesk_journal::{FeedHistory, Preflight};
use copydesk_store::{Command, PreflightArea, PreflightProblem, PreflightRecord};
use jiff::SignedDuration;
use tokio::task::JoinSet;

use crate::error::EngineError;
use crate::planner::ScheduleView;
use crate::services::Engine;

/// So long before a slot.
const AHEAD: SignedDuration = SignedDuration::from_mins(30);
/// A pipeline that runs more often is looked at once in so long.
const APART: SignedDuration = SignedDuration::from_hours(1);
/// All probes together; each has a shorter timeout of its own.
const LOOK_MAX: Duration = Duration::from_mins(1);
/// A clock that was set back is named for so long.
const SET_BACK_COUNTS: SignedDuration = SignedDuration::from_hours(24);

/// Looks ahead of slots, each once.
pub(crate) struct Preflights {
    engine: Engine,
    probes: Arc<dyn Preflight>,
    feeds: Arc<dyn FeedHistory>,
    looking: JoinSet<()>,
    /// Slots that were looked at, or are being looked at, by this process.
    begun: HashSet<(PipelineName, Instant)>,
    set_back: Option<(Instant, SignedDuration)>,
}

impl Preflights {
    pub(crate) fn new(engine: Engine, probes: Arc<dyn Preflight>, feeds: Arc<dyn FeedHistory>) -> Self {
        Self {
            engine,
            probes,
            feeds,
            looking: JoinSet::new(),
            begun: HashSet::new(),
            set_back: None,
        }
    }

    /// The clock moved beside the monotonic one. Forward it may have been a sleep; back, somebody set it.
    pub(crate) fn clock_moved(&mut self, by: SignedDuration, now: Instant) {
        if by.is_negative() {
            self.set_back = Some((now, by));
        }
    }

    /// Begins a look for each slot whose time comes near, and waits for none.
    pub(crate) async fn begin_due(
        &mut self,
        schedules: &[ScheduleView],
        releases: &[Release],
        now: Instant,
    ) -> Result<(), EngineError> {
        while let Some(ended) = self.looking.try_join_next() {
            if let Err(error) = ended {
                tracing::error!(%error, "a look ahead ended in a bug");
            }
        }
        self.begun.retain(|(_, nominal)| now.since(*nominal) < APART);
        for schedule in schedules {
            let Some(nominal) = coming(schedule, now) else {
                continue;
            };
            let Some(release) = releases
                .iter()
                .find(|one| one.pipeline.pipeline.name == schedule.pipeline)
            else {
                continue;
            };
            let slot = (schedule.pipeline.clone(), nominal);
            if self.begun.contains(&slot) {
                continue;
            }
            let looks = self
                .engine
                .store()
                .preflights(&schedule.pipeline, now.minus(APART))
                .await?;
            if !looks
                .iter()
                .any(|look| look.nominal == nominal || now.since(look.looked_at) < APART)
            {
                self.begin(release.clone(), nominal, now);
            }
            self.begun.insert(slot);
        }
        Ok(())
    }

    fn begin(&mut self, release: Release, nominal: Instant, now: Instant) {
        let (engine, probes, feeds) = (
            self.engine.clone(),
            Arc::clone(&self.probes),
            Arc::clone(&self.feeds),
        );
        let set_back = self
            .set_back
            .filter(|(at, _)| now.since(*at).abs() <= SET_BACK_COUNTS)
            .map(|(_, by)| by);
        self.looking.spawn(async move {
            let look = engine.preflight(&release, &*probes, &*feeds, set_back);
            let problems = match tokio::time::timeout(LOOK_MAX, look).await {
                Ok(problems) => problems,
                Err(_) => vec![unending()],
            };
            let record = PreflightRecord {
                pipeline: release.pipeline.pipeline.name.clone(),
                nominal,
                looked_at: engine.clock().now(),
                problems,
            };
            tracing::info!(pipeline = %record.pipeline, %nominal, problems = record.problems.len(), "looked ahead");
            if let Err(error) = engine.store().apply(Command::PutPreflight(record)).await {
                tracing::warn!(%error, "what a look ahead found could not be stored");
            }
        });
    }
}

/// The slot that comes within [`AHEAD`], unless a person left it out.
fn coming(schedule: &ScheduleView, now: Instant) -> Option<Instant> {
    let next = schedule.rule.after(now.max(schedule.since)).next()?.nominal;
    (next.since(now) <= AHEAD && schedule.refusal(next).is_none()).then_some(next)
}

fn unending() -> PreflightProblem {
    PreflightProblem {
        area: PreflightArea::Tools,
        about: "the look ahead".to_owned(),
        problem: format!("it did not end within {} s", LOOK_MAX.as_secs()),
        next: "`copydesk check --preflight` shows what it waits for".to_owned(),
    }
}
