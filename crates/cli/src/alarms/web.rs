//! Alarms and pings over HTTP.

use std::time::Duration;

use copydesk_config::AlarmsConfig;
use copydesk_net::{HostPort, HttpClient};
use copydesk_store::NoticeRecord;
use serde_json::Value;

use super::kinds;
use crate::exit::{ENVIRONMENT, Failure};

/// A receiver that has not answered by then did not hear.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Posts alarms as JSON and calls the ping address.
pub(super) struct WebWays {
    client: HttpClient,
    webhook: Option<String>,
    ping: Option<String>,
}

impl WebWays {
    /// Ways that can reach exactly the addresses of the section.
    pub(super) fn new(alarms: &AlarmsConfig) -> Result<Self, Failure> {
        let addresses = [&alarms.webhook, &alarms.ping];
        let hosts: Vec<HostPort> = addresses
            .into_iter()
            .flatten()
            .filter_map(|url| HostPort::of_url(url).ok())
            .collect();
        let client = HttpClient::new(&hosts, ANSWER_MAX).map_err(|error| {
            Failure::new(
                "CD010",
                ENVIRONMENT,
                error.to_string(),
                "check the system's certificates",
            )
        })?;
        Ok(Self {
            client,
            webhook: alarms.webhook.clone(),
            ping: alarms.ping.clone(),
        })
    }

    pub(super) const fn pings(&self) -> bool {
        self.ping.is_some()
    }

    pub(super) const fn posts(&self) -> bool {
        self.webhook.is_some()
    }

    /// Calls the ping address for this kind, with the reason as body.
    ///
    /// # Errors
    /// Why nobody heard it, without the address.
    pub(super) async fn ping(&self, notice: &NoticeRecord) -> Result<(), String> {
        // Without an address it was taken out of config.toml since; nobody wants to hear it.
        let Some(ping) = &self.ping else { return Ok(()) };
        let ending = kinds::ending(notice.kind).unwrap_or_default();
        let url = kinds::ping_address(ping, ending, notice.run.as_ref());
        self.client.post_text(&url, &notice.message).await
    }

    /// Posts the JSON of a notice.
    ///
    /// # Errors
    /// As [`Self::ping`].
    pub(super) async fn post(&self, alarm: &Value) -> Result<(), String> {
        match &self.webhook {
            Some(webhook) => self.client.post_json(webhook, alarm).await,
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::NoticeKind;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::super::as_json;
    use super::super::tests::{config, notice};
    use super::*;

    /// Tells a notice by a way to a receiver that answers with `status`; the request.
    async fn told(kind: NoticeKind, way: &str, status: &'static str) -> (Result<(), String>, String) {
        let listener = copydesk_net::listen_loopback().await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut heard = Vec::new();
            // The body may come behind the head.
            while !String::from_utf8_lossy(&heard).contains("answered") {
                let mut piece = [0; 4096];
                let length = stream.read(&mut piece).await.unwrap();
                heard.extend_from_slice(&piece[..length]);
            }
            let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
            stream.write_all(answer.as_bytes()).await.unwrap();
            String::from_utf8_lossy(&heard).into_owned()
        });
        copydesk_net::install_crypto();
        let text = format!("webhook = '{base}/hook'\nping = '{base}/ping/secret/?create=1'");
        let ways = WebWays::new(&config(&text)).unwrap();
        let notice = notice(kind, way);
        let result = match way {
            "ping" => ways.ping(&notice).await,
            _ => ways.post(&as_json(&notice)).await,
        };
        (result, serving.await.unwrap())
    }

    #[tokio::test]
    async fn a_failure_is_pinged_and_posted() {
        let (result, heard) = told(NoticeKind::Failed, "ping", "200 OK").await;
        result.unwrap();
        assert!(
            heard.starts_with("POST /ping/secret/fail?create=1&rid="),
            "{heard}"
        );
        assert!(heard.ends_with("r1 failed: no model answered"), "{heard}");
        let (result, heard) = told(NoticeKind::Failed, "webhook", "200 OK").await;
        result.unwrap();
        assert!(heard.starts_with("POST /hook "), "{heard}");
        let (_, body) = heard.split_once("\r\n\r\n").unwrap();
        let body: Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (body["kind"].as_str(), body["run"].as_str(), body["at"].as_str()),
            (Some("failed"), Some("r1"), Some("2026-11-27T05:00:00Z"))
        );
    }

    #[tokio::test]
    async fn success_is_the_bare_address() {
        let (result, heard) = told(NoticeKind::Succeeded, "ping", "200 OK").await;
        result.unwrap();
        assert!(heard.starts_with("POST /ping/secret?create=1&rid="), "{heard}");
    }

    #[tokio::test]
    async fn a_receiver_that_refuses_was_not_told_and_its_address_is_not_repeated() {
        let (result, _) = told(NoticeKind::Failed, "ping", "500 Internal Server Error").await;
        let error = result.unwrap_err();
        assert!(error.starts_with("it answered 500"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
