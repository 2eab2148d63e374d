//! Questions to one model by its name, whatever the task's route is.

use copydesk_domain::ModelName;
use copydesk_domain::task::Task;
use serde::{Deserialize, Serialize};

use super::calls::{Asked, Turn, account_of, identity, typed};
use super::ledger::StepLedger;
use super::stage_context::StageContext;
use crate::models::{ModelCall, ModelError, ModelReply};
use crate::outcome::Account;
use crate::route;
use crate::step::StepError;
use crate::trace;

impl StageContext {
    /// Asks one typed question of one model alone, whatever the task's route is; what a person chose for the rest of the
    /// run and a pin to this machine come before that.
    pub async fn ask_of<T: Task>(
        &self,
        model: &ModelName,
        key: &str,
        input: &T::Input,
    ) -> Result<Asked<T::Output>, StepError> {
        let call = self.directed_call::<T>(model, key, input)?;
        let turn = self
            .accounted_step(key, &identity(&call), || async {
                account_of(T::NAME, self.asked_of::<T>(model, key, &call).await)
            })
            .await?;
        typed(key, turn)
    }

    /// The same as [`StageContext::ask_of`] for an answer that the stage can do without: why there is none is the step's
    /// outcome for good, in every later attempt and replay. A call that does not fit a budget still makes the run wait.
    pub async fn ask_of_or_without<T: Task>(
        &self,
        model: &ModelName,
        key: &str,
        input: &T::Input,
    ) -> Result<Result<Asked<T::Output>, String>, StepError> {
        let call = self.directed_call::<T>(model, key, input)?;
        let answered: Answered = self
            .accounted_step(key, &identity(&call), || async {
                or_without(account_of(T::NAME, self.asked_of::<T>(model, key, &call).await))
            })
            .await?;
        match answered {
            Answered::Turn(turn) => Ok(Ok(typed(key, turn)?)),
            Answered::Without(reason) => Ok(Err(reason)),
        }
    }

    fn directed_call<T: Task>(
        &self,
        model: &ModelName,
        key: &str,
        input: &T::Input,
    ) -> Result<ModelCall, StepError> {
        let params = &self.params;
        let config = &params.release.config;
        let route = route::directed(config, T::NAME, model, &params.route, params.embedded_only);
        Ok(ModelCall {
            route,
            ..self.model_call::<T>(key, input, &[], &[])?
        })
    }

    async fn asked_of<T: Task>(
        &self,
        model: &ModelName,
        key: &str,
        call: &ModelCall,
    ) -> Result<ModelReply, ModelError> {
        if call.route.is_empty() {
            return Err(ModelError::NeedsPerson {
                model: model.to_string(),
                reason: format!(
                    "it is not on this machine, and what `{}` asks never leaves it",
                    T::NAME
                ),
            });
        }
        let ledger = StepLedger {
            ctx: self,
            key,
            task: T::NAME,
        };
        let asked = self.params.models.ask(call.clone(), &ledger);
        trace::in_step(key, T::NAME, asked).await
    }
}

/// The outcome of a question whose answer is not needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Answered {
    Turn(Turn),
    /// Why there is no answer.
    Without(String),
}

/// The same, with an error of the model alone as the end of the question.
fn or_without(
    (result, mut account): (Result<Turn, StepError>, Account),
) -> (Result<Answered, StepError>, Account) {
    match result {
        Ok(turn) => (Ok(Answered::Turn(turn)), account),
        Err(StepError::Model(error)) if error.is_of_model() => {
            account.outcome = Some(format!("went on without: {error}"));
            (Ok(Answered::Without(error.to_string())), account)
        }
        Err(error) => (Err(error), account),
    }
}
