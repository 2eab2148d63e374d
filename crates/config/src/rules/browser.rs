use crate::document::{Document, key_path};
use crate::nearest::suggestion;
use crate::pipeline::Pipeline;
use crate::problem::Problem;
use crate::settings::Config;
use crate::tool_name::is_covered;

/// The tools that reading a page in a browser takes.
const TOOLS: [&str; 2] = ["browser_navigate", "browser_evaluate"];

/// Every problem of `[browser]`.
pub(super) fn browser(pipeline: &Pipeline, config: &Config, at: &Document<'_>) -> Vec<Problem> {
    let browser = &pipeline.browser;
    let mut problems = Vec::new();
    for (position, host) in browser.hosts.iter().enumerate() {
        let is_host = !host.is_empty() && !host.contains(['/', ':', '*', ' ', '@']);
        if !is_host {
            let key = key_path!["browser", "hosts", position];
            let problem = at.problem(&key, format!("`{host}` is not a host"));
            problems.push(problem.with_hint("write it as \"app.example.com\"; names below it count too"));
        }
    }
    if browser.hosts.is_empty() {
        return problems;
    }
    let server = browser.server.as_str();
    let key = key_path!["browser", "server"];
    if !config.mcp_servers.contains_key(server) {
        let known: Vec<&str> = config.mcp_servers.keys().map(String::as_str).collect();
        let message = if server.is_empty() {
            "hosts are to be read in a browser, and `server` names none".to_owned()
        } else {
            format!("there is no tool server `{server}` under [mcpServers] of config.toml")
        };
        problems.push(Problem {
            hint: suggestion(server, &known)
                .or_else(|| Some("docs/tool-servers.md has one to copy".to_owned())),
            ..at.problem(&key, message)
        });
        return problems;
    }
    let research = pipeline.stages.iter().enumerate();
    for (index, stage) in research.filter(|(_, stage)| stage.agent == "research") {
        let missing: Vec<String> = TOOLS
            .iter()
            .filter(|tool| !is_covered(&stage.tools, server, tool))
            .map(|tool| format!("\"{server}/{tool}\""))
            .collect();
        if !missing.is_empty() {
            let message = "research reads pages in a browser, and its `tools` do not name what that takes";
            let problem = at.problem(&key_path!["stage", index, "tools"], message);
            problems.push(problem.with_hint(format!("add {}", missing.join(", "))));
        }
        let is_models = |tool: &&&str| is_covered(&stage.model_tools, server, tool);
        if let Some(tool) = TOOLS.iter().find(is_models) {
            let message = format!("a model may call `{server}/{tool}` and so go anywhere: code navigates");
            let problem = at.problem(&key_path!["stage", index, "model_tools"], message);
            problems.push(problem.with_hint("take the browser out of `model_tools`"));
        }
    }
    problems
}
