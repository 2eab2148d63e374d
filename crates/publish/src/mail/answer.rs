//! An answer as a message (RFC 5322).

use copydesk_domain::{ContentHash, Instant, Untrusted};

use super::body::QuotedPrintable;
use super::header::{MessageId, Recipient, ReplySubject, encoded};

/// What an answer is made of. The reader's own words come as they were received.
#[derive(Debug, Clone)]
pub struct AnswerMail<'a> {
    /// Who wrote the reply that is answered: `Ada <ada@example.org>`.
    pub to: &'a Untrusted<String>,
    /// The author's address: `The Daily Brief <desk@example.org>`. Empty where none is set.
    pub from: &'a str,
    /// Subject of the reply; `Re:` is put before it unless it is there.
    pub subject: &'a Untrusted<String>,
    /// Message id of the reply.
    pub in_reply_to: &'a Untrusted<String>,
    /// `ctx.now()`.
    pub date: Instant,
    /// Text of the answer, lines ended by `\n`.
    pub body: &'a Untrusted<String>,
}

/// The bytes of a message: UTF-8 in quoted-printable, header words encoded (RFC 2047), lines of at most 76 characters.
///
/// The same answer gives the same bytes. There is exactly one recipient: where `to` holds no address, or several, the
/// message names none and whoever sends it must. No value can add a header.
pub fn answer_mail(mail: &AnswerMail<'_>) -> Vec<u8> {
    let recipient = mail.to.escape::<Recipient>();
    let reply_to = mail.in_reply_to.escape::<MessageId>();
    let body = mail.body.escape::<QuotedPrintable>();
    let mut headers = Vec::new();
    if !mail.from.trim().is_empty() {
        headers.push(format!("From: {}", sender(mail.from)));
    }
    let to = if recipient.as_str().is_empty() {
        "undisclosed-recipients:;"
    } else {
        recipient.as_str()
    };
    headers.push(format!("To: {to}"));
    headers.push(format!("Subject: {}", mail.subject.escape::<ReplySubject>()));
    let date = mail.date.timestamp().to_zoned(jiff::tz::TimeZone::UTC);
    headers.push(format!("Date: {}", date.strftime("%a, %-d %b %Y %H:%M:%S +0000")));
    let seed = format!("{}\n{}\n{reply_to}\n{body}", headers.join("\n"), mail.date);
    headers.push(format!(
        "Message-ID: <{}@{}>",
        ContentHash::of(seed.as_bytes()).short(32),
        domain(mail.from)
    ));
    if !reply_to.as_str().is_empty() {
        headers.push(format!("In-Reply-To: {reply_to}"));
        headers.push(format!("References: {reply_to}"));
    }
    headers.push("MIME-Version: 1.0".to_owned());
    headers.push("Content-Type: text/plain; charset=utf-8".to_owned());
    headers.push("Content-Transfer-Encoding: quoted-printable".to_owned());
    format!("{}\r\n\r\n{body}", headers.join("\r\n")).into_bytes()
}

/// The author's name and address, the name encoded where it needs that.
fn sender(from: &str) -> String {
    let from: String = from.chars().filter(|c| !c.is_control()).collect();
    match from.rsplit_once('<') {
        Some((name, address)) if !name.trim().is_empty() => {
            let name = name.trim().trim_matches('"');
            let is_plain = name.chars().all(|c| c.is_ascii_alphanumeric() || c == ' ');
            let name = if is_plain { name.to_owned() } else { encoded(name) };
            format!("{name} <{address}")
        }
        _ => from.trim().to_owned(),
    }
}

/// Domain of the author's address, for message ids; a reserved name where there is none.
fn domain(from: &str) -> String {
    let domain = from
        .rsplit_once('@')
        .map_or("", |(_, domain)| domain.trim_end_matches('>').trim());
    let is_name = !domain.is_empty()
        && domain
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'));
    if is_name {
        domain.to_owned()
    } else {
        "copydesk.invalid".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Untrusted<String> {
        Untrusted::new(text.to_owned())
    }

    fn mail(to: &str, subject: &str, id: &str, body: &str) -> Vec<u8> {
        answer_mail(&AnswerMail {
            to: &text(to),
            from: "Küstenblatt <desk@example.org>",
            subject: &text(subject),
            in_reply_to: &text(id),
            date: "2026-08-20T19:00:05Z".parse().unwrap(),
            body: &text(body),
        })
    }

    fn parse(bytes: &[u8]) -> mail_parser::Message<'_> {
        mail_parser::MessageParser::default().parse(bytes).unwrap()
    }

    #[test]
    fn an_answer_reads_back_as_it_was_written() {
        let body = "Guten Tag,\n\n3.8.3 schließt die Lücke = “renewal hole” [1].\n.\nFrom here on: fine.\n";
        let bytes = mail(
            "Ada <ada@example.org>",
            "Frage zu 3.8.3: größer?",
            "<q1@example.org>",
            body,
        );
        let message = parse(&bytes);
        assert_eq!(message.subject(), Some("Re: Frage zu 3.8.3: größer?"));
        assert_eq!(
            message.to().unwrap().first().unwrap().address(),
            Some("ada@example.org")
        );
        let from = message.from().unwrap().first().unwrap();
        assert_eq!(
            (from.name(), from.address()),
            (Some("Küstenblatt"), Some("desk@example.org"))
        );
        assert_eq!(message.in_reply_to().as_text(), Some("q1@example.org"));
        assert_eq!(message.date().unwrap().to_rfc3339(), "2026-08-20T19:00:05Z");
        assert_eq!(message.body_text(0).unwrap().replace("\r\n", "\n"), body);
        assert!(
            String::from_utf8(bytes)
                .unwrap()
                .lines()
                .all(|line| line.is_ascii() && line.len() <= 78)
        );
    }

    #[test]
    fn no_value_adds_a_header_or_a_recipient() {
        let bytes = mail(
            "eve@example.org\r\nBcc: all@example.org",
            "hello\r\nBcc: all@example.org\r\n\r\nbody",
            "<a@b>\r\nX-Order: send",
            "text",
        );
        let message = parse(&bytes);
        let names: Vec<&str> = message
            .headers()
            .iter()
            .map(|header| header.name.as_str())
            .collect();
        assert!(message.bcc().is_none());
        assert!(
            !names.iter().any(|name| name.eq_ignore_ascii_case("x-order")),
            "{names:?}"
        );
        assert_eq!(message.body_text(0).unwrap().trim_end(), "text");
        for to in [
            "a@example.org, b@example.org",
            "nobody",
            "<a@example.org> <b@example.org>, c@d",
            "",
        ] {
            let bytes = mail(to, "s", "", "text");
            assert!(
                String::from_utf8(bytes)
                    .unwrap()
                    .contains("To: undisclosed-recipients:;"),
                "{to}"
            );
        }
    }

    #[test]
    fn a_long_subject_is_folded_and_reads_back() {
        let subject = "Ünïcode ".repeat(60);
        let bytes = mail("a@example.org", &subject, "", "text");
        assert_eq!(
            parse(&bytes).subject().map(str::trim),
            Some(format!("Re: {subject}").trim())
        );
        assert!(
            String::from_utf8(bytes)
                .unwrap()
                .lines()
                .all(|line| line.len() <= 78)
        );
    }
}
