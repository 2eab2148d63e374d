//! Whether a model is there and what it can do: for `copydesk models probe`.

use std::sync::atomic::{AtomicU32, Ordering};

use copydesk_config::ModelConfig;
use copydesk_domain::{MicroUsd, ModelName};
use copydesk_journal::{Ledger, ModelCall, ModelSpec, ReplyContent};
use copydesk_store::{ExchangeParams, StoreError};

use super::advice::{guesses, next_step};
use super::ask::Router;
use super::asking::is_reformed;
use super::attempt::{attempt, prepare, reserve};
use super::listing::{Listing, listing};
use super::probe_book::ProbeBook;
use super::probe_calls::{json_call, tool_call};
use super::report::{Check, ProbeReport, Way, listed_check, no, usage_check};
use super::route::Candidate;
use super::tariff::Pay;
use crate::request::{Format, Question};
use crate::wire::{Endpoint, Fault};

/// Forms of the request in the order in which they are tried.
const FORMATS: [Format; 4] = [Format::Schema, Format::Tool, Format::Object, Format::Text];
/// Most requests for one answer: each form once, and some complaints about other fields.
const TRIES_MAX: u32 = 10;
/// Tokens that an answer may have: five times what the longest of them needs.
const ROOM: u32 = 512;
/// The same for a model that had not come to its answer there: one that thinks first. Small questions are thought about
/// for some hundred to some two thousand tokens, and a model that needs more would be a poor one for every task.
const ROOM_TO_THINK: u32 = 4_096;

impl Router {
    /// Asks a model four small things: its list of models, a typed task, the same as a stream, a tool call. Each but the
    /// list is reserved and booked in `ledger`, with at most 512 tokens of answer, or 4,096 where a model thinks first. An
    /// endpoint that needs a price and has none is asked for its list alone. What was found is remembered where the task
    /// was answered.
    pub async fn probe(&self, spec: &ModelSpec, ledger: &dyn Ledger) -> ProbeReport {
        let candidate = self.candidate(spec);
        let pay = Pay::of(&candidate.config);
        let unasked = Check::Unknown {
            reason: "the endpoint does not answer".to_owned(),
        };
        let (reachable, list) = self.probe_list(&spec.name, &candidate.config).await;
        let mut report = ProbeReport {
            model: spec.name.clone(),
            has_price: pay != Pay::Unknown,
            listed: listed_check(list.as_ref(), &candidate),
            json: unasked.clone(),
            way: None,
            streams: unasked.clone(),
            tool_calls: unasked.clone(),
            usage: unasked,
            context_window: list.and_then(|list| list.context_window),
            answered_by: None,
            latency_ms: None,
            requests: 0,
            spend_microusd: MicroUsd::ZERO,
            reachable,
        };
        let endpoint = self.endpoint(&spec.name, &candidate.config);
        let (Check::Yes, Ok(endpoint)) = (&report.reachable, endpoint) else {
            // A key that a person has changed since is to be read anew.
            self.forget(&spec.name);
            return report;
        };
        if pay == Pay::Unknown {
            report.json = unpriced(&spec.name);
            return report;
        }
        endpoint.speak(endpoint.dialect().with_format(Format::Schema));
        let asking = Asking {
            endpoint: &endpoint,
            candidate: &candidate,
            book: ProbeBook::of(ledger),
            room: AtomicU32::new(ROOM),
        };
        asking.typed_task(&mut report).await;
        if report.json == Check::Yes {
            report.streams = asking.stream().await;
            report.tool_calls = asking.tool_call().await;
        }
        (report.requests, report.spend_microusd) = asking.book.sum();
        if report.json == Check::Yes {
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
            tariff: match Pay::of(spec.endpoint.as_ref().unwrap_or(own)) {
                Pay::Priced(tariff) => Some(tariff),
                Pay::Free | Pay::Unknown => None,
            },
            config: spec.endpoint.clone().unwrap_or_else(|| own.clone()),
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

fn unpriced(name: &ModelName) -> Check {
    no(
        "it has no price, so it is asked for nothing that may cost money".to_owned(),
        format!("set price_in and price_out of [models.{name}], or free = true, or name it in prices.toml"),
    )
}

/// The questions to one endpoint.
struct Asking<'a> {
    endpoint: &'a Endpoint,
    candidate: &'a Candidate,
    book: ProbeBook<'a>,
    /// Tokens that the next answer may have.
    room: AtomicU32,
}

/// Why a question has no answer.
enum Unanswered {
    /// It was asked.
    Fault(Fault),
    /// It was not: no money for it, or none that could be booked.
    Unpaid(Check),
}

impl Asking<'_> {
    /// Finds the way in which outputs are asked for.
    async fn typed_task(&self, report: &mut ProbeReport) {
        let call = json_call();
        let mut fault = None;
        for _ in 0..TRIES_MAX {
            let spoken = self.endpoint.dialect();
            let (result, kept) = self.once(&call, false).await;
            let Err(unanswered) = result else {
                report.json = Check::Yes;
                report.way = Some(Way::of(self.endpoint.dialect().format(false)));
                report.usage = usage_check(kept.as_ref());
                report.latency_ms = kept.as_ref().map(|kept| kept.ms);
                let answered_by = kept.and_then(|kept| kept.answered_by);
                report.answered_by = answered_by.filter(|name| *name != self.candidate.config.model);
                return;
            };
            let failed = match unanswered {
                Unanswered::Fault(failed) => failed,
                Unanswered::Unpaid(check) => {
                    report.json = check;
                    return;
                }
            };
            let goes_on = self.has_more_room(kept.as_ref())
                || is_reformed(self.endpoint, &failed, spoken, false)
                || (matches!(failed, Fault::Invalid { .. }) && self.next_format());
            fault = Some(failed);
            if !goes_on {
                break;
            }
        }
        let fault = fault.expect("at least one try was made");
        report.json = self.no(&fault);
    }

    /// Gives a model more room where its answer was cut off for want of it; false where it has had that already.
    fn has_more_room(&self, kept: Option<&ExchangeParams>) -> bool {
        let reason = kept.and_then(|kept| kept.finish_reason.as_deref());
        let is_cut = reason.is_some_and(|reason| ["length", "max_tokens"].contains(&reason));
        let more = self.candidate.config.tokens_out_max.min(ROOM_TO_THINK);
        let grows = is_cut && more > self.room.load(Ordering::Relaxed);
        if grows {
            self.room.store(more, Ordering::Relaxed);
        }
        grows
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
                Ok(_) if kept.as_ref().is_some_and(|kept| kept.is_streamed) => return Check::Yes,
                Ok(_) => {
                    return no(
                        "it answers whole when asked for a stream".to_owned(),
                        "nothing; progress is shown without a count of tokens".to_owned(),
                    );
                }
                Err(Unanswered::Unpaid(check)) => return check,
                Err(Unanswered::Fault(_)) if self.has_more_room(kept.as_ref()) => {}
                // Only a complaint about the stream itself is worth another try, and it changes what is asked.
                Err(Unanswered::Fault(fault))
                    if is_reformed(self.endpoint, &fault, spoken, false)
                        && self.endpoint.dialect().has_stream => {}
                Err(Unanswered::Fault(fault)) => return self.no(&fault),
            }
        }
    }

    async fn tool_call(&self) -> Check {
        let call = tool_call();
        for _ in 0..TRIES_MAX {
            let spoken = self.endpoint.dialect();
            let (result, kept) = self.once(&call, false).await;
            match result {
                Ok(ReplyContent::Calls(_)) => return Check::Yes,
                Ok(ReplyContent::Output(_)) => {
                    return no(
                        "it answered in words where it could have called the tool".to_owned(),
                        "put another model first for `follow_up` in [routes]".to_owned(),
                    );
                }
                Err(Unanswered::Unpaid(check)) => return check,
                Err(Unanswered::Fault(_)) if self.has_more_room(kept.as_ref()) => {}
                Err(Unanswered::Fault(fault)) if is_reformed(self.endpoint, &fault, spoken, true) => {}
                Err(Unanswered::Fault(fault)) => return self.no(&fault),
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
    ) -> (Result<ReplyContent, Unanswered>, Option<ExchangeParams>) {
        let question = Question::new(call).expect("a probe's input is a plain struct");
        let mut candidate = Candidate {
            // The built-in model is asked like any other here, so that its answers are kept too.
            is_embedded: false,
            ..self.candidate.clone()
        };
        candidate.config.tokens_out_max = candidate
            .config
            .tokens_out_max
            .min(self.room.load(Ordering::Relaxed));
        let prepared = prepare(self.endpoint, &candidate, &question, &[], is_stream);
        let reserved = match reserve(&candidate, &prepared, &self.book).await {
            Ok(reserved) => reserved,
            Err(error) => return (Err(Unanswered::Unpaid(unpaid(&error))), None),
        };
        let paid: (_, &dyn Ledger) = (reserved, &self.book);
        let attempted = attempt(self.endpoint, &candidate, &question, &prepared, paid).await;
        let result = match attempted {
            Ok(attempted) => attempted.result.map_err(Unanswered::Fault),
            Err(error) => Err(Unanswered::Unpaid(unpaid(&error))),
        };
        (result, self.book.take())
    }

    fn no(&self, fault: &Fault) -> Check {
        no(
            fault.to_string(),
            next_step(&self.candidate.name, &self.candidate.config, fault),
        )
    }
}

fn unpaid(error: &StoreError) -> Check {
    let next = match error {
        StoreError::BudgetSpent { .. } => {
            "raise the limit in [budget] of config.toml, or probe when there is room again"
        }
        _ => {
            "look after the folder's database with `copydesk doctor`; nothing is asked that cannot be booked"
        }
    };
    no(error.to_string(), next.to_owned())
}
