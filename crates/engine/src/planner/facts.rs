//! What the planner decides on, and what it decides.

use copydesk_config::{CatchUp, Overlap, Pipeline, StageConfig};
use copydesk_domain::{Instant, IssueState, PipelineName, RunId, RunState, SlotState, StageName};
use copydesk_store::{PipelineControl, Slot, SlotRecord};
use jiff::civil::{Date, Time};

use crate::planner::rule::{Rule, RuleError};
use crate::planner::wall::resolve;

/// The schedule of one pipeline, with what a person set for it.
#[derive(Debug, Clone)]
pub struct ScheduleView {
    /// The pipeline.
    pub pipeline: PipelineName,
    /// When it fires.
    pub rule: Rule,
    /// What happens to slots that passed while nothing ran.
    pub catch_up: CatchUp,
    /// Slots older than this are not run any more.
    pub max_late: jiff::SignedDuration,
    /// Wall time of its local date after which a slot's first writing stage is not worth running.
    pub worth_until: Option<Time>,
    /// What a new slot does to an unfinished run.
    pub overlap: Overlap,
    /// Since when it is paused.
    pub paused_at: Option<Instant>,
    /// Local dates to skip.
    pub skipped: Vec<Date>,
    /// Slots after this instant count: the schedule's first sight, or its last change.
    pub since: Instant,
}

impl ScheduleView {
    /// The schedule of a pipeline; none for one that runs only by hand. A schedule that the store does not know yet,
    /// or knows with another cron or zone, counts from `now`: a change replays no past slot. So does one that was first
    /// seen by a clock that was ahead, rather than rest until then.
    ///
    /// # Errors
    /// What is wrong with cron or zone.
    pub fn of(
        pipeline: &Pipeline,
        control: Option<&PipelineControl>,
        now: Instant,
    ) -> Result<Option<Self>, RuleError> {
        let settings = &pipeline.pipeline;
        let Some(cron) = &settings.schedule else {
            return Ok(None);
        };
        let rule = Rule::parse(cron, &settings.time_zone)?;
        Ok(Some(Self::by(rule, pipeline, control, now)))
    }

    /// The schedule that the planner saw last, which is not that of a pipeline that a run was pinned to before it was
    /// changed; none where there is none any more.
    pub fn as_stored(pipeline: &Pipeline, control: &PipelineControl, now: Instant) -> Option<Self> {
        let (cron, zone) = control.schedule.as_deref()?.rsplit_once(' ')?;
        let rule = Rule::parse(cron, zone).ok()?;
        Some(Self::by(rule, pipeline, Some(control), now))
    }

    fn by(rule: Rule, pipeline: &Pipeline, control: Option<&PipelineControl>, now: Instant) -> Self {
        let settings = &pipeline.pipeline;
        let known = control.filter(|control| control.schedule.as_deref() == Some(rule.signature().as_str()));
        Self {
            pipeline: settings.name.clone(),
            catch_up: settings.catch_up,
            max_late: settings.max_late,
            worth_until: first_worth_until(pipeline),
            overlap: settings.overlap,
            paused_at: control.and_then(|control| control.paused_at),
            skipped: control.map(|control| control.skipped.clone()).unwrap_or_default(),
            since: known
                .and_then(|control| control.since)
                .filter(|since| *since <= now)
                .unwrap_or(now),
            rule,
        }
    }

    /// A due time as a slot.
    pub fn slot(&self, nominal: Instant) -> Slot {
        Slot {
            nominal,
            zone: self.rule.zone_name().to_owned(),
        }
    }

    /// In words, that the slot at `nominal` is not worth running at `now`, whatever may be caught up.
    pub fn past_worth(&self, nominal: Instant, now: Instant) -> Option<String> {
        let until = self.worth_until?;
        let zone = self.rule.zone();
        let date = nominal.timestamp().to_zoned(zone.clone()).date();
        let is_past = resolve(date.to_datetime(until), zone).is_some_and(|until| now > until);
        is_past.then(|| format!("past worth_until {}", until.strftime("%H:%M")))
    }

    /// Why a slot is not to be run at all: a person said so.
    pub fn refusal(&self, nominal: Instant) -> Option<&'static str> {
        let paused = self.paused_at.map(|_| "paused");
        self.left_out(nominal).or(paused)
    }

    /// The same, of a slot that has its row and waits: a pause refuses what comes due in it, and holds what was due before.
    pub fn refusal_of_waiting(&self, nominal: Instant) -> Option<&'static str> {
        if self.is_held(nominal) {
            self.left_out(nominal)
        } else {
            self.refusal(nominal)
        }
    }

    /// Whether a slot that waits is held until the pipeline is resumed.
    pub fn is_held(&self, nominal: Instant) -> bool {
        self.paused_at.is_some_and(|paused_at| nominal <= paused_at)
    }

    fn left_out(&self, nominal: Instant) -> Option<&'static str> {
        let date = nominal.timestamp().to_zoned(self.rule.zone().clone()).date();
        self.skipped.contains(&date).then_some("skipped by the author")
    }
}

fn first_worth_until(pipeline: &Pipeline) -> Option<Time> {
    let writes = |stage: &&StageConfig| stage.agent != StageName::ENGAGEMENT;
    pipeline
        .stages
        .iter()
        .find(writes)
        .and_then(|stage| stage.worth_until)
}

/// What is stored of slots and runs.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Slots: at least every pending one, and those from each pipeline's newest settled one on.
    pub slots: Vec<SlotRecord>,
    /// Scheduled runs that are open, and those of pending slots. Manual and replayed runs stand in no slot's way.
    pub runs: Vec<RunFacts>,
}

/// What of a scheduled run decides about slots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunFacts {
    /// The run.
    pub run: RunId,
    /// Its pipeline.
    pub pipeline: PipelineName,
    /// Its slot.
    pub nominal: Instant,
    /// When it was made.
    pub created_at: Instant,
    /// Its state.
    pub state: RunState,
    /// How far its issue is.
    pub issue: IssueState,
    /// How its writing went.
    pub writing: Writing,
    /// The author has yet to decide on what a custom stage made.
    pub is_undecided: bool,
    /// Nothing at all could be read: what it made says that and no more.
    pub is_blank: bool,
}

/// How the writing stages of a run went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Writing {
    /// Not through yet.
    Open,
    /// An `issue` artifact exists.
    Issue,
    /// The pipeline makes no issue; the last writing stage has its artifact.
    Artifact,
    /// It ended without one because a stage was skipped, for this reason.
    Skipped(String),
    /// It ended without one because a stage failed, for this reason.
    Failed(String),
}

/// What is to be done. Carrying one out twice does no harm: a slot has one row, and one run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Make the slot's row, then its run.
    OpenSlot {
        /// The pipeline.
        pipeline: PipelineName,
        /// The slot.
        slot: Slot,
        /// Whether it is opened after its time.
        is_late: bool,
    },
    /// Make the slot's row, or say anew what it waits for; its run has to wait.
    Queue {
        /// The pipeline.
        pipeline: PipelineName,
        /// The slot.
        slot: Slot,
        /// Why.
        reason: String,
    },
    /// Give the slot its verdict.
    Settle {
        /// The pipeline.
        pipeline: PipelineName,
        /// The slot.
        slot: Slot,
        /// The verdict; never `pending`.
        state: SlotState,
        /// Why.
        reason: Option<String>,
        /// Its run.
        run: Option<RunId>,
    },
    /// End an unapproved run because a newer slot takes its place.
    Supersede {
        /// The pipeline of both.
        pipeline: PipelineName,
        /// The run.
        run: RunId,
        /// The newer slot.
        by: Slot,
    },
}

impl Action {
    /// The pipeline that it is about.
    pub const fn pipeline(&self) -> &PipelineName {
        match self {
            Self::OpenSlot { pipeline, .. }
            | Self::Queue { pipeline, .. }
            | Self::Settle { pipeline, .. }
            | Self::Supersede { pipeline, .. } => pipeline,
        }
    }
}
