//! Several drafts of one round: each with its own review and issue, and one that stands first until the author chooses.

use copydesk_domain::artifact::{
    Artifact, ArtifactKind, Draft, FORMAT, RatedDraft, Ratings, Tenths, draft_label,
};
use copydesk_domain::{ContentHash, Round, StageName};
use copydesk_journal::{StageArtifact, StageContext, StageError, StageInputs, StageOutput};

use super::{Bench, Reviewed, invalid, matrix, ratings};

/// The drafts of the newest round of drafting, in the order of their labels. `own`: the stage that reviews, which lists
/// drafts of earlier rounds too.
pub(crate) fn under_review(inputs: &StageInputs, own: &StageName) -> Vec<ContentHash> {
    let drafts = newest_drafts(inputs, own);
    drafts.into_iter().rev().map(|draft| draft.hash).collect()
}

fn newest_drafts<'i>(inputs: &'i StageInputs, own: &StageName) -> Vec<&'i StageArtifact> {
    let is_draft = |artifact: &&StageArtifact| artifact.kind == ArtifactKind::Draft && artifact.stage != *own;
    let drafts: Vec<&StageArtifact> = inputs.artifacts.iter().filter(is_draft).collect();
    let Some(newest) = drafts.last().copied() else {
        return Vec::new();
    };
    let of_newest = |draft: &&StageArtifact| draft.stage == newest.stage && draft.round == newest.round;
    drafts.into_iter().filter(of_newest).collect()
}

/// What review leaves behind of its drafts: who rated whose draft how, then each draft with its review and its issue.
/// The one that stands first comes last, so that it is the newest.
pub(crate) async fn output(
    ctx: &StageContext,
    inputs: &StageInputs,
    benches: &[Bench],
    reviewed: Vec<Reviewed>,
) -> Result<StageOutput, StageError> {
    let collected = ratings::of_each(ctx, benches).await?;
    let means: Vec<Option<Tenths>> = (0..benches.len())
        .map(|place| matrix::mean_of_others(&collected.ratings, &draft_label(place)))
        .collect();
    let first = matrix::first(&means);
    let rated = Ratings {
        format: FORMAT.to_owned(),
        drafts: (0..benches.len())
            .map(|place| rated_draft(place, &benches[place], &reviewed[place], means[place]))
            .collect(),
        ratings: collected.ratings,
        unrated: collected.unrated,
        left_out: left_out(ctx, inputs, benches),
        default: draft_label(first),
    };
    let summary = summary(&rated, &reviewed);
    let mut artifacts = vec![Artifact::of(ArtifactKind::Ratings, &rated).map_err(invalid)?];
    let mut bodies = Vec::new();
    let mut groups: Vec<(usize, Reviewed)> = reviewed.into_iter().enumerate().collect();
    groups.sort_by_key(|(place, _)| (*place == first, std::cmp::Reverse(*place)));
    for (place, reviewed) in groups {
        match reviewed.draft {
            Some(changed) => artifacts.push(changed),
            None if benches.len() > 1 => {
                artifacts.push(ctx.stored_artifact(&benches[place].draft_hash).await?);
            }
            None => {}
        }
        artifacts.extend([reviewed.review, reviewed.issue]);
        bodies.extend(reviewed.bodies);
    }
    Ok(StageOutput {
        artifacts,
        bodies,
        summary,
    })
}

fn rated_draft(place: usize, bench: &Bench, reviewed: &Reviewed, mean: Option<Tenths>) -> RatedDraft {
    RatedDraft {
        label: draft_label(place),
        drafter: bench.draft.drafter.as_ref().map(ToString::to_string),
        models: bench.draft.models.clone(),
        draft: bench.draft_hash,
        review: reviewed.review.hash,
        issue: reviewed.issue.hash,
        mean_of_others: mean,
    }
}

/// Drafters of the pipeline that made no draft in the first round; in later ones only one is asked.
fn left_out(ctx: &StageContext, inputs: &StageInputs, benches: &[Bench]) -> Vec<String> {
    let own = ctx.stage().stage_name();
    let Some(newest) = newest_drafts(inputs, &own).last().copied() else {
        return Vec::new();
    };
    if newest.round != Round::FIRST {
        return Vec::new();
    }
    let mut stages = ctx.pipeline().stages.iter();
    let drafting = stages.find(|stage| stage.stage_name() == newest.stage);
    let drafters = drafting.into_iter().flat_map(|stage| &stage.drafters);
    let is_there = |name: &str| {
        let mut written = benches.iter().map(|bench| &bench.draft);
        written.any(|draft: &Draft| {
            draft
                .drafter
                .as_ref()
                .is_some_and(|drafter| drafter.as_str() == name)
        })
    };
    drafters
        .map(ToString::to_string)
        .filter(|name| !is_there(name))
        .collect()
}

/// What a person at a terminal reads. It tells no draft's drafter.
fn summary(rated: &Ratings, reviewed: &[Reviewed]) -> String {
    if let [reviewed] = reviewed {
        return reviewed.summary.clone();
    }
    let lines = rated.drafts.iter().zip(reviewed).map(|(draft, reviewed)| {
        let mean = draft
            .mean_of_others
            .map(|mean| format!(", {mean} of 10 by others"))
            .unwrap_or_default();
        format!("Draft {}{mean}: {}", draft.label, reviewed.summary)
    });
    lines.collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(stage: &str, round: u32, text: &str) -> StageArtifact {
        StageArtifact {
            stage: stage.into(),
            round: Round(round),
            kind: ArtifactKind::Draft,
            hash: ContentHash::of(text.as_bytes()),
        }
    }

    fn under_review_of(artifacts: Vec<StageArtifact>) -> Vec<ContentHash> {
        let inputs = StageInputs {
            artifacts,
            ..StageInputs::default()
        };
        under_review(&inputs, &StageName::new("review"))
    }

    #[test]
    fn all_drafts_of_the_newest_round_are_under_review_in_the_order_of_their_labels() {
        let hash = |text: &str| ContentHash::of(text.as_bytes());
        assert_eq!(
            under_review_of(vec![made("draft", 1, "B"), made("draft", 1, "A")]),
            [hash("A"), hash("B")]
        );
        let sent_back = vec![
            made("draft", 2, "again"),
            made("review", 1, "A"),
            made("review", 1, "B"),
        ];
        assert_eq!(under_review_of(sent_back), [hash("again")]);
        assert!(under_review_of(Vec::new()).is_empty());
    }
}
