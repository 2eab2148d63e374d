//! The ways by which alarms, receipts and pings leave: `[alarms]` of config.toml.
//!
//! A way is tried by whoever calls; what to do after a failure is the daemon's matter. No error repeats an address, a
//! password or a whole reply.

mod command;
mod kinds;
mod mail;
mod web;

use std::path::Path;

use async_trait::async_trait;
use copydesk_config::{AlarmsConfig, Environment};
use copydesk_domain::NoticeKind;
use copydesk_journal::{Notifier, NotifyError};
use copydesk_store::NoticeRecord;
use serde_json::{Value, json};

use crate::exit::Failure;
use command::CommandWay;
use mail::MailWay;
use web::WebWays;

/// The ways, as they stand in the store.
const PING: &str = "ping";
const WEBHOOK: &str = "webhook";
const MAIL: &str = "mail";
const COMMAND: &str = "command";

/// Every way of `[alarms]`.
pub struct Alarms {
    web: WebWays,
    mail: Option<MailWay>,
    command: Option<CommandWay>,
    sends_receipts: bool,
}

impl Alarms {
    /// The ways that the section sets up; each can reach exactly what is written there. `dir`: the folder of config.toml.
    pub fn new(alarms: &AlarmsConfig, environment: &Environment, dir: &Path) -> Result<Self, Failure> {
        let mail = alarms.mail.as_ref();
        Ok(Self {
            web: WebWays::new(alarms)?,
            mail: mail
                .map(|mail| MailWay::new(mail, environment, dir))
                .transpose()?,
            command: CommandWay::new(&alarms.command, environment, dir),
            sends_receipts: alarms.receipt,
        })
    }
}

#[async_trait]
impl Notifier for Alarms {
    fn ways(&self, kind: NoticeKind) -> Vec<&'static str> {
        let is_told = kinds::is_alarm(kind) || kind == NoticeKind::Receipt && self.sends_receipts;
        let ways = [
            (PING, self.web.pings() && kinds::ending(kind).is_some()),
            (WEBHOOK, self.web.posts() && is_told),
            (MAIL, self.mail.is_some() && is_told),
            (COMMAND, self.command.is_some() && is_told),
        ];
        let there = ways.into_iter().filter(|(_, is_there)| *is_there);
        there.map(|(way, _)| way).collect()
    }

    async fn tell(&self, notice: &NoticeRecord) -> Result<(), NotifyError> {
        let told = match (notice.way.as_str(), &self.mail, &self.command) {
            (PING, ..) => self.web.ping(notice).await,
            (WEBHOOK, ..) => self.web.post(&as_json(notice)).await,
            (MAIL, Some(mail), _) => mail.send(notice).await,
            (COMMAND, _, Some(command)) => command.run(notice, &as_json(notice)).await,
            // The way was taken out of config.toml since; nobody wants to hear it.
            _ => Ok(()),
        };
        told.map_err(|reason| NotifyError { reason })
    }
}

/// A notice as webhooks and commands get it.
fn as_json(notice: &NoticeRecord) -> Value {
    let mut value = json!({
        "key": notice.key, "kind": notice.kind, "pipeline": notice.pipeline, "run": notice.run,
        "message": notice.message, "at": notice.raised_at,
    });
    if let Some(body) = &notice.body {
        value["body"] = json!(body);
    }
    let details = notice
        .details
        .as_deref()
        .and_then(|text| serde_json::from_str::<Value>(text).ok());
    if let Some(details) = details {
        value["details"] = details;
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A notice that a run failed.
    pub(super) fn notice(kind: NoticeKind, way: &str) -> NoticeRecord {
        NoticeRecord {
            key: format!("{kind}/r1"),
            way: way.to_owned(),
            kind,
            pipeline: "daily".into(),
            run: Some("r1".into()),
            message: "r1 failed: no model answered".to_owned(),
            body: None,
            details: None,
            raised_at: "2026-11-27T05:00:00Z".parse().expect("a time"),
        }
    }

    pub(super) fn config(text: &str) -> AlarmsConfig {
        toml::from_str(text).expect("a section")
    }

    fn ways(text: &str, kind: NoticeKind) -> Vec<&'static str> {
        copydesk_net::install_crypto();
        let alarms = Alarms::new(&config(text), &Environment::empty(), Path::new("/")).unwrap();
        alarms.ways(kind)
    }

    const ALL: &str = "
        webhook = 'http://127.0.0.1:9/hook'
        ping = 'http://127.0.0.1:9/ping'
        command = ['/bin/true']
        [mail]
        server = '127.0.0.1:25'
        tls = 'none'
        from = 'copydesk@example.org'
        to = ['you@example.org']
    ";

    #[test]
    fn alarms_go_by_every_way_and_good_news_by_ping_alone() {
        assert_eq!(
            ways(ALL, NoticeKind::Failed),
            ["ping", "webhook", "mail", "command"]
        );
        assert_eq!(ways(ALL, NoticeKind::Preflight), ["webhook", "mail", "command"]);
        assert_eq!(ways(ALL, NoticeKind::Succeeded), ["ping"]);
        assert_eq!(
            ways(ALL, NoticeKind::Test),
            ["ping", "webhook", "mail", "command"]
        );
        assert_eq!(ways("", NoticeKind::Failed), [""; 0]);
    }

    #[test]
    fn receipts_are_no_alarm_and_can_be_switched_off() {
        assert_eq!(ways(ALL, NoticeKind::Receipt), ["webhook", "mail", "command"]);
        let off = format!("receipt = false\n{ALL}");
        assert_eq!(ways(&off, NoticeKind::Receipt), [""; 0]);
    }

    #[test]
    fn programs_get_the_details_as_json() {
        let mut notice = notice(NoticeKind::Preflight, WEBHOOK);
        assert_eq!(as_json(&notice).get("body"), None);
        notice.body = Some("two\nlines".to_owned());
        notice.details = Some(r#"[{"area":"disk"}]"#.to_owned());
        let value = as_json(&notice);
        assert_eq!(
            (&value["body"], &value["details"][0]["area"]),
            (&json!("two\nlines"), &json!("disk"))
        );
    }
}
