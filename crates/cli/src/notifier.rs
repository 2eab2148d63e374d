//! Alarms and pings over HTTP, to the addresses of `[alarms]`.

use std::time::Duration;

use async_trait::async_trait;
use copydesk_config::AlarmsConfig;
use copydesk_domain::NoticeKind;
use copydesk_journal::{Notifier, NotifyError};
use copydesk_net::{HostPort, HttpClient};
use copydesk_store::NoticeRecord;
use serde_json::json;

use crate::exit::{ENVIRONMENT, Failure};

/// A receiver that has not answered by then did not hear.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// Posts alarms as JSON and calls the ping address.
pub struct WebNotifier {
    client: HttpClient,
    webhook: Option<String>,
    ping: Option<String>,
}

impl WebNotifier {
    /// A notifier that can reach exactly the addresses of the section.
    pub fn new(alarms: &AlarmsConfig) -> Result<Self, Failure> {
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
}

#[async_trait]
impl Notifier for WebNotifier {
    async fn tell(&self, notice: &NoticeRecord) -> Result<(), NotifyError> {
        if let Some(ping) = &self.ping
            && let Some(ending) = ending(notice.kind)
        {
            let url = format!("{}{ending}", ping.trim_end_matches('/'));
            let pinged = self.client.post_text(&url, &notice.message).await;
            pinged.map_err(|reason| NotifyError { way: "ping", reason })?;
        }
        if let Some(webhook) = &self.webhook
            && is_alarm(notice.kind)
        {
            let body = json!({
                "key": notice.key, "kind": notice.kind, "pipeline": notice.pipeline, "run": notice.run,
                "message": notice.message, "at": notice.raised_at,
            });
            let posted = self.client.post_json(webhook, &body).await;
            posted.map_err(|reason| NotifyError {
                way: "webhook",
                reason,
            })?;
        }
        Ok(())
    }
}

/// What a Healthchecks-style address takes behind it for a ping of this kind.
const fn ending(kind: NoticeKind) -> Option<&'static str> {
    match kind {
        NoticeKind::Started => Some("/start"),
        NoticeKind::Succeeded => Some(""),
        NoticeKind::Failed | NoticeKind::DidNotStart | NoticeKind::DidNotFinish => Some("/fail"),
        NoticeKind::Waits | NoticeKind::NotApproved | NoticeKind::Expired => None,
    }
}

const fn is_alarm(kind: NoticeKind) -> bool {
    match kind {
        NoticeKind::Started | NoticeKind::Succeeded => false,
        NoticeKind::Failed
        | NoticeKind::DidNotStart
        | NoticeKind::DidNotFinish
        | NoticeKind::Waits
        | NoticeKind::NotApproved
        | NoticeKind::Expired => true,
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn notice(kind: NoticeKind) -> NoticeRecord {
        NoticeRecord {
            key: format!("{kind}/r1"),
            kind,
            pipeline: "daily".into(),
            run: Some("r1".into()),
            message: "r1 failed: no model answered".to_owned(),
            raised_at: "2026-11-27T05:00:00Z".parse().expect("a time"),
        }
    }

    /// Tells a notice to a receiver that answers each request with `status`; the requests.
    async fn told(kind: NoticeKind, status: &'static str) -> (Result<(), NotifyError>, Vec<String>) {
        let listener = copydesk_net::listen_loopback().await.unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let serving = tokio::spawn(async move {
            let mut heard = Vec::new();
            while let Ok(Ok((mut stream, _))) =
                tokio::time::timeout(Duration::from_millis(500), listener.accept()).await
            {
                let mut bytes = vec![0; 16_384];
                let mut length = 0;
                // The body may come behind the head.
                while !String::from_utf8_lossy(&bytes[..length]).contains("answered") {
                    length += stream.read(&mut bytes[length..]).await.unwrap();
                }
                heard.push(String::from_utf8_lossy(&bytes[..length]).into_owned());
                let answer = format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                stream.write_all(answer.as_bytes()).await.unwrap();
            }
            heard
        });
        copydesk_net::install_crypto();
        let alarms = AlarmsConfig {
            webhook: Some(format!("{base}/hook")),
            ping: Some(format!("{base}/ping/secret/")),
        };
        let result = WebNotifier::new(&alarms).unwrap().tell(&notice(kind)).await;
        (result, serving.await.unwrap())
    }

    #[tokio::test]
    async fn a_failure_is_pinged_and_posted() {
        let (result, heard) = told(NoticeKind::Failed, "200 OK").await;
        result.unwrap();
        assert!(heard[0].starts_with("POST /ping/secret/fail "), "{heard:?}");
        assert!(heard[1].starts_with("POST /hook "), "{heard:?}");
        let (_, body) = heard[1].split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (body["kind"].as_str(), body["run"].as_str(), body["at"].as_str()),
            (Some("failed"), Some("r1"), Some("2026-11-27T05:00:00Z"))
        );
    }

    #[tokio::test]
    async fn good_news_is_a_ping_alone() {
        let (result, heard) = told(NoticeKind::Succeeded, "200 OK").await;
        result.unwrap();
        assert_eq!(heard.len(), 1);
        assert!(heard[0].starts_with("POST /ping/secret "), "{heard:?}");
    }

    #[tokio::test]
    async fn a_receiver_that_refuses_was_not_told_and_its_address_is_not_repeated() {
        let (result, _) = told(NoticeKind::Failed, "500 Internal Server Error").await;
        let error = result.unwrap_err().to_string();
        assert!(error.starts_with("ping: it answered 500"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
