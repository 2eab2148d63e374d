//! One mail.

use copydesk_domain::{ContentHash, Instant};
use mail_parser::decoders::html::html_to_text;
use mail_parser::{Addr, HeaderValue, Message, MessageParser, PartType};

use super::document::Reply;
use super::quoted::{own_words, own_words_html};

/// Characters of one text: a reply of four thousand words.
const TEXT_CHARS_MAX: usize = 20_000;
/// Ids of one thread; the oldest and the newest ones are kept.
const IDS_MAX: usize = 50;
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
        .map(str::to_owned);
    let text = text_of(&message);
    let is_cut = text.chars().count() > TEXT_CHARS_MAX;
    Ok(Reply {
        id: id.unwrap_or_else(|| format!("sha256:{}", ContentHash::of(bytes))),
        in_reply_to: ids(message.in_reply_to()),
        references: ids(message.references()),
        from: message.from().and_then(|from| from.first()).and_then(sender),
        subject: message.subject().map(field),
        text: text.chars().take(TEXT_CHARS_MAX).collect(),
        sent_at: sent_at(&message).map(|at| at.to_string()),
        received_at: received_at.to_string(),
        auto: is_automatic(&message),
        is_cut,
    })
}

fn text_of(message: &Message<'_>) -> String {
    let parts = message.text_bodies().filter_map(|part| match &part.body {
        PartType::Text(text) => Some(own_words(text)),
        PartType::Html(html) => {
            let own = own_words(&html_to_text(own_words_html(html)));
            Some(if own.is_empty() {
                own_words(&html_to_text(html))
            } else {
                own
            })
        }
        _ => None,
    });
    let parts: Vec<String> = parts.filter(|text| !text.is_empty()).collect();
    parts.join("\n\n")
}

fn ids(value: &HeaderValue<'_>) -> Vec<String> {
    let clean = |id: &str| id.trim().trim_matches(['<', '>']).to_owned();
    let mut ids: Vec<String> = match value {
        HeaderValue::Text(id) => vec![clean(id)],
        HeaderValue::TextList(ids) => ids.iter().map(|id| clean(id)).collect(),
        _ => Vec::new(),
    };
    ids.retain(|id| !id.is_empty());
    if ids.len() > IDS_MAX {
        ids.drain(1..=ids.len() - IDS_MAX);
    }
    ids
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
