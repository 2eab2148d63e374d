//! What a tool gave, as stages take it.

use copydesk_domain::Untrusted;
use copydesk_journal::{ToolError, ToolName, ToolReply};
use rmcp::model::{CallToolResult, ContentBlock, ResourceContents};
use serde_json::Value;

/// Bytes of a result as JSON. A feed's page with full texts has some 400 KB, a long article 200 KB.
pub(super) const RESULT_BYTES_MAX: usize = 4 * 1024 * 1024;

/// Reads a result: its structure, else its text, which counts as structure where it is a JSON object or list.
pub(super) fn read(tool: &ToolName, result: CallToolResult) -> Result<ToolReply, ToolError> {
    let is_error = result.is_error.unwrap_or(false);
    let content = match result.structured_content {
        Some(value) if !value.is_null() => value,
        _ => from_text(text_of(&result.content)),
    };
    let bytes = json_bytes(&content);
    if bytes > RESULT_BYTES_MAX {
        let reason = format!("its result has {bytes} bytes, and {RESULT_BYTES_MAX} are allowed");
        return Err(ToolError::Protocol {
            tool: tool.to_string(),
            reason,
        });
    }
    Ok(ToolReply {
        content: Untrusted::new(content),
        is_error,
    })
}

/// A server's refusal, as a result that says so.
pub(super) fn refused(reason: &str) -> ToolReply {
    let reason: String = reason.chars().take(4_000).collect();
    ToolReply {
        content: Untrusted::new(Value::String(reason)),
        is_error: true,
    }
}

fn text_of(blocks: &[ContentBlock]) -> String {
    let texts = blocks.iter().filter_map(|block| match block {
        ContentBlock::Text(text) => Some(text.text.as_str()),
        ContentBlock::Resource(embedded) => match &embedded.resource {
            ResourceContents::TextResourceContents { text, .. } => Some(text.as_str()),
            _ => None,
        },
        // Pictures and sound are of no use to anything here.
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

fn from_text(text: String) -> Value {
    let looks_structured = text.trim_start().starts_with(['{', '[']);
    match serde_json::from_str(&text) {
        Ok(value) if looks_structured => value,
        _ => Value::String(text),
    }
}

fn json_bytes(value: &Value) -> usize {
    struct Count(usize);
    impl std::io::Write for Count {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    serde_json::to_writer(&mut count, value)
        .expect("a JSON value always serialises, and counting never fails");
    count.0
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read_one(result: CallToolResult) -> Result<ToolReply, ToolError> {
        read(&ToolName::new("a", "b"), result)
    }

    #[test]
    fn structure_wins_over_text() {
        let mut result = CallToolResult::success(vec![ContentBlock::text("words")]);
        assert_eq!(
            read_one(result.clone()).unwrap().content.inspect(),
            &json!("words")
        );
        result.structured_content = Some(json!({"n": 1}));
        assert_eq!(read_one(result).unwrap().content.inspect(), &json!({"n": 1}));
    }

    #[test]
    fn text_is_structure_only_where_it_is_an_object_or_a_list() {
        let of = |text: &str| {
            let result = CallToolResult::success(vec![ContentBlock::text(text)]);
            read_one(result).unwrap().content.inspect().clone()
        };
        assert_eq!(of(" [1, 2]"), json!([1, 2]));
        assert_eq!(of("42"), json!("42"));
        assert_eq!(of("{broken"), json!("{broken"));
        assert_eq!(of("null"), json!("null"));
    }

    #[test]
    fn a_tool_that_says_it_failed_is_a_reply() {
        let reply = read_one(CallToolResult::error(vec![ContentBlock::text("HTTP 503")])).unwrap();
        assert!(reply.is_error);
        assert_eq!(reply.content.inspect(), &json!("HTTP 503"));
    }

    #[test]
    fn a_result_beyond_the_limit_is_refused() {
        let result = CallToolResult::success(vec![ContentBlock::text("x".repeat(RESULT_BYTES_MAX))]);
        assert!(matches!(read_one(result), Err(ToolError::Protocol { .. })));
    }
}
