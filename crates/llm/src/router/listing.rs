//! What an endpoint's list of models says of one of them. Pure.

use copydesk_config::nearest;
use serde_json::Value;

/// What a list says of a model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Listing {
    /// The model is in it.
    pub(crate) is_listed: bool,
    /// Names like the one that was looked for, the nearest first; at most [`NEAR_MAX`].
    pub(crate) near: Vec<String>,
    /// Length of the list.
    pub(crate) length: usize,
    /// Tokens that the model can read and write in one call, where the list says so.
    pub(crate) context_window: Option<u64>,
}

/// Names that are shown where a model is not in a list.
pub(crate) const NEAR_MAX: usize = 3;

/// Where servers write the length of a model's window: `max_model_len` is vLLM's, `meta.n_ctx` that of llama.cpp,
/// `context_length` OpenRouter's, `max_context_length` LM Studio's, `context_window` that of Groq and others.
const WINDOWS: [&str; 10] = [
    "/context_window",
    "/context_length",
    "/max_model_len",
    "/loaded_context_length",
    "/max_context_length",
    "/max_context_window",
    "/meta/n_ctx",
    "/meta/n_ctx_train",
    "/model_info/max_input_tokens",
    "/inputTokenLimit",
];

/// What `body`, the reply to `GET /models`, says of `model`; nothing where it is no list.
pub(crate) fn listing(body: &Value, model: &str) -> Option<Listing> {
    let list = ["data", "models"]
        .iter()
        .find_map(|name| body.get(*name).and_then(Value::as_array))
        .or_else(|| body.as_array())?;
    let id = |entry: &Value| {
        let named = ["id", "name", "model"].iter().find_map(|name| entry.get(*name));
        named.and_then(Value::as_str).map(str::to_owned)
    };
    let entry = list
        .iter()
        .find(|entry| id(entry).is_some_and(|id| is_same(&id, model)));
    let window = |entry: &Value| WINDOWS.iter().find_map(|path| entry.pointer(path)?.as_u64());
    let names: Vec<String> = list.iter().filter_map(id).collect();
    Some(Listing {
        is_listed: entry.is_some(),
        near: if entry.is_some() {
            Vec::new()
        } else {
            near(&names, model)
        },
        length: list.len(),
        context_window: entry.and_then(window),
    })
}

/// Some lists put a folder before each name or a tag behind it, which requests need not name.
fn is_same(id: &str, model: &str) -> bool {
    let bare = |name: &str| {
        let name = name.strip_prefix("models/").unwrap_or(name);
        name.strip_suffix(":latest").unwrap_or(name).to_owned()
    };
    bare(id) == bare(model)
}

fn near(names: &[String], model: &str) -> Vec<String> {
    let mut left: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut found = Vec::new();
    while found.len() < NEAR_MAX {
        let Some(name) = nearest(model, left.iter().copied()) else {
            break;
        };
        found.push(name.to_owned());
        left.retain(|other| *other != name);
    }
    if found.is_empty() && names.len() <= NEAR_MAX {
        return names.to_vec();
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_model_is_found_with_its_window_in_every_form_of_list() {
        for (body, model, window) in [
            (
                json!({"data": [{"id": "m", "max_model_len": 4096}]}),
                "m",
                Some(4096),
            ),
            (
                json!({"data": [{"id": "models/m", "context_length": 8}]}),
                "m",
                Some(8),
            ),
            (json!({"data": [{"id": "m:latest"}]}), "m", None),
            (
                json!({"models": [{"name": "m", "inputTokenLimit": 7}]}),
                "m",
                Some(7),
            ),
            (json!([{"id": "m", "meta": {"n_ctx_train": 512}}]), "m", Some(512)),
        ] {
            let found = listing(&body, model).unwrap();
            assert_eq!((found.is_listed, found.context_window), (true, window), "{body}");
        }
        assert_eq!(listing(&json!({"hello": 1}), "m"), None);
    }

    #[test]
    fn near_names_are_told() {
        let ids = ["gpt-4.1", "gpt-4.1-mini", "gpt-4.1-nano", "whisper-1", "o9"];
        let body = json!({"data": ids.map(|id| json!({"id": id}))});
        let found = listing(&body, "gpt-4.1-mni").unwrap();
        assert!(!found.is_listed);
        assert_eq!(found.near[0], "gpt-4.1-mini");
        assert!(found.near.len() <= NEAR_MAX && !found.near.contains(&"whisper-1".to_owned()));
        let one = json!({"data": [{"id": "tiny"}]});
        assert_eq!(
            listing(&one, "gpt-4.1").unwrap().near,
            ["tiny"],
            "a short list is shown whole"
        );
    }
}
