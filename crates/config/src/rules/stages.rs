use copydesk_domain::StageName;

use super::custom::custom;
use super::voices::voices;
use crate::custom::Files;
use crate::document::{Document, key_path};
use crate::nearest::suggestion;
use crate::pipeline::{Pipeline, StageConfig};
use crate::problem::Problem;
use crate::schedule;
use crate::settings::Config;
use crate::tool_name::{BUNDLED_SERVERS, is_covered};

/// What `agent` may be, with the agent whose artifact it reads.
const AGENTS: &[(&str, Option<&str>)] = &[
    ("research", None),
    ("draft", Some("research")),
    ("review", Some("draft")),
    ("engagement", None),
    ("custom", None),
];

/// Every problem of `[[stage]]`.
pub(super) fn stages(
    pipeline: &Pipeline,
    config: &Config,
    files: Files<'_>,
    at: &Document<'_>,
) -> Vec<Problem> {
    let mut problems = Vec::new();
    if pipeline.stages.is_empty() {
        problems.push(
            at.problem(&key_path!["stage"], "the pipeline has no stage")
                .with_hint("write at least one [[stage]]"),
        );
    }
    for (index, stage) in pipeline.stages.iter().enumerate() {
        let before = &pipeline.stages[..index];
        problems.extend(of_agent(stage, index, before, at));
        problems.extend(of_name(stage, index, before, at));
        problems.extend(of_needs(stage, index, &pipeline.stages, at));
        problems.extend(of_times(stage, index, at));
        problems.extend(of_due_times(stage, index, pipeline, at));
        problems.extend(of_tools(stage, index, config, at));
        problems.extend(of_budget(stage, index, config, at));
        problems.extend(voices(stage, index, config, at));
        problems.extend(custom(stage, index, config, files, at));
    }
    problems
}

fn of_agent(stage: &StageConfig, index: usize, before: &[StageConfig], at: &Document<'_>) -> Option<Problem> {
    let agent = stage.agent.as_str();
    if agent.is_empty() {
        return None;
    }
    let key = key_path!["stage", index, "agent"];
    let Some((_, reads)) = AGENTS.iter().find(|(known, _)| *known == agent) else {
        let known: Vec<&str> = AGENTS.iter().map(|(known, _)| *known).collect();
        let problem = at.problem(&key, format!("unknown agent `{agent}`"));
        return Some(Problem {
            hint: suggestion(agent, &known),
            ..problem
        });
    };
    let reads = (*reads)?;
    let is_there = before.iter().any(|stage| stage.agent == reads);
    (!is_there).then(|| {
        let message =
            format!("the agent `{agent}` reads what `{reads}` makes, and no such stage stands before it");
        at.problem(&key, message)
    })
}

fn of_name(stage: &StageConfig, index: usize, before: &[StageConfig], at: &Document<'_>) -> Option<Problem> {
    let name = stage.stage_name();
    let key = key_path![
        "stage",
        index,
        if stage.name.is_some() { "name" } else { "agent" }
    ];
    if stage.agent.is_empty() {
        return None;
    }
    if before.iter().any(|other| other.stage_name() == name) {
        let problem = at.problem(&key, format!("two stages are called `{name}`"));
        return Some(problem.with_hint("give one of them another `name`"));
    }
    if name.as_str() == StageName::PUBLISH {
        let message = "`publish` is the stage that the program adds after the approval";
        return Some(at.problem(&key, message).with_hint("choose another `name`"));
    }
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    let is_name = !name.as_str().is_empty() && name.as_str().chars().all(is_plain);
    (!is_name && stage.name.is_some()).then(|| {
        let message = format!("`{name}` is no name for a stage: lower-case letters, digits, `-` and `_`");
        at.problem(&key, message)
    })
}

fn of_needs(stage: &StageConfig, index: usize, all: &[StageConfig], at: &Document<'_>) -> Vec<Problem> {
    let names: Vec<StageName> = all.iter().map(StageConfig::stage_name).collect();
    let needs = stage.needs.iter().flatten().enumerate();
    needs
        .filter_map(|(position, need)| {
            let key = key_path!["stage", index, "needs", position];
            let own = stage.stage_name();
            match names.iter().position(|name| name == need) {
                Some(found) if found < index => None,
                Some(_) => {
                    let message = format!("the stage `{own}` needs `{need}`, which does not stand before it");
                    Some(at.problem(&key, message))
                }
                None => {
                    let known: Vec<&str> = names[..index].iter().map(StageName::as_str).collect();
                    let problem = at.problem(
                        &key,
                        format!("the stage `{own}` needs the unknown stage `{need}`"),
                    );
                    Some(Problem {
                        hint: suggestion(need.as_str(), &known),
                        ..problem
                    })
                }
            }
        })
        .collect()
}

fn of_times(stage: &StageConfig, index: usize, at: &Document<'_>) -> Option<Problem> {
    let (start, end) = (stage.at?, stage.worth_until?);
    (end <= start).then(|| {
        let message = format!(
            "the stage `{}` is worth until {} and starts not before {}",
            stage.stage_name(),
            end.strftime("%H:%M"),
            start.strftime("%H:%M"),
        );
        let problem = at.problem(&key_path!["stage", index, "worth_until"], message);
        problem.with_hint("both are times of the same day")
    })
}

/// Times of day of a schedule and of a stage are of the same day: one that is worth nothing any more when the day is due
/// would be skipped each day, and nobody would be told.
fn of_due_times(
    stage: &StageConfig,
    index: usize,
    pipeline: &Pipeline,
    at: &Document<'_>,
) -> Option<Problem> {
    let end = stage.worth_until?;
    let text = pipeline.pipeline.schedule.as_deref()?;
    let cron = schedule::parse(text).ok()?;
    let earliest = schedule::earliest_time(&cron)?;
    (end <= earliest).then(|| {
        let (name, end) = (stage.stage_name(), end.strftime("%H:%M"));
        let message = format!(
            "the stage `{name}` is worth until {end}, and `{text}` is due at {} at the earliest: it would be skipped each day",
            earliest.strftime("%H:%M"),
        );
        let problem = at.problem(&key_path!["stage", index, "worth_until"], message);
        problem.with_hint("both are times of the same day: give the stage a later `worth_until`, or take it away")
    })
}

fn of_tools(stage: &StageConfig, index: usize, config: &Config, at: &Document<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (list, tools) in [("tools", &stage.tools), ("model_tools", &stage.model_tools)] {
        for (position, tool) in tools.iter().enumerate() {
            let key = key_path!["stage", index, list, position];
            if let Some((message, hint)) = unknown_tool(tool, config) {
                problems.push(Problem {
                    hint,
                    ..at.problem(&key, message)
                });
            } else if list == "model_tools" && !covers(&stage.tools, tool) {
                let message =
                    format!("the model may call `{tool}`, which `tools` of its stage does not cover");
                problems.push(
                    at.problem(&key, message)
                        .with_hint(format!("add `{tool}` to `tools`")),
                );
            } else if list == "model_tools" && stage.agent == "research" && !is_bundled(tool) {
                let message = format!(
                    "the model of research is not offered `{tool}` of another server: what it read could leave in its words"
                );
                problems.push(at.problem(&key, message).as_warning().with_hint(
                    "its model takes `archive/search` and `web/open`; what is asked of a search elsewhere stands in \
                     [search]",
                ));
            }
        }
    }
    problems
}

/// Whether a tool is one of the bundled servers.
fn is_bundled(tool: &str) -> bool {
    let server = tool.split_once('/').map_or(tool, |(server, _)| server);
    BUNDLED_SERVERS.iter().any(|(bundled, _)| *bundled == server)
}

fn covers(tools: &[String], tool: &str) -> bool {
    tool.split_once('/')
        .is_some_and(|(server, tool)| is_covered(tools, server, tool))
}

/// Message and hint for a tool that no server has.
fn unknown_tool(text: &str, config: &Config) -> Option<(String, Option<String>)> {
    let Some((server, tool)) = text
        .split_once('/')
        .filter(|(server, tool)| !server.is_empty() && !tool.is_empty())
    else {
        let message = format!("`{text}` is not a tool such as \"archive/search\" or \"archive/*\"");
        return Some((message, None));
    };
    if config.mcp_servers.contains_key(server) {
        return None;
    }
    if server == "desk" {
        let message = format!(
            "`{text}`: the desk is the author's, and no stage may call it; `copydesk mcp desk` serves it"
        );
        return Some((message, None));
    }
    let Some((_, tools)) = BUNDLED_SERVERS.iter().find(|(bundled, _)| *bundled == server) else {
        let mut known: Vec<&str> = BUNDLED_SERVERS.iter().map(|(bundled, _)| *bundled).collect();
        known.extend(config.mcp_servers.keys().map(String::as_str));
        return Some((
            format!("`{text}` names the unknown tool server `{server}`"),
            suggestion(server, &known),
        ));
    };
    let is_known = tool == "*" || tools.contains(&tool);
    (!is_known).then(|| {
        (
            format!("the tool server `{server}` has no tool `{tool}`"),
            suggestion(tool, tools),
        )
    })
}

fn of_budget(stage: &StageConfig, index: usize, config: &Config, at: &Document<'_>) -> Option<Problem> {
    let budget = stage.budget.filter(|budget| *budget > config.budget.run)?;
    let message = format!(
        "the budget of the stage `{}`, {budget}, is more than that of a whole run, {}",
        stage.stage_name(),
        config.budget.run
    );
    Some(
        at.problem(&key_path!["stage", index, "budget"], message)
            .as_warning(),
    )
}
