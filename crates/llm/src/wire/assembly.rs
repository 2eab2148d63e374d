//! A whole reply out of the parts of a stream.

use serde_json::{Map, Value, json};

use super::fault::{Fault, Stood};
use super::reason::error_inside;
use super::seen::Count;

/// Bytes of text that count as one token where nobody counts; right for English within a third.
const BYTES_PER_TOKEN: u64 = 4;

/// What came so far.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    /// `id`, `model` and whatever else stands beside the choices; the last word counts.
    top: Map<String, Value>,
    /// Fields of the message but those below; the last word counts.
    message: Map<String, Value>,
    content: Option<String>,
    refusal: Option<String>,
    thoughts: Option<(&'static str, String)>,
    calls: Vec<Call>,
    finish_reason: Option<Value>,
    bytes_written: u64,
    counted: Option<Counted>,
    has_begun: bool,
    is_done: bool,
}

/// Where the last count of tokens stood.
#[derive(Debug, Clone, Copy)]
struct Counted {
    /// Bytes that had been written by then.
    behind: u64,
    /// It came without a choice, as the count of the whole does.
    is_apart: bool,
}

/// A tool call under way.
#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    /// What else a provider writes there, such as a signature of its thoughts that it wants back.
    extra: Map<String, Value>,
}

/// Fields in which reasoning models think aloud.
const THOUGHTS: [&str; 2] = ["reasoning_content", "reasoning"];

impl Assembly {
    /// Takes the data of one event.
    ///
    /// # Errors
    /// A fault where it is an error, or no JSON. What came before it is no whole reply then.
    pub(crate) fn take(&mut self, data: &[u8]) -> Result<(), Fault> {
        let data = data.trim_ascii();
        if self.is_done || data.is_empty() {
            return Ok(());
        }
        if data == b"[DONE]" {
            self.is_done = true;
            return Ok(());
        }
        if let Ok(part) = serde_json::from_slice(data) {
            return self.merge(part);
        }
        // Some servers leave out the empty line between events.
        let lines: Vec<&[u8]> = data.split(|byte| *byte == b'\n').collect();
        if lines.len() == 1 {
            return Err(Fault::NotJson {
                reason: "an event of its stream breaks off".to_owned(),
            });
        }
        lines.into_iter().try_for_each(|line| self.take(line))
    }

    /// Whether the endpoint said why the model stopped: only then is the reply whole.
    pub(crate) const fn is_whole(&self) -> bool {
        self.finish_reason.is_some()
    }

    /// Whether the end mark came; what follows it counts for nothing.
    pub(crate) const fn is_done(&self) -> bool {
        self.is_done
    }

    /// Tokens written so far, thoughts included: an estimate, to be shown to somebody who waits.
    pub(crate) const fn tokens(&self) -> u64 {
        self.bytes_written.div_ceil(BYTES_PER_TOKEN)
    }

    /// The tokens as the endpoint counted them last, also where no whole reply comes. Final is a count that came apart
    /// from all choices or with the end of the answer, and behind which nothing was written.
    pub(crate) fn count(&self) -> Option<Count> {
        let counted = self.counted?;
        let is_last = counted.behind == self.bytes_written;
        Some(Count {
            usage: self.top.get("usage")?.clone(),
            is_final: is_last && (counted.is_apart || self.is_whole()),
            has_words: self.bytes_written > 0,
        })
    }

    /// The reply in the form of one that was not streamed.
    ///
    /// # Errors
    /// [`Fault::CutOff`] where the model was not done.
    pub(crate) fn reply(self) -> Result<Value, Fault> {
        let Some(finish_reason) = self.finish_reason else {
            let reason = "its stream ended without a finish reason".to_owned();
            return Err(Fault::CutOff { reason });
        };
        let mut message = self.message;
        message.insert(
            "content".to_owned(),
            self.content.map_or(Value::Null, Value::from),
        );
        if let Some(refusal) = self.refusal {
            message.insert("refusal".to_owned(), Value::from(refusal));
        }
        if let Some((field, thoughts)) = self.thoughts {
            message.insert(field.to_owned(), Value::from(thoughts));
        }
        if !self.calls.is_empty() {
            let calls: Vec<Value> = self.calls.into_iter().map(Call::whole).collect();
            message.insert("tool_calls".to_owned(), Value::Array(calls));
        }
        let mut reply = self.top;
        reply.insert("object".to_owned(), json!("chat.completion"));
        let choice = json!({"index": 0, "message": message, "finish_reason": finish_reason});
        reply.insert("choices".to_owned(), json!([choice]));
        Ok(Value::Object(reply))
    }

    fn merge(&mut self, part: Value) -> Result<(), Fault> {
        let fault = error_inside(&part).map(|fault| self.placed(fault));
        let Value::Object(mut part) = part else {
            return fault.map_or(Ok(()), Err);
        };
        let choices = match part.remove("choices") {
            Some(Value::Array(choices)) => choices,
            _ => Vec::new(),
        };
        let is_apart = choices.is_empty();
        self.has_begun |= !is_apart;
        for choice in choices {
            self.merge_choice(choice);
        }
        for (name, value) in part.into_iter().filter(|(_, value)| !value.is_null()) {
            if name == "usage" {
                self.has_begun = true;
                self.counted = Some(Counted {
                    behind: self.bytes_written,
                    is_apart,
                });
            }
            self.top.insert(name, value);
        }
        fault.map_or(Ok(()), Err)
    }

    /// An error as it stands in the stream: alone only where nothing of an answer came before it.
    fn placed(&self, mut fault: Fault) -> Fault {
        if let Fault::Status { stood, .. } = &mut fault
            && self.has_begun
        {
            *stood = Stood::Amid;
        }
        fault
    }

    fn merge_choice(&mut self, mut choice: Value) {
        // One answer is asked for; a second one would mix its words into the first.
        if choice
            .get("index")
            .and_then(Value::as_u64)
            .is_some_and(|index| index > 0)
        {
            return;
        }
        let delta = choice.get_mut("delta").map(Value::take);
        let delta = delta.filter(Value::is_object).or_else(|| {
            // A last part that repeats the whole message counts where nothing came before.
            let is_first = self.content.is_none() && self.calls.is_empty();
            choice.get_mut("message").map(Value::take).filter(|_| is_first)
        });
        if let Some(Value::Object(delta)) = delta {
            self.merge_delta(delta);
        }
        if let Some(reason) = choice
            .get_mut("finish_reason")
            .map(Value::take)
            .filter(|reason| !reason.is_null())
        {
            self.finish_reason = Some(reason);
        }
    }

    fn merge_delta(&mut self, delta: Map<String, Value>) {
        for (name, value) in delta {
            match (name.as_str(), value) {
                (_, Value::Null) => {}
                ("content", value) => {
                    let text = text_in(&value);
                    self.bytes_written += text.len() as u64;
                    self.content.get_or_insert_default().push_str(&text);
                }
                ("refusal", Value::String(text)) => {
                    self.bytes_written += text.len() as u64;
                    self.refusal.get_or_insert_default().push_str(&text);
                }
                ("tool_calls", Value::Array(calls)) => {
                    for call in calls {
                        self.merge_call(call);
                    }
                }
                (name, Value::String(text)) if THOUGHTS.contains(&name) => self.think(name, &text),
                (_, value) => _ = self.message.insert(name, value),
            }
        }
    }

    /// Some gateways send the same thoughts under both names; the first name counts.
    fn think(&mut self, name: &str, text: &str) {
        let field = THOUGHTS
            .iter()
            .find(|known| **known == name)
            .copied()
            .unwrap_or(THOUGHTS[0]);
        let (first, thoughts) = self.thoughts.get_or_insert_with(|| (field, String::new()));
        if *first == field {
            self.bytes_written += text.len() as u64;
            thoughts.push_str(text);
        }
    }

    fn merge_call(&mut self, part: Value) {
        let Value::Object(mut part) = part else { return };
        let index = part.remove("index").and_then(|index| index.as_u64());
        let id = part.remove("id").and_then(|id| id.as_str().map(str::to_owned));
        let id = id.unwrap_or_default();
        let function = part.remove("function").unwrap_or_default();
        let name = function
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned();
        let at = self.call_of(index, &id, !name.is_empty());
        let call = &mut self.calls[at];
        if call.id.is_empty() {
            call.id = id;
        }
        if call.name.is_empty() {
            call.name = name;
        }
        match function.get("arguments") {
            Some(Value::String(text)) => {
                self.bytes_written += text.len() as u64;
                call.arguments.push_str(text);
            }
            Some(object @ Value::Object(_)) => call.arguments = object.to_string(),
            _ => {}
        }
        call.extra.extend(part);
    }

    /// The place of the call that a part belongs to: by its index, else by its id, else the last one. Some providers
    /// give every call the index 0; there a part with another id and a name begins the next one.
    fn call_of(&mut self, index: Option<u64>, id: &str, is_named: bool) -> usize {
        let is_other = |call: &Call| is_named && !id.is_empty() && !call.id.is_empty() && call.id != id;
        let found = match index {
            Some(_) => self
                .calls
                .iter()
                .rposition(|call| call.index == index && !is_other(call)),
            None if id.is_empty() => self.calls.len().checked_sub(1),
            None => self.calls.iter().rposition(|call| call.id == id),
        };
        found.unwrap_or_else(|| {
            self.calls.push(Call {
                index,
                ..Call::default()
            });
            self.calls.len() - 1
        })
    }
}

impl Call {
    fn whole(self) -> Value {
        let mut call = self.extra;
        call.insert("id".to_owned(), Value::from(self.id));
        call.insert("type".to_owned(), json!("function"));
        call.insert(
            "function".to_owned(),
            json!({"name": self.name, "arguments": self.arguments}),
        );
        Value::Object(call)
    }
}

fn text_in(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts
            .iter()
            .filter_map(|part| part.as_str().or_else(|| part.get("text")?.as_str()))
            .collect(),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn assembled(parts: &[Value]) -> Result<Value, Fault> {
        let mut assembly = Assembly::default();
        for part in parts {
            assembly.take(part.to_string().as_bytes())?;
        }
        assembly.reply()
    }

    fn delta(delta: &Value) -> Value {
        json!({"id": "c", "model": "m", "choices": [{"index": 0, "delta": delta, "finish_reason": null}]})
    }

    fn end(reason: &str) -> Value {
        json!({"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]})
    }

    #[test]
    fn text_thoughts_usage_and_unknown_fields_come_together() {
        let reply = assembled(&[
            delta(&json!({"role": "assistant", "content": "", "reasoning_content": "hm"})),
            delta(&json!({"content": "{\"a\":", "reasoning_content": "m", "reasoning": "hm"})),
            delta(&json!({"content": "1}"})),
            end("stop"),
            json!({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}, "x_vendor": {"k": 1}}),
        ]);
        let reply = reply.unwrap();
        let message = &reply["choices"][0]["message"];
        assert_eq!(message["content"], "{\"a\":1}");
        assert_eq!(message["reasoning_content"], "hmm");
        assert_eq!(reply["choices"][0]["finish_reason"], "stop");
        assert_eq!(reply["usage"]["prompt_tokens"], 3);
        assert_eq!(
            (&reply["model"], &reply["x_vendor"]["k"]),
            (&json!("m"), &json!(1))
        );
    }

    #[test]
    fn interleaved_parts_of_calls_find_their_calls() {
        let part = |call: Value| delta(&json!({"tool_calls": [call]}));
        let calls = assembled(&[
            part(json!({"index": 1, "id": "b", "function": {"name": "g", "arguments": "{\"q\":"}})),
            part(json!({"index": 0, "id": "a", "function": {"name": "f", "arguments": "{\"q\":"}})),
            part(json!({"index": 1, "function": {"arguments": "1}"}})),
            part(json!({"index": 0, "function": {"arguments": "2}"}})),
            end("tool_calls"),
        ]);
        let calls = calls.unwrap()["choices"][0]["message"]["tool_calls"].clone();
        assert_eq!(
            (&calls[0]["id"], &calls[0]["function"]["arguments"]),
            (&json!("b"), &json!("{\"q\":1}"))
        );
        assert_eq!(
            (&calls[1]["id"], &calls[1]["function"]["arguments"]),
            (&json!("a"), &json!("{\"q\":2}"))
        );
        // Without indexes, and with the same index for each.
        for index in [Value::Null, json!(0)] {
            let calls = assembled(&[
                part(json!({"index": index, "id": "a", "function": {"name": "f", "arguments": {"q": 1}}})),
                part(json!({"index": index, "id": "b", "function": {"name": "f", "arguments": "{}"}})),
                end("stop"),
            ]);
            let calls = calls.unwrap()["choices"][0]["message"]["tool_calls"].clone();
            assert_eq!(calls.as_array().unwrap().len(), 2, "{calls}");
            assert_eq!(calls[0]["function"]["arguments"], "{\"q\":1}");
        }
    }

    #[test]
    fn what_has_no_finish_reason_is_not_whole() {
        let cut = assembled(&[delta(&json!({"content": "{\"a\":1}"}))]);
        assert!(matches!(cut, Err(Fault::CutOff { .. })), "{cut:?}");
        let mut done = Assembly::default();
        done.take(b"[DONE]").unwrap();
        assert!(done.is_done() && !done.is_whole());
    }

    #[test]
    fn errors_and_garbage_in_a_stream_are_faults_and_a_second_end_is_nothing() {
        let error = json!({"error": {"message": "overloaded", "code": 529}});
        let fault = assembled(&[delta(&json!({"content": "x"})), error]).unwrap_err();
        assert!(matches!(fault, Fault::Status { status: 529, .. }), "{fault}");
        let mut assembly = Assembly::default();
        assert!(matches!(assembly.take(b"{\"a\""), Err(Fault::NotJson { .. })));
        let mut assembly = Assembly::default();
        assembly.take(end("stop").to_string().as_bytes()).unwrap();
        for rest in ["[DONE]", "[DONE]", "garbage"] {
            assembly.take(rest.as_bytes()).unwrap();
        }
        assert!(assembly.reply().is_ok());
    }

    #[test]
    fn a_count_is_final_where_it_ends_the_stream_and_else_the_least_that_it_was() {
        let usage = json!({"prompt_tokens": 900, "completion_tokens": 2_000});
        let words = delta(&json!({"content": "words"}));
        let mut counting = words.clone();
        counting["usage"] = usage.clone();
        let apart = json!({"choices": [], "usage": usage});
        let mut ending = end("stop");
        ending["usage"] = usage.clone();
        let error = json!({"error": {"message": "gone", "code": 503}});
        let mut counted_error = error.clone();
        counted_error["usage"] = usage.clone();
        for (parts, is_final) in [
            (vec![&words, &apart, &error], Some(true)),
            (vec![&words, &ending, &error], Some(true)),
            (vec![&words, &counted_error], Some(true)),
            (vec![&words, &counting, &end("stop")], Some(true)),
            (vec![&words, &counting, &error], Some(false)),
            (vec![&apart, &words, &error], Some(false)),
            (vec![&counting, &words, &end("stop")], Some(false)),
            (vec![&words, &error], None),
        ] {
            let mut assembly = Assembly::default();
            let _ = parts
                .iter()
                .try_for_each(|part| assembly.take(part.to_string().as_bytes()));
            let count = assembly.count();
            assert_eq!(count.as_ref().map(|count| count.is_final), is_final, "{parts:?}");
            assert!(count.is_none_or(|count| count.usage == usage));
        }
    }

    #[test]
    fn an_error_is_alone_only_before_anything_of_an_answer_came() {
        let error = json!({"error": {"message": "slow down", "code": 429}});
        let hello = json!({"id": "c", "choices": []});
        let begun = delta(&json!({"role": "assistant", "content": ""}));
        let counted = json!({"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 0}});
        for (before, wanted) in [
            (&hello, Stood::Alone),
            (&begun, Stood::Amid),
            (&counted, Stood::Amid),
        ] {
            let fault = assembled(&[before.clone(), error.clone()]).unwrap_err();
            let Fault::Status { stood, .. } = fault else {
                panic!("{fault}")
            };
            assert_eq!(stood, wanted, "{before}");
        }
    }

    #[test]
    fn events_without_an_empty_line_between_them_are_taken() {
        let mut assembly = Assembly::default();
        let text = format!(
            "{}\n{}\n[DONE]",
            delta(&json!({"content": "twelve bytes"})),
            end("stop")
        );
        assembly.take(text.as_bytes()).unwrap();
        assert!(assembly.is_whole() && assembly.is_done());
        assert_eq!(assembly.tokens(), 3);
    }
}
