//! JSON inside the text of a model: bare, fenced, or with talk around it.

use serde_json::Value;

/// Places at which an object is looked for; each costs one pass over the rest of the text.
const STARTS_MAX: usize = 20;

/// The JSON objects that a text holds, likeliest first.
pub(crate) fn candidates(text: &str) -> Vec<Value> {
    // Reasoning models write their thoughts first; what they think is not what they answer.
    let text = text
        .rfind("</think>")
        .map_or(text, |at| &text[at + "</think>".len()..]);
    let text = text.trim_start_matches('\u{feff}').trim();
    if let Ok(value) = serde_json::from_str(text) {
        return vec![value];
    }
    // The last fence first: models that correct themselves put the better one last.
    let mut found: Vec<Value> = fences(text)
        .filter_map(|fence| serde_json::from_str(fence).ok())
        .collect();
    found.reverse();
    if found.is_empty() {
        found.extend(objects(text));
    }
    found
}

/// The insides of ``` fences.
fn fences(text: &str) -> impl Iterator<Item = &str> {
    text.split("```").skip(1).step_by(2).map(|fence| {
        let fence = fence.trim();
        let label = fence.find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(0);
        fence[label..].trim()
    })
}

/// Whole objects in the text, outermost ones only.
fn objects(text: &str) -> Vec<Value> {
    let mut found = Vec::new();
    let mut at = 0;
    for _ in 0..STARTS_MAX {
        let Some(start) = text
            .get(at..)
            .and_then(|rest| rest.find('{'))
            .map(|offset| at + offset)
        else {
            break;
        };
        let mut stream = serde_json::Deserializer::from_str(&text[start..]).into_iter::<Value>();
        match stream.next() {
            Some(Ok(value)) => {
                found.push(value);
                at = start + stream.byte_offset();
            }
            _ => at = start + 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_found_in_talk() {
        for text in [
            r#"{"a":1}"#,
            "\u{feff}{\"a\":1}\n",
            "Here you go:\n```json\n{\"a\":1}\n```",
            "```\n{\"a\":1}\n```\nHope it helps!",
            "```json\n{\"a\":0}\n```\nNo, better:\n```json\n{\"a\":1}\n```",
            "The answer is {\"a\":1}, I think.",
            "<think>maybe {\"a\":2}?</think>{\"a\":1}",
            "Use {braces} well: {\"a\":1}",
        ] {
            assert_eq!(candidates(text).first(), Some(&json!({"a": 1})), "{text}");
        }
    }

    #[test]
    fn text_without_json_gives_none() {
        for text in ["", "the the the the", "{", "{\"a\":", "```json\n```", "{{{{{{{{"] {
            assert_eq!(candidates(text), Vec::<Value>::new(), "{text}");
        }
        assert!(candidates(&"{".repeat(1_000_000)).is_empty());
        assert!(candidates(&"[".repeat(1_000_000)).is_empty());
    }
}
