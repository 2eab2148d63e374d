//! What a collector's answer means. Pure.

use copydesk_net::{HttpAnswer, HttpFault};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;

/// What became of a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sent {
    /// The collector has it, but for so many spans.
    Taken {
        /// Spans that it did not want.
        refused: usize,
    },
    /// It may take it later.
    Later(String),
    /// It will not take it however often it is sent.
    Refused(String),
}

/// Reads an answer, as OTLP defines it.
pub(crate) fn sent(answer: Result<HttpAnswer, HttpFault>) -> Sent {
    let answer = match answer {
        Ok(answer) => answer,
        Err(fault) => return Sent::Later(fault.to_string()),
    };
    let said = format!("it answered with status {}", answer.status);
    match answer.status {
        200..=299 => Sent::Taken {
            refused: refused(answer.body.as_deref().unwrap_or_default()),
        },
        408 | 429 | 502..=504 => Sent::Later(said),
        _ => Sent::Refused(said),
    }
}

/// Spans of a batch that the collector says it did not take.
fn refused(body: &[u8]) -> usize {
    let answer = ExportTraceServiceResponse::decode(body).unwrap_or_default();
    let partial = answer.partial_success.unwrap_or_default();
    usize::try_from(partial.rejected_spans).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::trace::v1::ExportTracePartialSuccess;

    use super::*;

    fn answer(status: u16, body: &[u8]) -> Sent {
        sent(Ok(HttpAnswer {
            status,
            location: None,
            body: Some(body.to_vec()),
        }))
    }

    #[test]
    fn what_may_pass_is_sent_again_and_what_is_wrong_is_not() {
        for status in [408, 429, 502, 503, 504] {
            assert!(matches!(answer(status, b""), Sent::Later(_)), "{status}");
        }
        for status in [301, 400, 401, 403, 404, 413, 415, 500] {
            assert!(matches!(answer(status, b""), Sent::Refused(_)), "{status}");
        }
        assert!(matches!(
            sent(Err(HttpFault::Lost("gone".to_owned()))),
            Sent::Later(_)
        ));
    }

    #[test]
    fn spans_that_the_collector_did_not_want_are_counted() {
        let partial = ExportTraceServiceResponse {
            partial_success: Some(ExportTracePartialSuccess {
                rejected_spans: 4,
                error_message: "too old".to_owned(),
            }),
        };
        assert_eq!(answer(200, &partial.encode_to_vec()), Sent::Taken { refused: 4 });
        assert_eq!(answer(200, b""), Sent::Taken { refused: 0 });
        assert_eq!(answer(200, b"{}"), Sent::Taken { refused: 0 });
    }
}
