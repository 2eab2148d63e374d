//! Counts of what stages, models and tools did since the start, taken from the spans of their work.

use std::collections::BTreeMap;
use std::sync::Mutex;

use copydesk_journal::trace::{Attribute, TraceSink, TraceSpan};

use super::exposition::{Exposition, Kind};

/// Bounds for calls of models and tools, in seconds.
const CALL: &[f64] = &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];
/// Bounds for stages, in seconds.
const STAGE: &[f64] = &[0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_800.0];
/// Series of one family. Models, tools, stages and kinds of failure are few; what comes beyond is counted as `other`.
const SERIES_MAX: usize = 500;

type Labels = Vec<(&'static str, String)>;
type Counter = BTreeMap<Labels, u64>;
type Histogram = BTreeMap<Labels, Sums>;

/// Counts spans; the desk shows the counts under `/metrics`.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Counts>);

#[derive(Debug, Default)]
struct Counts {
    model_calls: Counter,
    model_seconds: Histogram,
    model_tokens: Counter,
    tool_calls: Counter,
    tool_seconds: Histogram,
    stage_seconds: Histogram,
}

#[derive(Debug, Default)]
struct Sums {
    below: Vec<u64>,
    count: u64,
    sum: f64,
}

impl TraceSink for Meter {
    fn take(&self, span: TraceSpan) {
        let mut counts = self.0.lock().expect("no holder of this lock panics");
        match span.text("gen_ai.operation.name") {
            Some("chat") => counts.model(&span),
            Some("execute_tool") => counts.tool(&span),
            Some("invoke_agent") => counts.stage(&span),
            _ => {}
        }
    }
}

impl Counts {
    fn model(&mut self, span: &TraceSpan) {
        let model = ("model", text(span, "copydesk.model"));
        add(&mut self.model_calls, vec![model.clone(), outcome(span)], 1);
        observe(&mut self.model_seconds, vec![model.clone()], seconds(span), CALL);
        for (name, kind) in [
            ("gen_ai.usage.input_tokens", "input"),
            ("gen_ai.usage.output_tokens", "output"),
        ] {
            let Some(Attribute::Number(tokens)) = span.attribute(name) else {
                continue;
            };
            let tokens = u64::try_from(*tokens).unwrap_or(0);
            add(
                &mut self.model_tokens,
                vec![model.clone(), ("type", kind.to_owned())],
                tokens,
            );
        }
    }

    fn tool(&mut self, span: &TraceSpan) {
        let name = text(span, "gen_ai.tool.name");
        let (server, tool) = name.split_once('/').unwrap_or(("", &name));
        let server = ("server", server.to_owned());
        let labels = vec![server.clone(), ("tool", tool.to_owned()), outcome(span)];
        add(&mut self.tool_calls, labels, 1);
        observe(&mut self.tool_seconds, vec![server], seconds(span), CALL);
    }

    fn stage(&mut self, span: &TraceSpan) {
        let labels = vec![
            ("pipeline", text(span, "copydesk.pipeline")),
            ("stage", text(span, "copydesk.stage")),
            outcome(span),
        ];
        observe(&mut self.stage_seconds, labels, seconds(span), STAGE);
    }
}

impl Meter {
    /// Writes all families.
    pub(super) fn expose(&self, text: &mut Exposition) {
        let counts = self.0.lock().expect("no holder of this lock panics");
        counter(
            text,
            "copydesk_model_calls_total",
            "Tries at models by outcome: ok, refusal, an HTTP status or another kind of failure.",
            &counts.model_calls,
        );
        histogram(
            text,
            "copydesk_model_call_duration_seconds",
            "Duration of tries at models.",
            &counts.model_seconds,
            CALL,
        );
        counter(
            text,
            "copydesk_model_tokens_total",
            "Tokens that models counted.",
            &counts.model_tokens,
        );
        counter(
            text,
            "copydesk_tool_calls_total",
            "Calls of tools by outcome: ok, tool_error or another kind of failure.",
            &counts.tool_calls,
        );
        histogram(
            text,
            "copydesk_tool_call_duration_seconds",
            "Duration of calls of tools.",
            &counts.tool_seconds,
            CALL,
        );
        histogram(
            text,
            "copydesk_stage_duration_seconds",
            "Duration of goes at stages by outcome: ok or a kind of failure.",
            &counts.stage_seconds,
            STAGE,
        );
    }
}

fn text(span: &TraceSpan, name: &str) -> String {
    span.text(name).unwrap_or_default().to_owned()
}

fn outcome(span: &TraceSpan) -> (&'static str, String) {
    let kind = span.text("error.type").unwrap_or("ok");
    ("outcome", kind.to_owned())
}

fn seconds(span: &TraceSpan) -> f64 {
    span.finished_at.since(span.started_at).as_secs_f64()
}

/// The labels themselves, or `other` where there are too many series already.
fn bounded<T>(series: &BTreeMap<Labels, T>, labels: Labels) -> Labels {
    if series.len() < SERIES_MAX || series.contains_key(&labels) {
        return labels;
    }
    let other = labels.into_iter().map(|(label, _)| (label, "other".to_owned()));
    other.collect()
}

fn add(series: &mut Counter, labels: Labels, by: u64) {
    let labels = bounded(series, labels);
    *series.entry(labels).or_default() += by;
}

fn observe(series: &mut Histogram, labels: Labels, value: f64, bounds: &[f64]) {
    let labels = bounded(series, labels);
    let sums = series.entry(labels).or_default();
    sums.below.resize(bounds.len(), 0);
    for (below, bound) in sums.below.iter_mut().zip(bounds) {
        *below += u64::from(value <= *bound);
    }
    sums.count += 1;
    sums.sum += value;
}

fn counter(text: &mut Exposition, name: &str, help: &str, series: &Counter) {
    if series.is_empty() {
        return;
    }
    text.family(name, Kind::Counter, help);
    for (labels, value) in series {
        text.sample(name, labels, value);
    }
}

fn histogram(text: &mut Exposition, name: &str, help: &str, series: &Histogram, bounds: &[f64]) {
    if series.is_empty() {
        return;
    }
    text.family(name, Kind::Histogram, help);
    for (labels, sums) in series {
        let mut bucket = |bound: String, count: u64| {
            let mut labels = labels.clone();
            labels.push(("le", bound));
            text.sample(&format!("{name}_bucket"), &labels, count);
        };
        for (bound, below) in bounds.iter().zip(&sums.below) {
            bucket(bound.to_string(), *below);
        }
        bucket("+Inf".to_owned(), sums.count);
        text.sample(&format!("{name}_sum"), labels, sums.sum);
        text.sample(&format!("{name}_count"), labels, sums.count);
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{Instant, RunId};
    use copydesk_journal::trace::{SpanId, SpanKind, TraceId};

    use super::*;

    fn span(ms: i64, attributes: Vec<(&'static str, Attribute)>) -> TraceSpan {
        TraceSpan {
            trace: TraceId::of_run(&RunId::new("r"), 0),
            id: SpanId::of_number(1),
            parent: None,
            name: "a span".to_owned(),
            kind: SpanKind::Internal,
            started_at: Instant::from_micros(0),
            finished_at: Instant::from_micros(ms * 1_000),
            attributes,
            error: None,
        }
    }

    #[test]
    fn calls_are_counted_by_model_server_and_outcome() {
        let meter = Meter::default();
        let chat = |more: Vec<(&'static str, Attribute)>| {
            let mut all = vec![
                ("gen_ai.operation.name", "chat".into()),
                ("copydesk.model", "gpt".into()),
            ];
            all.extend(more);
            span(300, all)
        };
        meter.take(chat(vec![
            ("gen_ai.usage.input_tokens", 40_u64.into()),
            ("gen_ai.usage.output_tokens", 2_u64.into()),
        ]));
        meter.take(chat(vec![("error.type", "refusal".into())]));
        meter.take(span(
            7,
            vec![
                ("gen_ai.operation.name", "execute_tool".into()),
                ("gen_ai.tool.name", "feeds/poll".into()),
                ("error.type", "timeout".into()),
            ],
        ));
        let mut text = Exposition::default();
        meter.expose(&mut text);
        let text = text.finish();
        for line in [
            "copydesk_model_calls_total{model=\"gpt\",outcome=\"ok\"} 1",
            "copydesk_model_calls_total{model=\"gpt\",outcome=\"refusal\"} 1",
            "copydesk_model_tokens_total{model=\"gpt\",type=\"input\"} 40",
            "copydesk_model_call_duration_seconds_bucket{model=\"gpt\",le=\"0.25\"} 0",
            "copydesk_model_call_duration_seconds_bucket{model=\"gpt\",le=\"0.5\"} 2",
            "copydesk_model_call_duration_seconds_bucket{model=\"gpt\",le=\"+Inf\"} 2",
            "copydesk_model_call_duration_seconds_sum{model=\"gpt\"} 0.6",
            "copydesk_tool_calls_total{server=\"feeds\",tool=\"poll\",outcome=\"timeout\"} 1",
        ] {
            assert!(text.lines().any(|found| found == line), "no {line} in\n{text}");
        }
        assert!(!text.contains("copydesk_stage_duration_seconds"), "{text}");
    }

    #[test]
    fn names_without_end_become_one_series() {
        let mut series = Counter::new();
        for n in 0..SERIES_MAX + 10 {
            add(&mut series, vec![("model", n.to_string())], 1);
        }
        assert_eq!(series.len(), SERIES_MAX + 1);
        assert_eq!(series[&vec![("model", "other".to_owned())]], 10);
    }
}
