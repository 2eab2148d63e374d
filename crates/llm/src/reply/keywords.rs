//! The keywords of a JSON schema that look at one value alone.

use serde_json::{Map, Value};

/// Whether the value has one of the wanted types.
pub(super) fn check_type(value: &Value, schema: &Value, path: &str) -> Result<(), String> {
    let wanted = names(schema, "type");
    if wanted.is_empty() || wanted.iter().any(|name| is_of_type(value, name)) {
        return Ok(());
    }
    Err(problem(
        path,
        &format!("is {} and not {}", type_of(value), wanted.join(" or ")),
    ))
}

/// Whether the value is one of the wanted constants.
pub(super) fn check_constants(
    value: &Value,
    keywords: &Map<String, Value>,
    path: &str,
) -> Result<(), String> {
    let allowed = keywords.get("enum").and_then(Value::as_array);
    if let Some(allowed) = allowed.filter(|allowed| !allowed.contains(value)) {
        let listed: Vec<String> = allowed.iter().map(ToString::to_string).collect();
        return Err(problem(path, &format!("is none of {}", listed.join(", "))));
    }
    match keywords.get("const") {
        Some(only) if only != value => Err(problem(path, &format!("is not {only}"))),
        _ => Ok(()),
    }
}

/// Whether a string is neither too short nor too long, and a number neither too small nor too large.
pub(super) fn check_limits(value: &Value, keywords: &Map<String, Value>, path: &str) -> Result<(), String> {
    if let Value::String(text) = value {
        let length = text.chars().count();
        if let Some(min) = size(keywords, "minLength").filter(|min| length < *min) {
            return Err(problem(path, &format!("is shorter than {min} characters")));
        }
        if let Some(max) = size(keywords, "maxLength").filter(|max| length > *max) {
            return Err(problem(path, &format!("is longer than {max} characters")));
        }
    }
    if let Some(number) = value.as_f64() {
        let limit = |name: &str| keywords.get(name).and_then(Value::as_f64);
        if let Some(min) = limit("minimum").filter(|min| number < *min) {
            return Err(problem(path, &format!("is below {min}")));
        }
        if let Some(max) = limit("maximum").filter(|max| number > *max) {
            return Err(problem(path, &format!("is above {max}")));
        }
    }
    Ok(())
}

/// The names in a keyword that holds one name or a list of them.
pub(super) fn names<'a>(schema: &'a Value, keyword: &str) -> Vec<&'a str> {
    match schema.get(keyword) {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

/// A keyword that holds a size.
pub(super) fn size(keywords: &Map<String, Value>, name: &str) -> Option<usize> {
    keywords
        .get(name)?
        .as_u64()
        .and_then(|size| usize::try_from(size).ok())
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        _ => false,
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// What is told where no choice fits: the constants, where all choices are some.
pub(super) fn constants_or(choices: &[Value], otherwise: &str) -> String {
    let constants: Option<Vec<String>> = choices
        .iter()
        .map(|choice| choice.get("const").map(ToString::to_string))
        .collect();
    constants.map_or_else(
        || otherwise.to_owned(),
        |constants| format!("is none of {}", constants.join(", ")),
    )
}

/// A problem with its place.
pub(super) fn problem(path: &str, what: &str) -> String {
    if path.is_empty() {
        format!("the answer {what}")
    } else {
        format!("`{path}` {what}")
    }
}

/// A number without a fraction as an integer; models write `3.0`.
pub(super) fn whole(number: f64) -> Option<i64> {
    format!("{number}").parse().ok()
}
