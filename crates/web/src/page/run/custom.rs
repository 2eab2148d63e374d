//! What custom stages made: readable, inert, with the author's decision on it.

use copydesk_config::Pipeline;
use copydesk_domain::artifact::CustomResult;
use copydesk_domain::{ContentHash, Decision, Round, StageName, Untrusted};
use copydesk_engine::gates::Waiting;
use copydesk_store::{DecisionRecord, StageRecord, Store, StoreError, Subject};
use maud::{Markup, html};
use serde_json::Value;

use super::asked;
use super::bar::hidden;
use super::guard::inert;
use super::load::{RunPage, newest_of_stage, read};
use crate::login::Session;
use crate::page::words;
use crate::serve::run_path;

/// Characters of an artifact that the page shows; the rest is in the export.
const SHOWN_MAX: usize = 200_000;

/// What a custom stage made last.
pub(super) struct Made {
    stage: StageName,
    round: Round,
    hash: ContentHash,
    text: Untrusted<String>,
    models: Vec<String>,
}

/// What the custom stages of a pipeline made last, in the pipeline's order.
pub(super) async fn load(
    store: &dyn Store,
    stages: &[StageRecord],
    pipeline: &Pipeline,
) -> Result<Vec<Made>, StoreError> {
    let mut found = Vec::new();
    for stage in pipeline.stages.iter().filter(|stage| stage.is_custom()) {
        let stage = stage.stage_name();
        let Some((round, hash)) = newest_of_stage(stages, &stage) else {
            continue;
        };
        let result: Option<CustomResult> = read(store, &hash).await?;
        found.extend(result.map(|result| Made {
            stage,
            round,
            hash,
            text: result.output.map(|output| readable(&output)),
            models: result.models,
        }));
    }
    Ok(found)
}

impl RunPage {
    /// The custom stage that waits for the author before anything else does.
    pub(super) fn stage_gate(&self) -> Option<(&Waiting, &StageName)> {
        let first = self.waiting.first()?;
        match &first.subject {
            Subject::Stage(stage) => Some((first, stage)),
            Subject::Issue | Subject::Answer(_) => None,
        }
    }

    fn decision_on_stage(&self, made: &Made) -> Option<&DecisionRecord> {
        let subject = Subject::Stage(made.stage.clone());
        self.decisions
            .iter()
            .rev()
            .find(|record| record.subject == subject && record.round == Some(made.round))
    }
}

pub(super) fn custom(page: &RunPage) -> Markup {
    html! { @for made in &page.custom { (card(page, made)) } }
}

fn card(page: &RunPage, made: &Made) -> Markup {
    let waits = page.waiting.iter().any(|waiting| waiting.hash == made.hash);
    html! {
        section.aside.custom #{ "made-" (made.stage) } {
            h2 { (made.stage) }
            p.eyebrow {
                @if made.round.0 > 1 { "round " (made.round.0) " · " }
                "by " (made.models.join(", ")) " "
                @if waits { span.mark.ask { "waits for you" } }
            }
            div.letter { bdi { (inert(&made.text)) } }
            @if let Some(decided) = page.decision_on_stage(made) {
                p.soft {
                    (decision(decided.decision)) " " (words::minute(decided.at, &page.zone)) "."
                    @if let Some(reason) = &decided.reason { " You said: " (reason) }
                }
            }
        }
    }
}

const fn decision(decision: Decision) -> &'static str {
    match decision {
        Decision::Approved => "Approved",
        Decision::Rejected => "Rejected",
        Decision::SentBack => "Sent back",
        Decision::Recalled => "Recalled",
        Decision::Expired => "Nobody decided in time; it expired",
        Decision::Voided => "Voided",
    }
}

/// What the author can do with it, at the foot of the page.
pub(super) fn bar(page: &RunPage, session: &Session, waiting: &Waiting, stage: &StageName) -> Markup {
    let run = run_path(&page.view.run);
    let hash = Some(&waiting.hash);
    html! {
        nav.bar aria-label="Your decision" {
            form.approve method="post" action={ (run) "/approve" } {
                (hidden(session, hash))
                button.primary type="submit" { "Approve " (stage) }
                span.soft.small title="The first letters of the hash of these very bytes: approving binds them" {
                    "version " code { (waiting.hash.short(12)) }
                }
            }
            details name="decision" open[page.asked.is_some()] {
                summary { "Send back" }
                form method="post" action={ (run) "/send-back" } {
                    (hidden(session, hash))
                    label for="note" { "What should the next round do better?" }
                    (asked::note(page.asked.as_ref()))
                    button type="submit" { "Run " (stage) " again with this note" }
                }
            }
            details name="decision" {
                summary { "Reject" }
                form method="post" action={ (run) "/reject" } {
                    (hidden(session, hash))
                    label for="why" { "Why? It is kept with the run." }
                    input id="why" name="reason" maxlength="1000";
                    button.danger type="submit" { "Reject it: what needs it is skipped" }
                }
            }
        }
    }
}

/// A value as lines for people: `key: value`, what is inside indented, list items with a dash.
fn readable(value: &Value) -> String {
    let mut out = String::new();
    write(&mut out, value, 0);
    let text = out.trim_end();
    match text.char_indices().nth(SHOWN_MAX) {
        Some((end, _)) => format!("{}\n…", &text[..end]),
        None => text.to_owned(),
    }
}

fn write(out: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Object(fields) => {
            for (key, field) in fields {
                entry(out, &format!("{}:", key.replace('_', " ")), field, depth);
            }
        }
        Value::Array(items) => {
            for item in items {
                entry(out, "-", item, depth);
            }
        }
        scalar => {
            out.push_str(&scalar_text(scalar));
            out.push('\n');
        }
    }
}

fn entry(out: &mut String, head: &str, value: &Value, depth: usize) {
    out.push_str(&"    ".repeat(depth));
    out.push_str(head);
    let is_nested = match value {
        Value::Object(fields) => !fields.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::String(text) => text.contains('\n'),
        _ => false,
    };
    out.push(if is_nested { '\n' } else { ' ' });
    write(out, value, depth + 1);
    if matches!(value, Value::Object(fields) if fields.is_empty())
        || matches!(value, Value::Array(items) if items.is_empty())
    {
        out.push_str("none\n");
    }
}

fn scalar_text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "none".to_owned(),
        Value::Bool(true) => "yes".to_owned(),
        Value::Bool(false) => "no".to_owned(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_result_reads_as_lines() {
        let value = json!({"is_new": true, "items": [{"id": 3, "what_for": "a"}, "b"], "text": "one\ntwo", "links": []});
        assert_eq!(
            readable(&value),
            "is new: yes\nitems:\n    -\n        id: 3\n        what for: a\n    - b\nlinks: none\ntext:\none\ntwo"
        );
    }
}
