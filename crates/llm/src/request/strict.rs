//! A JSON schema in the subset that endpoints can hold a model to.
//!
//! That subset (`strict` of the chat API's structured outputs) wants every object closed and every property
//! required, knows no `oneOf`, and no keyword beside a `$ref`. Properties that may be absent become nullable;
//! reading undoes that. Limits such as `minimum` are left out here and checked when the answer is read.

use serde_json::{Map, Value, json};

/// The schema as it is sent.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Strict {
    /// The schema.
    pub(crate) schema: Value,
    /// Whether all of it lies in the subset, so that an endpoint can be asked to hold the model to it.
    pub(crate) is_strict: bool,
}

impl Strict {
    /// From a schema as schemars writes it. Pure.
    pub(crate) fn of(schema: &Value) -> Self {
        let mut is_strict = schema.get("type").and_then(Value::as_str) == Some("object");
        let schema = narrow(schema, &mut is_strict);
        Self { schema, is_strict }
    }
}

fn narrow(schema: &Value, is_strict: &mut bool) -> Value {
    let Some(from) = schema.as_object() else {
        *is_strict = false;
        return json!({});
    };
    if let Some(target) = from.get("$ref") {
        return json!({"$ref": target});
    }
    if let Some([only]) = from.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
        return narrow(only, is_strict);
    }
    let mut to = Map::new();
    for name in ["type", "enum", "description"] {
        if let Some(value) = from.get(name) {
            to.insert(name.to_owned(), value.clone());
        }
    }
    if let Some(only) = from.get("const") {
        to.insert("enum".to_owned(), json!([only]));
    }
    for name in ["$defs", "definitions"] {
        if let Some(all) = from.get(name).and_then(Value::as_object) {
            let narrowed = all
                .iter()
                .map(|(key, schema)| (key.clone(), narrow(schema, is_strict)));
            let narrowed: Map<String, Value> = narrowed.collect();
            to.insert(name.to_owned(), Value::Object(narrowed));
        }
    }
    let choices = from
        .get("oneOf")
        .or_else(|| from.get("anyOf"))
        .and_then(Value::as_array);
    if let Some(choices) = choices {
        choose(&mut to, choices, is_strict);
    }
    if from.get("items").is_some() || has_type(from, "array") {
        let items = from.get("items").map(|items| narrow(items, is_strict));
        *is_strict &= items.is_some();
        to.insert("items".to_owned(), items.unwrap_or_else(|| json!({})));
    }
    if from.contains_key("properties") || has_type(from, "object") {
        close(&mut to, from, is_strict);
    }
    *is_strict &= ["type", "enum", "anyOf"]
        .iter()
        .any(|name| to.contains_key(*name));
    Value::Object(to)
}

/// Choices between constants become one `enum`, all others `anyOf`.
fn choose(to: &mut Map<String, Value>, choices: &[Value], is_strict: &mut bool) {
    let constants = |choice: &Value| match (choice.get("const"), choice.get("enum").and_then(Value::as_array))
    {
        (Some(one), _) if one.is_string() => Some(vec![one.clone()]),
        (None, Some(several)) if several.iter().all(Value::is_string) => Some(several.clone()),
        _ => None,
    };
    let all: Option<Vec<Vec<Value>>> = choices.iter().map(constants).collect();
    if let Some(values) = all {
        to.insert("type".to_owned(), json!("string"));
        to.insert("enum".to_owned(), Value::Array(values.concat()));
        return;
    }
    let narrowed = choices.iter().map(|choice| narrow(choice, is_strict)).collect();
    to.insert("anyOf".to_owned(), Value::Array(narrowed));
}

/// An object takes its own properties only, and all of them.
fn close(to: &mut Map<String, Value>, from: &Map<String, Value>, is_strict: &mut bool) {
    let properties = from.get("properties").and_then(Value::as_object);
    let open = from
        .get("additionalProperties")
        .filter(|open| **open != Value::Bool(false));
    if open.is_some() || properties.is_none_or(Map::is_empty) {
        *is_strict = false;
    }
    let required: Vec<&str> = from
        .get("required")
        .and_then(Value::as_array)
        .map(|names| names.iter().filter_map(Value::as_str).collect())
        .unwrap_or_default();
    let mut closed = Map::new();
    for (name, schema) in properties.into_iter().flatten() {
        let narrowed = narrow(schema, is_strict);
        let narrowed = if required.contains(&name.as_str()) {
            narrowed
        } else {
            nullable(narrowed)
        };
        closed.insert(name.clone(), narrowed);
    }
    to.insert("required".to_owned(), closed.keys().cloned().collect());
    to.insert("properties".to_owned(), Value::Object(closed));
    to.insert(
        "additionalProperties".to_owned(),
        open.cloned().unwrap_or(Value::Bool(false)),
    );
}

/// The same schema, and null.
fn nullable(mut schema: Value) -> Value {
    let nothing = json!({"type": "null"});
    if let Some(choices) = schema.get_mut("anyOf").and_then(Value::as_array_mut) {
        if !choices.contains(&nothing) {
            choices.push(nothing);
        }
        return schema;
    }
    match schema.get("type").cloned() {
        Some(Value::String(only)) if only != "null" => {
            if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) {
                values.push(Value::Null);
            }
            schema["type"] = json!([only, "null"]);
            schema
        }
        Some(Value::Array(types)) if types.iter().any(|name| name == "null") => schema,
        _ => json!({"anyOf": [schema, nothing]}),
    }
}

fn has_type(schema: &Map<String, Value>, name: &str) -> bool {
    match schema.get("type") {
        Some(Value::String(only)) => only == name,
        Some(Value::Array(several)) => several.iter().any(|one| one == name),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every object is closed and requires all its properties; nothing outside the subset is left.
    fn assert_in_subset(schema: &Value) {
        if let Some(object) = schema.as_object() {
            for name in [
                "oneOf", "allOf", "$schema", "title", "format", "minimum", "default", "const",
            ] {
                let is_property = object.values().all(Value::is_object);
                assert!(is_property || !object.contains_key(name), "{name} in {schema}");
            }
            if object.get("$ref").is_some() {
                assert_eq!(object.len(), 1);
            }
            if let Some(properties) = object.get("properties").and_then(Value::as_object) {
                assert_eq!(object["additionalProperties"], false);
                let required: Vec<&str> = object["required"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|name| name.as_str().unwrap())
                    .collect();
                assert_eq!(
                    required,
                    properties.keys().map(String::as_str).collect::<Vec<_>>()
                );
            }
            object.values().for_each(assert_in_subset);
        }
        if let Some(list) = schema.as_array() {
            list.iter().for_each(assert_in_subset);
        }
    }

    fn strict<T: copydesk_domain::task::Task>() -> Value {
        let schema = serde_json::to_value(schemars::schema_for!(T::Output)).unwrap();
        let strict = Strict::of(&schema);
        assert!(strict.is_strict, "{}: {}", T::NAME, strict.schema);
        assert_in_subset(&strict.schema);
        strict.schema
    }

    #[test]
    fn the_output_of_every_task_can_be_held_to() {
        use copydesk_domain::task::{
            DraftAnswer, FollowUp, JudgeClaim, OpenQuestions, PlanIssue, RankStories, RateDraft,
            SuggestEdits, TakeNotes, TriageReply, WriteSection, WriteTitle,
        };
        strict::<TakeNotes>();
        strict::<RankStories>();
        strict::<FollowUp>();
        strict::<PlanIssue>();
        strict::<WriteSection>();
        strict::<WriteTitle>();
        strict::<JudgeClaim>();
        strict::<SuggestEdits>();
        strict::<RateDraft>();
        strict::<TriageReply>();
        strict::<DraftAnswer>();
        strict::<OpenQuestions>();
    }

    #[test]
    fn what_may_be_absent_may_be_null() {
        let schema = json!({"type": "object", "required": ["a"], "properties": {
            "a": {"type": "string"}, "b": {"type": "integer", "format": "uint32", "minimum": 0},
            "c": {"oneOf": [{"const": "x", "description": "X."}, {"const": "y"}]}, "d": {"$ref": "#/$defs/D"},
        }, "$defs": {"D": {"type": "object", "properties": {"e": {"type": ["string", "null"]}}}}});
        let strict = Strict::of(&schema);
        assert!(strict.is_strict);
        let properties = &strict.schema["properties"];
        assert_eq!(properties["a"], json!({"type": "string"}));
        assert_eq!(properties["b"], json!({"type": ["integer", "null"]}));
        assert_eq!(
            properties["c"],
            json!({"type": ["string", "null"], "enum": ["x", "y", null]})
        );
        assert_eq!(
            properties["d"],
            json!({"anyOf": [{"$ref": "#/$defs/D"}, {"type": "null"}]})
        );
        assert_eq!(strict.schema["$defs"]["D"]["required"], json!(["e"]));
    }

    #[test]
    fn free_objects_are_sent_without_the_promise() {
        assert!(!Strict::of(&json!({"type": "object"})).is_strict);
        assert!(!Strict::of(&json!(true)).is_strict);
        let map = json!({"type": "object", "properties": {"m": {"type": "object",
            "additionalProperties": {"type": "string"}}}});
        let strict = Strict::of(&map);
        assert!(!strict.is_strict);
        assert_eq!(strict.schema["properties"]["m"]["anyOf"], Value::Null);
    }
}
