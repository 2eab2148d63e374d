//! Questions that fit into the window of whichever model answers.

use copydesk_domain::task::Task;
use copydesk_domain::{ModelName, StepKey, tokens};
use serde::Serialize;

use super::calls::{Turn, account_of, identity};
use super::ledger::StepLedger;
use super::stage_context::StageContext;
use crate::models::{AgentMessage, ModelCall, ModelError};
use crate::outcome::{self, Account};
use crate::route;
use crate::step::StepError;
use crate::tools::ToolSpec;
use crate::trace;
use crate::window::{LeftOut, Window, fit, of_json};

/// What is asked, before anything is left out of it.
pub(super) struct Question<'a, I> {
    pub(super) key: &'a str,
    pub(super) input: &'a I,
    pub(super) tools: &'a [ToolSpec],
    pub(super) history: &'a [AgentMessage],
}

impl StageContext {
    /// About the tokens that the input of a task may have beside its prompt and its schema; none where only the embedded
    /// model may answer, which reads texts of any length.
    ///
    /// # Errors
    /// Those of rendering the prompt.
    pub fn room<T: Task>(&self) -> Result<Option<u64>, StepError> {
        let Some(window) = self.window(T::NAME) else {
            return Ok(None);
        };
        let fixed = self.fixed::<T>(T::NAME, &[])?;
        Ok(Some(window.readable.saturating_sub(fixed)))
    }

    /// The smallest window of a task's route in the release. What a person chose for the run counts as little as who
    /// answers: the question must stay the same within a round.
    pub(super) fn window(&self, task: &str) -> Option<Window> {
        Window::of(&route::route(&self.params.release.config, task, &[], false))
    }

    fn fixed<T: Task>(&self, key: &str, tools: &[ToolSpec]) -> Result<u64, StepError> {
        let system = self.system(key, T::PROMPT)?;
        Ok(tokens::estimated(&system) + of_json(&schemars::schema_for!(T::Output)) + of_tools(tools))
    }

    /// One turn that fits; where an endpoint finds it too long all the same, once more with half of it.
    pub(super) async fn fitted_turn<T: Task>(
        &self,
        asked: &Question<'_, T::Input>,
    ) -> Result<Turn, StepError> {
        let window = self.window(T::NAME);
        let call = self.fitted_call::<T>(asked, window.as_ref()).await?;
        let what = identity(&call);
        let first = self.accounted_step(asked.key, &what, || async {
            unless_too_long(self.asked(asked.key, T::NAME, &call).await)
        });
        if let Some(turn) = first.await? {
            return Ok(turn);
        }
        let half = Question {
            key: &half(asked.key),
            ..*asked
        };
        let sent = self.fixed::<T>(asked.key, asked.tools)? + of_json(&call.input) + of_json(&call.history);
        let window = self.halved(T::NAME, window, sent);
        let call = self.fitted_call::<T>(&half, Some(&window)).await?;
        self.accounted_step(half.key, &identity(&call), || {
            self.asked(half.key, T::NAME, &call)
        })
        .await
    }

    /// Half of the window, or of what was sent where that was less, also where only a model that a person chose for the
    /// run has a window.
    pub(super) fn halved(&self, task: &str, window: Option<Window>, sent: u64) -> Window {
        let window = window.or_else(|| Window::of(&self.route(task)));
        let window = window.unwrap_or_else(|| Window {
            model: ModelName::new(task),
            readable: sent,
        });
        window.halved(sent)
    }

    /// Asks the models, with the account of it.
    pub(super) async fn asked(
        &self,
        key: &str,
        task: &str,
        call: &ModelCall,
    ) -> (Result<Turn, StepError>, Account) {
        let ledger = StepLedger { ctx: self, key, task };
        let asked = self.params.models.ask(call.clone(), &ledger);
        account_of(task, trace::in_step(key, task, asked).await)
    }

    /// A call that fits, with what was left out of it written down.
    pub(super) async fn fitted_call<T: Task>(
        &self,
        asked: &Question<'_, T::Input>,
        window: Option<&Window>,
    ) -> Result<ModelCall, StepError> {
        let fixed = match window {
            Some(_) => self.fixed::<T>(asked.key, asked.tools)?,
            None => 0,
        };
        let fitted = fit(asked.input, asked.history, fixed, window);
        let fitted = fitted.map_err(|needed| no_room(T::NAME, window, needed))?;
        self.keep_left_out(asked.key, &fitted.left_out, window).await?;
        self.model_call::<T>(asked.key, &fitted.input, asked.tools, &fitted.history)
    }

    /// Writes down what was left out of a question, for whoever reads the run's log: a line, and a step with the counts.
    pub(super) async fn keep_left_out(
        &self,
        key: &str,
        left_out: &LeftOut,
        window: Option<&Window>,
    ) -> Result<(), StepError> {
        if left_out.is_empty() {
            return Ok(());
        }
        let model = window.map_or_else(String::new, |window| {
            format!(", to fit {} tokens of `{}`", window.readable, window.model)
        });
        let words = format!("{}{model}", left_out.words());
        if self
            .decided(&format!("left_out/{key}"), left_out, words.clone())
            .await?
        {
            self.log("info", format!("{key}: {words}"));
        }
        Ok(())
    }

    /// Keeps what code decided, with a line for people: a step without an effect. Gives whether it is new in this round;
    /// it is not where a stage is gone on with.
    ///
    /// # Errors
    /// As for any step.
    pub async fn decided<V>(&self, key: &str, decision: &V, words: String) -> Result<bool, StepError>
    where
        V: Serialize + Sync + ?Sized,
    {
        let key = StepKey::new(key);
        let input_hash = super::steps::hash_input(&key, decision)?;
        if self.known(&key, input_hash)?.is_some() {
            return Ok(false);
        }
        let now = self.params.clock.now();
        let account = Account {
            outcome: Some(words),
            ..Account::default()
        };
        let body = outcome::to_json(&decision);
        let row = outcome::completed(&self.place, &key, input_hash, body, account, (now, now));
        self.finish(row).await?;
        Ok(true)
    }
}

/// The key of the same question with half of what it was.
pub(super) fn half(key: &str) -> String {
    format!("{key}/half")
}

/// About the tokens of tools in a request.
pub(super) fn of_tools(tools: &[ToolSpec]) -> u64 {
    let tokens = |tool: &ToolSpec| tokens::estimated(&tool.description) + of_json(&tool.input_schema) + 20;
    tools.iter().map(tokens).sum()
}

pub(super) fn no_room(task: &str, window: Option<&Window>, needed: u64) -> StepError {
    let error = ModelError::NoRoom {
        task: task.to_owned(),
        model: window.map(|window| window.model.to_string()).unwrap_or_default(),
        readable: window.map_or(0, |window| window.readable),
        needed,
    };
    error.into()
}

/// A question that an endpoint finds too long, as the end of that question.
pub(super) fn unless_too_long(
    (result, mut account): (Result<Turn, StepError>, Account),
) -> (Result<Option<Turn>, StepError>, Account) {
    match result {
        Ok(turn) => (Ok(Some(turn)), account),
        Err(StepError::Model(error @ ModelError::TooLong { .. })) => {
            account.outcome = Some(format!("asked again with half: {error}"));
            (Ok(None), account)
        }
        Err(error) => (Err(error), account),
    }
}
