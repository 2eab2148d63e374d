//! What the model of a custom stage is given.

use copydesk_domain::artifact::{ArtifactKind, ResearchBrief};
use copydesk_domain::{Instant, PromptData, StageName};
use copydesk_journal::{AuthorNoteInput, StageArtifact, StageContext, StageError, StageInputs};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::shortened::{Shortened, shorten};

/// 256 KiB of JSON, some 64,000 tokens: what is longer fits few models, and costs as much again with each turn.
const BYTES_MAX: usize = 256 * 1024;
/// The step of what was left out.
const STEP: &str = "input/left_out";
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
    let mut input = Input {
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
    // A later attempt and a replay leave out what was left out, whatever the limit is by then.
    let recalled: Option<Fitted> = ctx.recall(STEP)?;
    let bytes_max = recalled.as_ref().map_or(BYTES_MAX, |fitted| fitted.bytes_max);
    let left_out = fit(&mut input, bytes_max)?;
    if recalled.is_none() && !left_out.is_empty() {
        let fitted = Fitted { bytes_max, left_out };
        let words = fitted.words();
        ctx.decided(STEP, &fitted, words.clone()).await?;
        ctx.log("info", words);
    }
    json_of(&input)
}

/// What was left out of briefs, and for how many bytes of JSON.
#[derive(Debug, Serialize, Deserialize)]
struct Fitted {
    bytes_max: usize,
    left_out: Vec<Shortened>,
}

impl Fitted {
    fn words(&self) -> String {
        let words: Vec<String> = self.left_out.iter().map(Shortened::words).collect();
        format!("{}, to fit {} bytes", words.join("; "), self.bytes_max)
    }
}

/// Shortens the briefs among the needs until the input has at most `bytes_max`; gives what was left out of them. Pure.
fn fit(input: &mut Input, bytes_max: usize) -> Result<Vec<Shortened>, StageError> {
    let mut left_out = Vec::new();
    let mut bytes = json_of(input)?.to_string().len();
    for at in 0..input.needs.len() {
        if bytes <= bytes_max || input.needs[at].kind != ArtifactKind::ResearchBrief {
            continue;
        }
        let read = serde_json::from_value::<ResearchBrief>(input.needs[at].artifact.clone());
        let mut brief = read.map_err(|error| unusable(error.to_string()))?;
        left_out.push(shorten(&mut brief, bytes - bytes_max));
        input.needs[at].artifact =
            serde_json::to_value(&brief).map_err(|error| unusable(error.to_string()))?;
        bytes = json_of(input)?.to_string().len();
    }
    if bytes > bytes_max {
        return Err(unusable(format!(
            "it has {bytes} bytes, and a model is given at most {bytes_max}; let `needs` name fewer stages, or read \
             fewer posts: `posts_max` under [pipeline]"
        )));
    }
    Ok(left_out)
}

fn json_of(input: &Input) -> Result<Value, StageError> {
    serde_json::to_value(input).map_err(|error| unusable(error.to_string()))
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
    use crate::research::fixture;

    fn input(brief: &ResearchBrief) -> Input {
        Input {
            now: Instant::from_micros(0),
            pipeline: "daily".to_owned(),
            needs: vec![Need {
                stage: "research".into(),
                kind: ArtifactKind::ResearchBrief,
                artifact: serde_json::to_value(brief).unwrap(),
            }],
            previous: None,
            note: None,
            author_notes: Vec::new(),
        }
    }

    #[test]
    fn the_brief_of_a_busy_day_is_shortened_until_it_fits() {
        let source = |at: usize| fixture::source(&format!("{at}.example"), "Title", &format!("text {at}"));
        let brief = fixture::brief((0..40).map(source).collect());
        let mut given = input(&brief);
        let whole = json_of(&given).unwrap();
        assert_eq!(fit(&mut given, BYTES_MAX).unwrap(), []);
        assert_eq!(
            json_of(&given).unwrap(),
            whole,
            "what fits is given byte for byte"
        );
        let bytes_max = whole.to_string().len() / 2;
        let left_out = fit(&mut given, bytes_max).unwrap();
        assert!(json_of(&given).unwrap().to_string().len() <= bytes_max);
        assert_eq!(left_out[0].sources, 40);
        let words = Fitted { bytes_max, left_out }.words();
        assert!(words.starts_with("left out 40 sources, to fit "), "{words}");
    }

    #[test]
    fn what_cannot_be_shortened_names_what_a_person_can_change() {
        let mut given = input(&fixture::brief(Vec::new()));
        given.needs[0].kind = ArtifactKind::Draft;
        let error = fit(&mut given, 100).unwrap_err().to_string();
        assert!(
            error.contains("`needs`") && error.contains("`posts_max`"),
            "{error}"
        );
    }

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
