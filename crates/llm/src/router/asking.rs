//! The loop over the tries of one call.

use std::sync::Arc;
use std::time::Duration;

use copydesk_journal::{Ledger, ModelCall, ModelError, ModelReply};
use copydesk_store::{Breach, StoreError};
use tokio::time::Instant;

use super::ask::Router;
use super::attempt::{Attempted, Prepared, Reserved, attempt, prepare, reserve};
use super::meter::{Admission, Meter, Pass};
use super::plan::{After, Plan, Turn};
use super::rates::Caps;
use super::route::Candidate;
use super::window::is_too_long;
use crate::request::{Dialect, Question, ReAsk};
use crate::wire::{Endpoint, Fault};

/// Waits of at least so long are worth a line in the stage log.
const TOLD_MIN: Duration = Duration::from_secs(1);

/// One call on its way through the models of its route.
pub(super) struct Asking<'a> {
    router: &'a Router,
    call: &'a ModelCall,
    question: &'a Question<'a>,
    ledger: &'a dyn Ledger,
    route: Vec<Candidate>,
    meters: Vec<Arc<Meter>>,
    /// Per model, until when its limits have no room for this call.
    full_until: Vec<Option<Instant>>,
    plan: Plan,
    re_asks: Vec<ReAsk>,
    /// How long the call has waited, for limits and for endpoints that are left alone.
    waited: Duration,
    tokens_in: u64,
    tokens_out: u64,
    /// The last failure, in one line.
    reason: String,
}

/// What one request is sent with: its place, the breaker's pass (the embedded model needs none), and its reserve (a
/// free model needs none).
type LetThrough<'m> = (Admission<'m>, Option<Pass<'m>>, Option<Reserved>);

/// What the loop does next.
pub(super) enum Step {
    /// Asks this model.
    Ask(Turn),
    /// Looks again: a wait is over.
    Look,
    /// Ends without an answer.
    End,
}

impl<'a> Asking<'a> {
    pub(super) fn new(
        router: &'a Router,
        call: &'a ModelCall,
        question: &'a Question<'a>,
        route: Vec<Candidate>,
        ledger: &'a dyn Ledger,
    ) -> Self {
        let meters: Vec<Arc<Meter>> = route
            .iter()
            .map(|candidate| router.meter(&candidate.config))
            .collect();
        Self {
            router,
            call,
            question,
            ledger,
            plan: Plan::new(route.len(), router.patience(), call.seed),
            full_until: vec![None; route.len()],
            meters,
            route,
            re_asks: Vec::new(),
            waited: Duration::ZERO,
            tokens_in: 0,
            tokens_out: 0,
            reason: String::new(),
        }
    }

    /// Decides on the next model, and waits where none can be asked now: within the time of one call, and no longer.
    pub(super) async fn turn(&mut self) -> Result<Step, ModelError> {
        let blocked: Vec<Option<Duration>> = (0..self.route.len())
            .map(|model| self.blocked_for(model))
            .collect();
        self.plan.prefer(|model| blocked[model].is_none());
        let waiting: Vec<usize> = self.plan.waiting().collect();
        let Some(first) = waiting.first().copied() else {
            return Ok(Step::End);
        };
        let soonest = waiting
            .iter()
            .map(|model| blocked[*model].unwrap_or(Duration::ZERO))
            .min()
            .unwrap_or_default();
        if blocked[first].is_some() && !self.plan.is_continued() && !soonest.is_zero() {
            if soonest > self.wait_left(first) {
                if self.reason.is_empty() {
                    let name = &self.route[first].name;
                    self.reason = format!(
                        "model `{name}` is left alone for {} s more after failures",
                        soonest.as_secs()
                    );
                }
                return Ok(Step::End);
            }
            self.wait(soonest).await;
            return Ok(Step::Look);
        }
        Ok(self.plan.next_turn().map_or(Step::End, Step::Ask))
    }

    /// Makes one try; none where the call has no answer yet.
    pub(super) async fn ask(&mut self, turn: Turn) -> Result<Option<ModelReply>, ModelError> {
        // Also a sleep of nothing ends with the timer's next tick, a millisecond later.
        if !turn.pause.is_zero() {
            tokio::time::sleep(turn.pause).await;
        }
        let candidate = &self.route[turn.model];
        let endpoint = self.router.endpoint(&candidate.name, &candidate.config)?;
        self.router.recall(&endpoint).await;
        let spoken = endpoint.dialect();
        let Some(attempted) = self.attempt(turn.model, &endpoint).await? else {
            // Whoever is asked next hears nothing of an answer that was not its own.
            self.re_asks.clear();
            self.plan.take_back();
            return Ok(None);
        };
        let usage = attempted.usage.unwrap_or_default();
        self.tokens_in = self.tokens_in.saturating_add(usage.tokens_in);
        self.tokens_out = self.tokens_out.saturating_add(usage.tokens_out);
        let candidate = &self.route[turn.model];
        if let Some((bill, reserve)) = attempted.over {
            let line = format!(
                "model `{}` billed {bill}, more than the {reserve} that were reserved",
                candidate.name
            );
            self.ledger.say("warn", line);
        }
        let fault = match attempted.result {
            Ok(content) => {
                return Ok(Some(ModelReply {
                    content,
                    model: candidate.name.clone(),
                    answered_by: attempted.answered_by,
                    tokens_in: self.tokens_in,
                    tokens_out: self.tokens_out,
                    tries: self.plan.tries(),
                }));
            }
            Err(fault) => fault,
        };
        self.reason = format!("model `{}`: {fault}", candidate.name);
        if is_too_long(&fault) {
            // No other model is asked: whoever asked decides what can be left out for all of them.
            return Err(ModelError::TooLong {
                model: candidate.name.to_string(),
                reason: fault.to_string(),
            });
        }
        let is_reformed = is_reformed(&endpoint, &fault, spoken, !self.call.tools.is_empty());
        if is_reformed {
            self.router.remember(&endpoint, None).await;
        }
        match self.plan.failed(&fault, is_reformed, candidate.is_embedded) {
            After::Fresh => self.re_asks.clear(),
            After::ReAsk => self.re_asks.extend(re_ask(fault)),
            After::Reform => {}
            After::Person => return Err(self.router.person_for(candidate, &fault)),
        }
        Ok(None)
    }

    /// All tries are used up, or no model can be asked in time.
    pub(super) fn exhausted(self) -> ModelError {
        ModelError::Exhausted {
            tries: self.plan.tries(),
            reason: self.reason,
        }
    }

    /// Sends one request once its endpoint has room for it; none where it has none in time, or is left alone after all.
    async fn attempt(&mut self, model: usize, endpoint: &Endpoint) -> Result<Option<Attempted>, ModelError> {
        let is_watched = self.ledger.is_watched();
        let prepared = prepare(
            endpoint,
            &self.route[model],
            self.question,
            &self.re_asks,
            is_watched,
        );
        let meter = Arc::clone(&self.meters[model]);
        let Some((mut admission, pass, reserved)) = self.let_through(model, &meter, &prepared).await? else {
            return Ok(None);
        };
        admission.sent();
        let candidate = &self.route[model];
        let paid = (reserved, self.ledger);
        let attempted = attempt(endpoint, candidate, self.question, &prepared, paid).await;
        let attempted = attempted.map_err(|error| self.unpaid(error, candidate, prepared.tokens_in_max()))?;
        if let Some(usage) = attempted.usage {
            admission.counted(usage.tokens_in.saturating_add(usage.tokens_out));
        }
        let opened = pass.and_then(|pass| pass.over(attempted.result.as_ref().map(|_| ())));
        if let Some(rest) = opened {
            let now = self.router.options.clock.now();
            let until = now.plus(rest.try_into().unwrap_or_default());
            let line = format!(
                "model `{}` keeps failing and is left alone for {} s, until {} UTC",
                candidate.name,
                rest.as_secs(),
                until.timestamp().strftime("%H:%M:%S")
            );
            tracing::warn!(model = %candidate.name, rest_s = rest.as_secs(), "an endpoint keeps failing and is left alone");
            self.ledger.say("warn", line);
        }
        Ok(Some(attempted))
    }

    /// A place at the endpoint, the breaker's pass and the money for one request. A call that waits for the bills of
    /// others holds neither place nor pass meanwhile: it would keep away calls that have their money.
    async fn let_through<'m>(
        &mut self,
        model: usize,
        meter: &'m Meter,
        prepared: &Prepared,
    ) -> Result<Option<LetThrough<'m>>, ModelError> {
        loop {
            let bills = self.ledger.bills();
            let Some(admission) = self.admitted(model, meter, prepared).await else {
                return Ok(None);
            };
            let candidate = &self.route[model];
            let pass = if candidate.is_embedded {
                None
            } else {
                Some(meter.enter())
            };
            let Ok(pass) = pass.transpose() else {
                return Ok(None);
            };
            let error = match reserve(candidate, prepared, self.ledger).await {
                Ok(reserved) => return Ok(Some((admission, pass, reserved))),
                Err(error) => error,
            };
            drop((admission, pass));
            if !fits_later(&error) || !self.ledger.next_bill(bills).await {
                return Err(self.unpaid(error, &self.route[model], prepared.tokens_in_max()));
            }
        }
    }

    /// Waits for a place at the endpoint; none where there is none in time.
    async fn admitted<'m>(
        &mut self,
        model: usize,
        meter: &'m Meter,
        prepared: &Prepared,
    ) -> Option<Admission<'m>> {
        let candidate = &self.route[model];
        let caps = Caps::of(&candidate.config);
        let guessed = prepared.tokens_guessed(candidate);
        let asked_at = Instant::now();
        match meter.admit(caps, guessed, self.wait_left(model)).await {
            Ok(admission) => {
                if let Some((span, reason)) = admission.waited {
                    self.waited += span;
                    self.tell_wait(&candidate.name.to_string(), span, reason.words());
                }
                Some(admission)
            }
            Err((reason, wait)) => {
                self.waited += asked_at.elapsed();
                let name = &candidate.name;
                let full = format!(
                    "model `{name}` has no room for {} s: it waits for {}",
                    wait.as_secs(),
                    reason.words()
                );
                // What an endpoint said of itself is worth more than what follows from it, so both are told.
                self.reason = match self.reason.as_str() {
                    "" => full,
                    said if said.contains("has no room") => full,
                    said => format!("{said}; {full}"),
                };
                self.full_until[model] = Some(Instant::now() + wait);
                None
            }
        }
    }

    /// Why no money was reserved, with what would have been.
    fn unpaid(&self, error: StoreError, candidate: &Candidate, tokens_in: u64) -> ModelError {
        match Breach::of(&error, &self.call.task, candidate.name.as_str(), tokens_in) {
            Some(breach) => ModelError::OverBudget(Box::new(breach)),
            None => ModelError::Reserve(error),
        }
    }

    /// For how long a model cannot be asked.
    fn blocked_for(&self, model: usize) -> Option<Duration> {
        if self.route[model].is_embedded {
            return None;
        }
        let full = self.full_until[model]
            .map(|until| until.saturating_duration_since(Instant::now()))
            .filter(|left| !left.is_zero());
        full.max(self.meters[model].blocked_for())
    }

    /// A call waits for as long as one try may take, over all its waits.
    fn wait_left(&self, model: usize) -> Duration {
        let limit = Duration::try_from(self.route[model].config.timeout).unwrap_or_default();
        limit.saturating_sub(self.waited)
    }

    async fn wait(&mut self, span: Duration) {
        self.waited += span;
        tokio::time::sleep(span).await;
        let models: Vec<&str> = self
            .route
            .iter()
            .map(|candidate| candidate.name.as_str())
            .collect();
        self.tell_wait(&models.join("`, `"), span, "it to come back after failures");
    }

    fn tell_wait(&self, models: &str, span: Duration, what: &str) {
        tracing::info!(
            model = models,
            waited_ms = span.as_millis(),
            what,
            "a call waited"
        );
        if span >= TOLD_MIN {
            let seconds = span.as_secs_f64();
            self.ledger.say(
                "info",
                format!("waited {seconds:.1} s for model `{models}`: {what}"),
            );
        }
    }
}

/// Whether bills that are smaller than their reserves can make room for this one: never for what is more than the
/// whole limit.
fn fits_later(error: &StoreError) -> bool {
    matches!(error, StoreError::BudgetSpent { needed, limit, .. } if needed <= limit)
}

/// Whether the endpoint complained of a part of the request, which was in the form `spoken`, that can be told in another.
pub(super) fn is_reformed(endpoint: &Endpoint, fault: &Fault, spoken: Dialect, with_tools: bool) -> bool {
    match fault {
        // Some servers answer 500 or 501 to a schema that they do not understand.
        Fault::Status {
            status: 400 | 422 | 500 | 501,
            reason,
            ..
        } => endpoint.learn(reason, spoken, with_tools),
        _ => false,
    }
}

fn re_ask(fault: Fault) -> Option<ReAsk> {
    match fault {
        Fault::Invalid { problem, said } => Some(ReAsk { said, problem }),
        _ => None,
    }
}
