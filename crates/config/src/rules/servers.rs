use crate::address;
use crate::document::{Document, key_path};
use crate::environment::Environment;
use crate::problem::Problem;
use crate::settings::{Config, McpServerConfig};
use crate::tool_name::BUNDLED_SERVERS;

/// Every problem of `[mcpServers]`.
pub(crate) fn servers(config: &Config, at: &Document<'_>, environment: &Environment) -> Vec<Problem> {
    let named = config.mcp_servers.iter();
    named
        .flat_map(|(name, server)| {
            let mut problems = of_name(name, at);
            problems.extend(of_kind(name, server, at));
            problems.extend(of_values(name, server, at, environment));
            problems
        })
        .collect()
}

fn of_name(name: &str, at: &Document<'_>) -> Vec<Problem> {
    let key = key_path!["mcpServers", name];
    if BUNDLED_SERVERS.iter().any(|(bundled, _)| *bundled == name) {
        return vec![at.problem(&key, format!("`{name}` is the name of a bundled tool server"))];
    }
    if name.is_empty() || name.contains(['/', '*']) {
        return vec![at.problem(
            &key,
            "the name of a tool server is not empty and has no `/` and no `*`",
        )];
    }
    Vec::new()
}

fn of_kind(name: &str, server: &McpServerConfig, at: &Document<'_>) -> Vec<Problem> {
    let section = key_path!["mcpServers", name];
    let misplaced = |key: &str, other: &str| {
        at.problem(
            &section.then(key),
            format!("`{key}` of the tool server `{name}` goes with `{other}`"),
        )
    };
    let mut problems = Vec::new();
    match (&server.command, &server.url) {
        (None, None) => {
            let message = format!("the tool server `{name}` has neither `command` nor `url`");
            problems.push(at.problem(&section, message));
        }
        (Some(_), Some(_)) => {
            let message = format!("the tool server `{name}` has both `command` and `url`");
            problems.push(
                at.problem(&section.then("url"), message)
                    .with_hint("keep one of them"),
            );
        }
        (Some(command), None) => {
            if command.trim().is_empty() {
                problems.push(at.problem(&section.then("command"), "`command` is empty"));
            }
            if !server.headers.is_empty() {
                problems.push(misplaced("headers", "url"));
            }
        }
        (None, Some(url)) => {
            problems.extend(
                address::http(url)
                    .err()
                    .map(|message| at.problem(&section.then("url"), message)),
            );
            let extra = [("args", server.args.is_empty()), ("env", server.env.is_empty())];
            problems.extend(
                extra
                    .iter()
                    .filter(|(_, is_empty)| !is_empty)
                    .map(|(key, _)| misplaced(key, "command")),
            );
        }
    }
    if let Some(position) = server.read_only_tools.iter().position(|tool| tool.contains('/')) {
        let message = format!(
            "`{}` is not the name of a tool at this server",
            server.read_only_tools[position]
        );
        problems.push(
            at.problem(&section.then("read_only_tools").then(position), message)
                .with_hint("write the tool's own name, or \"*\" for all of them"),
        );
    }
    if server.timeout.is_zero() {
        problems.push(at.problem(
            &section.then("timeout"),
            "a call without any time cannot be answered",
        ));
    }
    problems
}

fn of_values(
    name: &str,
    server: &McpServerConfig,
    at: &Document<'_>,
    environment: &Environment,
) -> Vec<Problem> {
    let values = server.env.iter().map(|entry| ("env", entry));
    let all = values.chain(server.headers.iter().map(|entry| ("headers", entry)));
    all.filter_map(|(section, (key, value))| {
        let error = environment.expand(value).err()?;
        let message = format!("the tool server `{name}`: {error}");
        Some(at.problem(&key_path!["mcpServers", name, section, key.as_str()], message))
    })
    .collect()
}
