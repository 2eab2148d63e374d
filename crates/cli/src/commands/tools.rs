//! `tools`: tool servers, their tools, and trust.

use std::fmt::Write as _;

use copydesk_journal::ToolError;
use copydesk_tools::TrustError;
use serde_json::{Value, json};

use crate::app::Folder;
use crate::args::ToolsAction;
use crate::exit::{FAILED, Failure, USAGE};
use crate::outcome::Outcome;
use crate::words::{cut, line};

/// Characters of a description; with the columns before it a line keeps within 100.
const ABOUT_WIDTH: usize = 70;

/// Lists tools, or trusts them as they are.
pub async fn execute(folder: &Folder, action: Option<ToolsAction>) -> Result<Outcome, Failure> {
    if let Some(ToolsAction::Trust { selector }) = action {
        return trust(folder, selector.as_deref()).await;
    }
    let inspection = folder.hub.inspect().await;
    let inspection = inspection.map_err(|error| {
        Failure::new(
            "CD011",
            FAILED,
            error.to_string(),
            "check [mcpServers] in config.toml",
        )
    })?;
    let mut text = String::new();
    let mut list: Vec<Value> = Vec::new();
    for tool in &inspection.tools {
        let state = match (tool.trusted, tool.changed) {
            (true, _) => "trusted",
            (false, true) => "changed",
            (false, false) => "new",
        };
        let name = format!("{}/{}", tool.server, tool.tool);
        let about = first_sentence(&tool.description);
        let _ = writeln!(text, "{state:<9}{name:<20} {about}");
        list.push(json!({
            "server": tool.server, "tool": tool.tool, "fingerprint": tool.fingerprint, "trusted": tool.trusted,
            "changed": tool.changed, "description": tool.description,
        }));
    }
    let mut outcome = Outcome::new(Value::Array(list), text);
    for error in &inspection.failed {
        outcome = outcome.with_talk(error.to_string());
    }
    Ok(if inspection.failed.is_empty() {
        outcome
    } else {
        outcome.with_exit(FAILED)
    })
}

/// Trusts what is new or changed, as it is now. A server that cannot be asked keeps the others from nothing.
async fn trust(folder: &Folder, selector: Option<&str>) -> Result<Outcome, Failure> {
    let trusted = folder.hub.trust(selector).await.map_err(|error| {
        // What nobody has is a wrong word; a server that does not answer is not.
        let exit = if matches!(
            error,
            TrustError::Tool(ToolError::ServerUnknown { .. }) | TrustError::Unknown { .. }
        ) {
            USAGE
        } else {
            FAILED
        };
        Failure::new("CD011", exit, error.to_string(), "`copydesk tools` lists them")
    })?;
    let names: Vec<String> = trusted
        .newly
        .iter()
        .map(|tool| format!("{}/{}", tool.server, tool.tool))
        .collect();
    let text = if names.is_empty() {
        "nothing new to trust\n".to_owned()
    } else {
        names
            .iter()
            .map(|name| format!("trusted {name}\n"))
            .collect::<Vec<_>>()
            .concat()
    };
    let mut outcome = Outcome::new(json!(names), text);
    for error in &trusted.failed {
        outcome = outcome.with_talk(error.to_string());
    }
    Ok(if trusted.failed.is_empty() {
        outcome
    } else {
        outcome.with_exit(FAILED)
    })
}

/// What a tool says of itself, shortened: a description may be wrapped, or go on for pages.
fn first_sentence(description: &str) -> String {
    let paragraph = description.split("\n\n").next().unwrap_or_default();
    let words: Vec<&str> = paragraph.split_whitespace().collect();
    let words = words.join(" ");
    let sentence = words.split_once(". ").map_or(words.as_str(), |(first, _)| first);
    cut(&line(sentence), ABOUT_WIDTH)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_description_is_cut_at_a_sentence_or_says_that_it_goes_on() {
        assert_eq!(first_sentence("Reads\na feed. Asks only once."), "Reads a feed");
        let long = "word ".repeat(40);
        assert!(first_sentence(&long).ends_with('…'));
    }
}
