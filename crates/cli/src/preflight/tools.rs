//! Tool servers that the stages of a release list: handshake, tools, trust, and what they are started with.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use copydesk_config::{Environment, Release};
use copydesk_journal::ToolName;
use copydesk_store::{PreflightArea, PreflightProblem};
use copydesk_tools::{Hub, Inspection};
use futures::future::join_all;

use super::problem;

/// From the start of a server to the list of its tools; the handshake alone has 15 s.
const ANSWER_MAX: Duration = Duration::from_secs(20);

/// What is wrong with the tools that the stages list.
pub(super) async fn look(hub: &Hub, release: &Release, environment: &Environment) -> Vec<PreflightProblem> {
    let asked = wanted(release)
        .into_iter()
        .map(|(server, patterns)| of_server(hub, release, environment, server, patterns));
    join_all(asked).await.into_iter().flatten().collect()
}

/// The servers that stages list, each with the patterns of its tools.
fn wanted(release: &Release) -> BTreeMap<&str, BTreeSet<&str>> {
    let mut servers: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for pattern in release.pipeline.stages.iter().flat_map(|stage| &stage.tools) {
        let server = pattern
            .split_once('/')
            .map_or(pattern.as_str(), |(server, _)| server);
        servers.entry(server).or_default().insert(pattern);
    }
    servers
}

async fn of_server(
    hub: &Hub,
    release: &Release,
    environment: &Environment,
    server: &str,
    patterns: BTreeSet<&str>,
) -> Vec<PreflightProblem> {
    let about = format!("tool server {server}");
    let mend = format!("look at [mcpServers.{server}] in config.toml; `copydesk tools` asks it again");
    if let Some(config) = release.config.mcp_servers.get(server) {
        let env = environment.of_server(config).map(|_| ());
        if let Err(error) = env.and_then(|()| environment.headers_of(config).map(|_| ())) {
            return vec![problem(
                PreflightArea::Credentials,
                about,
                error.to_string(),
                mend,
            )];
        }
    }
    let inspection = match tokio::time::timeout(ANSWER_MAX, hub.inspect_server(server)).await {
        Ok(Ok(inspection)) => inspection,
        Ok(Err(error)) => return vec![problem(PreflightArea::Tools, about, error.to_string(), mend)],
        Err(_) => {
            let silent = format!("it did not list its tools within {} s", ANSWER_MAX.as_secs());
            return vec![problem(PreflightArea::Tools, about, silent, mend)];
        }
    };
    let failed = inspection.failed.iter();
    let mut problems: Vec<PreflightProblem> = failed
        .map(|error| {
            problem(
                PreflightArea::Tools,
                about.clone(),
                error.to_string(),
                mend.clone(),
            )
        })
        .collect();
    if problems.is_empty() {
        problems.extend(of_tools(&inspection, server, &patterns));
    }
    problems
}

/// Tools that are listed and not there, and those that nobody trusts as they are. Pure.
fn of_tools(inspection: &Inspection, server: &str, patterns: &BTreeSet<&str>) -> Vec<PreflightProblem> {
    let mut problems = Vec::new();
    for pattern in patterns.iter().filter(|pattern| !pattern.ends_with("/*")) {
        let is_there = inspection
            .tools
            .iter()
            .any(|tool| format!("{server}/{}", tool.tool) == **pattern);
        if !is_there {
            let next = "take it out of the stage's `tools`, or mend the server";
            let gone = "its server has no such tool";
            problems.push(problem(
                PreflightArea::Tools,
                format!("tool {pattern}"),
                gone,
                next,
            ));
        }
    }
    for tool in inspection.tools.iter().filter(|tool| !tool.trusted) {
        let name = ToolName::new(tool.server.clone(), tool.tool.clone());
        if !patterns.iter().any(|pattern| name.is_covered_by(pattern)) {
            continue;
        }
        let what = if tool.changed {
            "it is not what it was when a person trusted it"
        } else {
            "it is new, and nobody trusts it yet"
        };
        let next = format!("look at it with `copydesk tools`, then `copydesk tools trust {name}`");
        problems.push(problem(PreflightArea::Trust, format!("tool {name}"), what, next));
    }
    problems
}

#[cfg(test)]
mod tests {
    use copydesk_domain::ContentHash;
    use copydesk_tools::ToolStatus;

    use super::*;

    fn tool(name: &str, trusted: bool, changed: bool) -> ToolStatus {
        ToolStatus {
            server: "files".to_owned(),
            tool: name.to_owned(),
            fingerprint: ContentHash::of(b"tool"),
            trusted,
            changed,
            description: String::new(),
        }
    }

    #[test]
    fn missing_new_and_changed_tools_are_told_apart_and_others_are_nobodys_matter() {
        let inspection = Inspection {
            tools: vec![
                tool("read", true, false),
                tool("list", false, true),
                tool("find", false, false),
                tool("write", false, false),
            ],
            failed: Vec::new(),
        };
        let patterns = BTreeSet::from(["files/read", "files/list", "files/find", "files/gone"]);
        let found = of_tools(&inspection, "files", &patterns);
        let told: Vec<(PreflightArea, &str)> = found
            .iter()
            .map(|problem| (problem.area, problem.about.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (PreflightArea::Tools, "tool files/gone"),
                (PreflightArea::Trust, "tool files/list"),
                (PreflightArea::Trust, "tool files/find"),
            ]
        );
        assert!(found[1].problem.contains("not what it was"), "{found:?}");
        assert!(
            found[2].next.contains("copydesk tools trust files/find"),
            "{found:?}"
        );
    }
}
