//! Short messages to addresses that a person wrote: pings and alarms.

use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use serde_json::Value;

use crate::address::HostPort;
use crate::trusted::{TrustedClientError, trusted_client_builder};

/// A client that posts to exactly the listed hosts and reads nothing but the status.
#[derive(Debug, Clone)]
pub struct HttpClient {
    client: Client,
}

impl HttpClient {
    /// `answer_max`: the whole exchange, from dialling to the status.
    pub fn new(hosts: &[HostPort], answer_max: Duration) -> Result<Self, TrustedClientError> {
        let client = trusted_client_builder(hosts).timeout(answer_max).build()?;
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
}

async fn send(request: RequestBuilder) -> Result<(), String> {
    match request.send().await {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) => Err(format!("it answered {}", response.status())),
        Err(error) if error.is_timeout() => Err("it did not answer in time".to_owned()),
        Err(error) if error.is_connect() => Err("it cannot be reached".to_owned()),
        Err(error) => Err(error.without_url().to_string()),
    }
}
