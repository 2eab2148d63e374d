use crate::document::{Document, key_path};
use crate::nearest::suggestion;
use crate::pipeline::Pipeline;
use crate::problem::Problem;
use crate::settings::Config;
use crate::tool_name::is_covered;

/// Every problem of `[search]`.
pub(super) fn search(pipeline: &Pipeline, config: &Config, at: &Document<'_>) -> Vec<Problem> {
    let search = &pipeline.search;
    let mut problems = Vec::new();
    for (position, query) in search.queries.iter().enumerate() {
        if query.trim().is_empty() {
            problems.push(at.problem(&key_path!["search", "queries", position], "a query is empty"));
        }
    }
    if search.queries.is_empty() {
        return problems;
    }
    let (server, tool) = (search.server.as_str(), search.tool.as_str());
    if !config.mcp_servers.contains_key(server) {
        let known: Vec<&str> = config.mcp_servers.keys().map(String::as_str).collect();
        let message = format!("there is no tool server `{server}` under [mcpServers] of config.toml");
        problems.push(Problem {
            hint: suggestion(server, &known).or_else(|| Some("docs/tool-servers.md says how".to_owned())),
            ..at.problem(&key_path!["search", "server"], message)
        });
        return problems;
    }
    let research = pipeline.stages.iter().enumerate();
    for (index, stage) in research.filter(|(_, stage)| stage.agent == "research") {
        if !is_covered(&stage.tools, server, tool) {
            let message = "research has queries to ask, and its `tools` do not name what that takes";
            let problem = at.problem(&key_path!["stage", index, "tools"], message);
            problems.push(problem.with_hint(format!("add \"{server}/{tool}\"")));
        }
    }
    problems
}
