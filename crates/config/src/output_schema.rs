//! Output schemas of custom stages: the part of JSON Schema that answers are held to, and nothing that would be
//! ignored in silence.

use serde_json::{Map, Value};

use crate::nearest::suggestion;
use crate::problem::Problem;

/// 64 KiB: the schema travels with each request.
const BYTES_MAX: usize = 64 * 1024;

/// Keywords that an answer is held to.
const CHECKED: &[&str] = &[
    "type",
    "enum",
    "const",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "minItems",
    "maxItems",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "anyOf",
    "oneOf",
    "allOf",
    "$ref",
    "$defs",
    "definitions",
];

/// Keywords that only tell something.
const TOLD: &[&str] = &[
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "format",
    "$schema",
    "$id",
    "$comment",
];

/// Every problem of the schema in `file`.
pub(crate) fn check(file: &str, text: &str) -> Vec<Problem> {
    if text.len() > BYTES_MAX {
        let message = format!("has more than {BYTES_MAX} bytes, and it travels with each request");
        return vec![Problem::error(file, message)];
    }
    let schema: Value = match serde_json::from_str(text) {
        Ok(schema) => schema,
        Err(error) => {
            let line = u32::try_from(error.line()).unwrap_or(1);
            let message = format!("is not valid JSON: {error}");
            return vec![Problem::error(file, message).at_line(line.max(1))];
        }
    };
    let mut walk = Walk {
        file,
        text,
        root: &schema,
        problems: Vec::new(),
    };
    walk.root();
    walk.schema(&schema, "");
    walk.problems
}

struct Walk<'a> {
    file: &'a str,
    text: &'a str,
    root: &'a Value,
    problems: Vec<Problem>,
}

impl Walk<'_> {
    /// An error about a keyword, at its line where the word stands in the file only once.
    fn problem(&mut self, keyword: &str, at: &str, message: &str) -> &mut Problem {
        let place = if at.is_empty() {
            String::new()
        } else {
            format!(" at `{at}`")
        };
        let problem = Problem {
            key: format!("{at}/{keyword}"),
            line: self.line_of(keyword),
            ..Problem::error(self.file, format!("`{keyword}`{place} {message}"))
        };
        self.problems.push(problem);
        self.problems.last_mut().expect("it was just pushed")
    }

    fn line_of(&self, keyword: &str) -> Option<u32> {
        let quoted = format!("\"{keyword}\"");
        let mut found = self.text.match_indices(&quoted).map(|(at, _)| at);
        let first = found.next().filter(|_| found.next().is_none())?;
        let line = self.text[..first].bytes().filter(|byte| *byte == b'\n').count() + 1;
        u32::try_from(line).ok()
    }

    /// What the schema of a whole answer must say besides: an answer without anything must not fit.
    fn root(&mut self) {
        let Some(schema) = self.root.as_object() else {
            let message = "is not the schema of an object; write {\"type\": \"object\", …}";
            self.problems.push(Problem::error(self.file, message).at_line(1));
            return;
        };
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            let message = "must be \"object\": the output of a stage is one JSON object";
            self.problem("type", "", message);
        }
        let is_filled = |name: &str| match schema.get(name) {
            Some(Value::Object(fields)) => !fields.is_empty(),
            Some(Value::Array(names)) => !names.is_empty(),
            _ => false,
        };
        for name in ["properties", "required"] {
            if !is_filled(name) {
                let message = "is missing or empty, so that an empty answer would fit";
                self.problem(name, "", message).hint =
                    Some("name at least one property, and require it".to_owned());
            }
        }
    }

    fn schema(&mut self, schema: &Value, at: &str) {
        let Some(keywords) = schema.as_object() else {
            if !schema.is_boolean() {
                let message = format!("`{at}` is no schema: an object, true or false");
                self.problems.push(Problem::error(self.file, message));
            }
            return;
        };
        for (keyword, value) in keywords {
            self.keyword(keyword, value, keywords, at);
        }
    }

    fn keyword(&mut self, keyword: &str, value: &Value, all: &Map<String, Value>, at: &str) {
        let below = format!("{at}/{keyword}");
        match (keyword, value) {
            ("properties" | "$defs" | "definitions", Value::Object(schemas)) => {
                for (name, schema) in schemas {
                    self.schema(schema, &format!("{below}/{name}"));
                }
            }
            ("anyOf" | "oneOf" | "allOf", Value::Array(schemas)) if !schemas.is_empty() => {
                for (index, schema) in schemas.iter().enumerate() {
                    self.schema(schema, &format!("{below}/{index}"));
                }
                if keyword == "oneOf" {
                    let problem = self.problem(
                        keyword,
                        at,
                        "is checked as `anyOf`: an answer may fit several of its forms",
                    );
                    *problem = problem.clone().as_warning();
                }
            }
            ("items" | "additionalProperties", Value::Object(_) | Value::Bool(_)) => {
                self.schema(value, &below);
            }
            ("$ref", Value::String(target)) => self.reference(target, all, at),
            ("type", Value::String(_) | Value::Array(_)) => self.types(value, at),
            ("required", Value::Array(names)) if names.iter().all(Value::is_string) => {}
            ("enum", Value::Array(values)) if !values.is_empty() => {}
            ("minItems" | "maxItems" | "minLength" | "maxLength", Value::Number(size)) if size.is_u64() => {}
            ("minimum" | "maximum", Value::Number(_)) | ("const", _) => {}
            (known, _) if CHECKED.contains(&known) => {
                self.problem(keyword, at, "has a value that it cannot have");
            }
            (known, _) if TOLD.contains(&known) => {}
            _ => {
                let near = suggestion(keyword, CHECKED);
                let hint = near.unwrap_or_else(|| format!("answers are held to {}", CHECKED.join(", ")));
                self.problem(keyword, at, "is a keyword that no answer would be held to")
                    .hint = Some(hint);
            }
        }
    }

    fn types(&mut self, value: &Value, at: &str) {
        const TYPES: &[&str] = &[
            "null", "boolean", "string", "array", "object", "integer", "number",
        ];
        let named: Vec<&Value> = value
            .as_array()
            .map_or_else(|| vec![value], |list| list.iter().collect());
        let wrong = named
            .iter()
            .find(|name| !name.as_str().is_some_and(|name| TYPES.contains(&name)));
        if let Some(wrong) = wrong {
            let hint = wrong.as_str().and_then(|name| suggestion(name, TYPES));
            self.problem("type", at, &format!("names {wrong}, which is no type"))
                .hint = hint;
        }
    }

    fn reference(&mut self, target: &str, all: &Map<String, Value>, at: &str) {
        let found = target
            .strip_prefix('#')
            .and_then(|pointer| self.root.pointer(pointer));
        if found.is_none() {
            self.problem(
                "$ref",
                at,
                &format!("names `{target}`, which does not stand in this file"),
            );
        }
        let beside = |key: &&String| {
            CHECKED.contains(&key.as_str()) && !matches!(key.as_str(), "$ref" | "$defs" | "definitions")
        };
        if let Some(beside) = all.keys().find(beside) {
            self.problem(
                "$ref",
                at,
                &format!("stands beside `{beside}`, which would be ignored"),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str) -> Vec<String> {
        check("prompts/custom/x.schema.json", text)
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn a_plain_schema_has_no_problem() {
        let text = r##"{"$schema": "https://json-schema.org/draft/2020-12/schema", "type": "object",
            "required": ["title", "items"], "additionalProperties": false,
            "properties": {"title": {"type": "string", "minLength": 1, "maxLength": 90},
                "items": {"type": "array", "items": {"$ref": "#/$defs/item"}, "maxItems": 7}},
            "$defs": {"item": {"type": ["string", "null"], "description": "One."}}}"##;
        assert_eq!(lines(text), [""; 0]);
    }

    #[test]
    fn what_would_be_ignored_is_named_with_its_line() {
        let text = "{\"type\": \"object\", \"required\": [\"a\"], \"properties\": {\n\"a\": {\"type\": \"strin\"},\n\
                    \"b\": {\"pattern\": \"x\", \"minlength\": 1}}}";
        assert_eq!(
            lines(text),
            [
                "prompts/custom/x.schema.json: `type` at `/properties/a` names \"strin\", which is no type; did you mean `string`?",
                "prompts/custom/x.schema.json:3: `minlength` at `/properties/b` is a keyword that no answer would be held to; did you mean `minLength`?",
                "prompts/custom/x.schema.json:3: `pattern` at `/properties/b` is a keyword that no answer would be held to; answers are held to type, enum, const, properties, required, additionalProperties, items, minItems, maxItems, minLength, maxLength, minimum, maximum, anyOf, oneOf, allOf, $ref, $defs, definitions",
            ]
        );
    }

    #[test]
    fn a_schema_that_nothing_fits_or_that_everything_fits_is_refused() {
        assert!(lines("{\"type\": ")[0].starts_with("prompts/custom/x.schema.json:1: is not valid JSON: "));
        assert_eq!(lines("[]").len(), 2);
        let empty = lines("{\"type\": \"object\", \"properties\": {\"a\": true}}");
        assert_eq!(
            empty,
            [
                "prompts/custom/x.schema.json: `required` is missing or empty, so that an empty answer would fit; name at least one property, and require it"
            ]
        );
        let reference =
            lines(r##"{"type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/no"}}}"##);
        assert_eq!(
            reference,
            [
                "prompts/custom/x.schema.json:1: `$ref` at `/properties/a` names `#/$defs/no`, which does not stand in this file"
            ]
        );
    }
}
