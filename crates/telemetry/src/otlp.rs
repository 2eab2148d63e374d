//! Spans and measures as OTLP messages. Pure.

use copydesk_domain::Instant;
use copydesk_journal::trace::{Attribute, SpanKind, TraceSpan};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, ArrayValue, InstrumentationScope, KeyValue};
use opentelemetry_proto::tonic::resource::v1::Resource;
use opentelemetry_proto::tonic::trace::v1::span::SpanKind as Kind;
use opentelemetry_proto::tonic::trace::v1::status::StatusCode;
use opentelemetry_proto::tonic::trace::v1::{ResourceSpans, ScopeSpans, Span, Status};
use prost::Message;

/// The lowest byte of a span's flags: it was sampled.
const SAMPLED: u32 = 1;

/// Who speaks.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    pub(crate) version: String,
    pub(crate) instance: String,
}

impl Origin {
    pub(crate) fn resource(&self) -> Resource {
        let facts = [
            ("service.name", "copydesk"),
            ("service.version", &self.version),
            ("service.instance.id", &self.instance),
        ];
        Resource {
            attributes: facts.map(|(key, value)| text(key, value)).to_vec(),
            ..Resource::default()
        }
    }

    pub(crate) fn scope(&self) -> InstrumentationScope {
        InstrumentationScope {
            name: "copydesk".to_owned(),
            version: self.version.clone(),
            ..InstrumentationScope::default()
        }
    }
}

/// The body of a request to `/v1/traces`.
pub(crate) fn spans_body(origin: &Origin, spans: &[TraceSpan]) -> Vec<u8> {
    let scope_spans = ScopeSpans {
        scope: Some(origin.scope()),
        spans: spans.iter().map(span_message).collect(),
        ..ScopeSpans::default()
    };
    let resource_spans = ResourceSpans {
        resource: Some(origin.resource()),
        scope_spans: vec![scope_spans],
        ..ResourceSpans::default()
    };
    let request = ExportTraceServiceRequest {
        resource_spans: vec![resource_spans],
    };
    request.encode_to_vec()
}

fn span_message(span: &TraceSpan) -> Span {
    let kind = match span.kind {
        SpanKind::Internal => Kind::Internal,
        SpanKind::Client => Kind::Client,
    };
    // A success stays unset, as the conventions want it of whoever is no judge of it.
    let status = span.error.as_ref().map(|reason| Status {
        message: reason.clone(),
        code: StatusCode::Error.into(),
    });
    Span {
        trace_id: span.trace.as_bytes().to_vec(),
        span_id: span.id.as_bytes().to_vec(),
        parent_span_id: span.parent.map_or_else(Vec::new, |id| id.as_bytes().to_vec()),
        flags: SAMPLED,
        name: span.name.clone(),
        kind: kind.into(),
        start_time_unix_nano: nanos(span.started_at),
        end_time_unix_nano: nanos(span.finished_at),
        attributes: span
            .attributes
            .iter()
            .map(|(key, value)| pair(key, value))
            .collect(),
        status,
        ..Span::default()
    }
}

/// Nanoseconds since the Unix epoch; instants before it, which no machine's clock shows, are it.
pub(crate) fn nanos(at: Instant) -> u64 {
    u64::try_from(at.as_micros()).unwrap_or(0).saturating_mul(1_000)
}

pub(crate) fn pair(key: &str, value: &Attribute) -> KeyValue {
    let value = match value {
        Attribute::Text(text) => Value::StringValue(text.clone()),
        Attribute::Number(number) => Value::IntValue(*number),
        Attribute::Texts(texts) => Value::ArrayValue(ArrayValue {
            values: texts
                .iter()
                .map(|text| any(Value::StringValue(text.clone())))
                .collect(),
        }),
    };
    key_value(key, value)
}

fn text(key: &str, value: &str) -> KeyValue {
    key_value(key, Value::StringValue(value.to_owned()))
}

fn key_value(key: &str, value: Value) -> KeyValue {
    KeyValue {
        key: key.to_owned(),
        value: Some(any(value)),
        ..KeyValue::default()
    }
}

const fn any(value: Value) -> AnyValue {
    AnyValue { value: Some(value) }
}

/// A span for tests.
#[cfg(test)]
pub(crate) fn sample(name: &str) -> TraceSpan {
    use copydesk_domain::RunId;
    use copydesk_journal::trace::{SpanId, TraceId};

    let run = RunId::new("daily-20260820-0500-k3f9");
    TraceSpan {
        trace: TraceId::of_run(&run, 7),
        id: SpanId::of_number(1),
        parent: Some(SpanId::of_number(2)),
        name: name.to_owned(),
        kind: SpanKind::Client,
        started_at: Instant::from_micros(1_000_000),
        finished_at: Instant::from_micros(1_250_000),
        attributes: vec![
            ("gen_ai.operation.name", "chat".into()),
            ("gen_ai.provider.name", "openai".into()),
            ("gen_ai.request.model", "m".into()),
            ("gen_ai.usage.input_tokens", 40_u64.into()),
            ("gen_ai.usage.output_tokens", 3_u64.into()),
            ("gen_ai.response.finish_reasons", vec!["stop".to_owned()].into()),
        ],
        error: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin() -> Origin {
        Origin {
            version: "1".to_owned(),
            instance: "i".to_owned(),
        }
    }

    #[test]
    fn a_span_goes_out_whole() {
        let mut failed = sample("chat m");
        failed.error = Some("status 500".to_owned());
        let body = spans_body(&origin(), &[sample("chat m"), failed]);
        let request = ExportTraceServiceRequest::decode(body.as_slice()).unwrap();
        let resource = request.resource_spans[0].resource.as_ref().unwrap();
        assert_eq!(resource.attributes[0], text("service.name", "copydesk"));
        let spans = &request.resource_spans[0].scope_spans[0].spans;
        let span = &spans[0];
        assert_eq!(
            (span.trace_id.len(), span.span_id.len(), span.parent_span_id.len()),
            (16, 8, 8)
        );
        assert_eq!(span.end_time_unix_nano - span.start_time_unix_nano, 250_000_000);
        assert_eq!(span.kind, i32::from(Kind::Client));
        assert_eq!(span.status, None);
        assert!(
            span.attributes
                .contains(&key_value("gen_ai.usage.input_tokens", Value::IntValue(40)))
        );
        let reasons = any(Value::StringValue("stop".to_owned()));
        let reasons = Value::ArrayValue(ArrayValue {
            values: vec![reasons],
        });
        assert!(
            span.attributes
                .contains(&key_value("gen_ai.response.finish_reasons", reasons))
        );
        assert_eq!(
            spans[1].status.as_ref().unwrap().code,
            i32::from(StatusCode::Error)
        );
    }
}
