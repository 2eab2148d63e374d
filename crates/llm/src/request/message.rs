//! The last user message: canonical JSON, what the calls of one stage share first.

use copydesk_domain::task;
use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use serde_json::Value;

/// Task, version and input, in this order.
#[derive(Serialize)]
pub(super) struct UserMessage<'a> {
    task: &'a str,
    version: u32,
    input: Ordered<'a>,
}

impl<'a> UserMessage<'a> {
    pub(super) fn of(task: &'a str, version: u32, input: &'a Value) -> Self {
        let leading = task::leading(task);
        Self {
            task,
            version,
            input: Ordered { input, leading },
        }
    }
}

/// An input whose leading fields come first in their order; the others follow by name.
struct Ordered<'a> {
    input: &'a Value,
    leading: &'static [&'static str],
}

impl Serialize for Ordered<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Value::Object(fields) = self.input else {
            return self.input.serialize(serializer);
        };
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        for key in self.leading {
            if let Some(value) = fields.get(*key) {
                map.serialize_entry(key, value)?;
            }
        }
        let is_leading = |key: &str| self.leading.contains(&key);
        for (key, value) in fields.iter().filter(|(key, _)| !is_leading(key)) {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn message(task: &str, input: &Value) -> String {
        serde_json::to_string(&UserMessage::of(task, 1, input)).unwrap()
    }

    #[test]
    fn what_the_calls_of_a_stage_share_leads() {
        let input = json!({"text": "t", "title": "a", "beats": ["b"], "notes_max": 16, "author": 1});
        assert_eq!(
            message("take_notes", &input),
            r#"{"task":"take_notes","version":1,"input":{"beats":["b"],"notes_max":16,"author":1,"text":"t","title":"a"}}"#
        );
    }

    #[test]
    fn other_inputs_stand_by_name_and_nothing_is_lost() {
        assert_eq!(
            message("mine", &json!({"b": 1, "a": 2})),
            r#"{"task":"mine","version":1,"input":{"a":2,"b":1}}"#
        );
        assert_eq!(
            message("mine", &json!([1])),
            r#"{"task":"mine","version":1,"input":[1]}"#
        );
    }
}
