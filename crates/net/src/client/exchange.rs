//! One request and one response over a fresh connection.
//!
//! Connections are not kept: each request dials an address judged for that request, and the count of connections
//! per host is the count of requests. A day's reading is some hundred pages from as many hosts, so little is lost.

use std::future::poll_fn;
use std::pin::Pin;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use hyper::client::conn::http1;
use hyper::{Request, Uri};
use hyper_util::rt::TokioIo;
use reqwest::header::{self, HeaderMap, HeaderValue};
use tokio::task::JoinHandle;

use super::FetchError;
use super::body::{BodyError, BodyReader, Encoding};
use super::dial::Connection;
use crate::address::{Target, short};

/// Bytes of the largest response head. Long policies and many cookies fit into a quarter of it.
const HEAD_BYTES_MAX: usize = 128 * 1024;

/// Lines of the longest response head.
const HEADERS_MAX: usize = 256;

/// A response whose body has not been read.
#[derive(Debug)]
pub(super) struct Reply {
    /// HTTP status.
    pub(super) status: u16,
    /// Headers as sent.
    pub(super) headers: HeaderMap,
    at: String,
    body: Incoming,
    _connection: Running,
}

/// The task that moves bytes for a connection; dropping this closes the connection.
#[derive(Debug)]
struct Running(JoinHandle<()>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends one GET and reads the response's head.
pub(super) async fn send(
    connection: Box<dyn Connection>,
    target: &Target,
    headers: HeaderMap,
) -> Result<Reply, FetchError> {
    let at = target.at().to_string();
    let request = request(target, headers)?;
    let io = TokioIo::new(connection);
    let handshake = http1::Builder::new()
        .max_headers(HEADERS_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .handshake(io)
        .await;
    let (mut sender, connection) = handshake.map_err(|source| head_error(&at, source))?;
    let running = Running(tokio::spawn(async move {
        // An error here also reaches the request or the body, where it is told.
        if let Err(error) = connection.await {
            tracing::trace!(%error, "connection ended");
        }
    }));
    let response = sender
        .send_request(request)
        .await
        .map_err(|source| head_error(&at, source))?;
    let (parts, body) = response.into_parts();
    Ok(Reply {
        status: parts.status.as_u16(),
        headers: parts.headers,
        at,
        body,
        _connection: running,
    })
}

/// The request line in origin form, `Host`, and the caller's headers.
fn request(target: &Target, headers: HeaderMap) -> Result<Request<String>, FetchError> {
    let malformed = || FetchError::Refused {
        url: short(target.url().as_str()),
        refusal: crate::address::Refusal::Malformed,
    };
    let url = target.url();
    let mut path = url.path().to_owned();
    if let Some(query) = url.query() {
        path.push('?');
        path.push_str(query);
    }
    let host = match url.port() {
        Some(port) => format!("{}:{port}", target.at().host()),
        None => target.at().host().to_owned(),
    };
    let uri = Uri::try_from(path).map_err(|_| malformed())?;
    let mut request = Request::get(uri).body(String::new()).map_err(|_| malformed())?;
    *request.headers_mut() = headers;
    request.headers_mut().insert(
        header::HOST,
        HeaderValue::from_str(&host).map_err(|_| malformed())?,
    );
    request
        .headers_mut()
        .insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    request
        .headers_mut()
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    Ok(request)
}

fn head_error(at: &str, source: hyper::Error) -> FetchError {
    let at = at.to_owned();
    if source.is_parse() {
        FetchError::Garbled { at, source }
    } else {
        FetchError::Cut { at, bytes: 0, source }
    }
}

impl Reply {
    /// Reads and unpacks the body, up to `bytes_max` bytes packed and unpacked.
    ///
    /// A body that declares more is refused unread. One of unknown length ends with its connection, so only for
    /// those with a length, in chunks, packed or over TLS can it be told whether they were cut.
    pub(super) async fn into_body(mut self, bytes_max: usize) -> Result<(HeaderMap, Bytes), FetchError> {
        if self.body.is_end_stream() {
            return Ok((self.headers, Bytes::new()));
        }
        let encoding = Encoding::read(&self.headers).map_err(|encoding| FetchError::UnknownEncoding {
            at: self.at.clone(),
            encoding,
        })?;
        if self.body.size_hint().lower() > bytes_max as u64 {
            return Err(FetchError::TooLarge {
                at: self.at,
                bytes_max,
            });
        }
        let mut reader = BodyReader::new(encoding, bytes_max);
        while let Some(frame) = poll_fn(|context| Pin::new(&mut self.body).poll_frame(context)).await {
            let frame = match frame {
                Ok(frame) => frame,
                Err(source) => {
                    return Err(FetchError::Cut {
                        at: self.at,
                        bytes: reader.bytes_read(),
                        source,
                    });
                }
            };
            // Trailers are skipped.
            if let Some(piece) = frame.data_ref() {
                reader
                    .push(piece)
                    .map_err(|error| body_error(&self.at, error, bytes_max))?;
            }
        }
        let body = reader
            .finish()
            .map_err(|error| body_error(&self.at, error, bytes_max))?;
        Ok((self.headers, Bytes::from(body)))
    }
}

fn body_error(at: &str, error: BodyError, bytes_max: usize) -> FetchError {
    let at = at.to_owned();
    match error {
        BodyError::TooLarge => FetchError::TooLarge { at, bytes_max },
        BodyError::BadGzip(source) => FetchError::BadGzip { at, source },
    }
}
