use copydesk_domain::{ModelName, StageName, task};

use super::models::EMBEDDED;
use crate::custom::{Files, below};
use crate::document::{Document, key_path};
use crate::nearest::suggestion;
use crate::pipeline::StageConfig;
use crate::problem::Problem;
use crate::settings::Config;

/// Bundled tools that the model of a custom stage may call. With the others it would name an address itself, and what it
/// has read could leave with it, or it would change something on the word of a text.
const FOR_MODELS: &[&str] = &[
    "archive/search",
    "archive/get",
    "archive/*",
    "replies/list",
    "replies/*",
];

/// Every problem of the keys of a custom stage.
pub(super) fn custom(
    stage: &StageConfig,
    index: usize,
    config: &Config,
    files: Files<'_>,
    at: &Document<'_>,
) -> Vec<Problem> {
    if !stage.is_custom() {
        return misplaced(stage, index, at);
    }
    let mut problems: Vec<Problem> = name(stage, index, at).into_iter().collect();
    problems.extend(file(
        stage,
        index,
        ("prompt", "digest.md"),
        stage.prompt.as_deref(),
        at,
        |below| files.prompts.contains_key(below),
    ));
    let schema = stage.output_schema.as_deref();
    problems.extend(file(
        stage,
        index,
        ("output_schema", "digest.schema.json"),
        schema,
        at,
        |below| files.schemas.contains_key(below),
    ));
    problems.extend(turns(stage, index, at));
    problems.extend(model_tools(stage, index, at));
    problems.extend(route(stage, index, config, at));
    problems
}

/// Keys that only a custom stage has.
fn misplaced(stage: &StageConfig, index: usize, at: &Document<'_>) -> Vec<Problem> {
    let given = [
        ("prompt", stage.prompt.is_some()),
        ("output_schema", stage.output_schema.is_some()),
        ("turns_max", stage.turns_max.is_some()),
        ("approval", stage.approval),
    ];
    let given = given.into_iter().filter(|(_, is_given)| *is_given);
    given
        .map(|(key, _)| {
            let message = format!(
                "`{key}` is a key of custom stages, and the agent is `{}`",
                stage.agent
            );
            at.problem(&key_path!["stage", index, key], message)
                .with_hint(format!("take `{key}` out, or write `agent = \"custom\"`"))
        })
        .collect()
}

fn name(stage: &StageConfig, index: usize, at: &Document<'_>) -> Option<Problem> {
    let Some(name) = &stage.name else {
        let problem = at.problem(
            &key_path!["stage", index, "agent"],
            "a custom stage has no `name`",
        );
        return Some(problem.with_hint("write `name = \"…\"`: its task, its log and its file are called so"));
    };
    let is_task = task::ALL.iter().any(|(task, _)| *task == name.as_str());
    // `publish` is told for every stage.
    let is_reserved = StageName::RESERVED.contains(&name.as_str()) && name.as_str() != StageName::PUBLISH;
    (is_task || is_reserved).then(|| {
        let message = format!("`{name}` means something else already, so no custom stage can be called so");
        at.problem(&key_path!["stage", index, "name"], message)
            .with_hint("choose another `name`")
    })
}

/// A problem of a file that a key names: absent, outside `prompts/`, or not there.
fn file(
    stage: &StageConfig,
    index: usize,
    (key, example): (&str, &str),
    path: Option<&str>,
    at: &Document<'_>,
    is_there: impl Fn(&str) -> bool,
) -> Option<Problem> {
    let hint = format!("write `{key} = \"prompts/custom/{example}\"`, a file beside the other prompts");
    let Some(path) = path else {
        let message = format!("the custom stage `{}` has no `{key}`", stage.stage_name());
        let problem = at.problem(&key_path!["stage", index, "agent"], message);
        return Some(problem.with_hint(hint));
    };
    let key = key_path!["stage", index, key];
    let ending = example.rsplit_once('.').map_or("", |(_, ending)| ending);
    let is_plain = |path: &str| {
        !path
            .split('/')
            .any(|part| part.is_empty() || part.starts_with('.'))
    };
    let is_right =
        |path: &&str| is_plain(path) && path.rsplit_once('.').is_some_and(|(_, found)| found == ending);
    match below(path).filter(is_right) {
        None => Some(at.problem(
            &key,
            format!("`{path}` is no path such as `prompts/custom/{example}`"),
        )),
        Some(below) if !is_there(below) => {
            let message = format!("the file `{path}` is missing");
            Some(at.problem(&key, message).with_hint("write it, or mend the path"))
        }
        Some(_) => None,
    }
}

fn turns(stage: &StageConfig, index: usize, at: &Document<'_>) -> Option<Problem> {
    let turns = stage.turns_max.filter(|turns| *turns > StageConfig::TURNS_MAX)?;
    let message = format!(
        "`turns_max` is {turns}, and more than {} turns cost more than they give",
        StageConfig::TURNS_MAX
    );
    Some(at.problem(&key_path!["stage", index, "turns_max"], message))
}

fn model_tools(stage: &StageConfig, index: usize, at: &Document<'_>) -> Vec<Problem> {
    let bundled = |tool: &str| {
        let server = tool.split_once('/').map_or("", |(server, _)| server);
        crate::BUNDLED_SERVERS.iter().any(|(known, _)| *known == server)
    };
    let listed = stage.model_tools.iter().enumerate();
    listed
        .filter(|(_, tool)| bundled(tool) && !FOR_MODELS.contains(&tool.as_str()))
        .map(|(position, tool)| {
            let message = format!(
                "the model of a custom stage reads text of others, so it may not call `{tool}`, which would let it \
                 choose an address or change something"
            );
            Problem {
                hint: suggestion(tool, FOR_MODELS),
                ..at.problem(&key_path!["stage", index, "model_tools", position], message)
            }
        })
        .collect()
}

/// The embedded model knows the tasks of the program, and no other.
fn route(stage: &StageConfig, index: usize, config: &Config, at: &Document<'_>) -> Option<Problem> {
    let name = stage.name.as_ref()?;
    let route = config
        .routes
        .get(name.as_str())
        .or_else(|| config.routes.get("default"));
    let is_embedded = |model: &ModelName| model.as_str() == EMBEDDED;
    let is_answered = route.is_some_and(|route| route.iter().any(|model| !is_embedded(model)));
    (!is_answered).then(|| {
        let message =
            format!("no model can answer the custom stage `{name}`: `embedded` knows no tasks but its own");
        at.problem(&key_path!["stage", index, "name"], message)
            .as_warning()
            .with_hint(format!(
                "name a language model under [models], and `{name} = [\"NAME\"]` under [routes]"
            ))
    })
}
