//! How the endpoints of models do, as Prometheus reads it. Pure.

use std::fmt::Write as _;

use copydesk_llm::EndpointState;

/// A metric of endpoints: its name, kind and help, and its number of one endpoint.
type Metric = (
    &'static str,
    &'static str,
    &'static str,
    fn(&EndpointState) -> f64,
);

const METRICS: &[Metric] = &[
    (
        "copydesk_model_breaker_open",
        "gauge",
        "1 while an endpoint is left alone after failures.",
        |one| f64::from(u8::from(one.breaker != "closed")),
    ),
    (
        "copydesk_model_breaker_opened_total",
        "counter",
        "How often an endpoint was left alone.",
        |one| one.opened as f64,
    ),
    (
        "copydesk_model_tries_in_flight",
        "gauge",
        "Calls under way.",
        |one| f64::from(one.in_flight),
    ),
    ("copydesk_model_tries_total", "counter", "Tries.", |one| {
        one.tries as f64
    }),
    (
        "copydesk_model_tries_failed_total",
        "counter",
        "Tries that failed.",
        |one| one.failed as f64,
    ),
    (
        "copydesk_model_refusals_total",
        "counter",
        "Answers that a model refused.",
        |one| one.refused as f64,
    ),
    (
        "copydesk_model_waits_total",
        "counter",
        "Calls that waited for a limit.",
        |one| one.waits as f64,
    ),
    (
        "copydesk_model_waited_seconds_total",
        "counter",
        "How long calls waited for limits.",
        |one| one.waited_ms as f64 / 1_000.0,
    ),
];

/// The metrics of all endpoints that were asked; nothing where none was.
pub fn text(states: &[EndpointState]) -> String {
    let mut text = String::new();
    if states.is_empty() {
        return text;
    }
    for (name, kind, help, number) in METRICS {
        // Writing to a String cannot fail.
        let _ = write!(text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
        for state in states {
            let (url, model) = (escaped(&state.base_url), escaped(&state.model));
            let _ = writeln!(
                text,
                "{name}{{base_url=\"{url}\",model=\"{model}\"}} {}",
                number(state)
            );
        }
    }
    text
}

/// A label's value.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_has_its_line_in_each_family() {
        let state = EndpointState {
            model: "a \"b\"".to_owned(),
            base_url: "http://127.0.0.1:1/v1".to_owned(),
            breaker: "open",
            opened: 2,
            rests_ms: Some(9),
            in_flight: 1,
            tries: 7,
            failed: 5,
            refused: 0,
            waits: 3,
            waited_ms: 40,
        };
        let text = text(&[state]);
        let label = "{base_url=\"http://127.0.0.1:1/v1\",model=\"a \\\"b\\\"\"}";
        assert!(
            text.contains(&format!("copydesk_model_breaker_open{label} 1\n")),
            "{text}"
        );
        assert!(
            text.contains(&format!("copydesk_model_tries_failed_total{label} 5\n")),
            "{text}"
        );
        assert_eq!(super::text(&[]), "");
    }
}
