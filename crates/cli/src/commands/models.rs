//! `models`: what answers which task, and what is known of it.

use std::fmt::Write as _;

use copydesk_config::ModelConfig;
use copydesk_domain::{MicroUsd, ModelName};
use copydesk_journal::ModelSpec;
use copydesk_llm::{Check, EndpointState, ProbeReport, Remembered};
use copydesk_store::{EndpointRecord, ExchangeCount, ExchangeOutcome};
use serde_json::{Value, json};

use crate::app::Folder;
use crate::args::ModelsAction;
use crate::exit::{FAILED, FINE, Failure, USAGE};
use crate::outcome::Outcome;
use crate::words::{line, minute};

/// Exchanges of so many days are counted in the list.
const COUNTED_DAYS: i64 = 30;

/// Lists models and routes, or probes the endpoints.
pub async fn execute(folder: &Folder, action: Option<ModelsAction>) -> Result<Outcome, Failure> {
    match action {
        Some(ModelsAction::Probe { model }) => probe(folder, model).await,
        None => list(folder, &folder.router.endpoint_states()).await,
    }
}

async fn list(folder: &Folder, states: &[EndpointState]) -> Result<Outcome, Failure> {
    let config = &folder.workspace.config;
    let store = folder.engine.store();
    let endpoints = store.endpoints().await?;
    let now = folder.engine.clock().now();
    let since = now.minus(jiff::SignedDuration::from_hours(24 * COUNTED_DAYS));
    let counts = store.exchange_counts(since).await?;
    let mut text = "embedded  built in, free, extraction only\n".to_owned();
    let mut models = vec![json!({ "model": "embedded", "base_url": null, "free": true })];
    for (name, model) in &config.models {
        let price = match (model.price_in, model.price_out) {
            (Some(read), Some(written)) => match model.price_as_of {
                Some(as_of) => format!("{read} in, {written} out per million tokens (list price of {as_of})"),
                None => format!("{read} in, {written} out per million tokens"),
            },
            _ if model.free => "free".to_owned(),
            _ => "no price".to_owned(),
        };
        let _ = writeln!(text, "{name}  {} at {}  {price}", model.model, model.base_url);
        let known = remembered(&endpoints, model);
        let ended = Ended::of(name, &counts);
        let _ = writeln!(text, "  {}", known_text(name, known.as_ref()));
        if let Some(line) = window_text(name, model, known.as_ref()) {
            let _ = writeln!(text, "  {line}");
        }
        if ended.total() > 0 {
            let _ = writeln!(text, "  {}", ended.text());
        }
        let found = states
            .iter()
            .find(|one| one.base_url == model.base_url && one.model == model.model);
        if let Some(line) = found.and_then(standing) {
            let _ = writeln!(text, "  {line}");
        }
        models.push(json!({
            "model": name, "base_url": model.base_url, "name": model.model, "free": model.free,
            "known": known.as_ref().map(known_json), "exchanges": ended.json(),
            "price_in_microusd": model.price_in, "price_out_microusd": model.price_out,
            "price_cached_microusd": model.price_cached, "price_as_of": model.price_as_of,
            "endpoint": found, "context_tokens": model.window(),
        }));
    }
    for (task, route) in &config.routes {
        let route: Vec<&str> = route.iter().map(ModelName::as_str).collect();
        let _ = writeln!(text, "route {task}: {}", route.join(" → "));
    }
    Ok(Outcome::new(
        json!({ "models": models, "routes": config.routes }),
        text,
    ))
}

fn remembered(endpoints: &[EndpointRecord], model: &ModelConfig) -> Option<Remembered> {
    endpoints.iter().find_map(|record| Remembered::of(record, model))
}

/// What is remembered of an endpoint, in one line.
fn known_text(name: &ModelName, known: Option<&Remembered>) -> String {
    let Some(known) = known else {
        return format!("not probed yet: `copydesk models probe {name}`");
    };
    let mut words = vec![format!("output by {}", known.way().as_str())];
    words.push(
        if known.streams() {
            "streams"
        } else {
            "does not stream"
        }
        .to_owned(),
    );
    if let Some(report) = &known.report {
        let calls = if report.tool_calls == Check::Yes {
            "calls tools"
        } else {
            "calls no tools"
        };
        words.push(calls.to_owned());
        words.extend(
            report
                .context_window
                .map(|window| format!("window of {window} tokens")),
        );
        words.extend(
            report
                .answered_by
                .as_deref()
                .map(|by| format!("says it is {}", line(by))),
        );
    }
    words.extend(known.at.map(|at| format!("learnt {}", minute(at))));
    words.join(", ")
}

/// What to do where the endpoint says that its window is smaller than what is asked may be; nothing where it is not.
fn window_text(name: &ModelName, model: &ModelConfig, known: Option<&Remembered>) -> Option<String> {
    let window = known?.report.as_ref()?.context_window?;
    (window < u64::from(model.window())).then(|| {
        format!(
            "it says that its window is {window} tokens, and {} are reckoned with: set `context_tokens = {window}` of \
             [models.{name}]",
            model.window()
        )
    })
}

fn known_json(known: &Remembered) -> Value {
    json!({
        "way": known.way(), "streams": known.streams(), "learnt_at": known.at, "probe": known.report,
    })
}

/// How the exchanges of one model ended.
struct Ended([u64; ExchangeOutcome::ALL.len()]);

impl Ended {
    fn of(name: &ModelName, counts: &[ExchangeCount]) -> Self {
        let of_outcome = |outcome| {
            let alike = counts
                .iter()
                .filter(|count| count.model == name.as_str() && count.outcome == outcome);
            alike.map(|count| count.exchanges).sum()
        };
        Self(ExchangeOutcome::ALL.map(of_outcome))
    }

    fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// Share of the exchanges that ended so; none where there were none.
    fn share(&self, outcome: ExchangeOutcome) -> Option<f64> {
        let at = ExchangeOutcome::ALL.iter().position(|one| *one == outcome)?;
        (self.total() > 0).then(|| self.0[at] as f64 / self.total() as f64)
    }

    fn text(&self) -> String {
        let percent = |outcome| 100.0 * self.share(outcome).unwrap_or_default();
        format!(
            "{} exchanges in {COUNTED_DAYS} days: {:.1} % refused, {:.1} % did not fit, {:.1} % failed",
            self.total(),
            percent(ExchangeOutcome::Refused),
            percent(ExchangeOutcome::Invalid),
            percent(ExchangeOutcome::Failed)
        )
    }

    fn json(&self) -> Value {
        let counts = ExchangeOutcome::ALL.iter().zip(self.0);
        let mut ended: serde_json::Map<String, Value> = counts
            .map(|(outcome, count)| (outcome.as_str().to_owned(), json!(count)))
            .collect();
        ended.insert("days".to_owned(), json!(COUNTED_DAYS));
        ended.insert(
            "refusal_rate".to_owned(),
            json!(self.share(ExchangeOutcome::Refused)),
        );
        Value::Object(ended)
    }
}

/// What is worth knowing of an endpoint that this process has asked; nothing where all is well.
fn standing(endpoint: &EndpointState) -> Option<String> {
    let mut parts = Vec::new();
    match endpoint.breaker {
        "open" => {
            let rests = endpoint.rests_ms.map_or(0, |rests| rests.div_ceil(1_000));
            parts.push(format!("keeps failing and is left alone for {rests} s more"));
        }
        "half_open" => parts.push("kept failing; one call finds out whether it is back".to_owned()),
        _ => {}
    }
    if endpoint.failed > 0 {
        parts.push(format!("{} of {} tries failed", endpoint.failed, endpoint.tries));
    }
    if endpoint.refused > 0 {
        parts.push(format!("{} refused", endpoint.refused));
    }
    if endpoint.waits > 0 {
        parts.push(format!("{} calls waited for a limit", endpoint.waits));
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

async fn probe(folder: &Folder, model: Option<String>) -> Result<Outcome, Failure> {
    let config = &folder.workspace.config;
    let mut names: Vec<ModelName> = vec![ModelName::new("embedded")];
    names.extend(config.models.keys().cloned());
    if let Some(model) = model {
        let wanted = ModelName::new(model);
        if !names.contains(&wanted) {
            let error = format!("there is no model `{wanted}`");
            return Err(Failure::new(
                "CD015",
                USAGE,
                error,
                "`copydesk models` lists them",
            ));
        }
        names = vec![wanted];
    }
    let ledger = folder.engine.probe_ledger(&folder.workspace);
    let mut list: Vec<Value> = Vec::new();
    let mut text = String::new();
    let mut unusable: Vec<String> = Vec::new();
    for name in names {
        let spec = ModelSpec {
            endpoint: config.models.get(&name).cloned(),
            name,
            is_pinned: false,
        };
        let report = folder.router.probe(&spec, &ledger).await;
        text.push_str(&report_text(&report));
        unusable.extend(unusable_text(&report));
        list.push(report_json(&report));
    }
    let exit = if unusable.is_empty() { FINE } else { FAILED };
    let outcome = Outcome::new(Value::Array(list), text).with_exit(exit);
    Ok(unusable.into_iter().fold(outcome, Outcome::with_talk))
}

/// The code of every answer that is no.
const CODE: &str = "CD021";

/// Why no task can be asked there, in one line; nothing where one can.
fn unusable_text(report: &ProbeReport) -> Option<String> {
    let Check::No { reason, next } = [&report.reachable, &report.json]
        .into_iter()
        .find(|check| matches!(check, Check::No { .. }))?
    else {
        return None;
    };
    let model = &report.model;
    Some(format!(
        "{CODE}: {model} cannot be asked: {}; next: {}",
        line(reason),
        line(without_itself(next))
    ))
}

/// A next step without the advice to probe, which was just done.
fn without_itself(next: &str) -> &str {
    match next.split_once("`copydesk models probe ") {
        None => next,
        Some(("", _)) => "read what the endpoint's own log says of it",
        Some((before, _)) => before.trim_end_matches([' ', ';']),
    }
}

/// The report, with the code beside each answer that is no.
fn report_json(report: &ProbeReport) -> Value {
    let mut shown = serde_json::to_value(report).unwrap_or_default();
    for check in shown
        .as_object_mut()
        .into_iter()
        .flat_map(|fields| fields.values_mut())
    {
        if check.get("result").is_some_and(|result| result == "no") {
            check["code"] = json!(CODE);
        }
    }
    shown
}

/// What a probe found, a line for each question; why not and what next, where the answer is no.
fn report_text(report: &ProbeReport) -> String {
    let mut text = format!("{}\n", report.model);
    let mut row = |question: &str, answer: &str| {
        let _ = writeln!(text, "  {question:<14} {answer}");
    };
    let found = [
        ("answers", &report.reachable),
        ("is listed", &report.listed),
        ("gives JSON", &report.json),
        ("streams", &report.streams),
        ("calls tools", &report.tool_calls),
        ("counts tokens", &report.usage),
    ];
    for (question, check) in found {
        match check {
            Check::Yes => row(question, "yes"),
            Check::No { reason, next } => {
                row(question, &format!("no: {}", line(reason)));
                row("", &format!("→ {}", line(without_itself(next))));
            }
            Check::Unknown { reason } => row(question, &format!("not known: {}", line(reason))),
        }
    }
    if let Some(way) = report.way {
        row("output by", way.as_str());
    }
    if let Some(window) = report.context_window {
        row("window", &format!("{window} tokens"));
    }
    if let Some(answered_by) = &report.answered_by {
        row("says it is", &line(answered_by));
    }
    if let Some(ms) = report.latency_ms {
        row("took", &format!("{ms} ms"));
    }
    if report.requests > 0 {
        row("cost", &cost_text(report));
    }
    if !report.has_price {
        row("price", "none: set price_in and price_out, or free = true");
    }
    text
}

fn cost_text(report: &ProbeReport) -> String {
    let requests = match report.requests {
        1 => "1 request".to_owned(),
        requests => format!("{requests} requests"),
    };
    if report.spend_microusd == MicroUsd::ZERO {
        format!("nothing, {requests}")
    } else {
        format!(
            "{}, {requests}; it counts in [budget] day and month",
            report.spend_microusd
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_for_people() {
        let report = ProbeReport {
            model: ModelName::new("far"),
            has_price: false,
            reachable: Check::Yes,
            listed: Check::Yes,
            json: Check::No {
                reason: "no JSON".to_owned(),
                next: "take another model".to_owned(),
            },
            way: None,
            streams: Check::Yes,
            tool_calls: Check::Unknown {
                reason: "not asked".to_owned(),
            },
            usage: Check::Yes,
            context_window: Some(4096),
            answered_by: None,
            latency_ms: Some(12),
            requests: 3,
            spend_microusd: MicroUsd(1_200),
        };
        assert_eq!(report_json(&report)["json"]["code"], "CD021");
        assert_eq!(report_json(&report)["streams"].get("code"), None);
        assert_eq!(
            unusable_text(&report).as_deref(),
            Some("CD021: far cannot be asked: no JSON; next: take another model")
        );
        let text = report_text(&report);
        for row in [
            "answers        yes\n",
            "gives JSON     no: no JSON\n                 → take another model\n",
            "calls tools    not known: not asked\n",
            "window         4096 tokens\n",
            "cost           $0.0012, 3 requests; it counts in [budget] day and month\n",
            "price          none",
        ] {
            assert!(text.contains(row), "{row}: {text}");
        }
    }

    #[test]
    fn refusals_are_a_share_of_all_exchanges() {
        let count = |model: &str, outcome, exchanges| ExchangeCount {
            model: model.to_owned(),
            outcome,
            exchanges,
        };
        let counts = [
            count("near", ExchangeOutcome::Answered, 7),
            count("near", ExchangeOutcome::Refused, 1),
            count("far", ExchangeOutcome::Refused, 5),
        ];
        let ended = Ended::of(&ModelName::new("near"), &counts);
        assert!(
            ended.text().starts_with("8 exchanges in 30 days: 12.5 % refused"),
            "{}",
            ended.text()
        );
        assert_eq!(ended.json()["refusal_rate"], json!(0.125));
        let none = Ended::of(&ModelName::new("new"), &counts);
        assert_eq!(none.json()["refusal_rate"], Value::Null);
    }

    #[test]
    fn a_probe_does_not_advise_itself() {
        assert_eq!(
            without_itself("mend `model` of [models.far]; `copydesk models probe far` finds out which"),
            "mend `model` of [models.far]"
        );
        assert_eq!(
            without_itself("mend the key of [models.far]"),
            "mend the key of [models.far]"
        );
        assert!(!without_itself("`copydesk models probe far` finds what it takes").contains("probe"));
    }
}
