//! Models and tools as a replay has them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use copydesk_journal::{
    Ledger, ModelCall, ModelError, ModelReply, Models, ToolError, ToolName, ToolReply, ToolSpec, Tools,
};
use serde_json::Value;

/// No model at all: what is not recorded is not answered.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoModels;

#[async_trait]
impl Models for NoModels {
    async fn ask(&self, call: ModelCall, _: &dyn Ledger) -> Result<ModelReply, ModelError> {
        let reason = format!(
            "the recording has no answer to this question of `{}`, and a replay asks no model",
            call.task
        );
        Err(ModelError::Call { reason })
    }
}

/// No tool at all.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoTools;

const NOT_RECORDED: &str = "the recording has no answer of it to this call";

#[async_trait]
impl Tools for NoTools {
    async fn list(&self, patterns: &[String]) -> Result<Vec<ToolSpec>, ToolError> {
        Err(ToolError::NotReplayed {
            tool: patterns.join(", "),
            reason: "the run was recorded by a version that did not keep what its model was offered",
        })
    }

    async fn call(&self, tool: &ToolName, _: Value, _: &[String]) -> Result<ToolReply, ToolError> {
        Err(ToolError::NotReplayed {
            tool: tool.to_string(),
            reason: NOT_RECORDED,
        })
    }
}

/// The tools that only read, by their servers' or the operator's word; others are not called.
pub struct ReadingTools {
    tools: Arc<dyn Tools>,
    /// What is known of each tool, so that a server is asked once.
    known: Mutex<HashMap<ToolName, bool>>,
}

impl ReadingTools {
    /// Those of `tools` that only read.
    pub fn of(tools: Arc<dyn Tools>) -> Self {
        let known = Mutex::default();
        Self { tools, known }
    }

    async fn reads(&self, tool: &ToolName) -> Result<bool, ToolError> {
        let known = || self.known.lock().expect("no holder of this lock panics");
        if let Some(reads) = known().get(tool) {
            return Ok(*reads);
        }
        let listed = self.tools.list(&[tool.to_string()]).await?;
        let reads = listed.iter().any(|spec| spec.name == *tool && spec.is_read_only);
        known().insert(tool.clone(), reads);
        Ok(reads)
    }
}

#[async_trait]
impl Tools for ReadingTools {
    async fn list(&self, patterns: &[String]) -> Result<Vec<ToolSpec>, ToolError> {
        self.tools.list(patterns).await
    }

    async fn call(
        &self,
        tool: &ToolName,
        arguments: Value,
        patterns: &[String],
    ) -> Result<ToolReply, ToolError> {
        if !self.reads(tool).await? {
            return Err(ToolError::NotReplayed {
                tool: tool.to_string(),
                reason: "nobody says that it only reads, and a replay changes nothing outside",
            });
        }
        self.tools.call(tool, arguments, patterns).await
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Untrusted;

    use super::*;

    /// Two tools, one of which only reads.
    struct Two;

    #[async_trait]
    impl Tools for Two {
        async fn list(&self, _: &[String]) -> Result<Vec<ToolSpec>, ToolError> {
            let spec = |tool: &str, is_read_only| ToolSpec {
                name: ToolName::new("desk", tool),
                description: String::new(),
                input_schema: Value::Null,
                is_read_only,
            };
            Ok(vec![spec("look", true), spec("post", false)])
        }

        async fn call(&self, _: &ToolName, _: Value, _: &[String]) -> Result<ToolReply, ToolError> {
            Ok(ToolReply {
                content: Untrusted::new(Value::Null),
                is_error: false,
            })
        }
    }

    #[tokio::test]
    async fn a_tool_that_may_act_is_not_called_by_a_replay() {
        let tools = ReadingTools::of(Arc::new(Two));
        let call = |tool: &'static str| {
            let tools = &tools;
            async move { tools.call(&ToolName::new("desk", tool), Value::Null, &[]).await }
        };
        assert!(call("look").await.is_ok());
        for unsaid in ["post", "unknown"] {
            assert!(matches!(call(unsaid).await, Err(ToolError::NotReplayed { .. })));
        }
    }
}
