//! How long calls of models took and how many tokens they read and wrote: the two histograms of the conventions for
//! generative AI, counted from the spans that pass by.

use std::collections::BTreeMap;
use std::sync::Mutex;

use copydesk_domain::Instant;
use copydesk_journal::trace::{Attribute, TraceSpan};
use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::{
    AggregationTemporality, Histogram, HistogramDataPoint, Metric, ResourceMetrics, ScopeMetrics,
};
use prost::Message;

use crate::otlp::{Origin, nanos, pair};

/// Bounds that the conventions give for `gen_ai.client.operation.duration`, in seconds.
const SECONDS: [f64; 14] = [
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
];
/// Bounds that the conventions give for `gen_ai.client.token.usage`.
const TOKENS: [f64; 14] = [
    1.0,
    4.0,
    16.0,
    64.0,
    256.0,
    1024.0,
    4096.0,
    16384.0,
    65536.0,
    262_144.0,
    1_048_576.0,
    4_194_304.0,
    16_777_216.0,
    67_108_864.0,
];
/// What tells series apart, beside the type of token.
const LABELS: [&str; 7] = [
    "gen_ai.operation.name",
    "gen_ai.provider.name",
    "gen_ai.request.model",
    "gen_ai.response.model",
    "server.address",
    "server.port",
    "error.type",
];
/// Series of one histogram: models times kinds of failure stay far below.
const SERIES_MAX: usize = 256;

/// Values of the labels, as they are compared.
type Series = Vec<(&'static str, String)>;

/// The counts since the start.
pub(crate) struct Meters {
    since: Instant,
    counts: Mutex<Counts>,
}

#[derive(Default)]
struct Counts {
    durations: BTreeMap<Series, Sums>,
    tokens: BTreeMap<Series, Sums>,
    is_new: bool,
}

#[derive(Default)]
struct Sums {
    attributes: Vec<(&'static str, Attribute)>,
    buckets: [u64; 15],
    count: u64,
    sum: f64,
}

impl Meters {
    pub(crate) fn since(since: Instant) -> Self {
        Self {
            since,
            counts: Mutex::default(),
        }
    }

    /// Counts a span, if it is a call of a model.
    pub(crate) fn count(&self, span: &TraceSpan) {
        if span.text("gen_ai.operation.name") != Some("chat") {
            return;
        }
        let labels = LABELS.iter().filter_map(|name| {
            let value = span.attribute(name)?;
            Some((*name, value.clone()))
        });
        let labels: Vec<(&'static str, Attribute)> = labels.collect();
        let mut counts = self.counts.lock().expect("no holder of this lock panics");
        counts.is_new = true;
        let seconds = span.finished_at.since(span.started_at).as_secs_f64();
        add(&mut counts.durations, &labels, seconds, &SECONDS);
        for (name, kind) in [
            ("gen_ai.usage.input_tokens", "input"),
            ("gen_ai.usage.output_tokens", "output"),
        ] {
            let Some(Attribute::Number(tokens)) = span.attribute(name) else {
                continue;
            };
            let mut labels = labels.clone();
            labels.push(("gen_ai.token.type", kind.into()));
            add(&mut counts.tokens, &labels, *tokens as f64, &TOKENS);
        }
    }

    /// The body of a request to `/v1/metrics`; none where nothing was counted since the last one.
    pub(crate) fn body(&self, origin: &Origin, now: Instant) -> Option<Vec<u8>> {
        let mut counts = self.counts.lock().expect("no holder of this lock panics");
        if !std::mem::take(&mut counts.is_new) {
            return None;
        }
        let times = (self.since, now);
        let metrics = vec![
            metric(
                "gen_ai.client.operation.duration",
                "s",
                &counts.durations,
                &SECONDS,
                times,
            ),
            metric(
                "gen_ai.client.token.usage",
                "{token}",
                &counts.tokens,
                &TOKENS,
                times,
            ),
        ];
        let scope_metrics = ScopeMetrics {
            scope: Some(origin.scope()),
            metrics,
            ..ScopeMetrics::default()
        };
        let resource_metrics = ResourceMetrics {
            resource: Some(origin.resource()),
            scope_metrics: vec![scope_metrics],
            ..ResourceMetrics::default()
        };
        let request = ExportMetricsServiceRequest {
            resource_metrics: vec![resource_metrics],
        };
        Some(request.encode_to_vec())
    }
}

fn add(
    series: &mut BTreeMap<Series, Sums>,
    labels: &[(&'static str, Attribute)],
    value: f64,
    bounds: &[f64; 14],
) {
    let key: Series = labels
        .iter()
        .map(|(name, value)| (*name, format!("{value:?}")))
        .collect();
    if series.len() >= SERIES_MAX && !series.contains_key(&key) {
        return;
    }
    let sums = series.entry(key).or_insert_with(|| Sums {
        attributes: labels.to_vec(),
        ..Sums::default()
    });
    // A bound belongs to the bucket below it.
    let bucket = bounds.partition_point(|bound| *bound < value);
    sums.buckets[bucket] += 1;
    sums.count += 1;
    sums.sum += value;
}

fn metric(
    name: &str,
    unit: &str,
    series: &BTreeMap<Series, Sums>,
    bounds: &[f64; 14],
    (since, now): (Instant, Instant),
) -> Metric {
    let points = series.values().map(|sums| HistogramDataPoint {
        attributes: sums
            .attributes
            .iter()
            .map(|(key, value)| pair(key, value))
            .collect(),
        start_time_unix_nano: nanos(since),
        time_unix_nano: nanos(now),
        count: sums.count,
        sum: Some(sums.sum),
        bucket_counts: sums.buckets.to_vec(),
        explicit_bounds: bounds.to_vec(),
        ..HistogramDataPoint::default()
    });
    Metric {
        name: name.to_owned(),
        unit: unit.to_owned(),
        data: Some(Data::Histogram(Histogram {
            data_points: points.collect(),
            aggregation_temporality: AggregationTemporality::Cumulative.into(),
        })),
        ..Metric::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::otlp::sample;

    fn points(body: &[u8]) -> BTreeMap<String, Vec<HistogramDataPoint>> {
        let request = ExportMetricsServiceRequest::decode(body).unwrap();
        let metrics = request.resource_metrics[0].scope_metrics[0].metrics.clone();
        let points = metrics.into_iter().map(|metric| match metric.data {
            Some(Data::Histogram(histogram)) => (metric.name, histogram.data_points),
            other => panic!("{other:?}"),
        });
        points.collect()
    }

    #[test]
    fn calls_are_counted_by_model_and_outcome_and_tokens_by_their_type() {
        let meters = Meters::since(Instant::from_micros(0));
        let origin = Origin {
            version: "1".to_owned(),
            instance: "i".to_owned(),
        };
        meters.count(&sample("chat m"));
        meters.count(&sample("chat m"));
        let mut failed = sample("chat m");
        failed.attributes = vec![
            ("gen_ai.operation.name", "chat".into()),
            ("error.type", "429".into()),
        ];
        meters.count(&failed);
        let mut tool = sample("execute_tool t");
        tool.attributes[0].1 = "execute_tool".into();
        meters.count(&tool);
        let body = meters.body(&origin, Instant::from_micros(9)).unwrap();
        let points = points(&body);
        let durations = &points["gen_ai.client.operation.duration"];
        assert_eq!(durations.iter().map(|point| point.count).sum::<u64>(), 3);
        assert_eq!(durations.len(), 2);
        // A quarter of a second stands between 0.16 and 0.32.
        let two = durations.iter().find(|point| point.count == 2).unwrap();
        assert_eq!((two.bucket_counts[5], two.sum), (2, Some(0.5)));
        let tokens = &points["gen_ai.client.token.usage"];
        let sums: Vec<Option<f64>> = tokens.iter().map(|point| point.sum).collect();
        assert_eq!(sums, [Some(80.0), Some(6.0)]);
        assert_eq!(meters.body(&origin, Instant::from_micros(10)), None);
    }
}
