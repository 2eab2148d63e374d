//! `logs --exchange`: what a model was asked and what it answered.

use copydesk_domain::RunId;
use copydesk_store::{ExchangeBodies, ExchangeRecord};
use serde_json::{Value, json};

use crate::app::Folder;
use crate::commands::logs::exchange_json;
use crate::exit::Failure;
use crate::outcome::Outcome;

/// One exchange of a run, counted from one, with its bodies.
pub async fn exchange(folder: &Folder, run: &str, number: usize) -> Result<Outcome, Failure> {
    let id = RunId::new(run);
    folder.engine.view(&id).await?;
    let store = folder.engine.store();
    let mut records = store.exchanges(&id).await?;
    let count = records.len();
    let Some(at) = number.checked_sub(1).filter(|at| *at < count) else {
        let hint =
            format!("`copydesk logs {run} --json` has the number of each; the built-in model's are not kept");
        return Err(Failure::usage(
            format!("run {run} has {count} exchanges with models, and none is number {number}"),
            hint,
        ));
    };
    let record = records.swap_remove(at);
    let is_of_round = |other: &&ExchangeRecord| (&other.stage, other.round) == (&record.stage, record.round);
    let place = records[..at].iter().filter(is_of_round).count();
    let bodies = store.exchange_bodies(&id, &record.stage, record.round).await?;
    let bodies = bodies
        .into_iter()
        .nth(place)
        .ok_or_else(|| Failure::bug("an exchange without bodies"))?;
    let mut data = exchange_json(number, &record);
    let text = text(&data, &bodies);
    data["request_body"] = read(&bodies.request);
    data["reply_body"] = bodies.reply.as_deref().map_or(Value::Null, read);
    Ok(Outcome::new(data, text))
}

/// Both bodies under the facts of their exchange, for people.
fn text(facts: &Value, bodies: &ExchangeBodies) -> String {
    let facts = facts.as_object().into_iter().flatten();
    let lines = facts
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| format!("{name}: {value}\n"));
    let request = format!("\nrequest:\n{:#}\n", read(&bodies.request));
    let reply = match &bodies.reply {
        Some(reply) => format!("\nreply:\n{:#}\n", read(reply)),
        None => "\nno whole reply came\n".to_owned(),
    };
    let mut text: String = lines.chain([request, reply]).collect();
    // A model may write what a terminal takes for a command.
    text.retain(|character| character == '\n' || !character.is_control());
    text
}

/// A body as JSON, or else as the text that it is.
fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap_or_else(|_| json!(String::from_utf8_lossy(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_shown_without_what_moves_a_terminal() {
        let bodies = ExchangeBodies {
            request: br#"{"messages":["a\u009b2J"]}"#.to_vec(),
            reply: Some(b"\x1b[2Jno JSON".to_vec()),
        };
        let text = text(&json!({"number": 1, "reason": null}), &bodies);
        assert!(text.starts_with("number: 1\n\nrequest:\n{"), "{text}");
        assert!(text.contains("\"a2J\"") && text.contains("[2Jno JSON"), "{text}");
        assert!(!text.contains('\u{9b}') && !text.contains('\u{1b}') && !text.contains("reason"));
    }
}
