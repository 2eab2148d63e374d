//! Tokens of a request, counted where its model's tokenizer is public. Pure.

use bpe_openai::{Tokenizer, cl100k_base, o200k_base};

/// How the names of models begin whose texts are counted by `o200k_base`.
const O200K: [&str; 10] = [
    "gpt-4o",
    "chatgpt-4o",
    "gpt-4.1",
    "gpt-4.5",
    "gpt-5",
    "gpt-oss",
    "codex",
    "o1",
    "o3",
    "o4",
];
/// The same for `cl100k_base`; looked at after those.
const CL100K: [&str; 3] = ["gpt-4", "gpt-3.5-turbo", "gpt-35-turbo"];
/// Tokens around a message that no text of the request stands for.
const AROUND: u64 = 16;

/// Tokens that a request has at most. `model`: its name at the endpoint; `body`: the whole request.
///
/// Where the tokenizer is known, the JSON is counted, which writes messages, tools and schemas at more length than any
/// model is told them, and a twentieth is added, since nobody says how that is. Elsewhere it is a token for each byte:
/// no tokenizer makes more than one out of it, and the names, quotes and braces outnumber the tokens that a chat template
/// adds. That is some four times too much for English, until the bill is settled.
///
/// # Source
/// Which model has which: `tiktoken/model.py` of `OpenAI`'s tiktoken.
pub(super) fn at_most(model: &str, body: &str) -> u64 {
    let bytes = u64::try_from(body.len()).unwrap_or(u64::MAX);
    let Some(tokenizer) = tokenizer(model) else {
        return bytes;
    };
    let counted = u64::try_from(tokenizer.count(body)).unwrap_or(u64::MAX);
    let padded = counted.saturating_add(counted / 20).saturating_add(AROUND);
    padded.min(bytes)
}

/// The tokenizer of a model, such as `gpt-4o-2024-11-20`, `openai/o3` of a gateway, or `ft:gpt-4.1:me`.
fn tokenizer(model: &str) -> Option<&'static Tokenizer> {
    let name = model.to_lowercase();
    let name = name.rsplit('/').next().unwrap_or_default();
    let name = name.strip_prefix("ft:").unwrap_or(name);
    let is_one = |family: &&str| {
        let rest = name.strip_prefix(*family);
        rest.is_some_and(|rest| !rest.starts_with(|next: char| next.is_ascii_alphanumeric()))
    };
    if O200K.iter().any(&is_one) {
        Some(o200k_base())
    } else if CL100K.iter().any(&is_one) {
        Some(cl100k_base())
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_known_by_how_their_names_begin() {
        let of = |model: &str| tokenizer(model).map(std::ptr::from_ref);
        let (o200k, cl100k) = (
            Some(std::ptr::from_ref(o200k_base())),
            Some(std::ptr::from_ref(cl100k_base())),
        );
        for model in [
            "gpt-4o-mini",
            "gpt-5.1",
            "openai/gpt-oss-120b",
            "ft:gpt-4.1:me:x:1",
            "o3",
            "GPT-4o",
        ] {
            assert_eq!(of(model), o200k, "{model}");
        }
        for model in ["gpt-4", "gpt-4-turbo", "gpt-35-turbo-16k"] {
            assert_eq!(of(model), cl100k, "{model}");
        }
        for model in ["gpt-40", "o1000", "llama-3", "claude-opus", "my-gpt-4o", ""] {
            assert_eq!(of(model), None, "{model}");
        }
    }

    #[test]
    fn a_known_tokenizer_reserves_less_and_never_less_than_the_text_has() {
        let text = "The release 2.1 of Harbour fixes a flaw in its scheduler. ".repeat(40);
        let body = serde_json::json!({"messages": [{"role": "user", "content": text}]}).to_string();
        for model in ["gpt-4o", "gpt-4"] {
            let least = tokenizer(model).unwrap().count(text.as_str()) as u64;
            let most = at_most(model, &body);
            assert!(least < most && most < body.len() as u64 / 3, "{least} {most}");
        }
        assert_eq!(at_most("llama-3", &body), body.len() as u64);
        assert_eq!(at_most("gpt-4o", "{}"), 2, "never more than its bytes");
    }

    #[test]
    fn a_text_without_words_is_counted_too() {
        let body = "x".repeat(200_000);
        assert!((1..=200_000).contains(&at_most("gpt-4o", &body)));
    }
}
