//! The HTTP client of remote tool servers, which gives each call the header `traceparent` of the span it belongs to.
//!
//! The call itself carries it in `_meta` over any transport; the header is for what stands before the server and looks
//! at HTTP alone. What sends the requests is a task of the library's, so the header is taken from the message.

use std::collections::HashMap;
use std::sync::Arc;

use futures::stream::BoxStream;
use reqwest::header::{HeaderName, HeaderValue};
use rmcp::model::{ClientJsonRpcMessage, ClientRequest, JsonRpcMessage, RequestParamsMeta};
use rmcp::transport::streamable_http_client::{
    SseError, StreamableHttpClient, StreamableHttpError, StreamableHttpPostResponse,
    StreamableHttpResponseLimits,
};
use sse_stream::Sse;

/// The client.
#[derive(Debug, Clone)]
pub(super) struct TracedHttp(pub(super) reqwest::Client);

type Headers = HashMap<HeaderName, HeaderValue>;
type Failure = StreamableHttpError<reqwest::Error>;

impl StreamableHttpClient for TracedHttp {
    type Error = reqwest::Error;

    async fn post_message(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        mut custom_headers: Headers,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        trace(&message, &mut custom_headers);
        self.0
            .post_message(uri, message, session_id, auth_header, custom_headers)
            .await
    }

    async fn post_message_with_response_limits(
        &self,
        uri: Arc<str>,
        message: ClientJsonRpcMessage,
        session_id: Option<Arc<str>>,
        auth_header: Option<String>,
        mut custom_headers: Headers,
        limits: StreamableHttpResponseLimits,
    ) -> Result<StreamableHttpPostResponse, Failure> {
        trace(&message, &mut custom_headers);
        self.0
            .post_message_with_response_limits(uri, message, session_id, auth_header, custom_headers, limits)
            .await
    }

    async fn delete_session(
        &self,
        uri: Arc<str>,
        session_id: Arc<str>,
        auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Result<(), Failure> {
        self.0
            .delete_session(uri, session_id, auth_header, custom_headers)
            .await
    }

    async fn get_stream(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: Headers,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failure> {
        self.0
            .get_stream(uri, session_id, last_event_id, auth_header, custom_headers)
            .await
    }

    async fn get_stream_with_max_sse_event_size(
        &self,
        uri: Arc<str>,
        session_id: Option<Arc<str>>,
        last_event_id: Option<String>,
        auth_header: Option<String>,
        custom_headers: Headers,
        max_sse_event_size: usize,
    ) -> Result<BoxStream<'static, Result<Sse, SseError>>, Failure> {
        self.0
            .get_stream_with_max_sse_event_size(
                uri,
                session_id,
                last_event_id,
                auth_header,
                custom_headers,
                max_sse_event_size,
            )
            .await
    }
}

fn trace(message: &ClientJsonRpcMessage, headers: &mut Headers) {
    if let Some(parent) = traceparent(message)
        && let Ok(value) = HeaderValue::try_from(parent)
    {
        headers.insert(HeaderName::from_static("traceparent"), value);
    }
}

fn traceparent(message: &ClientJsonRpcMessage) -> Option<&str> {
    match message {
        JsonRpcMessage::Request(request) => match &request.request {
            ClientRequest::CallToolRequest(call) => call.params.traceparent(),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use rmcp::model::{CallToolRequest, CallToolRequestParams, PingRequest, RequestId};

    use super::*;

    #[test]
    fn the_header_says_what_the_call_says_and_other_messages_have_none() {
        const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let mut params = CallToolRequestParams::new("search");
        params.set_traceparent(PARENT);
        let call = ClientRequest::CallToolRequest(CallToolRequest::new(params));
        let ping = ClientRequest::PingRequest(PingRequest::default());
        for (request, expected) in [(call, Some(PARENT)), (ping, None)] {
            let message = ClientJsonRpcMessage::request(request, RequestId::Number(1));
            let mut headers = Headers::new();
            trace(&message, &mut headers);
            // Looked up as a header: the hash of its text is another.
            let name = HeaderName::from_static("traceparent");
            let told = headers.get(&name).map(|value| value.to_str().unwrap());
            assert_eq!(told, expected);
        }
    }
}
