//! Whether a value fits a JSON schema. Covers the keywords that schemars writes and those that tool servers use.

use std::cell::Cell;
use std::fmt::Write;

use serde_json::{Map, Value};

use super::keywords::{check_constants, check_limits, check_type, constants_or, names, problem, size, whole};

/// Most comparisons of a value with a schema: an answer of 4,096 tokens needs some thousands, while a schema whose
/// choices name itself would never end.
const STEPS_MAX: u32 = 1_000_000;
/// Deepest nesting that is followed, references included.
const DEPTH_MAX: usize = 64;

/// The value in the schema's own form: nulls that stand for absent properties are gone, and `3.0` is `3` where an
/// integer is wanted. The first thing that does not fit otherwise, with its place and without its words.
pub(crate) fn fit(mut value: Value, schema: &Value) -> Result<Value, String> {
    let fits = Fits {
        root: schema,
        steps: Cell::new(0),
    };
    fits.normalise(&mut value, schema, 0);
    fits.check(&value, schema, &mut String::new(), 0)?;
    Ok(value)
}

struct Fits<'a> {
    root: &'a Value,
    steps: Cell<u32>,
}

impl<'a> Fits<'a> {
    /// The schema behind references.
    fn resolve(&self, mut schema: &'a Value) -> &'a Value {
        for _ in 0..DEPTH_MAX {
            let Some(target) = schema.get("$ref").and_then(Value::as_str) else {
                break;
            };
            let Some(found) = target
                .strip_prefix('#')
                .and_then(|pointer| self.root.pointer(pointer))
            else {
                break;
            };
            schema = found;
        }
        schema
    }

    fn normalise(&self, value: &mut Value, schema: &'a Value, depth: usize) {
        let schema = self.resolve(schema);
        if depth > DEPTH_MAX {
            return;
        }
        match value {
            Value::Object(fields) => {
                let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
                    return;
                };
                let required = names(schema, "required");
                fields.retain(|name, field| {
                    let Some(property) = properties.get(name) else {
                        return true;
                    };
                    let stands_for_absent = field.is_null() && !required.contains(&name.as_str());
                    !stands_for_absent || self.check(field, property, &mut String::new(), depth + 1).is_ok()
                });
                for (name, field) in fields.iter_mut() {
                    if let Some(property) = properties.get(name) {
                        self.normalise(field, property, depth + 1);
                    }
                }
            }
            Value::Array(items) => {
                let Some(schema) = schema.get("items") else { return };
                for item in items {
                    self.normalise(item, schema, depth + 1);
                }
            }
            Value::Number(number) => {
                let is_odd = number.is_f64() && names(schema, "type") == ["integer"];
                if let Some(whole) = number.as_f64().filter(|_| is_odd).and_then(whole) {
                    *value = Value::from(whole);
                }
            }
            Value::Null | Value::Bool(_) | Value::String(_) => {}
        }
    }

    fn check(&self, value: &Value, schema: &'a Value, path: &mut String, depth: usize) -> Result<(), String> {
        self.steps.set(self.steps.get() + 1);
        if depth > DEPTH_MAX || self.steps.get() > STEPS_MAX {
            return Err(problem(path, "is nested too deeply"));
        }
        let schema = self.resolve(schema);
        let Some(keywords) = schema.as_object() else {
            return if schema == &Value::Bool(false) {
                Err(problem(path, "is not allowed"))
            } else {
                Ok(())
            };
        };
        check_type(value, schema, path)?;
        check_constants(value, keywords, path)?;
        self.check_choices(value, keywords, path, depth)?;
        match value {
            Value::Object(fields) => self.check_object(fields, schema, path, depth),
            Value::Array(items) => self.check_array(items, keywords, path, depth),
            _ => check_limits(value, keywords, path),
        }
    }

    fn check_choices(
        &self,
        value: &Value,
        keywords: &'a Map<String, Value>,
        path: &mut String,
        depth: usize,
    ) -> Result<(), String> {
        for schema in keywords
            .get("allOf")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            self.check(value, schema, path, depth + 1)?;
        }
        for name in ["anyOf", "oneOf"] {
            let Some(choices) = keywords.get(name).and_then(Value::as_array) else {
                continue;
            };
            let results = choices
                .iter()
                .map(|schema| self.check(value, schema, path, depth + 1));
            let mut results: Vec<Result<(), String>> = results.collect();
            if results.iter().any(Result::is_ok) {
                continue;
            }
            // With null beside one real choice, that choice's problem is the telling one.
            let is_null = |schema: &&Value| schema.get("type").is_some_and(|name| name == "null");
            let real: Vec<usize> = (0..choices.len()).filter(|at| !is_null(&&choices[*at])).collect();
            return match real.as_slice() {
                [only] => std::mem::replace(&mut results[*only], Ok(())),
                _ => Err(problem(
                    path,
                    &constants_or(choices, "fits none of the allowed forms"),
                )),
            };
        }
        Ok(())
    }

    fn check_object(
        &self,
        fields: &Map<String, Value>,
        schema: &'a Value,
        path: &mut String,
        depth: usize,
    ) -> Result<(), String> {
        if let Some(missing) = names(schema, "required")
            .into_iter()
            .find(|name| !fields.contains_key(*name))
        {
            return Err(problem(path, &format!("lacks the key `{missing}`")));
        }
        let properties = schema.get("properties").and_then(Value::as_object);
        let others = schema.get("additionalProperties");
        for (name, field) in fields {
            let own = properties.and_then(|properties| properties.get(name));
            let Some(property) = own.or(others) else { continue };
            if own.is_none() && property == &Value::Bool(false) {
                return Err(problem(path, "has a key that the schema does not know"));
            }
            let end = path.len();
            // A key of the schema may be named; one that the model made up may be anything.
            path.push_str(if path.is_empty() { "" } else { "." });
            path.push_str(if own.is_some() { name } else { "*" });
            self.check(field, property, path, depth + 1)?;
            path.truncate(end);
        }
        Ok(())
    }

    fn check_array(
        &self,
        items: &[Value],
        keywords: &'a Map<String, Value>,
        path: &mut String,
        depth: usize,
    ) -> Result<(), String> {
        if let Some(min) = size(keywords, "minItems").filter(|min| items.len() < *min) {
            return Err(problem(path, &format!("has fewer than {min} items")));
        }
        if let Some(max) = size(keywords, "maxItems").filter(|max| items.len() > *max) {
            return Err(problem(path, &format!("has more than {max} items")));
        }
        let Some(schema) = keywords.get("items") else {
            return Ok(());
        };
        for (at, item) in items.iter().enumerate() {
            let end = path.len();
            write!(path, "[{at}]").expect("writing to a string cannot fail");
            self.check(item, schema, path, depth + 1)?;
            path.truncate(end);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn notes() -> Value {
        serde_json::to_value(schemars::schema_for!(copydesk_domain::task::TakeNotesOutput)).unwrap()
    }

    fn error(value: Value, schema: &Value) -> String {
        fit(value, schema).unwrap_err()
    }

    #[test]
    fn an_output_that_fits_is_given_back_without_needless_nulls() {
        let schema = json!({"type": "object", "properties": {"a": {"type": "string"}, "n": {"type": "integer"},
            "m": {"type": ["string", "null"]}}});
        let fitted = fit(json!({"a": null, "n": 3.0, "m": null, "x": 1}), &schema).unwrap();
        assert_eq!(fitted, json!({"n": 3, "m": null, "x": 1}));
    }

    #[test]
    fn problems_name_the_place_and_not_the_words() {
        let schema = notes();
        assert_eq!(error(json!({}), &schema), "the answer lacks the key `notes`");
        assert_eq!(error(json!([]), &schema), "the answer is an array and not object");
        assert_eq!(
            error(json!({"notes": "secret"}), &schema),
            "`notes` is a string and not array"
        );
        let wrong = error(
            json!({"notes": [{"kind": "secret", "role": "x", "quote": "q"}]}),
            &schema,
        );
        assert!(wrong.starts_with("`notes[0].kind` is none of \""), "{wrong}");
        assert!(!wrong.contains("secret"));
        assert!(fit(json!({"notes": []}), &schema).is_ok());
    }

    #[test]
    fn limits_and_unknown_keys_are_checked() {
        let schema = json!({"type": "object", "additionalProperties": false, "properties": {
            "share": {"type": "number", "minimum": 0, "maximum": 1}, "list": {"type": "array", "maxItems": 1},
            "title": {"type": "string", "minLength": 1}}});
        assert_eq!(error(json!({"share": 2}), &schema), "`share` is above 1");
        assert_eq!(
            error(json!({"list": [1, 2]}), &schema),
            "`list` has more than 1 items"
        );
        assert_eq!(
            error(json!({"title": ""}), &schema),
            "`title` is shorter than 1 characters"
        );
        assert_eq!(
            error(json!({"who?": 1}), &schema),
            "the answer has a key that the schema does not know"
        );
    }

    #[test]
    fn circles_in_a_schema_end() {
        let schema = json!({"$ref": "#/$defs/A", "$defs": {"A": {"$ref": "#/$defs/A"}}});
        assert!(fit(json!(1), &schema).is_ok());
        let schema = json!({"anyOf": [{"$ref": "#"}, {"$ref": "#"}]});
        assert!(fit(json!(1), &schema).is_err());
    }
}
