//! The reply of the chat API, read leniently: every field may be absent, null or of another type than documented.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::usage::{RawUsage, Usage};

/// A chat completion.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ChatReply {
    /// The model that says it answered; not always the one that was asked.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) model: Option<String>,
    /// Answers; only the first counts.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) choices: Option<Vec<Choice>>,
    /// What was read and written.
    #[serde(default, deserialize_with = "lenient")]
    usage: Option<RawUsage>,
    /// All other fields, such as `cost` and `service_tier`.
    #[serde(flatten)]
    pub(crate) extra: Map<String, Value>,
}

/// One answer.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct Choice {
    /// The message.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) message: Option<ReplyMessage>,
    /// `stop`, `length`, `tool_calls`, `content_filter`, or whatever a provider writes.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) finish_reason: Option<String>,
}

/// The message of an answer.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct ReplyMessage {
    /// A text, a list of parts, or an object.
    #[serde(default)]
    pub(crate) content: Value,
    /// Why the model will not answer.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) refusal: Option<String>,
    /// What a reasoning model thought; never used as an answer.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) reasoning_content: Option<String>,
    /// The same under the name that some gateways give it.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) reasoning: Option<String>,
    /// Tools that it wants to call.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) tool_calls: Option<Vec<RawCall>>,
}

/// A tool call as written by the endpoint.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct RawCall {
    /// Its id.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) id: Option<String>,
    /// What is called.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) function: Option<RawFunction>,
}

/// The function of a tool call.
#[derive(Debug, Clone, Default, Deserialize)]
pub(crate) struct RawFunction {
    /// Its name.
    #[serde(default, deserialize_with = "lenient")]
    pub(crate) name: Option<String>,
    /// JSON text; some endpoints send the object itself.
    #[serde(default)]
    pub(crate) arguments: Value,
}

impl ChatReply {
    /// From a parsed body. What is no object is an empty reply.
    pub(crate) fn of(body: Value) -> Self {
        serde_json::from_value(body).unwrap_or_default()
    }

    /// How much a reasoning model thought aloud beside its answer.
    pub(crate) fn thought_chars(&self) -> Option<usize> {
        let message = self.choices.as_ref()?.first()?.message.as_ref()?;
        let aloud = message.content.as_str().and_then(|text| {
            let (thoughts, _) = text.rsplit_once("</think>")?;
            Some(thoughts.trim_start().trim_start_matches("<think>"))
        });
        let named = message
            .reasoning_content
            .as_deref()
            .or(message.reasoning.as_deref());
        named.or(aloud).map(|text| text.chars().count())
    }

    /// Why the model stopped, as the endpoint says it.
    pub(crate) fn finish_reason(&self) -> Option<&str> {
        self.choices.as_ref()?.first()?.finish_reason.as_deref()
    }

    /// The tokens, where the endpoint gave both counts. None written is no count of an answer with words.
    pub(crate) fn usage(&self) -> Option<Usage> {
        let usage = self.usage.as_ref()?.read()?;
        (usage.tokens_out > 0 || !self.has_words()).then_some(usage)
    }

    fn has_words(&self) -> bool {
        let choice = self.choices.as_ref().and_then(|choices| choices.first());
        let Some(message) = choice.and_then(|choice| choice.message.as_ref()) else {
            return false;
        };
        let is_said = match &message.content {
            Value::String(text) => !text.is_empty(),
            Value::Array(parts) => !parts.is_empty(),
            content => content.is_object(),
        };
        is_said || message.tool_calls.as_ref().is_some_and(|calls| !calls.is_empty())
    }
}

/// A field that is absent where its value has another type.
pub(super) fn lenient<'de, T: DeserializeOwned, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(deserializer)?).ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn odd_fields_are_absent_and_the_rest_is_kept() {
        let reply = ChatReply::of(json!({
            "id": 7, "created": 1.5, "model": ["x"], "service_tier": "on_demand", "cost": 0.1,
            "choices": [{"index": "0", "finish_reason": "eos",
                "message": {"content": "a", "refusal": 3, "reasoning_content": "hm", "tool_calls": "none"}}],
            "usage": {"prompt_tokens": 10, "completion_tokens": 2, "total_tokens": 20, "prompt_cache_hit_tokens": 4,
                "prompt_tokens_details": {"cached_tokens": 4}},
        }));
        assert_eq!(reply.model, None);
        assert_eq!(reply.extra["cost"], json!(0.1));
        let choice = &reply.choices.as_ref().unwrap()[0];
        assert_eq!(choice.finish_reason.as_deref(), Some("eos"));
        let message = choice.message.as_ref().unwrap();
        assert_eq!(
            (message.refusal.as_deref(), message.reasoning_content.as_deref()),
            (None, Some("hm"))
        );
        assert_eq!(
            reply.usage(),
            Some(Usage {
                tokens_in: 10,
                tokens_out: 10,
                cached: 4
            })
        );
    }

    #[test]
    fn thoughts_are_counted_wherever_they_stand() {
        for message in [
            json!({"content": "{}", "reasoning_content": "hmm"}),
            json!({"content": "{}", "reasoning": "hmm"}),
            json!({"content": "<think>hmm</think>{}"}),
        ] {
            let reply = ChatReply::of(json!({"choices": [{"message": message}]}));
            assert_eq!(reply.thought_chars(), Some(3), "{message}");
        }
        let plain = json!({"choices": [{"message": {"content": "{}"}, "finish_reason": "stop"}]});
        let plain = ChatReply::of(plain);
        assert_eq!(
            (plain.thought_chars(), plain.finish_reason()),
            (None, Some("stop"))
        );
    }

    #[test]
    fn a_count_that_is_no_count_is_no_usage() {
        for usage in [
            json!(null),
            json!({}),
            json!({"prompt_tokens": -1, "completion_tokens": 2}),
            json!("many"),
        ] {
            assert_eq!(ChatReply::of(json!({"usage": usage})).usage(), None);
        }
        assert_eq!(ChatReply::of(json!([1])).usage(), None);
    }
}
