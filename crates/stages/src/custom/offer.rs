//! Which tools a custom stage's model is offered: those that only read.
//!
//! The session reads what others wrote, so that it must change nothing. That a tool only reads is said by its server,
//! in what a person has trusted, or by the operator in `read_only_tools`; what nobody says so of is not offered.

use copydesk_journal::{StageContext, StageError, ToolSpec};

/// The tools that the model may call.
///
/// # Errors
/// [`StageError::Input`] for a tool that `model_tools` names by its own name and that may change something.
pub(super) async fn tools(ctx: &StageContext) -> Result<Vec<ToolSpec>, StageError> {
    let (offered, others): (Vec<ToolSpec>, Vec<ToolSpec>) = ctx
        .model_tools()
        .await?
        .into_iter()
        .partition(|tool| tool.is_read_only);
    let named = &ctx.stage().model_tools;
    if let Some(tool) = others.iter().find(|tool| named.contains(&tool.name.to_string())) {
        return Err(StageError::Input {
            what: format!("the tool `{}`", tool.name),
            reason: format!(
                "its server does not say that it only reads (`readOnlyHint`), and a model that reads text of others \
                 must change nothing; take it out of `model_tools`, or say so yourself: `read_only_tools` of \
                 [mcpServers.{}] in config.toml",
                tool.name.server
            ),
        });
    }
    if !others.is_empty() {
        let left_out: Vec<String> = others.iter().map(|tool| tool.name.to_string()).collect();
        let line = format!(
            "not offered, because nobody says that they only read: {}",
            left_out.join(", ")
        );
        ctx.log("warn", line.chars().take(500).collect());
    }
    Ok(offered)
}
