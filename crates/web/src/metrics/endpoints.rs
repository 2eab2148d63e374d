//! How the endpoints of models do, over all runs of the process.

use super::exposition::{Exposition, Kind};

/// What an endpoint is like now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointHealth {
    /// Its address, without a key.
    pub base_url: String,
    /// The model's name there.
    pub model: String,
    /// It is left alone after failures, or one call finds out whether it is back.
    pub is_left_alone: bool,
    /// How often it was left alone since the start.
    pub opened: u64,
    /// Calls under way.
    pub in_flight: u32,
    /// Calls that waited for a limit since the start.
    pub waits: u64,
    /// How long they waited in all, in milliseconds.
    pub waited_ms: u64,
}

type Family = (&'static str, Kind, &'static str, fn(&EndpointHealth) -> f64);

const FAMILIES: &[Family] = &[
    (
        "copydesk_model_breaker_open",
        Kind::Gauge,
        "1 while an endpoint is left alone after failures.",
        |one| f64::from(u8::from(one.is_left_alone)),
    ),
    (
        "copydesk_model_breaker_opened_total",
        Kind::Counter,
        "How often an endpoint was left alone.",
        |one| one.opened as f64,
    ),
    (
        "copydesk_model_calls_in_flight",
        Kind::Gauge,
        "Calls under way.",
        |one| f64::from(one.in_flight),
    ),
    (
        "copydesk_model_waits_total",
        Kind::Counter,
        "Calls that waited for a limit.",
        |one| one.waits as f64,
    ),
    (
        "copydesk_model_waited_seconds_total",
        Kind::Counter,
        "How long calls waited for limits.",
        |one| one.waited_ms as f64 / 1_000.0,
    ),
];

/// Writes the families of all endpoints that were asked; nothing where none was.
pub(super) fn expose(endpoints: &[EndpointHealth], text: &mut Exposition) {
    if endpoints.is_empty() {
        return;
    }
    for (name, kind, help, number) in FAMILIES {
        text.family(name, *kind, help);
        for one in endpoints {
            let labels = [("base_url", one.base_url.clone()), ("model", one.model.clone())];
            text.sample(name, &labels, number(one));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_endpoint_has_its_line_in_each_family() {
        let health = EndpointHealth {
            base_url: "http://127.0.0.1:1/v1".to_owned(),
            model: "a \"b\"".to_owned(),
            is_left_alone: true,
            opened: 2,
            in_flight: 1,
            waits: 3,
            waited_ms: 40,
        };
        let mut text = Exposition::default();
        expose(&[health], &mut text);
        let text = text.finish();
        let label = "{base_url=\"http://127.0.0.1:1/v1\",model=\"a \\\"b\\\"\"}";
        for (name, number) in [
            ("breaker_open", "1"),
            ("breaker_opened_total", "2"),
            ("calls_in_flight", "1"),
            ("waits_total", "3"),
            ("waited_seconds_total", "0.04"),
        ] {
            let line = format!("copydesk_model_{name}{label} {number}");
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
        let mut none = Exposition::default();
        expose(&[], &mut none);
        assert_eq!(none.finish(), "");
    }
}
