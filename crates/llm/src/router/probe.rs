//! Whether a model is there and what it can do: for `copydesk models probe`.

use std::sync::Mutex;

use async_trait::async_trait;
use copydesk_config::ModelConfig;
use copydesk_domain::{MicroUsd, ModelName};
use copydesk_journal::{Ledger, ModelCall, ModelSpec, ReplyContent, Reservation};
use copydesk_store::{ExchangeParams, StoreError};

use super::advice::{guesses, next_step};
use super::ask::Router;
use super::asking::is_reformed;
use super::attempt::written;
use super::exchange::exchange;
use super::listing::{Listing, listing};
use super::probe_calls::{json_call, tool_call};
use super::report::{Check, ProbeReport, Way, listed_check, no, usage_check};
use super::route::Candidate;
use super::tariff::Pay;
use crate::request::{Format, Question, as_stream, build};
use crate::wire::{Endpoint, Fault};

/// Forms of the request in the order in which they are tried.
const FORMATS: [Format; 4] = [Format::Schema, Format::Tool, Format::Object, Format::Text];
/// Most requests for one answer: each form once, and some complaints about other fields.
const TRIES_MAX: u32 = 10;

impl Router {
    /// Asks a model four small things: its list of models, a typed task, the same as a stream, a tool call. What they
    /// cost (well below a cent) is on nobody's budget. What was found is remembered where the task was answered.
    pub async fn probe(&self, spec: &ModelSpec) -> ProbeReport {
        let candidate = self.candidate(spec);
        let unasked = Check::Unknown {
            reason: "the endpoint does not answer".to_owned(),
        };
        let (reachable, list) = self.probe_list(&spec.name, &candidate.config).await;
        let mut report = ProbeReport {
            model: spec.name.clone(),
            has_price: Pay::of(&candidate.config) != Pay::Unknown,
            listed: listed_check(list.as_ref(), &candidate),
            json: unasked.clone(),
            way: None,
            streams: unasked.clone(),
            tool_calls: unasked.clone(),
            usage: unasked,
            context_window: list.and_then(|list| list.context_window),
            answered_by: None,
            latency_ms: None,
            reachable,
        };
        let endpoint = self.endpoint(&spec.name, &candidate.config);
        let (Check::Yes, Ok(endpoint)) = (&report.reachable, endpoint) else {
            // A key that a person has changed since is to be read anew.
            self.forget(&spec.name);
            return report;
        };
        endpoint.speak(endpoint.dialect().with_format(Format::Schema));
        let asking = Asking {
            endpoint: &endpoint,
            candidate: &candidate,
        };
        asking.typed_task(&mut report).await;
        if report.json == Check::Yes {
            report.streams = asking.stream().await;
            report.tool_calls = asking.tool_call().await;
            self.remember(&endpoint, Some(report.clone())).await;
        }
        report
    }

    /// Whether the endpoint of a model answers, with the key that it has. Asks for its list of models, which costs
    /// nothing anywhere.
    pub async fn reach(&self, spec: &ModelSpec) -> Check {
        let candidate = self.candidate(spec);
        let (reachable, _) = self.probe_list(&spec.name, &candidate.config).await;
        if reachable != Check::Yes {
            // A key that a person has changed since is to be read anew.
            self.forget(&spec.name);
        }
        reachable
    }

    fn candidate(&self, spec: &ModelSpec) -> Candidate {
        let own = self.embedded_config();
        Candidate {
            name: spec.name.clone(),
            config: spec.endpoint.clone().unwrap_or_else(|| own.clone()),
            tariff: None,
            is_embedded: spec.endpoint.is_none(),
            is_pinned: spec.is_pinned || spec.endpoint.as_ref().is_some_and(|endpoint| endpoint.local_only),
        }
    }

    async fn probe_list(&self, name: &ModelName, config: &ModelConfig) -> (Check, Option<Listing>) {
        let endpoint = match self.endpoint(name, config) {
            Ok(endpoint) => endpoint,
            Err(error) => {
                let next = format!("mend [models.{name}]");
                return (no(error.to_string(), next), None);
            }
        };
        let fault = match endpoint.models().await {
            Ok(body) => match listing(&body, &config.model) {
                Some(found) => return (Check::Yes, Some(found)),
                None => Fault::NotJson {
                    reason: "it gives JSON that is no list of models".to_owned(),
                },
            },
            Err(fault) => fault,
        };
        let is_elsewhere = matches!(
            fault,
            Fault::Status {
                status: 404 | 405 | 501,
                ..
            } | Fault::NotJson { .. }
                | Fault::ErrorInside { .. }
        );
        if is_elsewhere && let Some(meant) = meant(&endpoint, config).await {
            let reason = format!("there is no chat API at {}: {fault}", config.base_url);
            let next = format!("did you mean `base_url = \"{meant}\"`? It answers there");
            return (no(reason, next), None);
        }
        // Many compatible servers have no list; what the typed task gives then decides.
        if is_elsewhere && !matches!(fault, Fault::ErrorInside { .. }) {
            return (Check::Yes, None);
        }
        (no(fault.to_string(), next_step(name, config, &fault)), None)
    }
}

/// The address that was meant, where one of the likely ones gives a list of models.
async fn meant(endpoint: &Endpoint, config: &ModelConfig) -> Option<String> {
    for guess in guesses(&config.base_url) {
        let body = endpoint.models_at(&guess).await.ok();
        if body.is_some_and(|body| listing(&body, &config.model).is_some()) {
            return Some(guess);
        }
    }
    None
}

/// The questions to one endpoint.
struct Asking<'a> {
    endpoint: &'a Endpoint,
    candidate: &'a Candidate,
}

impl Asking<'_> {
    /// Finds the way in which outputs are asked for.
    async fn typed_task(&self, report: &mut ProbeReport) {
        let call = json_call();
        let mut fault = None;
        for _ in 0..TRIES_MAX {
            let spoken = self.endpoint.dialect();
            let (result, kept) = self.once(&call, false).await;
            let Some(failed) = result.err() else {
                report.json = Check::Yes;
                report.way = Some(Way::of(self.endpoint.dialect().format(false)));
                report.usage = usage_check(kept.as_ref());
                report.latency_ms = kept.as_ref().map(|kept| kept.ms);
                let answered_by = kept.and_then(|kept| kept.answered_by);
                report.answered_by = answered_by.filter(|name| *name != self.candidate.config.model);
                return;
            };
            let is_reformed = is_reformed(self.endpoint, &failed, spoken, false);
            let goes_on = is_reformed || (matches!(failed, Fault::Invalid { .. }) && self.next_format());
            fault = Some(failed);
            if !goes_on {
                break;
            }
        }
        let fault = fault.expect("at least one try was made");
        report.json = self.no(&fault);
    }

    /// Goes on to the next form; false after the last one.
    fn next_format(&self) -> bool {
        let dialect = self.endpoint.dialect();
        let mut rest = FORMATS
            .iter()
            .skip_while(|format| **format != dialect.format(false));
        let Some(next) = rest.nth(1) else { return false };
        self.endpoint.speak(dialect.with_format(*next));
        true
    }

    async fn stream(&self) -> Check {
        let call = json_call();
        loop {
            let spoken = self.endpoint.dialect();
            let (result, kept) = self.once(&call, true).await;
            match result {
                Ok(_) if kept.is_some_and(|kept| kept.is_streamed) => return Check::Yes,
                Ok(_) => {
                    return no(
                        "it answers whole when asked for a stream".to_owned(),
                        "nothing; progress is shown without a count of tokens".to_owned(),
                    );
                }
                // Only a complaint about the stream itself is worth another try, and it changes what is asked.
                Err(fault)
                    if is_reformed(self.endpoint, &fault, spoken, false)
                        && self.endpoint.dialect().has_stream => {}
                Err(fault) => return self.no(&fault),
            }
        }
    }

    async fn tool_call(&self) -> Check {
        let call = tool_call();
        for _ in 0..TRIES_MAX {
            let spoken = self.endpoint.dialect();
            match self.once(&call, false).await.0 {
                Ok(ReplyContent::Calls(_)) => return Check::Yes,
                Ok(ReplyContent::Output(_)) => {
                    return no(
                        "it answered in words where it could have called the tool".to_owned(),
                        "put another model first for `follow_up` in [routes]".to_owned(),
                    );
                }
                Err(fault) if is_reformed(self.endpoint, &fault, spoken, true) => {}
                Err(fault) => return self.no(&fault),
            }
        }
        no(
            "it takes no form of request with tools".to_owned(),
            "put another model first for `follow_up` in [routes]".to_owned(),
        )
    }

    async fn once(
        &self,
        call: &ModelCall,
        is_stream: bool,
    ) -> (Result<ReplyContent, Fault>, Option<ExchangeParams>) {
        let question = Question::new(call).expect("a probe's input is a plain struct");
        let dialect = self.endpoint.dialect();
        let request = build(&question, &self.candidate.config, dialect, &[]);
        let request = if is_stream {
            as_stream(request, dialect)
        } else {
            request
        };
        let request = written(&request);
        let ledger = Kept::default();
        // The built-in model is asked like any other here, so that its answers are kept too.
        let candidate = Candidate {
            is_embedded: false,
            ..self.candidate.clone()
        };
        let attempted = exchange(self.endpoint, &candidate, &question, &request, &ledger).await;
        (attempted.result, ledger.take())
    }

    fn no(&self, fault: &Fault) -> Check {
        no(
            fault.to_string(),
            next_step(&self.candidate.name, &self.candidate.config, fault),
        )
    }
}

/// A probe belongs to no run: nothing is booked, and the exchange is kept for the report alone.
#[derive(Default)]
struct Kept(Mutex<Option<ExchangeParams>>);

impl Kept {
    fn take(&self) -> Option<ExchangeParams> {
        self.0.lock().expect("no holder of this lock can panic").take()
    }
}

#[async_trait]
impl Ledger for Kept {
    async fn reserve(&self, _: &ModelName, _: MicroUsd) -> Result<Reservation, StoreError> {
        Ok(Reservation(0))
    }

    async fn settle(&self, _: Reservation, _: MicroUsd, _: bool) -> Result<(), StoreError> {
        Ok(())
    }

    fn keep(&self, exchange: ExchangeParams) {
        *self.0.lock().expect("no holder of this lock can panic") = Some(exchange);
    }
}
