//! One mail.

use copydesk_domain::{ContentHash, Instant};
use mail_parser::decoders::html::html_to_text;
use mail_parser::{Addr, HeaderValue, Message, MessageParser, PartType};

use super::document::Reply;
use super::quoted::{own_words, own_words_html};

/// Characters of one text: a reply of four thousand words.
const TEXT_CHARS_MAX: usize = 20_000;
/// Bytes of all bodies of one mail that are looked at: a long answer below a whole quoted issue.
const BODIES_BYTES_MAX: usize = 512 * 1024;
/// Ids of one thread; the oldest and the newest ones are kept.
const IDS_MAX: usize = 50;
/// Bytes of the ids of one thread together; an id has some 70.
const IDS_BYTES_MAX: usize = 16 * 1024;
/// Bytes of one id.
///
/// # Source
/// RFC 5322, section 2.1.1: characters of a line of a mail, at most.
const ID_BYTES_MAX: usize = 998;
/// Characters of a subject or sender.
const FIELD_CHARS_MAX: usize = 500;

/// Reads a mail; the error says why it is none.
pub(super) fn read(bytes: &[u8], received_at: Instant) -> Result<Reply, String> {
    let message = MessageParser::default()
        .parse(bytes)
        .ok_or("it cannot be read as a mail")?;
    if message.from().is_none() && message.subject().is_none() && message.message_id().is_none() {
        return Err("it has neither sender, subject nor id".to_owned());
    }
    let id = message
        .message_id()
        .map(str::trim)
        .filter(|id| !id.is_empty())
        .map(bounded);
    let (text, is_part) = text_of(&message);
    let is_cut = is_part || text.chars().count() > TEXT_CHARS_MAX;
    let auto = is_automatic(&message);
    Ok(Reply {
        id: id.unwrap_or_else(|| format!("sha256:{}", ContentHash::of(bytes))),
        in_reply_to: ids(message.in_reply_to()),
        references: ids(message.references()),
        from: message.from().and_then(|from| from.first()).and_then(sender),
        subject: message.subject().map(field),
        text: text.chars().take(TEXT_CHARS_MAX).collect(),
        sent_at: sent_at(&message).map(|at| at.to_string()),
        received_at: received_at.to_string(),
        auto,
        bulk: auto || is_of_list(&message),
        is_cut,
    })
}

/// The sender's own words, and whether bodies were cut before they were looked at.
fn text_of(message: &Message<'_>) -> (String, bool) {
    let mut room = BODIES_BYTES_MAX;
    let mut is_cut = false;
    let mut texts: Vec<String> = Vec::new();
    for part in message.text_bodies() {
        let (PartType::Text(body) | PartType::Html(body)) = &part.body else {
            continue;
        };
        let start = &body[..body.floor_char_boundary(room)];
        is_cut |= start.len() < body.len();
        room -= start.len();
        let text = if matches!(part.body, PartType::Html(_)) {
            own_words_of_page(start)
        } else {
            own_words(start)
        };
        texts.extend(Some(text).filter(|text| !text.is_empty()));
    }
    (texts.join("\n\n"), is_cut)
}

fn own_words_of_page(html: &str) -> String {
    let own = own_words(&html_to_text(own_words_html(html)));
    if own.is_empty() {
        own_words(&html_to_text(html))
    } else {
        own
    }
}

/// The ids of a header, few and short enough to be given on.
fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    let clean = |id: &str| bounded(id.trim().trim_matches(['<', '>']));
    let mut ids: Vec<String> = match value {
        HeaderValue::Text(id) => vec![clean(id)],
        HeaderValue::TextList(ids) => ids.iter().map(|id| clean(id)).collect(),
        _ => Vec::new(),
    };
    ids.retain(|id| !id.is_empty());
    if ids.len() > IDS_MAX {
        ids.drain(1..=ids.len() - IDS_MAX);
    }
    let mut bytes: usize = ids.iter().map(String::len).sum();
    let mut first_kept = 1;
    while bytes > IDS_BYTES_MAX && first_kept < ids.len() {
        bytes -= ids[first_kept].len();
        first_kept += 1;
    }
    if first_kept > 1 {
        ids.drain(1..first_kept);
    }
    ids
}

/// An id as it is, or its hash where no mail program would have made it.
fn bounded(id: &str) -> String {
    if id.len() <= ID_BYTES_MAX {
        return id.to_owned();
    }
    format!("sha256:{}", ContentHash::of(id.as_bytes()))
}

fn sender(sender: &Addr<'_>) -> Option<String> {
    let shown = match (sender.name.as_deref(), sender.address.as_deref()) {
        (Some(name), Some(address)) => format!("{name} <{address}>"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => return None,
    };
    Some(field(&shown))
}

fn field(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .take(FIELD_CHARS_MAX)
        .collect()
}

fn sent_at(message: &Message<'_>) -> Option<Instant> {
    let date = message.date().filter(|date| date.is_valid())?;
    date.to_timestamp()
        .checked_mul(1_000_000)
        .map(Instant::from_micros)
}

/// Whether a machine wrote it, as its headers say: RFC 3834, and what came before it.
fn is_automatic(message: &Message<'_>) -> bool {
    let header = |name: &'static str| {
        message
            .header_raw(name)
            .map(|value| value.trim().to_ascii_lowercase())
    };
    let is_submitted = header("Auto-Submitted").is_some_and(|value| !value.starts_with("no"));
    let is_bulk =
        header("Precedence").is_some_and(|value| ["bulk", "junk", "list", "auto_reply"].contains(&&*value));
    let is_reply = ["X-Autoreply", "X-Autorespond"]
        .into_iter()
        .any(|name| header(name).is_some());
    let is_bounce = header("Return-Path").is_some_and(|value| value == "<>")
        || header("Content-Type").is_some_and(|value| value.starts_with("multipart/report"));
    is_submitted || is_bulk || is_reply || is_bounce
}

/// Whether it came over a list or as a letter to many.
///
/// # Source
/// RFC 2919 and RFC 2369: the headers that lists put in.
fn is_of_list(message: &Message<'_>) -> bool {
    ["List-Id", "List-Post", "List-Unsubscribe"]
        .into_iter()
        .any(|name| message.header_raw(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail(headers: &str, body: &str) -> Reply {
        let text = format!("From: a@reader.example\r\n{headers}\r\n\r\n{body}");
        read(text.as_bytes(), Instant::from_micros(0)).unwrap()
    }

    #[test]
    fn an_id_that_no_program_makes_becomes_its_hash() {
        let long = "x".repeat(90_000);
        let reply = mail(
            &format!(
                "Message-ID: <{long}@r>\r\nIn-Reply-To: <{long}@r>\r\nReferences: <one@desk> <{long}@r>"
            ),
            "Yes.",
        );
        assert!(
            reply.id.starts_with("sha256:") && reply.id.len() == 71,
            "{}",
            reply.id
        );
        assert_eq!(reply.in_reply_to, [reply.id.as_str()]);
        assert_eq!(reply.references, ["one@desk", reply.id.as_str()]);
        let fits = "y".repeat(ID_BYTES_MAX);
        assert_eq!(mail(&format!("Message-ID: <{fits}>"), "Yes.").id, fits);
    }

    #[test]
    fn a_long_thread_keeps_its_first_and_its_newest_ids() {
        let thread = |ids: usize, length: usize| -> Vec<String> {
            let filling = "z".repeat(length);
            let all: Vec<String> = (0..ids).map(|n| format!("<{n}-{filling}@r>")).collect();
            mail(&format!("References: {}", all.join("\r\n ")), "Yes.").references
        };
        let many = thread(200, 10);
        assert_eq!(many.len(), IDS_MAX);
        assert!(many[0].starts_with("0-") && many[1].starts_with("151-") && many[49].starts_with("199-"));
        let long = thread(40, 900);
        assert!(
            long.iter().map(String::len).sum::<usize>() <= IDS_BYTES_MAX,
            "{}",
            long.len()
        );
        assert!(long.len() >= 15 && long[0].starts_with("0-"), "{}", long.len());
        assert!(
            long.last().is_some_and(|id| id.starts_with("39-")),
            "{}",
            long.len()
        );
        assert_eq!(thread(1, 900).len(), 1);
    }

    #[test]
    fn bodies_are_cut_before_they_are_looked_at() {
        let body = format!("Yes.\r\n{}\r\nLast.", "> a\r\n".repeat(BODIES_BYTES_MAX / 5 + 1));
        let reply = mail("Subject: s", &body);
        assert_eq!((reply.text.as_str(), reply.is_cut), ("Yes.", true));
        assert!(!mail("Subject: s", "Yes.\r\n> a\r\nNo.").is_cut);
    }

    #[test]
    fn a_letter_over_a_list_is_bulk_and_no_machine() {
        let listed = mail("List-Id: <readers.example>", "Hello all.");
        assert_eq!((listed.auto, listed.bulk), (false, true));
        let machine = mail("Auto-Submitted: auto-replied", "Away.");
        assert_eq!((machine.auto, machine.bulk), (true, true));
        assert!(!mail("Subject: s", "Yes.").bulk);
    }
}
