//! Questions to one model by its name, whatever the task's route is.

use copydesk_domain::ModelName;
use copydesk_domain::task::Task;
use serde::{Deserialize, Serialize};

use super::calls::{Asked, Turn, identity, typed};
use super::fitting::Question;
use super::stage_context::StageContext;
use crate::models::{ModelError, ModelSpec};
use crate::outcome::Account;
use crate::route;
use crate::step::StepError;
use crate::window::Window;

impl StageContext {
    /// Asks one typed question of one model alone, whatever the task's route is; what a person chose for the rest of the
    /// run and a pin to this machine come before that.
    pub async fn ask_of<T: Task>(
        &self,
        model: &ModelName,
        key: &str,
        input: &T::Input,
    ) -> Result<Asked<T::Output>, StepError> {
        let question = alone(key, input);
        let models = self.directed::<T>(model)?;
        typed(key, self.fitted_turn_of::<T>(&question, models).await?)
    }

    /// The same as [`StageContext::ask_of`] for an answer that the stage can do without: why there is none is the step's
    /// outcome for good, in every later attempt and replay. A call that does not fit a budget still makes the run wait.
    pub async fn ask_of_or_without<T: Task>(
        &self,
        model: &ModelName,
        key: &str,
        input: &T::Input,
    ) -> Result<Result<Asked<T::Output>, String>, StepError> {
        let models = match self.directed::<T>(model) {
            Ok(models) => models,
            Err(error) => return Ok(Err(error.to_string())),
        };
        let call = match self.fitted_or_never::<T>(&alone(key, input), models).await? {
            Ok(call) => call,
            Err(reason) => return Ok(Err(reason)),
        };
        let answered: Answered = self
            .accounted_step(key, &identity(&call), || async {
                or_without(self.asked(key, T::NAME, &call).await)
            })
            .await?;
        match answered {
            Answered::Turn(turn) => Ok(Ok(typed(key, turn)?)),
            Answered::Without(reason) => Ok(Err(reason)),
        }
    }

    /// The models that are asked in place of one, and the window of that one.
    ///
    /// # Errors
    /// [`ModelError::NeedsPerson`] where the task never leaves this machine, and the model is elsewhere.
    fn directed<T: Task>(&self, model: &ModelName) -> Result<(Option<Window>, Vec<ModelSpec>), ModelError> {
        let params = &self.params;
        let config = &params.release.config;
        let own = route::directed(config, T::NAME, model, &[], false);
        if own.is_empty() {
            return Err(ModelError::NeedsPerson {
                model: model.to_string(),
                reason: format!(
                    "it is not on this machine, and what `{}` asks never leaves it",
                    T::NAME
                ),
            });
        }
        let asked = route::directed(config, T::NAME, model, &params.route, params.embedded_only);
        Ok((Window::of(&own), self.held_to_pins(T::NAME, asked)))
    }
}

/// A question without tools or earlier turns.
fn alone<'a, I>(key: &'a str, input: &'a I) -> Question<'a, I> {
    Question {
        key,
        input,
        tools: &[],
        history: &[],
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
