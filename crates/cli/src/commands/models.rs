//! `models`: what answers which task.

use std::fmt::Write as _;

use copydesk_domain::ModelName;
use copydesk_journal::ModelSpec;
use copydesk_llm::{Check, EndpointState, ProbeReport};
use serde_json::{Value, json};

use crate::app::Folder;
use crate::args::ModelsAction;
use crate::exit::{Failure, USAGE};
use crate::outcome::Outcome;
use crate::words::line;

/// Lists models and routes, or probes the endpoints.
pub async fn execute(folder: &Folder, action: Option<ModelsAction>) -> Result<Outcome, Failure> {
    match action {
        Some(ModelsAction::Probe { model }) => probe(folder, model).await,
        None => Ok(list(folder, &folder.router.endpoint_states())),
    }
}

fn list(folder: &Folder, states: &[EndpointState]) -> Outcome {
    let config = &folder.workspace.config;
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
        let found = states
            .iter()
            .find(|one| one.base_url == model.base_url && one.model == model.model);
        if let Some(line) = found.and_then(standing) {
            let _ = writeln!(text, "  {line}");
        }
        models.push(json!({
            "model": name, "base_url": model.base_url, "name": model.model, "free": model.free,
            "price_in_microusd": model.price_in, "price_out_microusd": model.price_out,
            "price_cached_microusd": model.price_cached, "price_as_of": model.price_as_of,
            "endpoint": found,
        }));
    }
    for (task, route) in &config.routes {
        let route: Vec<&str> = route.iter().map(ModelName::as_str).collect();
        let _ = writeln!(text, "route {task}: {}", route.join(" → "));
    }
    Outcome::new(json!({ "models": models, "routes": config.routes }), text)
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
    let mut list: Vec<Value> = Vec::new();
    let mut text = String::new();
    for name in names {
        let spec = ModelSpec {
            endpoint: config.models.get(&name).cloned(),
            name,
        };
        let report = folder.router.probe(&spec).await;
        text.push_str(&report_text(&report));
        list.push(serde_json::to_value(&report).unwrap_or_default());
    }
    Ok(Outcome::new(Value::Array(list), text))
}

/// What a probe found, a line for each question; why not, where the answer is no.
fn report_text(report: &ProbeReport) -> String {
    let mut text = format!("{}\n", report.model);
    let found = [
        ("answers", &report.reachable),
        ("is listed", &report.listed),
        ("gives JSON", &report.json),
        ("calls tools", &report.tool_calls),
    ];
    for (question, check) in found {
        let answer = match check {
            Check::Yes => "yes".to_owned(),
            Check::No { reason } => format!("no: {}", line(reason)),
            Check::Unknown { reason } => format!("not known: {}", line(reason)),
        };
        let _ = writeln!(text, "  {question:<12} {answer}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_is_for_people() {
        let report = ProbeReport {
            model: ModelName::new("far"),
            has_price: true,
            reachable: Check::Yes,
            listed: Check::Yes,
            json: Check::No {
                reason: "no JSON".to_owned(),
            },
            tool_calls: Check::Unknown {
                reason: "not asked".to_owned(),
            },
        };
        let text = report_text(&report);
        assert!(
            text.contains("answers      yes\n") && text.contains("gives JSON   no: no JSON\n"),
            "{text}"
        );
        assert!(text.contains("calls tools  not known: not asked\n"), "{text}");
    }
}
