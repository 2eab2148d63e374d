//! What the author says of stories: put, taken back, shown.

use copydesk_domain::artifact::{ArtifactKind, LabelKind, ResearchBrief, Story, StoryLabel};
use copydesk_domain::{ContentHash, Instant, RunId, StageState, StoryId};
use copydesk_store::{Applied, Command, LabelRecord, RunRecord, StageRecord, StoreError};
use serde::Serialize;

use crate::error::EngineError;
use crate::services::Engine;

/// What the author says, in the ids of a run's brief.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Said {
    /// Two stories are one.
    Merge(StoryId, StoryId),
    /// A post, named by its snapshot or the first digits of it, is of another story than the rest.
    Split(StoryId, String),
    /// A story is of no interest.
    NotInterested(StoryId),
}

/// A label as scripts see it. Field names are fixed: people script on them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelView {
    /// Names it.
    pub id: ContentHash,
    /// What was said.
    pub kind: LabelKind,
    /// Snapshots of the first story, or what leaves it.
    pub snapshots: Vec<ContentHash>,
    /// Snapshots of the other side; empty for `not_interested`.
    pub others: Vec<ContentHash>,
    /// When.
    pub at: Instant,
}

impl From<LabelRecord> for LabelView {
    fn from(record: LabelRecord) -> Self {
        Self {
            id: record.id,
            kind: record.label.kind,
            snapshots: record.label.snapshots,
            others: record.label.others,
            at: record.label.at,
        }
    }
}

/// Digits by which a label can be named.
const LABEL_DIGITS_MIN: usize = 4;

impl Engine {
    /// Puts a label on stories of a run's brief. It counts from the next draft of this run on, and in the runs after it.
    ///
    /// # Errors
    /// [`StoreError::LabelRefused`] where the brief has no such story or post.
    pub async fn put_label(&self, run: &RunId, said: &Said) -> Result<LabelView, EngineError> {
        let store = &self.services.store;
        let unknown = || StoreError::RunUnknown { run: run.clone() };
        let record = store.run(run).await?.ok_or_else(unknown)?;
        let brief = self.brief_of(&store.stages(run).await?).await?;
        let brief = brief.ok_or_else(|| refused("the run has no stories yet"))?;
        let at = self.services.clock.now();
        let label = label(&brief, said, at).map_err(|reason| refused(&reason))?;
        let record = LabelRecord::of(&record, label);
        store.apply(Command::PutLabel(record.clone())).await?;
        Ok(record.into())
    }

    /// Takes back a label that was put in a run; `id` is it or its first digits. False where it was taken back before.
    ///
    /// # Errors
    /// [`StoreError::LabelRefused`] where the run has no such label.
    pub async fn undo_label(&self, run: &RunId, id: &str) -> Result<bool, EngineError> {
        let store = &self.services.store;
        let unknown = || StoreError::RunUnknown { run: run.clone() };
        let record = store.run(run).await?.ok_or_else(unknown)?;
        if id.len() < LABEL_DIGITS_MIN {
            let reason = format!("a label is named by at least {LABEL_DIGITS_MIN} of its digits");
            return Err(refused(&reason).into());
        }
        let labels = self.labels_of(&record).await?;
        let mut named = labels.iter().filter(|label| label.id.to_string().starts_with(id));
        let (Some(label), None) = (named.next(), named.next()) else {
            return Err(refused(&format!("the run has no label `{id}`")).into());
        };
        let at = self.services.clock.now();
        let undone = store.apply(Command::UndoLabel { id: label.id, at }).await?;
        Ok(undone == Applied::Taken(true))
    }

    /// The labels that were put in a run and hold, oldest first.
    pub async fn labels_of(&self, run: &RunRecord) -> Result<Vec<LabelView>, EngineError> {
        // A label is never older than its run, but for a clock that was set back.
        let since = run.created_at.minus(jiff::SignedDuration::from_hours(24));
        let labels = self.services.store.labels(&run.pipeline, since).await?;
        let own = labels.into_iter().filter(|label| label.run == run.id);
        Ok(own.map(LabelView::from).collect())
    }

    /// Labels of a run that its newest draft was made without, oldest first: those put since its drafting began.
    pub async fn newer_labels(&self, run: &RunId) -> Result<Vec<LabelView>, EngineError> {
        let store = &self.services.store;
        let unknown = || StoreError::RunUnknown { run: run.clone() };
        let record = store.run(run).await?.ok_or_else(unknown)?;
        let Some(since) = drafting_began(&store.stages(run).await?) else {
            return Ok(Vec::new());
        };
        let labels = self.labels_of(&record).await?;
        Ok(labels.into_iter().filter(|label| label.at > since).collect())
    }

    /// The run's newest brief.
    pub async fn brief_of(&self, stages: &[StageRecord]) -> Result<Option<ResearchBrief>, EngineError> {
        self.newest_of(stages, ArtifactKind::ResearchBrief).await
    }
}

/// When the stage that wrote the newest draft began. Review makes a draft of it too, later. Pure.
fn drafting_began(stages: &[StageRecord]) -> Option<Instant> {
    let is_draft = |record: &&StageRecord| {
        let mut made = record.artifacts.iter();
        record.state == StageState::Completed && made.any(|made| made.kind == ArtifactKind::Draft)
    };
    let made = || stages.iter().filter(is_draft);
    let newest = made().map(|record| record.round).max()?;
    let of_newest = made().filter(|record| record.round == newest);
    of_newest.map(|record| record.started_at).min()
}

fn refused(reason: &str) -> StoreError {
    StoreError::LabelRefused {
        reason: reason.to_owned(),
    }
}

/// The label that says it, by snapshots.
fn label(brief: &ResearchBrief, said: &Said, at: Instant) -> Result<StoryLabel, String> {
    let story = |id: &StoryId| -> Result<&Story, String> {
        let found = brief.stories.iter().find(|story| story.id == *id);
        found.ok_or_else(|| format!("the brief has no story `{id}`"))
    };
    let of = |kind, snapshots: &[ContentHash], others: &[ContentHash]| StoryLabel {
        kind,
        snapshots: first_of(snapshots),
        others: first_of(others),
        at,
    };
    match said {
        Said::Merge(first, second) if first == second => Err(format!("`{first}` is one story already")),
        Said::Merge(first, second) => {
            let (first, second) = (story(first)?, story(second)?);
            Ok(of(LabelKind::Merge, &first.snapshots, &second.snapshots))
        }
        Said::Split(id, digits) => {
            let all = &story(id)?.snapshots;
            let is_it =
                |hash: &&ContentHash| !digits.is_empty() && hash.to_string().starts_with(digits.as_str());
            let (leaving, staying): (Vec<&ContentHash>, Vec<&ContentHash>) = all.iter().partition(is_it);
            match (leaving.len(), staying.is_empty()) {
                (0, _) => Err(format!("story `{id}` has no post `{digits}`")),
                (1, true) => Err(format!("`{digits}` is all that story `{id}` has")),
                (1, false) => {
                    let staying: Vec<ContentHash> = staying.into_iter().copied().collect();
                    Ok(of(LabelKind::Split, &[*leaving[0]], &staying))
                }
                _ => Err(format!("`{digits}` names several posts of story `{id}`")),
            }
        }
        Said::NotInterested(id) => Ok(of(LabelKind::NotInterested, &story(id)?.snapshots, &[])),
    }
}

fn first_of(side: &[ContentHash]) -> Vec<ContentHash> {
    side.iter().copied().take(StoryLabel::SNAPSHOTS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Round;
    use copydesk_store::ArtifactRef;

    use super::*;

    #[test]
    fn a_draft_is_as_old_as_the_stage_that_wrote_it() {
        let record = |stage: &str, round: u32, second: i64| StageRecord {
            stage: stage.into(),
            round: Round(round),
            state: StageState::Completed,
            attempts: 1,
            now: Instant::from_micros(0),
            started_at: Instant::from_micros(second * 1_000_000),
            finished_at: Some(Instant::from_micros(second * 1_000_000 + 5)),
            reason: None,
            artifacts: vec![ArtifactRef {
                kind: ArtifactKind::Draft,
                hash: ContentHash::of(stage.as_bytes()),
            }],
        };
        assert_eq!(drafting_began(&[]), None);
        let stages = [
            record("draft", 1, 10),
            record("review", 1, 20),
            record("draft", 2, 30),
            record("review", 2, 40),
        ];
        assert_eq!(
            drafting_began(&stages[..2]),
            Some(Instant::from_micros(10_000_000))
        );
        assert_eq!(drafting_began(&stages), Some(Instant::from_micros(30_000_000)));
    }
}
