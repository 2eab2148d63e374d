//! One exchange over HTTP, as the service that async-openai sends its requests through.
//!
//! The library itself has no time limit, loses the headers, reads bodies of any length, repeats requests on its
//! own, loses the status of errors that have another form than its own, takes a stream that was cut for a whole one,
//! and logs bodies that it cannot read. Here the status is judged and the body read and parsed; the library is given
//! an empty object, and the reply stands in the [`Notebook`].

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use copydesk_config::Blanks;
use copydesk_domain::Clock;
use reqwest::StatusCode;
use reqwest::header::{CONTENT_TYPE, HeaderMap};
use serde_json::Value;

use super::body::{BODY_BYTES_MAX, ERROR_BYTES_MAX, End, parse, read_stream, read_up_to, root_of, too_long};
use super::fault::{Fault, Stood};
use super::rate_limits::rate_limits;
use super::reason::{error_inside, is_filtered, reason_of};
use super::retry_after::wanted_pause;
use super::seen::{Count, Notebook};
use crate::router::Meter;

/// Longest wait for the body of an error, whose status is known already.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(2);

/// The HTTP side of one endpoint; a clone of it with a notebook of its own serves one exchange.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) http: reqwest::Client,
    /// For the whole exchange.
    pub(crate) timeout: Duration,
    /// Between two parts of a reply.
    pub(crate) gap: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    /// Learns from the headers of each answer.
    pub(crate) meter: Arc<Meter>,
    /// Blanked wherever an endpoint repeats them.
    pub(crate) secrets: Blanks,
    pub(crate) notebook: Notebook,
}

impl Service {
    /// Sends a request and takes the whole reply, within the time limits.
    pub(crate) async fn exchange(&self, request: reqwest::Request) -> Result<Value, Fault> {
        let result = tokio::time::timeout(self.timeout, self.send(request)).await;
        let result = result.unwrap_or(Err(Fault::Timeout {
            timeout: self.timeout,
        }));
        result.map_err(|fault| fault.map_reason(|reason| self.told(reason)))
    }

    async fn send(&self, request: reqwest::Request) -> Result<Value, Fault> {
        let response = self
            .http
            .execute(request)
            .await
            .map_err(|error| send_fault(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        self.notebook.head(status.as_u16(), &headers);
        self.meter.learn(rate_limits(&headers, self.clock.now()));
        if !status.is_success() {
            return Err(self.refused(response, &headers).await);
        }
        let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
        let is_stream = kind.is_some_and(|kind| kind.trim_start().starts_with("text/event-stream"));
        let reply = if is_stream {
            self.notebook.streams();
            read_stream(response, self.gap, &self.notebook).await?
        } else {
            let part = read_up_to(response, BODY_BYTES_MAX, self.gap).await;
            match part.end {
                End::Whole => parse(&part.bytes, kind, &self.notebook)?,
                End::Limit => return Err(too_long()),
                End::Broken(reason) => return Err(Fault::CutOff { reason }),
            }
        };
        match error_inside(&reply) {
            Some(fault) => {
                self.notebook.counted(count_in(&reply));
                Err(fault)
            }
            None => Ok(reply),
        }
    }

    /// The fault in a response with an error status.
    async fn refused(&self, response: reqwest::Response, headers: &HeaderMap) -> Fault {
        let status = response.status();
        let read = read_up_to(response, ERROR_BYTES_MAX, ERROR_BODY_TIMEOUT);
        let read = tokio::time::timeout(ERROR_BODY_TIMEOUT, read).await;
        let body = read.map(|part| part.bytes).unwrap_or_default();
        // A gateway that gives up may know what its provider has counted.
        self.notebook
            .counted(serde_json::from_slice(&body).ok().as_ref().and_then(count_in));
        if status == StatusCode::BAD_REQUEST && is_filtered(&body) {
            return Fault::Refused;
        }
        let reason = if status.is_redirection() {
            "the endpoint sends requests to another address; set base_url to the final one".to_owned()
        } else {
            reason_of(&body)
        };
        Fault::Status {
            status: status.as_u16(),
            reason,
            retry_after: wanted_pause(headers, self.clock.now()),
            stood: Stood::First,
        }
    }

    /// A reason as it is told: without secrets, with the endpoint's id of the exchange.
    fn told(&self, reason: &str) -> String {
        match self.notebook.request_id() {
            // Apart, since a reason that was cut may end in the beginning of a secret.
            Some(id) => format!(
                "{} (request {})",
                self.secrets.blank(reason),
                self.secrets.blank(&id)
            ),
            None => self.secrets.blank(reason),
        }
    }
}

impl tower::Service<HttpRequestFactory> for Service {
    type Response = reqwest::Response;
    type Error = OpenAIError;
    type Future = Pin<Box<dyn Future<Output = Result<reqwest::Response, OpenAIError>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), OpenAIError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, factory: HttpRequestFactory) -> Self::Future {
        let service = self.clone();
        Box::pin(async move {
            let request = factory.build().await?;
            let reply = service.exchange(request).await;
            let reply = reply.map_err(|fault| OpenAIError::Boxed(Box::new(fault)))?;
            service.notebook.reply(reply);
            Ok(reqwest::Response::from(axum::http::Response::new("{}")))
        })
    }
}

/// The count of tokens in a whole body.
fn count_in(reply: &Value) -> Option<Count> {
    let usage = reply.get("usage").filter(|usage| usage.is_object())?;
    Some(Count {
        usage: usage.clone(),
        is_final: true,
        has_words: false,
    })
}

fn send_fault(error: &reqwest::Error) -> Fault {
    let reason = root_of(error);
    if error.is_connect() {
        Fault::Connect { reason }
    } else {
        Fault::CutOff { reason }
    }
}
