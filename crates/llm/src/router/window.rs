//! Whether an endpoint turned a request away because it is longer than its model's window. Pure.

use crate::wire::Fault;

/// Words of a complaint about the length of what was sent, as OpenAI, Azure, Anthropic, Gemini, Bedrock, Mistral, xAI,
/// vLLM, llama.cpp, TGI, LM Studio and Ollama have them; the first three are codes.
const WORDS: [&str; 22] = [
    "context_length_exceeded",
    "exceed_context_size",
    "string_above_max_length",
    "context length",
    "context window",
    "context size",
    "maximum context",
    "maximum prompt length",
    "maximum sequence length",
    "maximum number of tokens",
    "maximum input length",
    "max_model_len",
    "prompt is too long",
    "prompt too long",
    "input is too long",
    "input too long",
    "input length",
    "too many tokens",
    "too many input tokens",
    "reduce the length",
    "reduce your prompt",
    "must have less than",
];

/// Those of servers that answer 500 to it; on another 500 the next model is asked.
const WORDS_OF_500: [&str; 4] = [
    "context_length_exceeded",
    "exceed_context_size",
    "available context size",
    "maximum context length",
];

/// Whether a fault says that the request is longer than the model's window. Only answers to a request count that the
/// endpoint has read: 400, 413, 422, 500 as some servers answer, or an error inside a reply.
pub(super) fn is_too_long(fault: &Fault) -> bool {
    let (reason, words): (_, &[&str]) = match fault {
        Fault::Status {
            status: 400 | 413 | 422,
            reason,
            ..
        }
        | Fault::ErrorInside { reason } => (reason, &WORDS),
        Fault::Status {
            status: 500, reason, ..
        } => (reason, &WORDS_OF_500),
        _ => return false,
    };
    let reason = reason.to_lowercase();
    words.iter().any(|words| reason.contains(words))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::Stood;

    fn says(status: u16, reason: &str) -> bool {
        is_too_long(&Fault::Status {
            status,
            reason: reason.to_owned(),
            retry_after: None,
            stood: Stood::First,
        })
    }

    #[test]
    fn complaints_about_the_length_are_known_in_many_words() {
        for reason in [
            "This model's maximum context length is 8192 tokens. However, your messages resulted in 9000 tokens.",
            "prompt is too long: 210000 tokens > 200000 maximum",
            "The input token count (1234567) exceeds the maximum number of tokens allowed (1048576).",
            "the request exceeds the available context size, try increasing it",
            "error context_length_exceeded",
            "Input is too long for requested model.",
            "Prompt contains 40000 tokens, too large for model with 32768 maximum context length",
            "This model's maximum prompt length is 131072 but the request contains 140000 tokens.",
        ] {
            assert!(says(400, reason), "{reason}");
        }
        assert!(is_too_long(&Fault::ErrorInside {
            reason: "maximum context length is 4096 tokens".to_owned()
        }));
    }

    #[test]
    fn other_complaints_are_not_taken_for_it() {
        for reason in [
            "unknown field seed",
            "stub",
            "invalid schema",
            "model is too busy",
        ] {
            assert!(!says(400, reason), "{reason}");
        }
        assert!(says(500, "the request exceeds the available context size"));
        assert!(
            !says(500, "internal error: input length 12 of worker 3"),
            "the next model is asked"
        );
        assert!(
            !says(429, "too many tokens per minute"),
            "a limit of rate is waited for"
        );
        assert!(!is_too_long(&Fault::Refused));
    }
}
