//! Files that custom stages name: prompts and output schemas, both below `prompts/`.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_domain::StageName;
use serde_json::Value;

use crate::output_schema;
use crate::pipeline::{Pipeline, StageConfig};
use crate::problem::Problem;
use crate::prompts;
use crate::release::Release;

/// The folder that they lie in, with its slash.
const FOLDER: &str = "prompts/";

/// What lies below `prompts/`, each path to its text.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Files<'a> {
    pub(crate) prompts: &'a BTreeMap<String, String>,
    pub(crate) schemas: &'a BTreeMap<String, String>,
}

/// The path below `prompts/` of a file that a stage names as `prompts/…`.
pub(crate) fn below(path: &str) -> Option<&str> {
    path.strip_prefix(FOLDER)
}

/// The schemas that the custom stages of a pipeline name.
pub(crate) fn schemas_of(
    pipeline: &Pipeline,
    schemas: &BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let named = pipeline
        .stages
        .iter()
        .filter_map(|stage| stage.output_schema.as_deref());
    let found = named.filter_map(|path| schemas.get_key_value(below(path)?));
    found.map(|(path, text)| (path.clone(), text.clone())).collect()
}

/// Every problem inside the files that custom stages name; that one is missing is told where it is named.
pub(crate) fn check<'a>(pipelines: impl Iterator<Item = &'a Pipeline>, files: Files<'_>) -> Vec<Problem> {
    let mut stages_of: BTreeMap<&str, Vec<StageName>> = BTreeMap::new();
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for stage in pipelines
        .flat_map(|pipeline| &pipeline.stages)
        .filter(|stage| stage.is_custom())
    {
        if let Some(path) = stage.prompt.as_deref().and_then(below) {
            stages_of.entry(path).or_default().push(stage.stage_name());
        }
        named.extend(stage.output_schema.as_deref().and_then(below));
    }
    let mut problems = Vec::new();
    for (path, stages) in stages_of {
        if let Some(text) = files.prompts.get(path) {
            problems.extend(prompts::check_custom(&format!("{FOLDER}{path}"), text, &stages));
        }
    }
    for path in named {
        if let Some(text) = files.schemas.get(path) {
            problems.extend(output_schema::check(&format!("{FOLDER}{path}"), text));
        }
    }
    problems
}

/// What a custom stage asks its model, from the files of its release.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomTask {
    /// Its name: that of the stage.
    pub name: String,
    /// The prompt file's `version`; 1 where it names none.
    pub version: u32,
    /// Path of the prompt file below `prompts/`.
    pub prompt: String,
    /// The output schema.
    pub schema: Value,
}

impl CustomTask {
    /// The task of a custom stage.
    ///
    /// # Errors
    /// What the release lacks; only one that no check has seen lacks anything.
    pub fn of(release: &Release, stage: &StageConfig) -> Result<Self, String> {
        let named = |key: &str, path: Option<&str>| {
            let path = path.and_then(below);
            path.map(ToOwned::to_owned)
                .ok_or_else(|| format!("the stage names no `{key}`"))
        };
        let prompt = named("prompt", stage.prompt.as_deref())?;
        let path = named("output_schema", stage.output_schema.as_deref())?;
        let missing = |path: &str| format!("`{FOLDER}{path}` is not part of the release");
        let text = release.prompts.get(&prompt).ok_or_else(|| missing(&prompt))?;
        let schema = release.schemas.get(&path).ok_or_else(|| missing(&path))?;
        Ok(Self {
            name: stage.stage_name().to_string(),
            version: prompts::version(text),
            schema: serde_json::from_str(schema).map_err(|error| format!("`{FOLDER}{path}`: {error}"))?,
            prompt,
        })
    }
}
