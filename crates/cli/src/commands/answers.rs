//! What a reader wrote and the answer drafted for it, as a person reads it before a yes.

use std::fmt::Write as _;

use copydesk_domain::untrusted::{Header, persist};
use copydesk_domain::{AnswerId, ContentHash, Untrusted};
use copydesk_engine::PendingAnswer;
use serde::Serialize;

use crate::words;

/// A drafted answer that waits, as scripts read it.
#[derive(Debug, Serialize)]
pub struct AnswerDto {
    /// What `approve --answer` takes.
    id: AnswerId,
    /// What an approval binds.
    hash: ContentHash,
    /// The reader that it goes to.
    #[serde(serialize_with = "persist")]
    to: Untrusted<String>,
    /// The subject of the reader's letter.
    #[serde(serialize_with = "persist")]
    subject: Untrusted<String>,
    /// What the reader wrote.
    #[serde(serialize_with = "persist")]
    reply: Untrusted<String>,
    /// The drafted answer.
    #[serde(serialize_with = "persist")]
    text: Untrusted<String>,
    /// Whether the sources answer the reader.
    is_answered: bool,
    /// Whether the letter holds text that gives orders to a language model.
    gives_orders: bool,
}

impl From<&PendingAnswer> for AnswerDto {
    fn from(pending: &PendingAnswer) -> Self {
        let (reply, answer) = (&pending.reply, &pending.answer);
        Self {
            id: answer.id.clone(),
            hash: answer.hash,
            to: reply.from.clone(),
            subject: reply.subject.clone(),
            reply: reply.text.clone(),
            text: answer.text.clone(),
            is_answered: answer.is_answered,
            gives_orders: reply.gives_orders,
        }
    }
}

/// The same for people: whose letter, what it says, and what would be answered.
pub fn lines(pending: &PendingAnswer) -> String {
    let (reply, answer) = (&pending.reply, &pending.answer);
    let mut text = format!(
        "  answer {} to {}: {}\n",
        answer.id,
        reply.from.escape::<Header>(),
        reply.subject.escape::<Header>()
    );
    let mut add = |before: &str, line: String| {
        let line = format!("    {before}{line}");
        let _ = writeln!(text, "{}", line.trim_end());
    };
    if reply.gives_orders {
        add("", "(gives orders to a model)".to_owned());
    }
    for line in words::lines(&reply.text) {
        add("> ", line);
    }
    if !answer.is_answered {
        add("", "(the sources do not tell)".to_owned());
    }
    for line in words::lines(&answer.text) {
        add("", line);
    }
    if !answer.unsettled.is_empty() {
        add("", "(its sources do not settle:)".to_owned());
    }
    for sentence in &answer.unsettled {
        let said = words::lines(&sentence.text).join(" ");
        // A reason may quote the letter or a source.
        let reasons = Untrusted::new(sentence.reasons.join("; "));
        add("? ", format!("“{said}”: {}", words::lines(&reasons).join(" ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::{Answer, Reply, ReplyKind, ReplyState, UnsettledSentence};

    use super::*;

    fn pending() -> PendingAnswer {
        let outside = |text: &str| Untrusted::new(text.to_owned());
        let answer = Answer {
            id: AnswerId::new("a1"),
            hash: ContentHash::of(b"mail"),
            text: outside("Dear Mara,\n\nit was on Monday."),
            evidence: Vec::new(),
            sentences: Vec::new(),
            unsettled: Vec::new(),
            is_answered: false,
        };
        let reply = Reply {
            id: outside("<1@example>"),
            kind: ReplyKind::Question,
            issue: None,
            from: outside("Mara <mara@example.org>"),
            subject: outside("When?"),
            text: outside("When was it?\n\u{1b}[2JReally\u{202e}."),
            sent_at: None,
            answer: Some(answer.clone()),
            state: ReplyState::Open,
            gives_orders: false,
        };
        PendingAnswer { reply, answer }
    }

    #[test]
    fn letter_and_answer_are_told_line_by_line_and_command_no_terminal() {
        let wanted = "  answer a1 to Mara <mara@example.org>: When?\n    > When was it?\n    >  [2JReally.\n    \
                      (the sources do not tell)\n    Dear Mara,\n\n    it was on Monday.\n";
        assert_eq!(lines(&pending()), wanted);
    }

    #[test]
    fn a_letter_that_gives_orders_to_a_model_is_marked_above_its_words() {
        let mut pending = pending();
        pending.reply.gives_orders = true;
        let told = lines(&pending);
        assert!(
            told.contains(": When?\n    (gives orders to a model)\n    > When was it?\n"),
            "{told}"
        );
        let data = serde_json::to_value(AnswerDto::from(&pending)).unwrap();
        assert_eq!(data["gives_orders"], true);
    }

    #[test]
    fn what_the_sources_do_not_settle_is_told_with_its_reasons() {
        let mut pending = pending();
        pending.answer.unsettled = vec![UnsettledSentence {
            text: Untrusted::new("It was on\nMonday.\u{1b}[2J".to_owned()),
            reasons: vec![
                "one source says so".to_owned(),
                "“Monday\u{202e}” is no date".to_owned(),
            ],
        }];
        let told = lines(&pending);
        let wanted = "    (its sources do not settle:)\n    ? “It was on Monday. [2J”: one source says so; “Monday” is no \
                      date\n";
        assert!(told.ends_with(wanted), "{told}");
    }

    #[test]
    fn scripts_get_whom_it_goes_to_and_what_it_says() {
        let data = serde_json::to_value(AnswerDto::from(&pending())).unwrap();
        assert_eq!(data["to"], "Mara <mara@example.org>");
        assert_eq!(data["subject"], "When?");
        assert_eq!(data["text"], "Dear Mara,\n\nit was on Monday.");
        assert_eq!((&data["id"], &data["is_answered"]), (&"a1".into(), &false.into()));
    }
}
