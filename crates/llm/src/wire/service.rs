//! One exchange over HTTP, as the service that async-openai sends its requests through.
//!
//! The library itself has no time limit, loses the headers, reads bodies of any length, repeats requests on its
//! own, loses the status of errors that have another form than its own, and logs bodies that it cannot read. Here
//! the status is judged and the body read and parsed before the library sees anything; what it is given always
//! has the form of [`Received`].

use std::error::Error;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use copydesk_domain::Clock;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::fault::Fault;
use super::rate_limits::rate_limits;
use super::reason::{line_of, reason_in, reason_of};
use super::retry_after::retry_after;
use crate::router::Meter;

/// Longest reply: some 200 times what a section of a newsletter needs.
pub(crate) const BODY_BYTES_MAX: usize = 8 << 20;
/// Longest part of an error body that is looked at.
const ERROR_BYTES_MAX: usize = 64 << 10;
/// Longest wait for the body of an error, whose status is known already.
const ERROR_BODY_TIMEOUT: Duration = Duration::from_secs(2);

/// A whole reply with status 2xx, parsed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Received {
    /// The endpoint's own id of the exchange, for its support.
    pub(crate) request_id: Option<String>,
    /// The body.
    pub(crate) reply: Value,
}

/// The HTTP side of one endpoint.
#[derive(Clone)]
pub(crate) struct Service {
    pub(crate) http: reqwest::Client,
    pub(crate) timeout: Duration,
    pub(crate) clock: Arc<dyn Clock>,
    /// Learns from the headers of each answer.
    pub(crate) meter: Arc<Meter>,
    /// Blanked wherever an endpoint repeats it.
    pub(crate) key: Option<SecretString>,
}

impl Service {
    /// Sends a request and takes the whole reply, within the time limit.
    pub(crate) async fn exchange(&self, request: reqwest::Request) -> Result<Received, Fault> {
        let result = tokio::time::timeout(self.timeout, self.send(request)).await;
        let result = result.unwrap_or(Err(Fault::Timeout {
            timeout: self.timeout,
        }));
        result.map_err(|fault| fault.map_reason(|reason| self.without_key(reason)))
    }

    async fn send(&self, request: reqwest::Request) -> Result<Received, Fault> {
        let response = self
            .http
            .execute(request)
            .await
            .map_err(|error| send_fault(&error))?;
        let status = response.status();
        let headers = response.headers().clone();
        self.meter.learn(rate_limits(&headers, self.clock.now()));
        if !status.is_success() {
            let read = tokio::time::timeout(ERROR_BODY_TIMEOUT, read_up_to(response, ERROR_BYTES_MAX)).await;
            let body = read.map(|part| part.bytes).unwrap_or_default();
            let reason = if status.is_redirection() {
                "the endpoint sends requests to another address; set base_url to the final one".to_owned()
            } else {
                reason_of(&body)
            };
            return Err(Fault::Status {
                status: status.as_u16(),
                reason,
                retry_after: self.wanted_pause(&headers),
            });
        }
        let part = read_up_to(response, BODY_BYTES_MAX).await;
        match part.end {
            End::Whole => {}
            End::Limit => {
                return Err(Fault::TooLong {
                    bytes_max: BODY_BYTES_MAX,
                });
            }
            End::Broken(reason) => return Err(Fault::CutOff { reason }),
        }
        let reply = parse(&part.bytes)?;
        if let Some(fault) = error_inside(&reply) {
            return Err(fault);
        }
        Ok(Received {
            request_id: request_id(&headers),
            reply,
        })
    }

    fn wanted_pause(&self, headers: &HeaderMap) -> Option<Duration> {
        let value = headers.get(RETRY_AFTER)?.to_str().ok()?;
        retry_after(value, self.clock.now())
    }

    fn without_key(&self, reason: &str) -> String {
        match self
            .key
            .as_ref()
            .map(ExposeSecret::expose_secret)
            .filter(|key| !key.is_empty())
        {
            Some(key) => reason.replace(key, "***"),
            None => reason.to_owned(),
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
            let received = service
                .exchange(request)
                .await
                .map_err(|fault| OpenAIError::Boxed(Box::new(fault)))?;
            let body = serde_json::to_vec(&received).expect("JSON that was read can be written");
            Ok(reqwest::Response::from(axum::http::Response::new(body)))
        })
    }
}

/// A body as far as it came.
struct Part {
    bytes: Vec<u8>,
    end: End,
}

enum End {
    Whole,
    Limit,
    Broken(String),
}

async fn read_up_to(mut response: reqwest::Response, bytes_max: usize) -> Part {
    let mut bytes = Vec::new();
    loop {
        match response.chunk().await {
            Ok(Some(chunk)) if bytes.len() + chunk.len() > bytes_max => {
                return Part {
                    bytes,
                    end: End::Limit,
                };
            }
            Ok(Some(chunk)) => bytes.extend_from_slice(&chunk),
            Ok(None) => {
                return Part {
                    bytes,
                    end: End::Whole,
                };
            }
            Err(error) => {
                return Part {
                    bytes,
                    end: End::Broken(root_of(&error)),
                };
            }
        }
    }
}

fn parse(body: &[u8]) -> Result<Value, Fault> {
    let body = body.strip_prefix("\u{feff}".as_bytes()).unwrap_or(body);
    serde_json::from_slice(body).map_err(|error| {
        let text = String::from_utf8_lossy(&body[..body.len().min(ERROR_BYTES_MAX)]);
        let reason = match text.trim_start() {
            "" => "it is empty".to_owned(),
            page if page.starts_with('<') => reason_of(page.as_bytes()),
            events if events.starts_with("data:") || events.starts_with("event:") => {
                "it is a stream, which nobody asked for".to_owned()
            }
            // The position only: the parser's text may hold words of the reply.
            _ => format!("it breaks at line {} column {}", error.line(), error.column()),
        };
        Fault::NotJson { reason }
    })
}

/// An error inside a body with status 200, as gateways send it.
fn error_inside(reply: &Value) -> Option<Fault> {
    let choice = reply.pointer("/choices/0");
    let inside = |value: &Value| value.get("error").filter(|error| !error.is_null()).cloned();
    let error = inside(reply).or_else(|| choice.and_then(inside))?;
    let reason = reason_in(&error).unwrap_or_else(|| "it gave no reason".to_owned());
    let named = ["status", "code"]
        .iter()
        .filter_map(|name| error.get(*name))
        .find_map(status_of);
    Some(match named {
        Some(status) => Fault::Status {
            status,
            reason,
            retry_after: None,
        },
        None => Fault::ErrorInside { reason },
    })
}

fn status_of(value: &Value) -> Option<u16> {
    let number = value.as_u64().or_else(|| value.as_str()?.parse().ok())?;
    u16::try_from(number)
        .ok()
        .filter(|status| (400..=599).contains(status))
}

fn request_id(headers: &HeaderMap) -> Option<String> {
    let found = ["x-request-id", "request-id"]
        .iter()
        .find_map(|name| headers.get(*name))?;
    found.to_str().ok().map(line_of)
}

fn send_fault(error: &reqwest::Error) -> Fault {
    let reason = root_of(error);
    if error.is_connect() {
        Fault::Connect { reason }
    } else {
        Fault::CutOff { reason }
    }
}

/// The innermost cause: the outer texts name the address, which may hold a login.
fn root_of(error: &reqwest::Error) -> String {
    let mut root: &dyn Error = error;
    while let Some(source) = root.source() {
        root = source;
    }
    if root.to_string() == error.to_string() {
        return "the connection failed".to_owned();
    }
    line_of(&root.to_string())
}
