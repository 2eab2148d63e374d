//! What the model of a custom stage is given.

use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{Instant, PromptData, StageName};
use copydesk_journal::{AuthorNoteInput, StageArtifact, StageContext, StageError, StageInputs};
use serde::Serialize;
use serde_json::Value;

/// 256 KiB of JSON, some 64,000 tokens: what is longer fits few models, and costs as much again with each turn.
const BYTES_MAX: usize = 256 * 1024;
/// Newest notes of the author that are told.
const NOTES_MAX: usize = 20;

/// The `input` of the user message.
#[derive(Debug, Serialize)]
struct Input {
    /// The instant that the round calls now.
    now: Instant,
    /// The pipeline.
    pipeline: String,
    /// What the stages that it needs have made, in the order of their making.
    needs: Vec<Need>,
    /// What it made in the round before, where it was sent back.
    previous: Option<Value>,
    /// What the author wants changed.
    note: Option<PromptData>,
    /// The author's own notes, oldest first.
    author_notes: Vec<Noted>,
}

#[derive(Debug, Serialize)]
struct Need {
    stage: StageName,
    kind: ArtifactKind,
    artifact: Value,
}

#[derive(Debug, Serialize)]
struct Noted {
    text: PromptData,
    from: PromptData,
    at: Instant,
}

impl From<&AuthorNoteInput> for Noted {
    fn from(note: &AuthorNoteInput) -> Self {
        Self {
            text: note.text.as_str().into(),
            from: note.from.as_str().into(),
            at: note.at,
        }
    }
}

/// The input of this round.
///
/// # Errors
/// [`StageError::Input`] where what the stage needs is not there or is too long.
pub(super) async fn of(ctx: &StageContext, inputs: &StageInputs) -> Result<Value, StageError> {
    let own = ctx.stage().stage_name();
    let named = ctx.pipeline().needs_of(ctx.stage());
    let mut needs = Vec::new();
    for made in standing(&inputs.artifacts).filter(|made| named.contains(&made.stage)) {
        needs.push(Need {
            stage: made.stage.clone(),
            kind: made.kind,
            artifact: content(ctx, made).await?,
        });
    }
    let mut previous = None;
    if let Some(made) = inputs.artifacts.iter().rfind(|made| made.stage == own) {
        previous = Some(content(ctx, made).await?);
    }
    let notes = &inputs.author_notes;
    let input = Input {
        now: ctx.now(),
        pipeline: ctx.pipeline().pipeline.name.to_string(),
        needs,
        previous,
        note: inputs.note.as_deref().map(PromptData::from),
        author_notes: notes[notes.len().saturating_sub(NOTES_MAX)..]
            .iter()
            .map(Noted::from)
            .collect(),
    };
    let input = serde_json::to_value(&input).map_err(|error| unusable(error.to_string()))?;
    let bytes = input.to_string().len();
    if bytes > BYTES_MAX {
        return Err(unusable(format!(
            "it has {bytes} bytes, and a model is given at most {BYTES_MAX}; let `needs` name fewer stages"
        )));
    }
    Ok(input)
}

/// Of each stage the newest artifact of each kind: of several drafts the one that stands first, without who rated whose
/// how.
fn standing(artifacts: &[StageArtifact]) -> impl Iterator<Item = &StageArtifact> {
    let is_last = |place: usize, made: &StageArtifact| {
        let mut behind = artifacts[place + 1..].iter();
        !behind.any(|other| other.stage == made.stage && other.kind == made.kind)
    };
    let placed = artifacts.iter().enumerate();
    placed
        .filter(move |(place, made)| made.kind != ArtifactKind::Ratings && is_last(*place, made))
        .map(|(_, made)| made)
}

fn unusable(reason: String) -> StageError {
    StageError::Input {
        what: "what the stage needs".to_owned(),
        reason,
    }
}

/// An artifact as data; of a custom stage its output alone.
async fn content(ctx: &StageContext, made: &StageArtifact) -> Result<Value, StageError> {
    let mut artifact: Value = ctx.artifact(&made.hash).await?;
    if made.kind == ArtifactKind::Custom
        && let Some(output) = artifact.get_mut("output")
    {
        return Ok(output.take());
    }
    Ok(artifact)
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{ContentHash, Round};

    use super::*;

    #[test]
    fn of_several_drafts_a_stage_is_given_the_one_that_stands_first() {
        let made = |stage: &str, kind, text: &str| StageArtifact {
            stage: stage.into(),
            round: Round::FIRST,
            kind,
            hash: ContentHash::of(text.as_bytes()),
        };
        let all = [
            made("draft", ArtifactKind::Draft, "B"),
            made("draft", ArtifactKind::Draft, "A"),
            made("review", ArtifactKind::Ratings, "ratings"),
            made("review", ArtifactKind::Review, "of B"),
            made("review", ArtifactKind::Review, "of A"),
        ];
        let given: Vec<&StageArtifact> = standing(&all).collect();
        assert_eq!(given, [&all[1], &all[4]]);
    }
}
