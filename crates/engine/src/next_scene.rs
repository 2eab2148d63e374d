//! Situations of a run for the tables of [`super::tests`].

use copydesk_config::Pipeline;
use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{ContentHash, Decision, Fence};
use copydesk_store::{ArtifactRef, Slot};

use super::*;
use crate::any_run::any_run;

pub(super) const DAY: &str = r#"
    [pipeline]
    name = "daily"
    schedule = "0 5 * * *"
    time_zone = "Europe/Berlin"
    [[stage]]
    agent = "research"
    at = "05:00"
    worth_until = "11:00"
    [[stage]]
    agent = "draft"
    at = "07:00"
    worth_until = "14:00"
    [[stage]]
    agent = "review"
    at = "09:00"
    worth_until = "18:00"
    [[stage]]
    agent = "engagement"
    at = "19:00"
"#;

pub(super) fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// A wall time of the slot's day, 2026-11-22 in Berlin, as an instant.
pub(super) fn clock(time: &str) -> Instant {
    at(&format!("2026-11-22T{time}:00+01:00"))
}

/// A day of custom stages: `second` needs `first`, which wants an approval; `other` needs neither.
pub(super) const OWN: &str = r#"
    [pipeline]
    name = "own"
    [[stage]]
    agent = "custom"
    name = "first"
    approval = true
    [[stage]]
    agent = "custom"
    name = "second"
    [[stage]]
    agent = "custom"
    name = "other"
    needs = []
"#;

/// A run in some situation.
pub(super) struct Scene {
    pub(super) run: RunRecord,
    pub(super) pipeline: Pipeline,
    pub(super) stages: Vec<StageRecord>,
    pub(super) decisions: Vec<DecisionRecord>,
    pub(super) outbox: Vec<OutboxRecord>,
    pub(super) answers_open: usize,
    pub(super) until: Option<StageName>,
    pub(super) is_blank: bool,
}

impl Scene {
    pub(super) fn manual() -> Self {
        let run = RunRecord {
            is_scheduled: false,
            created_at: clock("05:00"),
            updated_at: clock("05:00"),
            fence: Fence(1),
            ..any_run(RunState::Running, IssueState::None)
        };
        Self {
            run,
            pipeline: toml::from_str(DAY).unwrap(),
            stages: Vec::new(),
            decisions: Vec::new(),
            outbox: Vec::new(),
            answers_open: 0,
            until: None,
            is_blank: false,
        }
    }

    pub(super) fn scheduled() -> Self {
        let mut scene = Self::manual();
        scene.run.is_scheduled = true;
        scene.run.slot = Some(Slot {
            nominal: clock("05:00"),
            zone: "Europe/Berlin".to_owned(),
        });
        scene
    }

    pub(super) fn stage(mut self, name: &str, round: u32, state: StageState) -> Self {
        let artifacts = match state {
            StageState::Completed => vec![ArtifactRef {
                kind: ArtifactKind::Custom,
                hash: ContentHash::of(b""),
            }],
            _ => Vec::new(),
        };
        self.stages.push(StageRecord {
            stage: name.into(),
            round: Round(round),
            state,
            attempts: 1,
            now: clock("05:00"),
            started_at: clock("05:00"),
            finished_at: state.is_final().then(|| clock("09:05")),
            reason: None,
            artifacts,
        });
        self
    }

    pub(super) fn done(self, stages: &[&str]) -> Self {
        stages
            .iter()
            .fold(self, |scene, stage| scene.stage(stage, 1, StageState::Completed))
    }

    pub(super) fn reviewed(self) -> Self {
        self.done(&["research", "draft", "review"])
            .issue(IssueState::Reviewed)
    }

    pub(super) fn issue(mut self, issue: IssueState) -> Self {
        self.run.issue = issue;
        self
    }

    pub(super) fn decided(mut self, decision: Decision, effective_at: Option<&str>) -> Self {
        self.decisions.push(DecisionRecord {
            sequence: 1,
            subject: Subject::Issue,
            round: Some(Round::FIRST),
            hash: ContentHash::of(b""),
            decision,
            at: clock("10:00"),
            effective_at: effective_at.map(clock),
            reason: None,
        });
        self
    }

    /// A manual run of [`OWN`].
    pub(super) fn own() -> Self {
        Self::manual().with(|scene| scene.pipeline = toml::from_str(OWN).unwrap())
    }

    pub(super) fn decided_on(mut self, stage: &str, round: u32, decision: Decision) -> Self {
        self.decisions.push(DecisionRecord {
            sequence: 1,
            subject: Subject::Stage(stage.into()),
            round: Some(Round(round)),
            hash: ContentHash::of(b""),
            decision,
            at: clock("10:00"),
            effective_at: None,
            reason: None,
        });
        self
    }

    pub(super) fn until(mut self, stage: &str) -> Self {
        self.until = Some(stage.into());
        self
    }

    pub(super) fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    pub(super) fn next(&self, time: &str) -> Next {
        next(&View {
            run: &self.run,
            pipeline: &self.pipeline,
            stages: &self.stages,
            decisions: &self.decisions,
            outbox: &self.outbox,
            answers_open: self.answers_open,
            expires: jiff::SignedDuration::from_hours(24),
            now: clock(time),
            until: self.until.as_ref(),
            is_blank: self.is_blank,
        })
    }
}
