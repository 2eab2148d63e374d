//! What a search found, read out of the answer of a tool.

use serde_json::Value;

/// One result of a search: an object with an `id`.
pub struct Found {
    /// What opens it.
    pub id: String,
    fields: serde_json::Map<String, Value>,
}

impl Found {
    /// Whether it is marked as read already.
    pub fn is_read(&self) -> bool {
        ["seen", "is_seen", "read", "is_read"]
            .iter()
            .any(|key| self.fields.get(*key) == Some(&Value::Bool(true)))
    }

    /// Its texts, such as title and excerpt.
    pub fn text(&self) -> String {
        self.fields
            .values()
            .filter_map(Value::as_str)
            .collect::<Vec<_>>()
            .join("\n")
    }
}

/// The results in a tool's answer: every object with an `id` or `hash`, however deep, also in JSON inside a text.
pub fn results(text: &str) -> Vec<Found> {
    let mut found = Vec::new();
    if let Ok(value) = serde_json::from_str(text) {
        gather(value, 0, &mut found);
    }
    found
}

/// Answers are nested a few levels at most; deeper ones are not looked at.
const DEPTH_MAX: usize = 6;

fn gather(value: Value, depth: usize, found: &mut Vec<Found>) {
    if depth > DEPTH_MAX {
        return;
    }
    match value {
        Value::Array(all) => all.into_iter().for_each(|value| gather(value, depth + 1, found)),
        Value::String(text) if text.starts_with(['{', '[']) => {
            if let Ok(value) = serde_json::from_str(&text) {
                gather(value, depth + 1, found);
            }
        }
        Value::Object(fields) => match fields
            .get("id")
            .or_else(|| fields.get("hash"))
            .cloned()
            .and_then(as_id)
        {
            Some(id) => found.push(Found { id, fields }),
            None => fields
                .into_iter()
                .for_each(|(_, value)| gather(value, depth + 1, found)),
        },
        _ => {}
    }
}

/// An id as text; numbers are ids too.
pub fn as_id(value: Value) -> Option<String> {
    match value {
        Value::String(id) if !id.is_empty() => Some(id),
        Value::Number(id) => Some(id.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_found_however_deep() {
        let text = r#"{"content":[{"type":"text","text":"{\"results\":[{\"id\":7,\"title\":\"Norn\",\"seen\":true}]}"}]}"#;
        let found = results(text);
        assert_eq!(
            (found[0].id.as_str(), found[0].text().as_str(), found[0].is_read()),
            ("7", "Norn", true)
        );
        assert!(results("no JSON at all").is_empty());
    }
}
