//! Short exchanges with addresses that a person wrote: pings, alarms, issues on their way out.

use std::time::Duration;

use reqwest::{Client, RequestBuilder, Response};
use serde_json::Value;

use crate::address::HostPort;
use crate::trusted::{TrustedClientError, trusted_client_builder};

/// The longest answer that is read.
const BODY_BYTES_MAX: usize = 1024 * 1024;

/// A client for exactly the listed hosts. It follows no redirect, so that a key never reaches another host.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: Client,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HttpAnswer {
    /// The status.
    pub status: u16,
    /// The header `Location`.
    pub location: Option<String>,
    /// The body; none where it broke off or has more than 1 MiB.
    pub body: Option<Vec<u8>>,
}

/// Why nothing came back, in words without the address, which may hold a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HttpFault {
    /// No connection was made, so the other side has seen nothing.
    #[error("{0}")]
    NotSent(String),
    /// It broke off on the way: the other side may have seen all of it.
    #[error("{0}")]
    Lost(String),
}

impl HttpClient {
    /// `answer_max`: the whole exchange, from dialling to the last byte.
    pub fn new(hosts: &[HostPort], answer_max: Duration) -> Result<Self, TrustedClientError> {
        // A kept connection may end just as a request goes out on it, and then nobody knows what became of that.
        let builder = trusted_client_builder(hosts).pool_max_idle_per_host(0);
        let client = builder.timeout(answer_max).build()?;
        Ok(Self { client })
    }

    /// Posts JSON.
    ///
    /// # Errors
    /// Why it was not taken, in words without the address, which may hold a secret.
    pub async fn post_json(&self, url: &str, body: &Value) -> Result<(), String> {
        send(self.client.post(url).json(body)).await
    }

    /// Posts plain text.
    ///
    /// # Errors
    /// As [`Self::post_json`].
    pub async fn post_text(&self, url: &str, body: &str) -> Result<(), String> {
        let request = self
            .client
            .post(url)
            .header("Content-Type", "text/plain; charset=utf-8");
        send(request.body(body.to_owned())).await
    }

    /// Posts bytes and reads the answer, whatever its status. `headers`: name and value.
    pub async fn post(
        &self,
        url: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<HttpAnswer, HttpFault> {
        exchange(self.client.post(url).body(body), headers).await
    }

    /// Gets and reads the answer, whatever its status. `headers`: name and value.
    pub async fn get(&self, url: &str, headers: &[(&str, &str)]) -> Result<HttpAnswer, HttpFault> {
        exchange(self.client.get(url), headers).await
    }
}

async fn send(request: RequestBuilder) -> Result<(), String> {
    match request.send().await {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) => Err(format!("it answered {}", response.status())),
        Err(error) => Err(fault(error).to_string()),
    }
}

async fn exchange(request: RequestBuilder, headers: &[(&str, &str)]) -> Result<HttpAnswer, HttpFault> {
    let request = headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value));
    let response = request.send().await.map_err(fault)?;
    let text = |name: &str| Some(response.headers().get(name)?.to_str().ok()?.to_owned());
    Ok(HttpAnswer {
        status: response.status().as_u16(),
        location: text("location"),
        body: read(response).await,
    })
}

/// The body, if all of it came and it is not too long.
async fn read(mut response: Response) -> Option<Vec<u8>> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.ok()? {
        if body.len() + chunk.len() > BODY_BYTES_MAX {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

fn fault(error: reqwest::Error) -> HttpFault {
    if error.is_builder() {
        return HttpFault::NotSent("its address or a header cannot be sent".to_owned());
    }
    if error.is_connect() {
        return HttpFault::NotSent("it cannot be reached".to_owned());
    }
    if error.is_timeout() {
        return HttpFault::Lost("it did not answer in time".to_owned());
    }
    HttpFault::Lost(error.without_url().to_string())
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// One connection that reads a request and gives `reply`; its request comes back.
    async fn once(reply: &'static str) -> (HostPort, tokio::task::JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = HostPort::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = vec![0; 4096];
            let read = stream.read(&mut request).await.unwrap();
            stream.write_all(reply.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&request[..read]).into_owned()
        });
        (at, server)
    }

    fn client(at: &HostPort, answer_max: Duration) -> HttpClient {
        HttpClient::new(std::slice::from_ref(at), answer_max).unwrap()
    }

    const SOON: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn an_answer_comes_back_whole_and_a_redirect_is_one() {
        let reply = "HTTP/1.1 303 x\r\nLocation: http://other.example/\r\nContent-Length: 2\r\n\r\nok";
        let (at, server) = once(reply).await;
        let sent = client(&at, SOON)
            .post(
                &format!("http://{at}/in"),
                &[("Idempotency-Key", "k1")],
                b"body".to_vec(),
            )
            .await
            .unwrap();
        let expected = HttpAnswer {
            status: 303,
            location: Some("http://other.example/".to_owned()),
            body: Some(b"ok".to_vec()),
        };
        assert_eq!(sent, expected);
        let request = server.await.unwrap();
        assert!(request.contains("idempotency-key: k1"), "{request}");
    }

    #[tokio::test]
    async fn what_was_never_sent_is_told_from_what_was_lost() {
        let (at, server) = once("").await;
        let lost = client(&at, SOON).get(&format!("http://{at}/"), &[]).await;
        assert!(matches!(lost, Err(HttpFault::Lost(_))), "{lost:?}");
        server.await.unwrap();
        // Nobody listens there any more.
        let refused = client(&at, SOON).get(&format!("http://{at}/"), &[]).await;
        assert_eq!(
            refused,
            Err(HttpFault::NotSent("it cannot be reached".to_owned()))
        );
        let unlisted = client(&at, SOON).get("http://127.0.0.1:9/", &[]).await;
        assert!(matches!(unlisted, Err(HttpFault::NotSent(_))), "{unlisted:?}");
    }

    #[tokio::test]
    async fn a_body_that_breaks_off_leaves_the_status() {
        let (at, _server) = once("HTTP/1.1 201 x\r\nContent-Length: 9\r\n\r\nok").await;
        let answer = client(&at, SOON)
            .get(&format!("http://{at}/"), &[])
            .await
            .unwrap();
        assert_eq!((answer.status, answer.body), (201, None));
    }

    #[tokio::test]
    async fn silence_is_lost_in_time() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let at = HostPort::parse(&listener.local_addr().unwrap().to_string()).unwrap();
        let lost = client(&at, Duration::from_millis(50))
            .post(&format!("http://{at}/"), &[], Vec::new())
            .await;
        assert_eq!(lost, Err(HttpFault::Lost("it did not answer in time".to_owned())));
    }
}
