//! Ratings of whole drafts. They stand beside the author's decision; of several drafts they say which stands first.

use copydesk_domain::artifact::{DraftRating, Rating, Unrated, draft_label};
use copydesk_domain::task::{RateDraft, RateDraftInput, RateDraftOutput};
use copydesk_domain::{ModelName, Untrusted};
use copydesk_journal::{Asked, StageContext, StageError};

use super::Bench;
use crate::models_used;

/// What a draft is rated for where the stage names no raters.
const CHECKLIST: &str = "checklist";
/// What raters rate for.
const PURPOSES: [&str; 2] = ["first_draft", CHECKLIST];
/// Ratings asked for at once.
const AT_ONCE: usize = 4;
/// The end of the scale.
const SCORE_MAX: u8 = 10;
/// Reasons of one rating that are kept.
const REASONS_MAX: usize = 10;

/// Has the only draft rated; none where there is nothing to rate.
pub(crate) async fn of_one(
    ctx: &StageContext,
    bench: &Bench,
    models: &mut Vec<String>,
) -> Result<Vec<Rating>, StageError> {
    if bench.draft.sentences.is_empty() {
        return Ok(Vec::new());
    }
    let asked = ctx
        .ask::<RateDraft>(&format!("rate_draft/{CHECKLIST}"), &input(bench, CHECKLIST))
        .await?;
    models_used::note(models, &asked.model);
    let (score, reasons) = kept(asked.output.inspect());
    Ok(vec![Rating {
        model: asked.model.to_string(),
        purpose: CHECKLIST.to_owned(),
        score,
        reasons,
    }])
}

/// What raters make of several drafts.
pub(crate) struct Collected {
    pub(crate) ratings: Vec<DraftRating>,
    pub(crate) unrated: Vec<Unrated>,
}

/// One rating to be asked for.
#[derive(Clone)]
struct Wanted {
    /// None: the models of the task's route.
    rater: Option<ModelName>,
    place: usize,
    purpose: &'static str,
}

/// Has each draft rated by each rater for each purpose; where the stage names none, by the route for the checklist.
pub(crate) async fn of_each(ctx: &StageContext, benches: &[Bench]) -> Result<Collected, StageError> {
    let wanted = wanted(&ctx.stage().raters, benches);
    let answers = ctx
        .for_each(wanted.clone(), AT_ONCE, |wanted| ask(ctx, benches, wanted))
        .await;
    let mut collected = Collected {
        ratings: Vec::new(),
        unrated: Vec::new(),
    };
    for (wanted, answer) in wanted.into_iter().zip(answers) {
        match answer? {
            Ok(asked) => collected.add(&benches[wanted.place], &wanted, &asked),
            Err(reason) => {
                let rater = wanted.rater.map(|rater| rater.to_string()).unwrap_or_default();
                let draft = draft_label(wanted.place);
                ctx.log(
                    "warn",
                    format!(
                        "`{rater}` did not rate draft {draft} for {}: {reason}",
                        wanted.purpose
                    ),
                );
                collected.unrated.push(Unrated {
                    rater,
                    draft,
                    purpose: wanted.purpose.to_owned(),
                    reason,
                });
            }
        }
    }
    Ok(collected)
}

fn wanted(raters: &[ModelName], benches: &[Bench]) -> Vec<Wanted> {
    let places = || (0..benches.len()).filter(|place| !benches[*place].draft.sentences.is_empty());
    let one = |rater, place, purpose| Wanted {
        rater,
        place,
        purpose,
    };
    if raters.is_empty() {
        return places().map(|place| one(None, place, CHECKLIST)).collect();
    }
    let mut wanted = Vec::new();
    for rater in raters {
        for place in places() {
            wanted.extend(PURPOSES.map(|purpose| one(Some(rater.clone()), place, purpose)));
        }
    }
    wanted
}

async fn ask(
    ctx: &StageContext,
    benches: &[Bench],
    wanted: Wanted,
) -> Result<Result<Asked<RateDraftOutput>, String>, StageError> {
    let Wanted {
        rater,
        place,
        purpose,
    } = wanted;
    let bench = &benches[place];
    let input = input(bench, purpose);
    Ok(match rater {
        None => {
            let key = bench.key(&format!("rate_draft/{purpose}"));
            Ok(ctx.ask::<RateDraft>(&key, &input).await?)
        }
        Some(rater) => {
            let key = bench.key(&format!("rate_draft/{purpose}/{rater}"));
            ctx.ask_of_or_without::<RateDraft>(&rater, &key, &input).await?
        }
    })
}

impl Collected {
    /// Keeps a rating, unless that model has given it already: a person may have one model answer for all.
    fn add(&mut self, bench: &Bench, wanted: &Wanted, asked: &Asked<RateDraftOutput>) {
        let rater = asked.model.to_string();
        let draft = draft_label(wanted.place);
        let is_same = |known: &DraftRating| {
            known.rater == rater && known.draft == draft && known.purpose == wanted.purpose
        };
        if self.ratings.iter().any(is_same) {
            return;
        }
        let (score, reasons) = kept(asked.output.inspect());
        self.ratings.push(DraftRating {
            is_own: bench.draft.models.contains(&rater),
            rater,
            draft,
            purpose: wanted.purpose.to_owned(),
            score,
            reasons,
        });
    }
}

/// What a rater is shown: the text alone, and nothing of who wrote it.
fn input(bench: &Bench, purpose: &str) -> RateDraftInput {
    let draft = &bench.draft;
    let text: Vec<&str> = draft
        .sentences
        .iter()
        .map(|sentence| sentence.text.inspect().as_str())
        .collect();
    RateDraftInput {
        purpose: purpose.to_owned(),
        title: draft.title.prompt_data(),
        text: Untrusted::new(text.join("\n")).prompt_data(),
    }
}

fn kept(rated: &RateDraftOutput) -> (u8, Vec<Untrusted<String>>) {
    let reasons = rated.reasons.iter().take(REASONS_MAX).cloned();
    (rated.score.min(SCORE_MAX), reasons.map(Untrusted::new).collect())
}
