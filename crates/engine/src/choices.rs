//! How a run that waits for money or for a model can go on, and the choice of a person carried out.

use copydesk_config::{Config, ModelConfig, Release, StageConfig};
use copydesk_domain::{ContentHash, MicroUsd, ModelName, RunId, RunState, StageState, WaitingFor};
use copydesk_journal::is_pinned;
use copydesk_store::{Breach, Command, RunRecord};
use serde::Serialize;

use crate::error::EngineError;
use crate::services::Engine;

/// Earlier runs of a pipeline from which it is told what one costs as a rule.
const RUNS_COMPARED: u32 = 10;
/// One cent: what is granted is told in whole ones.
const CENT: i64 = 10_000;

/// The ways in which a waiting run can go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Choices {
    /// The call that did not fit; none where the run waits for a model.
    pub breach: Option<Breach>,
    /// What to grant so that the run goes on: what the call is short of, and what runs of its pipeline usually cost
    /// from there on.
    pub grant_microusd: Option<MicroUsd>,
    /// Another model that fits what is left.
    pub cheaper: Option<Cheaper>,
    /// Whether the embedded model can finish it.
    pub embedded: bool,
}

/// Another model for the call that did not fit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cheaper {
    /// Its name.
    pub route: ModelName,
    /// What the call would reserve there.
    pub microusd: MicroUsd,
}

/// What a person chose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GoOn {
    /// Granted on top of the budget.
    pub extra: MicroUsd,
    /// Models for the rest of the run; none = as they are.
    pub route: Option<Vec<ModelName>>,
    /// The embedded model finishes it.
    pub embedded: bool,
}

/// The choices of a run that waits. `usual`: what runs of its pipeline cost as a rule; `spent`: what this one has cost.
/// Pure.
pub fn choices(
    config: &Config,
    breach: Option<&Breach>,
    usual: Option<MicroUsd>,
    spent: MicroUsd,
    is_custom: bool,
) -> Choices {
    let grant = breach.map(|breach| {
        let rest = usual.unwrap_or_default() - spent - breach.needed;
        in_cents(breach.short + rest.max(MicroUsd::ZERO))
    });
    Choices {
        breach: breach.cloned(),
        grant_microusd: grant,
        cheaper: breach.and_then(|breach| cheaper(config, breach)),
        // The built-in model knows the program's own tasks and no other.
        embedded: !is_custom,
    }
}

/// Rounded up to whole cents.
fn in_cents(amount: MicroUsd) -> MicroUsd {
    let cents = amount.0.max(0).saturating_add(CENT - 1) / CENT;
    MicroUsd(cents.saturating_mul(CENT))
}

/// The dearest model whose reserve for the call fits what is left: it is likely the nearest to the one that does not.
/// Of a task that is pinned to this machine only models here are told.
fn cheaper(config: &Config, breach: &Breach) -> Option<Cheaper> {
    let own = config
        .routes
        .get(&breach.task)
        .or_else(|| config.routes.get("default"));
    let is_pinned = own.is_some_and(|route| is_pinned(config, route));
    let others = config
        .models
        .iter()
        .filter(|(name, model)| name.as_str() != breach.model && (!is_pinned || model.is_on_this_machine()));
    let fitting = others.filter_map(|(name, model)| {
        let microusd = reserve(model, breach.tokens_in)?;
        (microusd <= breach.left && microusd < breach.needed).then(|| Cheaper {
            route: name.clone(),
            microusd,
        })
    });
    // Of equals the first by name, so that the answer does not depend on chance.
    fitting.reduce(|best, next| if next.microusd > best.microusd { next } else { best })
}

/// What a call of so many tokens would reserve at a model; none where nobody knows its price.
fn reserve(model: &ModelConfig, tokens_in: u64) -> Option<MicroUsd> {
    match (model.price_in, model.price_out) {
        _ if model.free => Some(MicroUsd::ZERO),
        (Some(read), Some(written)) => {
            let out = u64::from(model.tokens_out_max);
            Some(read.for_tokens(tokens_in) + written.for_tokens(out))
        }
        (None, None) => model.is_on_this_machine().then_some(MicroUsd::ZERO),
        _ => None,
    }
}

impl Choices {
    /// The choices as commands, each with what it does.
    pub fn commands(&self, run: &RunId) -> Vec<String> {
        let mut commands = Vec::new();
        if let Some(grant) = self.grant_microusd {
            commands.push(format!(
                "copydesk retry {run} --budget '+{grant}'   goes on for {grant} more"
            ));
        } else {
            commands.push(format!(
                "copydesk retry {run}   asks the model again, once it is mended"
            ));
        }
        if let Some(cheaper) = &self.cheaper {
            let (route, cost) = (&cheaper.route, cheaper.microusd);
            commands.push(format!(
                "copydesk retry {run} --route {route}   asks `{route}`: at most {cost} for this call"
            ));
        }
        if self.embedded {
            commands.push(format!(
                "copydesk retry {run} --embedded   finishes with the built-in model, for nothing"
            ));
        }
        commands.push(format!("copydesk cancel {run}   stops it"));
        commands
    }
}

/// The middle of some amounts.
fn median(mut amounts: Vec<MicroUsd>) -> Option<MicroUsd> {
    amounts.sort();
    amounts.get(amounts.len() / 2).copied()
}

impl Engine {
    /// How a run can go on that waits for money or a model; none where it waits for neither.
    pub async fn choices(&self, run: &RunId) -> Result<Option<Choices>, EngineError> {
        let record = self.known_run(run).await?;
        let waits = |what| record.waiting_for.contains(&what);
        if !waits(WaitingFor::Budget) && !waits(WaitingFor::Model) {
            return Ok(None);
        }
        let release = self.release(&record).await?;
        let breach = record.breach.as_ref().filter(|_| waits(WaitingFor::Budget));
        let spent = self.spent(run).await?;
        let usual = match breach {
            Some(_) => self.usual_spend(&record).await?,
            None => None,
        };
        let is_custom = self.waits_in_custom_stage(run, &release).await?;
        Ok(Some(choices(&release.config, breach, usual, spent, is_custom)))
    }

    /// Whether the stage by which a run waits is one of the author's, which the built-in model cannot answer.
    async fn waits_in_custom_stage(&self, run: &RunId, release: &Release) -> Result<bool, EngineError> {
        let waiting = self.store().stages(run).await?;
        let waiting = waiting
            .iter()
            .filter(|record| record.state == StageState::Waiting);
        let stages = &release.pipeline.stages;
        let mut agents =
            waiting.filter_map(|record| stages.iter().find(|stage| stage.stage_name() == record.stage));
        Ok(agents.any(|stage| stage.agent == StageConfig::CUSTOM))
    }

    async fn spent(&self, run: &RunId) -> Result<MicroUsd, EngineError> {
        let spends = self.store().run_spends(run).await?;
        Ok(spends.iter().map(|spend| spend.amount).sum())
    }

    /// What runs of the same pipeline cost as a rule: the median of the last completed ones.
    async fn usual_spend(&self, record: &RunRecord) -> Result<Option<MicroUsd>, EngineError> {
        let runs = self.store().own_runs(&record.pipeline, RUNS_COMPARED).await?;
        let mut amounts = Vec::new();
        for run in runs
            .iter()
            .filter(|run| run.id != record.id && run.state == RunState::Completed)
        {
            amounts.push(self.spent(&run.id).await?);
        }
        Ok(median(amounts))
    }

    /// Lets a waiting, failed or cancelled run go on as a person chose.
    ///
    /// # Errors
    /// [`copydesk_store::StoreError::DecisionRefused`] where nothing is left to do.
    pub async fn go_on(&self, run: &RunId, chosen: GoOn) -> Result<(), EngineError> {
        let at = self.clock().now();
        let mut commands = Vec::new();
        if let Some(route) = chosen.route {
            let run = run.clone();
            commands.push(Command::ChooseRoute { run, route, at });
        }
        commands.push(Command::Retry {
            run: run.clone(),
            budget_extra: chosen.extra,
            embedded_only: chosen.embedded,
            at,
        });
        for answer in self.store().apply_all(commands).await {
            answer?;
        }
        self.services.models.reconsider();
        self.nudge(run);
        Ok(())
    }

    /// The same for somebody who chose on a page that showed what the run waits with, by [`RunRecord::impasse`]: a second
    /// press, and one on a page that is old by now, change nothing.
    ///
    /// # Errors
    /// [`copydesk_store::StoreError::DecisionRefused`] where the run does not wait with that any more.
    pub async fn go_on_as_seen(
        &self,
        run: &RunId,
        seen: ContentHash,
        chosen: GoOn,
    ) -> Result<(), EngineError> {
        let command = Command::GoOn {
            run: run.clone(),
            seen,
            route: chosen.route,
            budget_extra: chosen.extra,
            embedded_only: chosen.embedded,
            at: self.clock().now(),
        };
        self.store().apply(command).await?;
        self.services.models.reconsider();
        self.nudge(run);
        Ok(())
    }

    /// Asks for a run to be stopped.
    pub async fn stop(&self, run: &RunId) -> Result<(), EngineError> {
        let at = self.clock().now();
        let run = run.clone();
        self.store()
            .apply(Command::RequestCancel { run: run.clone(), at })
            .await?;
        self.nudge(&run);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use copydesk_store::BudgetScope;

    use super::*;

    fn config(routes: &str) -> Config {
        let models = r#"
            [models.large]
            base_url = "https://a.example"
            model = "m"
            price_in = "$10.00/Mtok"
            price_out = "$30.00/Mtok"
            [models.middle]
            base_url = "https://b.example"
            model = "m"
            price_in = "$1.00/Mtok"
            price_out = "$3.00/Mtok"
            [models.small]
            base_url = "https://c.example"
            model = "m"
            price_in = "$0.10/Mtok"
            price_out = "$0.30/Mtok"
            [models.here]
            base_url = "http://127.0.0.1:8080/v1"
            model = "m"
            local_only = true
        "#;
        let shipped = copydesk_config::shipped::config()
            .replace("\n[models]", "")
            .replace("default = [\"embedded\"]", routes);
        toml::from_str(&format!("{shipped}\n{models}")).unwrap()
    }

    fn breach(left: i64, short: i64) -> Breach {
        Breach {
            scope: BudgetScope::Run,
            limit: MicroUsd(1_000_000),
            left: MicroUsd(left),
            needed: MicroUsd(222_880),
            short: MicroUsd(short),
            task: "take_notes".to_owned(),
            model: "large".to_owned(),
            tokens_in: 10_000,
        }
    }

    #[test]
    fn a_model_with_one_price_of_two_is_no_way_to_go_on() {
        let mut half = config("default = [\"large\"]");
        half.models.retain(|name, _| name.as_str() == "here");
        let told = |config: &Config| cheaper(config, &breach(100_000, 122_880)).map(|told| told.microusd);
        assert_eq!(
            told(&half),
            Some(MicroUsd::ZERO),
            "without any price it is free here"
        );
        for model in half.models.values_mut() {
            model.price_in = Some(MicroUsd(1));
        }
        assert_eq!(told(&half), None, "nobody knows what it costs");
    }

    #[test]
    fn what_is_granted_covers_the_call_and_what_usually_follows() {
        let config = config("default = [\"large\"]");
        let grant = |usual: Option<i64>, spent| {
            let choices = choices(
                &config,
                Some(&breach(100_000, 122_880)),
                usual.map(MicroUsd),
                MicroUsd(spent),
                false,
            );
            choices.grant_microusd.unwrap()
        };
        assert_eq!(grant(None, 900_000), MicroUsd(130_000), "whole cents, rounded up");
        assert_eq!(grant(Some(1_500_000), 900_000), MicroUsd(500_000));
        assert_eq!(
            grant(Some(1_000_000), 900_000),
            MicroUsd(130_000),
            "this run was dearer than usual"
        );
    }

    #[test]
    fn the_dearest_model_that_fits_is_the_cheaper_route() {
        let config = config("default = [\"large\"]");
        let route = |left| {
            cheaper(&config, &breach(left, 1)).map(|found| (found.route.to_string(), found.microusd.0))
        };
        // 10,000 tokens in and 4,096 out at $1 and $3.
        assert_eq!(route(100_000), Some(("middle".to_owned(), 22_288)));
        assert_eq!(route(20_000), Some(("small".to_owned(), 2_229)));
        assert_eq!(route(0), Some(("here".to_owned(), 0)));
    }

    #[test]
    fn a_pinned_task_is_never_offered_a_model_elsewhere() {
        let config = config("default = [\"here\", \"large\"]");
        let found = cheaper(&config, &breach(100_000, 1)).unwrap();
        assert_eq!(found.route.as_str(), "here");
    }

    #[test]
    fn the_choices_are_commands_to_copy() {
        let config = config("default = [\"large\"]");
        let all = choices(&config, Some(&breach(100_000, 122_880)), None, MicroUsd(0), false);
        assert_eq!(
            all.commands(&"r1".into()),
            [
                "copydesk retry r1 --budget '+$0.13'   goes on for $0.13 more",
                "copydesk retry r1 --route middle   asks `middle`: at most $0.022288 for this call",
                "copydesk retry r1 --embedded   finishes with the built-in model, for nothing",
                "copydesk cancel r1   stops it",
            ]
        );
        let custom = choices(&config, None, None, MicroUsd(0), true);
        assert_eq!(
            custom.commands(&"r1".into()).len(),
            2,
            "a model that needs a person, in a custom stage"
        );
    }
}
