//! Stage rounds and their artifacts.

use copydesk_domain::artifact::{Artifact, ArtifactKind};
use copydesk_domain::{ContentHash, Instant, Round, RunId, StageName, StageState};
use copydesk_store::contract::choice_rules::{self, Chosen};
use copydesk_store::contract::rules;
use copydesk_store::{Applied, ArtifactRef, Command, Lease, StageRecord};

use crate::state::{Result, State};

impl State {
    fn stage_mut(&mut self, run: &RunId, stage: &StageName, round: Round) -> Option<&mut StageRecord> {
        let is_it = |(of, record): &&mut (RunId, StageRecord)| {
            of == run && record.stage == *stage && record.round == round
        };
        self.stages.iter_mut().find(is_it).map(|(_, record)| record)
    }

    pub(crate) fn stages_of(&self, run: &RunId) -> impl DoubleEndedIterator<Item = &StageRecord> {
        self.stages
            .iter()
            .filter(move |(of, _)| of == run)
            .map(|(_, record)| record)
    }

    pub(crate) fn start_stage(
        &mut self,
        lease: &Lease,
        stage: StageName,
        round: Round,
        now: Instant,
        at: Instant,
    ) -> Applied {
        let is_open = |record: &&StageRecord| {
            record.stage == stage && record.round == round && !rules::is_settled(record.state)
        };
        if self.stages_of(&lease.run).any(|record| is_open(&record)) {
            self.add_saved(&lease.run, &stage, round);
        }
        if let Some(stored) = self.stage_mut(&lease.run, &stage, round) {
            if !rules::is_settled(stored.state) {
                stored.state = StageState::Running;
                stored.attempts += 1;
                stored.finished_at = None;
                stored.reason = None;
            }
            return Applied::StageNow(stored.now);
        }
        self.stages.push((
            lease.run.clone(),
            StageRecord {
                attempts: 1,
                ..opened(stage, round, now, at)
            },
        ));
        Applied::StageNow(now)
    }

    /// Opens the failed and cancelled rounds of a run again, and the steps that they failed by.
    pub(crate) fn reopen_stages(&mut self, run: &RunId, at: Instant) {
        let mut reopened = Vec::new();
        for (of, record) in &mut self.stages {
            if of == run && rules::is_reopened(record.state) {
                record.state = StageState::Pending;
                record.finished_at = None;
                reopened.push((record.stage.clone(), record.round, record.reason.clone()));
            }
        }
        for (stage, round, reason) in reopened {
            self.reopen_steps(run, (&stage, round), reason.as_deref(), at);
        }
    }

    pub(crate) fn finish_stage(&mut self, command: Command) -> Result<Applied> {
        let Command::FinishStage {
            lease,
            stage,
            round,
            state,
            reason,
            artifacts,
            bodies,
            at,
        } = command
        else {
            unreachable!("called for FinishStage alone");
        };
        rules::require_done(&stage, state, &artifacts)?;
        for bytes in bodies
            .iter()
            .chain(artifacts.iter().map(|artifact| &artifact.bytes))
        {
            self.put_body(bytes);
        }
        if self.stage_mut(&lease.run, &stage, round).is_none() {
            self.stages
                .push((lease.run.clone(), opened(stage.clone(), round, at, at)));
        }
        let stored = self
            .stage_mut(&lease.run, &stage, round)
            .expect("found or just made");
        let given: Vec<ArtifactRef> = artifacts
            .iter()
            .map(|a| ArtifactRef {
                kind: a.kind,
                hash: a.hash,
            })
            .collect();
        let added = rules::artifacts_to_add(&stored.artifacts, &given);
        stored.artifacts.extend_from_slice(added);
        if !rules::is_settled(stored.state) {
            stored.state = state;
            stored.finished_at = state.is_final().then_some(at);
            stored.reason = reason;
            let kinds: Vec<ArtifactKind> = given.iter().map(|artifact| artifact.kind).collect();
            if let Some(issue) = rules::issue_after(state, &kinds) {
                self.report_issue(&lease.run, issue)?;
            }
        }
        Ok(Applied::Done)
    }

    /// Lists a draft of the newest round of review once more, behind all others. [`Command::ChooseDraft`].
    pub(crate) fn choose_draft(
        &mut self,
        run: &RunId,
        artifacts: &[ArtifactRef],
        at: Instant,
    ) -> Result<Applied> {
        let record = &self.run(run)?.record;
        rules::require_own(record.parent.as_ref(), "chosen")?;
        let state = (record.state, record.issue);
        let reviews = self
            .stages
            .iter_mut()
            .filter(|(of, stage)| of == run && stage.stage.as_str() == StageName::REVIEW);
        let newest = reviews.map(|(_, stage)| stage).max_by_key(|stage| stage.round);
        let mut nothing = Vec::new();
        let listed = newest.map_or(&mut nothing, |stage| &mut stage.artifacts);
        if choice_rules::choose_draft(state, listed, artifacts)? == Chosen::Behind {
            listed.extend_from_slice(artifacts);
            self.run_mut(run)?.record.updated_at = at;
        }
        Ok(Applied::Done)
    }

    /// The issue that waits for the author or has his decision, with its round.
    pub(crate) fn newest_issue(&self, run: &RunId) -> Option<(Round, ContentHash)> {
        let reviews = self
            .stages_of(run)
            .filter(|stage| stage.stage.as_str() == StageName::REVIEW);
        let newest = reviews.max_by_key(|stage| stage.round)?;
        let issue = newest
            .artifacts
            .iter()
            .rfind(|artifact| artifact.kind == ArtifactKind::Issue)?;
        Some((newest.round, issue.hash))
    }

    /// The custom artifact of a stage's newest round.
    pub(crate) fn newest_custom(&self, run: &RunId, stage: &StageName) -> Option<(Round, ContentHash)> {
        let rounds = self.stages_of(run).filter(|record| record.stage == *stage);
        let newest = rounds.max_by_key(|record| record.round)?;
        let made = newest
            .artifacts
            .iter()
            .rfind(|artifact| artifact.kind == ArtifactKind::Custom)?;
        Some((newest.round, made.hash))
    }

    /// The newest engagement report of a run.
    pub(crate) fn newest_report(&self, run: &RunId) -> Option<ContentHash> {
        let is_report = |artifact: &&ArtifactRef| artifact.kind == ArtifactKind::EngagementReport;
        let reports = self
            .stages_of(run)
            .filter_map(|stage| Some((stage.round, stage.artifacts.iter().rfind(is_report)?.hash)));
        reports.max_by_key(|(round, _)| *round).map(|(_, hash)| hash)
    }

    pub(crate) fn artifact(&self, hash: &ContentHash) -> Option<Artifact> {
        let mut listed = self.stages.iter().flat_map(|(_, stage)| &stage.artifacts);
        let found = listed.find(|artifact| artifact.hash == *hash)?;
        Some(Artifact {
            kind: found.kind,
            hash: *hash,
            bytes: self.bodies.get(hash)?.clone(),
        })
    }
}

/// A round as it is opened, before its first attempt counts.
fn opened(stage: StageName, round: Round, now: Instant, at: Instant) -> StageRecord {
    StageRecord {
        stage,
        round,
        state: StageState::Running,
        attempts: 0,
        now,
        started_at: at,
        finished_at: None,
        reason: None,
        artifacts: Vec::new(),
    }
}
