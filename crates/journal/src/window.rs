//! What fits into the window of whichever model of a route answers. Pure.
//!
//! It is decided by the route of the release, never by who answers or by what a person chose for one run: the same round
//! asks the same, so that paid steps are found again and a replay asks what was asked.

use std::collections::BTreeMap;

use copydesk_domain::task::{Shorten, upto_sentence};
use copydesk_domain::{ModelName, tokens};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::models::{AgentMessage, ModelSpec};
use crate::tools::ToolSpec;

/// Parts that are left out of one input at most; what is still too long then has no end.
const PARTS_MAX: usize = 20_000;
/// Bytes that are kept of an older answer of a tool that has no room.
const OLDER_BYTES: usize = 400;
/// Marks a tool's answer that was cut.
const CUT: &str = "cut_to_fit";
/// Tokens of the names and braces around an input, a tool's answer, or a call.
const ENVELOPE: u64 = 60;

/// The smallest window of a route.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Window {
    /// The model that has it.
    pub(crate) model: ModelName,
    /// Tokens that it can read.
    pub(crate) readable: u64,
}

impl Window {
    /// That of a route; none where only the embedded model may answer, which reads texts of any length.
    pub(crate) fn of(route: &[ModelSpec]) -> Option<Self> {
        let windows = route.iter().filter_map(|spec| {
            Some(Self {
                model: spec.name.clone(),
                readable: spec.endpoint.as_ref()?.readable(),
            })
        });
        windows.min_by_key(|window| window.readable)
    }
}

/// An input that fits, and what had to be left out for it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Fitted<I> {
    pub(crate) input: I,
    pub(crate) history: Vec<AgentMessage>,
    pub(crate) left_out: LeftOut,
    /// Tokens of all that is sent, or a bound of them where that is enough to know.
    pub(crate) tokens: u64,
}

/// What was left out: kinds of parts with their numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftOut {
    /// Such as `note`, and how many.
    pub(crate) parts: BTreeMap<String, u32>,
}

impl LeftOut {
    pub(crate) fn is_empty(&self) -> bool {
        self.parts.is_empty()
    }

    fn add(&mut self, part: &str) {
        *self.parts.entry(part.to_owned()).or_default() += 1;
    }

    /// `left out: 3 × note, 1 × story, end of the text`
    pub(crate) fn words(&self) -> String {
        let part = |(part, count): (&String, &u32)| {
            if part.starts_with("end of") {
                part.clone()
            } else {
                format!("{count} × {part}")
            }
        };
        let parts: Vec<String> = self.parts.iter().map(part).collect();
        format!("left out: {}", parts.join(", "))
    }
}

/// What of a request does not change with its input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame<'a> {
    /// The rendered prompt.
    pub(crate) system: &'a str,
    /// The schema of the output.
    pub(crate) schema: &'a Value,
    /// The tools that are offered.
    pub(crate) tools: &'a [ToolSpec],
}

impl Frame<'_> {
    /// About its tokens.
    pub(crate) fn tokens(&self) -> u64 {
        let of_tool = |tool: &ToolSpec| {
            ENVELOPE / 2 + tokens::estimated(&tool.description) + of_json(&tool.input_schema)
        };
        let tools: u64 = self.tools.iter().map(of_tool).sum();
        tokens::estimated(self.system) + of_json(self.schema) + tools
    }

    fn bytes(&self) -> u64 {
        let of_tool = |tool: &ToolSpec| {
            ENVELOPE / 2 + length(tool.description.len()) + bytes_of_json(&tool.input_schema)
        };
        let tools: u64 = self.tools.iter().map(of_tool).sum();
        length(self.system.len()) + bytes_of_json(self.schema) + tools
    }
}

/// Leaves out as much of an input, and before that of older answers of tools, as does not fit. No window: everything
/// fits.
///
/// # Errors
/// The tokens that are needed where nothing more can be left out.
pub(crate) fn fit<I: Shorten + Serialize + Clone>(
    input: &I,
    history: &[AgentMessage],
    frame: Frame<'_>,
    window: Option<&Window>,
) -> Result<Fitted<I>, u64> {
    let mut fitted = Fitted {
        input: input.clone(),
        history: history.to_vec(),
        left_out: LeftOut::default(),
        tokens: 0,
    };
    let Some(window) = window else {
        return Ok(fitted);
    };
    // No byte is more than a token, so most questions need no closer look.
    let messages = length(history.len()) * ENVELOPE + bytes_of_json(history);
    fitted.tokens = frame.bytes() + messages + ENVELOPE + bytes_of_json(input);
    if fitted.tokens <= window.readable {
        return Ok(fitted);
    }
    let fixed = frame.tokens();
    let mut said = of_history(&fitted.history);
    for _ in 0..PARTS_MAX {
        fitted.tokens = fixed + said + ENVELOPE + of_json(&fitted.input);
        let Some(over) = fitted
            .tokens
            .checked_sub(window.readable)
            .filter(|over| *over > 0)
        else {
            return Ok(fitted);
        };
        if shorten_history(&mut fitted.history) {
            fitted.left_out.add("older answer of a tool");
            said = of_history(&fitted.history);
        } else if let Some(part) = fitted.input.shorten(over) {
            fitted.left_out.add(part);
        } else if cut_last(&mut fitted.history, over) {
            fitted.left_out.add("end of the last answer of a tool");
            said = of_history(&fitted.history);
        } else {
            break;
        }
    }
    Err(fitted.tokens)
}

/// About the tokens of a value's JSON.
pub(crate) fn of_json<T: Serialize + ?Sized>(value: &T) -> u64 {
    serde_json::to_string(value).map_or(0, |json| tokens::estimated(&json))
}

/// Bytes of a value's JSON, which is not kept.
fn bytes_of_json<T: Serialize + ?Sized>(value: &T) -> u64 {
    struct Count(u64);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += length(bytes.len());
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value).map_or(0, |()| count.0)
}

fn length(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

fn of_history(history: &[AgentMessage]) -> u64 {
    history.iter().map(|message| ENVELOPE + of_json(message)).sum()
}

/// Shortens the oldest answer of a tool that is long and not the last; `false` where there is none.
fn shorten_history(history: &mut [AgentMessage]) -> bool {
    let is_result = |message: &AgentMessage| matches!(message, AgentMessage::Result { .. });
    let last = history.iter().rposition(is_result).unwrap_or(0);
    for message in &mut history[..last] {
        if let AgentMessage::Result { content, .. } = message
            && content.len() > 2 * OLDER_BYTES
            && cut(content, OLDER_BYTES)
        {
            return true;
        }
    }
    false
}

/// Cuts about `over` tokens off the last answer of a tool; `false` where too little of it would be left.
fn cut_last(history: &mut [AgentMessage], over: u64) -> bool {
    let last = history.iter_mut().rev().find_map(|message| match message {
        AgentMessage::Result { content, .. } if content.len() > 2 * OLDER_BYTES => Some(content),
        _ => None,
    });
    let Some(content) = last else { return false };
    // No byte is more than a token, and most are less, so this is on the safe side of what is asked.
    let over = usize::try_from(over).unwrap_or(usize::MAX).saturating_mul(4);
    let keep = content
        .len()
        .saturating_sub(over)
        .clamp(OLDER_BYTES, content.len() * 3 / 4);
    cut(content, keep)
}

/// Cuts a tool's answer; `false` where it would not become shorter, as one that is all marks which JSON writes as two.
fn cut(content: &mut String, bytes_max: usize) -> bool {
    let short = shortened(content, bytes_max);
    let is_shorter = short.len() < content.len();
    if is_shorter {
        *content = short;
    }
    is_shorter
}

/// The beginning of a tool's answer, as JSON that says that it is one. Of one that was cut before, its own beginning.
fn shortened(content: &str, bytes_max: usize) -> String {
    let cut: Option<Value> = serde_json::from_str(content).ok();
    let inner = cut.as_ref().filter(|cut| cut.get(CUT).is_some());
    let content = inner.and_then(|cut| cut.get("json")?.as_str()).unwrap_or(content);
    json!({ CUT: true, "json": upto_sentence(content, bytes_max) }).to_string()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::PromptData;
    use copydesk_domain::task::{RateDraftInput, TriageReplyInput};

    use super::*;

    fn window(readable: u64) -> Window {
        Window {
            model: ModelName::new("small"),
            readable,
        }
    }

    fn frame(system: &str) -> Frame<'_> {
        Frame {
            system,
            schema: &Value::Null,
            tools: &[],
        }
    }

    fn reply(text: &str) -> TriageReplyInput {
        TriageReplyInput {
            subject: PromptData::from("s"),
            text: PromptData::from(text),
            issue_title: None,
            closing_question: None,
        }
    }

    fn result(content: &str) -> AgentMessage {
        AgentMessage::Result {
            id: "1".to_owned(),
            content: content.to_owned(),
        }
    }

    #[test]
    fn an_answer_of_marks_that_are_written_as_two_has_an_end_too() {
        let result = |content: String| AgentMessage::Result {
            id: "1".to_owned(),
            content,
        };
        let mut history = [
            result("\\".repeat(5_000)),
            result("\"".repeat(900)),
            result("last".to_owned()),
        ];
        let rounds = (0..100).take_while(|_| shorten_history(&mut history)).count();
        assert!(rounds < 10, "{rounds} rounds");
        let mut last = [result("\\".repeat(5_000))];
        let rounds = (0..1_000).take_while(|_| cut_last(&mut last, 10)).count();
        assert!(rounds < 100, "{rounds} rounds");
    }

    #[test]
    fn what_fits_is_sent_as_it_is() {
        let input = reply("Where is the mirror?");
        for window in [None, Some(window(1_000))] {
            let fitted = fit(&input, &[], frame(""), window.as_ref()).unwrap();
            assert!(fitted.left_out.is_empty());
            assert_eq!(fitted.input.text, input.text);
        }
    }

    #[test]
    fn what_does_not_fit_is_cut_until_it_does_and_told() {
        let input = reply(&"The mirror fell at noon. ".repeat(2_000));
        let fitted = fit(&input, &[], frame("Be kind."), Some(&window(3_000))).unwrap();
        assert!(
            fitted.tokens <= 3_000 && fitted.tokens > 2_400,
            "{}",
            fitted.tokens
        );
        assert!(fitted.input.text.as_str().ends_with("noon."));
        assert_eq!(fitted.left_out.words(), "left out: end of the text");
    }

    #[test]
    fn a_window_smaller_than_the_prompt_says_what_is_needed() {
        let input = RateDraftInput {
            purpose: "p".to_owned(),
            title: PromptData::from("t"),
            text: PromptData::from("short"),
        };
        let needed = fit(&input, &[], frame(&"word ".repeat(5_000)), Some(&window(3_000))).unwrap_err();
        assert!(needed > 5_000, "{needed}");
    }

    #[test]
    fn older_answers_of_tools_go_before_the_input_and_the_last_one_after_it() {
        let long = "{\"results\":[{\"title\":\"A mirror fell\"}]}".repeat(100);
        let history = [result(&long), result(&long)];
        let input = reply("Where is the mirror?");
        let fitted = fit(&input, &history, frame(""), Some(&window(5_000))).unwrap();
        assert_eq!(fitted.left_out.words(), "left out: 1 × older answer of a tool");
        assert_eq!(fitted.history[1], history[1]);
        let AgentMessage::Result { content, .. } = &fitted.history[0] else {
            panic!()
        };
        assert!(
            content.len() < 2 * OLDER_BYTES && content.contains("cut_to_fit"),
            "{content}"
        );
        let fitted = fit(&input, &history, frame(""), Some(&window(1_500))).unwrap();
        assert!(
            fitted.left_out.words().contains("end of the last answer"),
            "{}",
            fitted.left_out.words()
        );
        assert!(fitted.tokens <= 1_500);
    }
}
