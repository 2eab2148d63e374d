//! A recording beside what came out again.

use copydesk_domain::artifact::{Artifact, ArtifactKind};
use copydesk_domain::{ContentHash, Round, StageName, StageState, Untrusted};
use copydesk_journal::Library;
use copydesk_store::{ArtifactRef, StoreError};
use serde::Serialize;

use super::difference::{Difference, place_in_bytes};
use super::execute::Remade;
use super::recording::{RecordedRound, Recording};

/// A round beside its replay.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// The stage.
    pub stage: StageName,
    /// Its round.
    pub round: Round,
    /// Whether it ended alike, with the same bytes.
    pub same: bool,
    /// Artifacts by their place.
    pub artifacts: Vec<ComparedArtifact>,
}

/// An artifact beside its replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ComparedArtifact {
    /// Its kind.
    pub kind: ArtifactKind,
    /// Its hash as recorded; null where there was none.
    pub recorded: Option<ContentHash>,
    /// Its hash as it came out again; null where none did.
    pub replayed: Option<ContentHash>,
}

/// What was made of a recording: each round, and where the first difference is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// The rounds as they came out.
    pub remade: Vec<Remade>,
    /// The rounds compared.
    pub compared: Vec<Compared>,
    /// The first difference.
    pub difference: Option<Difference>,
}

impl Made {
    /// Compares what came out with the recording. `library`: what was recorded, to read.
    ///
    /// # Errors
    /// Those of the library.
    pub async fn of(
        recording: &Recording,
        remade: Vec<Remade>,
        library: &dyn Library,
    ) -> Result<Self, StoreError> {
        let mut compared = Vec::new();
        for again in &remade {
            if let Some(round) = recording.round(&again.stage, again.round) {
                compared.push(compare(round, again));
            }
        }
        let difference = first_difference(recording, &remade, &compared, library).await?;
        Ok(Self {
            remade,
            compared,
            difference,
        })
    }

    /// Whether every round came out with the same bytes.
    pub fn is_same(&self) -> bool {
        self.compared.iter().all(|round| round.same)
    }
}

fn compare(round: &RecordedRound, again: &Remade) -> Compared {
    let made = again
        .made
        .as_ref()
        .map_or(&[][..], |output| output.artifacts.as_slice());
    let recorded = listed_once(&round.artifacts);
    let places = 0..recorded.len().max(made.len());
    let artifacts: Vec<ComparedArtifact> = places
        .filter_map(|place| {
            let (recorded, replayed) = (recorded.get(place), made.get(place));
            Some(ComparedArtifact {
                kind: recorded.map(|a| a.kind).or(replayed.map(|a| a.kind))?,
                recorded: recorded.map(|artifact| artifact.hash),
                replayed: replayed.map(|artifact| artifact.hash),
            })
        })
        .collect();
    let is_alike = match &again.made {
        Ok(_) => round.state == StageState::Completed,
        Err(reason) => round.state == StageState::Failed && round.reason.as_ref() == Some(reason),
    };
    Compared {
        stage: round.stage.clone(),
        round: round.round,
        same: is_alike
            && artifacts
                .iter()
                .all(|artifact| artifact.recorded == artifact.replayed),
        artifacts,
    }
}

/// The artifacts that the stage made. Those that stand behind them once more are what the author chose afterwards.
pub(super) fn listed_once(artifacts: &[ArtifactRef]) -> Vec<ArtifactRef> {
    let mut once: Vec<ArtifactRef> = Vec::new();
    for artifact in artifacts {
        if !once.contains(artifact) {
            once.push(*artifact);
        }
    }
    once
}

/// The first difference of a replay, in the order of rounds and artifacts.
///
/// # Errors
/// Those of the library.
pub async fn first_difference(
    recording: &Recording,
    remade: &[Remade],
    compared: &[Compared],
    library: &dyn Library,
) -> Result<Option<Difference>, StoreError> {
    let Some(differs) = compared.iter().find(|round| !round.same) else {
        return Ok(None);
    };
    let again = remade
        .iter()
        .find(|again| again.stage == differs.stage && again.round == differs.round);
    let round = recording.round(&differs.stage, differs.round);
    let (Some(again), Some(round)) = (again, round) else {
        return Ok(None);
    };
    let difference = |artifact, path, recorded: String, replayed: String| Difference {
        stage: differs.stage.clone(),
        round: differs.round,
        artifact,
        path,
        recorded: Untrusted::new(recorded),
        replayed: Untrusted::new(replayed),
        step: again.unrecorded.clone(),
    };
    let made = match &again.made {
        Ok(output) if round.state == StageState::Completed => &output.artifacts,
        other => {
            let (then, now) = (
                end_of(round),
                end_again(other.as_ref().map(|_| ()).map_err(String::as_str)),
            );
            return Ok(Some(difference(None, None, then, now)));
        }
    };
    for place in &differs.artifacts {
        if place.recorded == place.replayed {
            continue;
        }
        let found = differing(place, made, library).await?;
        let (path, recorded, replayed) = found;
        return Ok(Some(difference(Some(place.kind), path, recorded, replayed)));
    }
    Ok(None)
}

/// Where in an artifact the difference is, and the words of both sides there.
async fn differing(
    place: &ComparedArtifact,
    made: &[Artifact],
    library: &dyn Library,
) -> Result<(Option<String>, String, String), StoreError> {
    let absent = || "no such artifact".to_owned();
    let recorded = match &place.recorded {
        Some(hash) => library.artifact(hash).await?,
        None => None,
    };
    let replayed = made.iter().find(|artifact| Some(artifact.hash) == place.replayed);
    Ok(match (recorded, replayed) {
        (Some(recorded), Some(replayed)) => {
            let found = place_in_bytes(&recorded.bytes, &replayed.bytes);
            (Some(found.path), found.first, found.second)
        }
        (recorded, replayed) => (
            None,
            recorded.map_or_else(absent, |artifact| artifact.hash.to_string()),
            replayed.map_or_else(absent, |artifact| artifact.hash.to_string()),
        ),
    })
}

fn end_of(round: &RecordedRound) -> String {
    match (&round.state, &round.reason) {
        (StageState::Failed, Some(reason)) => format!("it failed: {reason}"),
        (state, _) => format!("it was {state}"),
    }
}

fn end_again(made: Result<(), &str>) -> String {
    match made {
        Ok(()) => "it was completed".to_owned(),
        Err(reason) => format!("it failed: {reason}"),
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Instant;

    use super::*;

    #[test]
    fn a_round_without_artifacts_is_the_same_where_it_failed_for_the_same_reason_alone() {
        let round = |state, reason: Option<&str>| RecordedRound {
            stage: "draft".into(),
            round: Round::FIRST,
            state,
            now: Instant::from_micros(0),
            reason: reason.map(str::to_owned),
            artifacts: Vec::new(),
            steps: Vec::new(),
        };
        let again = |made| Remade {
            stage: "draft".into(),
            round: Round::FIRST,
            made,
            unrecorded: None,
        };
        let failed = || again(Err("no feed answered".to_owned()));
        let same = |round: &RecordedRound, again: &Remade| compare(round, again).same;
        assert!(same(
            &round(StageState::Failed, Some("no feed answered")),
            &failed()
        ));
        assert!(!same(
            &round(StageState::Failed, Some("the disk is full")),
            &failed()
        ));
        assert!(!same(&round(StageState::Completed, None), &failed()));
        let made = again(Ok(copydesk_journal::StageOutput::default()));
        assert!(same(&round(StageState::Completed, None), &made));
        assert!(!same(&round(StageState::Failed, Some("no feed answered")), &made));
    }

    #[test]
    fn what_the_author_chose_afterwards_is_no_difference() {
        let made = |text: &str| ArtifactRef {
            kind: ArtifactKind::Issue,
            hash: ContentHash::of(text.as_bytes()),
        };
        let (first, second) = (made("first"), made("second"));
        assert_eq!(listed_once(&[first, second, first]), [first, second]);
    }
}
