//! What a person trusts when they trust a tool.

use std::fmt::Write;

use copydesk_config::McpServerConfig;
use copydesk_domain::ContentHash;
use rmcp::model::Tool;
use serde_json::{Value, json};

use super::connect::Target;

/// Lists of a JSON schema whose order means nothing.
const SETS: &[&str] = &["required", "enum", "type"];

/// SHA-256 over where the tool runs and all that it says about itself: command with arguments, or address; name,
/// title, description, schemas, annotations. The order of keys does not count. Keys and tokens in `env` and
/// `headers` do not count either: changing one changes no tool.
pub(super) fn fingerprint(target: &Target, tool: &Tool) -> ContentHash {
    let place = match target {
        Target::Bundled(server) => json!({ "bundled": server.name() }),
        Target::Configured(McpServerConfig {
            command, args, url, ..
        }) => {
            json!({ "command": command, "args": args, "url": url })
        }
    };
    let annotations = serde_json::to_value(&tool.annotations).unwrap_or_default();
    let whole = json!({
        "place": place,
        "name": tool.name,
        "title": tool.title,
        "description": tool.description,
        "input_schema": &*tool.input_schema,
        "output_schema": tool.output_schema.as_deref(),
        "annotations": annotations,
    });
    let mut text = String::new();
    write_canonical(&mut text, &whole, None);
    ContentHash::of(text.as_bytes())
}

/// Writes JSON with sorted keys and sorted sets. Nesting is bounded by the depth that the JSON parser accepts.
fn write_canonical(out: &mut String, value: &Value, key: Option<&str>) {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by_key(|(key, _)| *key);
            out.push('{');
            for (key, value) in entries {
                let _ = write!(out, "{}:", Value::from(key.as_str()));
                write_canonical(out, value, Some(key));
                out.push(',');
            }
            out.push('}');
        }
        Value::Array(list) => {
            let mut items: Vec<String> = list
                .iter()
                .map(|item| {
                    let mut text = String::new();
                    write_canonical(&mut text, item, None);
                    text
                })
                .collect();
            if key.is_some_and(|key| SETS.contains(&key)) {
                items.sort();
            }
            let _ = write!(out, "[{}]", items.join(","));
        }
        scalar => {
            let _ = write!(out, "{scalar}");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn target(args: &[&str], key: &str) -> Target {
        Target::Configured(McpServerConfig {
            command: Some("server".to_owned()),
            args: args.iter().map(|&arg| arg.to_owned()).collect(),
            env: [("KEY".to_owned(), key.to_owned())].into(),
            ..McpServerConfig::default()
        })
    }

    fn tool(schema: &str) -> Tool {
        let schema: serde_json::Map<String, Value> = serde_json::from_str(schema).unwrap();
        Tool::new("get", "Gets it.", Arc::new(schema))
    }

    const SCHEMA: &str = r#"{"type":"object","required":["a","b"],"properties":{"a":{"type":"string"},"b":{"type":"integer"}}}"#;

    #[test]
    fn order_and_secrets_do_not_count() {
        let other = r#"{"properties":{"b":{"type":"integer"},"a":{"type":"string"}},"required":["b","a"],"type":"object"}"#;
        let first = fingerprint(&target(&["-x"], "1"), &tool(SCHEMA));
        assert_eq!(first, fingerprint(&target(&["-x"], "2"), &tool(other)));
    }

    #[test]
    fn command_words_and_schema_count() {
        let first = fingerprint(&target(&["-x"], "1"), &tool(SCHEMA));
        assert_ne!(first, fingerprint(&target(&["-y"], "1"), &tool(SCHEMA)));
        assert_ne!(
            first,
            fingerprint(&target(&["-x"], "1"), &tool(r#"{"type":"object"}"#))
        );
        let mut reworded = tool(SCHEMA);
        reworded.description = Some("Gets it, and sends it on.".into());
        assert_ne!(first, fingerprint(&target(&["-x"], "1"), &reworded));
        let titled = tool(SCHEMA).with_title("Get");
        assert_ne!(first, fingerprint(&target(&["-x"], "1"), &titled));
    }

    #[test]
    fn the_order_of_arguments_counts() {
        let tool = tool(SCHEMA);
        assert_ne!(
            fingerprint(&target(&["a", "b"], ""), &tool),
            fingerprint(&target(&["b", "a"], ""), &tool)
        );
    }
}
