//! Questions that fit into the window of whichever model answers.

use copydesk_domain::task::{Shorten, Task};
use copydesk_domain::{ModelName, StepKey};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::calls::{Turn, account_of, identity};
use super::ledger::StepLedger;
use super::stage_context::StageContext;
use super::steps;
use crate::models::{AgentMessage, ModelCall, ModelError, ModelSpec};
use crate::outcome::{self, Account};
use crate::route;
use crate::step::StepError;
use crate::tools::ToolSpec;
use crate::trace;
use crate::window::{Fitted, Frame, LeftOut, Window, fit, of_json};

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
        let (system, schema) = (self.system(T::NAME, T::PROMPT)?, schema_of::<T>(T::NAME)?);
        let frame = Frame {
            system: &system,
            schema: &schema,
            tools: &[],
        };
        Ok(Some(window.readable.saturating_sub(frame.tokens())))
    }

    /// The smallest window of a task's route in the release. What a person chose for the run counts as little as who
    /// answers: the question must stay the same within a round.
    pub(super) fn window(&self, task: &str) -> Option<Window> {
        Window::of(&route::route(&self.params.release.config, task, &[], false))
    }

    /// One turn that fits; where an endpoint finds it too long all the same, once more with half of it.
    pub(super) async fn fitted_turn<T: Task>(
        &self,
        asked: &Question<'_, T::Input>,
    ) -> Result<Turn, StepError> {
        let models = (self.window(T::NAME), self.route(T::NAME));
        self.fitted_turn_of::<T>(asked, models).await
    }

    /// The same with the models that are asked, and the window that counts.
    pub(super) async fn fitted_turn_of<T: Task>(
        &self,
        asked: &Question<'_, T::Input>,
        models: (Option<Window>, Vec<ModelSpec>),
    ) -> Result<Turn, StepError> {
        let call = self.fitted_call::<T>(asked, models).await?;
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
        let window = Some(self.half_of(&call));
        let call = self.fitted_call::<T>(&half, (window, call.route.clone())).await?;
        self.accounted_step(half.key, &identity(&call), || {
            self.asked(half.key, T::NAME, &call)
        })
        .await
    }

    /// A window with half of the room that the input of a call took: prompt and schema stay as they are.
    pub(super) fn half_of(&self, call: &ModelCall) -> Window {
        let smallest = self.window(&call.task).or_else(|| Window::of(&call.route));
        let frame = Frame {
            system: &call.system,
            schema: &call.schema,
            tools: &call.tools,
        };
        let said = of_json(&call.input) + of_json(&call.history);
        Window {
            model: smallest.map_or_else(|| ModelName::new(call.task.as_str()), |window| window.model),
            readable: frame.tokens() + said / 2,
        }
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
        (window, route): (Option<Window>, Vec<ModelSpec>),
    ) -> Result<ModelCall, StepError> {
        let system = self.system(asked.key, T::PROMPT)?;
        let schema = schema_of::<T>(asked.key)?;
        let frame = Frame {
            system: &system,
            schema: &schema,
            tools: asked.tools,
        };
        let question = (asked.input, asked.history);
        let fitted = self.fitted(asked.key, T::NAME, question, frame, (window, &route));
        let fitted = fitted.await?;
        Ok(ModelCall {
            task: T::NAME.to_owned(),
            version: T::VERSION,
            system,
            input: serde_json::to_value(&fitted.input).map_err(|error| unusable(asked.key, &error))?,
            schema,
            tools: asked.tools.to_vec(),
            history: fitted.history,
            route,
            seed: self.seed(asked.key),
        })
    }

    /// A call that fits, or why there is none. That there is none is decided once: models that a person chooses later
    /// change nothing of what others went on from.
    pub(super) async fn fitted_or_never<T: Task>(
        &self,
        asked: &Question<'_, T::Input>,
        models: (Option<Window>, Vec<ModelSpec>),
    ) -> Result<Result<ModelCall, String>, StepError> {
        let place = format!("no_room/{}", asked.key);
        if let Some(reason) = self.recall(&place)? {
            return Ok(Err(reason));
        }
        match self.fitted_call::<T>(asked, models).await {
            Ok(call) => Ok(Ok(call)),
            Err(StepError::Model(error @ ModelError::NoRoom { .. })) => {
                let reason = error.to_string();
                let words = format!("went on without: {reason}");
                self.decided(&place, &reason, words).await?;
                Ok(Err(reason))
            }
            Err(error) => Err(error),
        }
    }

    /// What fits of a question. What was left out is written down for whoever reads the run's log, a line and a step with
    /// the counts; the step is also what makes a later attempt and a replay leave out the same.
    ///
    /// Where the window has no room for what cannot be left out, that of `route`, the models that are really asked,
    /// counts: a person may have chosen larger ones because of that. It is written down in any case.
    pub(super) async fn fitted<I: Shorten + Serialize + Clone>(
        &self,
        key: &str,
        task: &str,
        (input, history): (&I, &[AgentMessage]),
        frame: Frame<'_>,
        (window, route): (Option<Window>, &[ModelSpec]),
    ) -> Result<Fitted<I>, StepError> {
        let place = format!("left_out/{key}");
        let recalled: Option<Packed> = self.recall(&place)?;
        let window = match &recalled {
            Some(packed) => packed.window.clone(),
            None => window.filter(|_| !self.has_recorded(task)),
        };
        let (fitted, window, is_chosen) = match fit(input, history, frame, window.as_ref()) {
            Ok(fitted) => (fitted, window, false),
            Err(needed) => {
                let chosen = Window::of(route);
                if recalled.is_some() || chosen == window {
                    return Err(no_room(task, window.as_ref(), needed));
                }
                let fitted = fit(input, history, frame, chosen.as_ref());
                let fitted = fitted.map_err(|needed| no_room(task, chosen.as_ref(), needed))?;
                (fitted, chosen, true)
            }
        };
        if recalled.is_none() && (is_chosen || !fitted.left_out.is_empty()) {
            let left_out = fitted.left_out.clone();
            let packed = Packed { window, left_out };
            let words = packed.words();
            self.decided(&place, &packed, words.clone()).await?;
            self.log("info", format!("{key}: {words}"));
        }
        Ok(fitted)
    }

    /// Whether the round is executed again over answers of this task. Then what code decided about its questions is
    /// recalled, and what it did not decide is not decided now, whatever models the run names: it asks what was asked.
    pub fn has_recorded(&self, task: &str) -> bool {
        self.recorded.has_task(task)
    }

    /// What code decided under `key` in this round, or in the one that is executed again.
    ///
    /// # Errors
    /// As for any step whose outcome cannot be read.
    pub fn recall<V: DeserializeOwned>(&self, key: &str) -> Result<Option<V>, StepError> {
        let key = StepKey::new(key);
        let known = self.known(&key, steps::hash_input(&key, &())?)?;
        known.map(|stored| steps::read_outcome(&key, &stored)).transpose()
    }

    /// Keeps what code decided, with a line for people: a step without an effect, which [`StageContext::recall`] finds.
    ///
    /// # Errors
    /// As for any step.
    pub async fn decided<V>(&self, key: &str, decision: &V, words: String) -> Result<(), StepError>
    where
        V: Serialize + Sync + ?Sized,
    {
        let key = StepKey::new(key);
        let input_hash = steps::hash_input(&key, &())?;
        let now = self.params.clock.now();
        let account = Account {
            outcome: Some(words),
            ..Account::default()
        };
        let body = outcome::to_json(&decision);
        let row = outcome::completed(&self.place, &key, input_hash, body, account, (now, now));
        self.finish(row).await
    }
}

/// What was left out of a question, and for which window; none where only the embedded model is asked.
#[derive(Serialize, Deserialize)]
struct Packed {
    window: Option<Window>,
    left_out: LeftOut,
}

impl Packed {
    fn words(&self) -> String {
        match &self.window {
            Some(window) if !self.left_out.is_empty() => format!(
                "{}, to fit {} tokens of `{}`",
                self.left_out.words(),
                window.readable,
                window.model
            ),
            Some(window) => format!("asked whole: `{}` has room for it", window.model),
            None => "asked whole: the embedded model reads texts of any length".to_owned(),
        }
    }
}

/// The key of the same question with half of what it was.
pub(super) fn half(key: &str) -> String {
    format!("{key}/half")
}

/// The JSON schema of a task's output.
fn schema_of<T: Task>(key: &str) -> Result<Value, StepError> {
    serde_json::to_value(schemars::schema_for!(T::Output)).map_err(|error| unusable(key, &error))
}

fn unusable(key: &str, error: &serde_json::Error) -> StepError {
    StepError::Outcome {
        key: key.to_owned(),
        reason: error.to_string(),
    }
}

fn no_room(task: &str, window: Option<&Window>, needed: u64) -> StepError {
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
