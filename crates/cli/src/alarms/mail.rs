//! Alarms by mail: `[alarms.mail]`.

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, SystemTime};

use copydesk_config::{Environment, MailConfig, MailTls};
use copydesk_domain::{ContentHash, NoticeKind};
use copydesk_net::{HostPort, MailStream, dial_mail, dial_mail_encrypted};
use copydesk_store::NoticeRecord;
use lettre::Message;
use lettre::message::Mailbox;
use lettre::message::header::{ContentType, HeaderName, HeaderValue};
use lettre::transport::smtp::Error as SmtpError;
use lettre::transport::smtp::authentication::{Credentials, Mechanism};
use lettre::transport::smtp::client::{AsyncSmtpConnection, AsyncTokioStream, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::kinds;
use crate::exit::{Failure, USAGE};
use crate::words::{cut, line};

/// The whole conversation, from dialling to the server's word that it has the mail.
const SEND_MAX: Duration = Duration::from_secs(25);
/// Characters of a reply that an error repeats.
const REPLY_CHARACTERS: usize = 160;

/// A mail server, and who is written to.
pub(super) struct MailWay {
    at: HostPort,
    config: MailConfig,
    from: Mailbox,
    to: Vec<Mailbox>,
    environment: Environment,
    dir: PathBuf,
}

impl MailWay {
    /// Fails where the section names no server or no mailbox.
    pub(super) fn new(config: &MailConfig, environment: &Environment, dir: &Path) -> Result<Self, Failure> {
        let wrong = |error: String| {
            let error = format!("config.toml: [alarms.mail]: {error}");
            Failure::new("CD001", USAGE, error, "`copydesk check` names the line")
        };
        let mailbox = |text: &String| {
            text.parse::<Mailbox>()
                .map_err(|error| wrong(format!("`{text}`: {error}")))
        };
        Ok(Self {
            at: HostPort::parse(&config.server).map_err(|error| wrong(error.to_string()))?,
            from: mailbox(&config.from)?,
            to: config.to.iter().map(mailbox).collect::<Result<_, _>>()?,
            config: config.clone(),
            environment: environment.clone(),
            dir: dir.to_owned(),
        })
    }

    /// Sends a notice and waits until the server has taken it.
    ///
    /// # Errors
    /// Why it was not taken, in one line. What a server says to a login is not repeated: it may echo the password.
    pub(super) async fn send(&self, notice: &NoticeRecord) -> Result<(), String> {
        let mail = self.message(notice)?;
        match tokio::time::timeout(SEND_MAX, self.converse(&mail)).await {
            Ok(sent) => sent,
            Err(_) => Err(format!(
                "the mail server did not take it within {} s",
                SEND_MAX.as_secs()
            )),
        }
    }

    async fn converse(&self, mail: &Message) -> Result<(), String> {
        let hello = ClientId::default();
        let dialled = match self.config.tls {
            MailTls::Tls => dial_mail_encrypted(&self.at).await,
            MailTls::StartTls | MailTls::None => dial_mail(&self.at).await,
        };
        let wire = Wire(dialled.map_err(|error| error.to_string())?);
        let connected = AsyncSmtpConnection::connect_with_transport(Box::new(wire), &hello).await;
        let mut connection = connected.map_err(|error| reply(&error))?;
        if self.config.tls == MailTls::StartTls {
            let host = self.at.host().trim_matches(['[', ']']).to_owned();
            let parameters = TlsParameters::new(host).map_err(|error| reply(&error))?;
            let encrypted = connection.starttls(parameters, &hello).await;
            encrypted.map_err(|error| format!("the connection could not be encrypted: {}", reply(&error)))?;
        }
        self.log_in(&mut connection).await?;
        let sent = connection.send(mail.envelope(), &mail.formatted()).await;
        sent.map_err(|error| reply(&error))?;
        // The mail is theirs; how they part is no matter.
        let _ = connection.quit().await;
        Ok(())
    }

    async fn log_in(&self, connection: &mut AsyncSmtpConnection) -> Result<(), String> {
        let Some(user) = &self.config.user else {
            return Ok(());
        };
        let password = self.environment.mail_password(&self.config, &self.dir);
        let password = password.map_err(|error| error.to_string())?;
        let password = password.ok_or("there is no password for its `user`")?;
        let credentials = Credentials::new(user.clone(), password.reveal().to_owned());
        let mechanisms = [Mechanism::Plain, Mechanism::Login];
        match connection.auth(&mechanisms, &credentials).await {
            Ok(_) => Ok(()),
            Err(error) => {
                connection.abort().await;
                let code = error
                    .status()
                    .map(|code| format!(" ({code})"))
                    .unwrap_or_default();
                Err(format!("the mail server refused the login of `{user}`{code}"))
            }
        }
    }

    fn message(&self, notice: &NoticeRecord) -> Result<Message, String> {
        // The same for each try, so that a mail that came twice is seen as one.
        let id = ContentHash::of(notice.key.as_bytes()).short(32);
        let mut builder = Message::builder()
            .from(self.from.clone())
            .subject(subject(notice))
            .date(sent_at(notice))
            .message_id(Some(format!("<{id}@copydesk.local>")))
            .header(ContentType::TEXT_PLAIN);
        for to in &self.to {
            builder = builder.to(to.clone());
        }
        let text = notice
            .body
            .clone()
            .unwrap_or_else(|| format!("{}\n", notice.message));
        let mut message = builder
            .body(text)
            .map_err(|error| format!("the mail cannot be written: {error}"))?;
        // No vacation notice is to answer it (RFC 3834).
        let name = HeaderName::new_from_ascii_str("Auto-Submitted");
        let value = HeaderValue::new(name, "auto-generated".to_owned());
        message.headers_mut().insert_raw(value);
        Ok(message)
    }
}

/// One line without text of others: a receipt's own line, else the kind in words.
fn subject(notice: &NoticeRecord) -> String {
    let text = if notice.kind == NoticeKind::Receipt {
        notice.message.clone()
    } else {
        format!("{}: {}", notice.pipeline, kinds::words(notice.kind))
    };
    format!("[copydesk] {}", cut(&line(&text), REPLY_CHARACTERS))
}

fn sent_at(notice: &NoticeRecord) -> SystemTime {
    let micros = u64::try_from(notice.raised_at.as_micros()).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
}

/// What a server said or what broke, in one short line. The library wraps some of its errors twice.
fn reply(error: &SmtpError) -> String {
    let text = error
        .to_string()
        .replace("Connection error: Connection error", "Connection error");
    cut(&line(&text), REPLY_CHARACTERS)
}

/// A dialled connection as the mail library wants it.
#[derive(Debug)]
struct Wire(MailStream);

impl AsyncTokioStream for Wire {
    fn peer_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.0.peer())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::notice;
    use super::*;

    fn way() -> MailWay {
        let text =
            "server = '127.0.0.1:25'\ntls = 'none'\nfrom = 'copydesk@example.org'\nto = ['you@example.org']";
        let config: MailConfig = toml::from_str(text).unwrap();
        MailWay::new(&config, &Environment::empty(), Path::new("/")).unwrap()
    }

    fn mail(notice: &NoticeRecord) -> String {
        String::from_utf8(way().message(notice).unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_mail_says_what_happened_and_is_the_same_at_each_try() {
        let notice = notice(NoticeKind::Failed, "mail");
        let text = mail(&notice);
        assert!(text.contains("Subject: [copydesk] daily: failed\r\n"), "{text}");
        assert!(text.contains("Auto-Submitted: auto-generated\r\n"), "{text}");
        assert!(text.contains("Date: Fri, 27 Nov 2026 05:00:00 "), "{text}");
        assert!(text.contains("r1 failed: no model answered"), "{text}");
        assert_eq!(text, mail(&notice));
    }

    #[test]
    fn text_of_others_makes_no_header() {
        let mut hostile = notice(NoticeKind::Receipt, "mail");
        hostile.message = "daily\r\nBcc: all@example.org".to_owned();
        hostile.body = Some("A title\r\nX-Evil: 1\r\n.\r\nMAIL FROM:<a@b>\r\n".to_owned());
        let text = mail(&hostile);
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(!head.contains("Bcc") && !head.contains("X-Evil"), "{head}");
    }
}
