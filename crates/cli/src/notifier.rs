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

/// The ways, as they stand in the store.
const PING: &str = "ping";
const WEBHOOK: &str = "webhook";
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
    fn ways(&self, kind: NoticeKind) -> Vec<&'static str> {
        let ping = self.ping.as_ref().filter(|_| ending(kind).is_some());
        let webhook = self.webhook.as_ref().filter(|_| is_alarm(kind));
        ping.map(|_| PING)
            .into_iter()
            .chain(webhook.map(|_| WEBHOOK))
            .collect()
    }

    async fn tell(&self, notice: &NoticeRecord) -> Result<(), NotifyError> {
        let told = match (notice.way.as_str(), &self.ping, &self.webhook) {
            (PING, Some(ping), _) => {
                let url = with_ending(ping, ending(notice.kind).unwrap_or_default());
                self.client.post_text(&url, &notice.message).await
            }
            (WEBHOOK, _, Some(webhook)) => {
                let body = json!({
                    "key": notice.key, "kind": notice.kind, "pipeline": notice.pipeline, "run": notice.run,
                    "message": notice.message, "at": notice.raised_at,
                });
                self.client.post_json(webhook, &body).await
            }
            // The address was taken out of config.toml since; nobody wants to hear it.
            _ => Ok(()),
        };
        told.map_err(|reason| NotifyError { reason })
    }
}

/// An address with an ending behind its path, before its query.
fn with_ending(address: &str, ending: &str) -> String {
    let (path, query) = address.split_once('?').unwrap_or((address, ""));
    let path = path.trim_end_matches('/');
    if query.is_empty() {
        format!("{path}{ending}")
    } else {
        format!("{path}{ending}?{query}")
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

    fn notice(kind: NoticeKind, way: &str) -> NoticeRecord {
        NoticeRecord {
            key: format!("{kind}/r1"),
            way: way.to_owned(),
            kind,
            pipeline: "daily".into(),
            run: Some("r1".into()),
            message: "r1 failed: no model answered".to_owned(),
            raised_at: "2026-11-27T05:00:00Z".parse().expect("a time"),
        }
    }

    /// Tells a notice by a way to a receiver that answers with `status`; the request.
    async fn told(kind: NoticeKind, way: &str, status: &'static str) -> (Result<(), NotifyError>, String) {
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
        let alarms = AlarmsConfig {
            webhook: Some(format!("{base}/hook")),
            ping: Some(format!("{base}/ping/secret/?create=1")),
        };
        let notifier = WebNotifier::new(&alarms).unwrap();
        assert!(notifier.ways(kind).contains(&way), "{kind} by {way}");
        let result = notifier.tell(&notice(kind, way)).await;
        (result, serving.await.unwrap())
    }

    #[tokio::test]
    async fn a_failure_is_pinged_and_posted() {
        let (result, heard) = told(NoticeKind::Failed, PING, "200 OK").await;
        result.unwrap();
        assert!(heard.starts_with("POST /ping/secret/fail?create=1 "), "{heard}");
        let (result, heard) = told(NoticeKind::Failed, WEBHOOK, "200 OK").await;
        result.unwrap();
        assert!(heard.starts_with("POST /hook "), "{heard}");
        let (_, body) = heard.split_once("\r\n\r\n").unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        assert_eq!(
            (body["kind"].as_str(), body["run"].as_str(), body["at"].as_str()),
            (Some("failed"), Some("r1"), Some("2026-11-27T05:00:00Z"))
        );
    }

    #[tokio::test]
    async fn good_news_is_a_ping_alone() {
        let (result, heard) = told(NoticeKind::Succeeded, PING, "200 OK").await;
        result.unwrap();
        assert!(heard.starts_with("POST /ping/secret?create=1 "), "{heard}");
        assert!(!is_alarm(NoticeKind::Succeeded));
    }

    #[tokio::test]
    async fn a_receiver_that_refuses_was_not_told_and_its_address_is_not_repeated() {
        let (result, _) = told(NoticeKind::Failed, PING, "500 Internal Server Error").await;
        let error = result.unwrap_err().to_string();
        assert!(error.starts_with("it answered 500"), "{error}");
        assert!(!error.contains("secret"), "{error}");
    }
}
