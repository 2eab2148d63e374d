//! Drafts of several models from one brief. None sees another's, and nobody is told which is whose.

use copydesk_config::StageConfig;
use copydesk_domain::artifact::{ArtifactKind, Draft};
use copydesk_domain::{ModelName, Round, counted};
use copydesk_journal::{StageContext, StageError, StageInputs, StepError};

use super::desk::Desk;
use super::writer::Writer;

/// What came of the drafters.
pub(crate) struct Blind {
    /// Their drafts, in the order of their labels.
    pub(crate) drafts: Vec<Draft>,
    /// Who made none, and why.
    pub(crate) left_out: Vec<(ModelName, String)>,
}

/// Who drafts in this round: all of `drafters`, and after a send-back the one whose draft was sent back. None where the
/// stage names none.
pub(crate) async fn drafters(ctx: &StageContext, inputs: &StageInputs) -> Result<Vec<ModelName>, StageError> {
    let named = &ctx.stage().drafters;
    let before = inputs.newest(ArtifactKind::Draft);
    let Some(before) = before.filter(|_| !named.is_empty() && ctx.round() > Round::FIRST) else {
        return Ok(named.clone());
    };
    let sent_back: Draft = ctx.artifact(&before).await?;
    Ok(sent_back
        .drafter
        .map_or_else(|| named.clone(), |drafter| vec![drafter]))
}

/// Has each of `drafters` write a draft. One that fails is left out while another has made one.
pub(crate) async fn write(
    ctx: &StageContext,
    desk: &Desk,
    drafters: Vec<ModelName>,
) -> Result<Blind, StageError> {
    let drafters = in_order(drafters, |drafter| ctx.seed(&format!("drafters/{drafter}")));
    let made = ctx
        .for_each(drafters, StageConfig::VOICES_MAX, |drafter| async move {
            let draft = of_one(ctx, desk, &drafter).await;
            (drafter, draft)
        })
        .await;
    let (blind, failed) = settle(made)?;
    for (drafter, reason) in &failed {
        // Once another draft is there, this one is out for good, in every later attempt and replay.
        ctx.read_once(&no_draft(drafter), || async { Ok(reason.clone()) })
            .await?;
        ctx.log("warn", format!("`{drafter}` made no draft: {reason}"));
    }
    Ok(blind)
}

async fn of_one(
    ctx: &StageContext,
    desk: &Desk,
    drafter: &ModelName,
) -> Result<Result<Draft, String>, StageError> {
    if let Some(reason) = ctx.recall::<String>(&no_draft(drafter))? {
        return Ok(Err(reason));
    }
    let writer = Writer {
        ctx,
        drafter: Some(drafter),
    };
    super::write(&writer, desk).await.map(Ok)
}

fn no_draft(drafter: &ModelName) -> String {
    format!("no_draft/{drafter}")
}

/// The order in which drafts are labelled: by the seed of the run, so that no model is always the first.
fn in_order(mut drafters: Vec<ModelName>, seed: impl Fn(&ModelName) -> i64) -> Vec<ModelName> {
    drafters.sort_by_cached_key(|drafter| (seed(drafter), drafter.clone()));
    drafters
}

type Made = (ModelName, Result<Result<Draft, String>, StageError>);

/// The drafts that there are, and who has failed just now. What is no fault of a model stops the round, and so does a
/// round without any draft.
fn settle(made: Vec<Made>) -> Result<(Blind, Vec<(ModelName, String)>), StageError> {
    let mut blind = Blind {
        drafts: Vec::new(),
        left_out: Vec::new(),
    };
    let mut failed = Vec::new();
    let mut first = None;
    for (drafter, draft) in made {
        match draft {
            Ok(Ok(draft)) => blind.drafts.push(draft),
            Ok(Err(reason)) => blind.left_out.push((drafter, reason)),
            Err(error) if is_of_model(&error) => {
                failed.push((drafter.clone(), error.to_string()));
                blind.left_out.push((drafter, error.to_string()));
                first.get_or_insert(error);
            }
            Err(error) => return Err(error),
        }
    }
    if blind.drafts.is_empty() {
        return Err(first.unwrap_or_else(|| StageError::Invalid {
            reason: "no drafter made a draft".to_owned(),
        }));
    }
    Ok((blind, failed))
}

fn is_of_model(error: &StageError) -> bool {
    match error {
        StageError::Step(StepError::Model(error)) => error.is_of_model(),
        StageError::Step(StepError::Recorded { .. }) => true,
        StageError::Step(_)
        | StageError::Input { .. }
        | StageError::Invalid { .. }
        | StageError::PutOff { .. } => false,
    }
}

/// What a person at a terminal reads when the drafts are done. It tells no draft's drafter.
pub(crate) fn summary(blind: &Blind) -> String {
    let words = blind.drafts.iter().map(|draft| {
        let (words, _) = crate::review::words_and_share(draft);
        words.to_string()
    });
    let words: Vec<String> = words.collect();
    let made = format!(
        "{} of {} words",
        counted(blind.drafts.len(), "draft", "drafts"),
        words.join(" and ")
    );
    let left_out = blind.left_out.iter();
    let parts = left_out.map(|(drafter, reason)| format!("`{drafter}` made none: {reason}"));
    std::iter::once(made).chain(parts).collect::<Vec<_>>().join("; ")
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Untrusted;
    use copydesk_domain::artifact::FORMAT;
    use copydesk_journal::ModelError;
    use copydesk_store::{BudgetScope, StoreError};

    use super::*;

    fn draft() -> Draft {
        Draft {
            format: FORMAT.to_owned(),
            at: copydesk_domain::Instant::from_micros(0),
            title: Untrusted::new("A day".to_owned()),
            deck: None,
            notice: String::new(),
            sections: Vec::new(),
            sentences: Vec::new(),
            sources: Vec::new(),
            nothing_today: None,
            sign_off: None,
            models: Vec::new(),
            drafter: None,
            labels: Vec::new(),
            wishes: Vec::new(),
        }
    }

    fn down() -> StageError {
        StageError::Step(StepError::Model(ModelError::Exhausted {
            tries: 4,
            reason: "503".to_owned(),
        }))
    }

    #[test]
    fn a_drafter_that_fails_leaves_the_other() {
        let (a, b) = (ModelName::new("a"), ModelName::new("b"));
        let (blind, failed) = settle(vec![(a, Err(down())), (b, Ok(Ok(draft())))]).ok().unwrap();
        assert_eq!((blind.drafts.len(), failed.len()), (1, 1));
        assert!(
            summary(&blind).starts_with("1 draft of 0 words; `a` made none: no model"),
            "{}",
            summary(&blind)
        );
    }

    #[test]
    fn without_any_draft_the_round_ends_with_the_first_failure() {
        let (a, b) = (ModelName::new("a"), ModelName::new("b"));
        let error = settle(vec![(a, Err(down())), (b, Err(down()))]).err().unwrap();
        assert_eq!(error, down());
    }

    #[test]
    fn money_stops_the_round_whatever_the_others_have_made() {
        let spent = StageError::Step(StepError::Model(ModelError::Reserve(StoreError::BudgetSpent {
            scope: BudgetScope::Run,
            limit: copydesk_domain::MicroUsd(1),
            left: copydesk_domain::MicroUsd(0),
            needed: copydesk_domain::MicroUsd(1),
            short: copydesk_domain::MicroUsd(1),
        })));
        let made = vec![
            (ModelName::new("a"), Ok(Ok(draft()))),
            (ModelName::new("b"), Err(spent.clone())),
        ];
        assert_eq!(settle(made).err().unwrap(), spent);
    }

    #[test]
    fn the_order_of_drafts_hangs_on_the_seed_and_not_on_the_file() {
        let names = |reversed: bool| {
            let mut names = vec![ModelName::new("a"), ModelName::new("b")];
            if reversed {
                names.reverse();
            }
            names
        };
        let by_first = |drafter: &ModelName| i64::from(drafter.as_str() != "b");
        assert_eq!(in_order(names(false), by_first), in_order(names(true), by_first));
        assert_eq!(in_order(names(false), by_first)[0].as_str(), "b");
    }
}
