//! What a run is pinned to at its start.

use std::collections::BTreeMap;

use copydesk_domain::{ContentHash, PipelineName};
use serde::{Deserialize, Serialize};

use crate::custom;
use crate::nearest::nearest;
use crate::pipeline::Pipeline;
use crate::settings::Config;
use crate::workspace::Workspace;

/// Prompts, routes, configuration and checker version, by the hash of their JSON. Secrets are never in it: keys are
/// named by variable or file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// Version of the program that made it.
    pub version: String,
    /// Version of the checks that judged its claims; empty in releases of programs that did not keep it.
    #[serde(default)]
    pub checker: String,
    /// `config.toml`.
    pub config: Config,
    /// The pipeline.
    pub pipeline: Pipeline,
    /// Prompt files: path below `prompts/` to text with front matter.
    pub prompts: BTreeMap<String, String>,
    /// Output schemas that the pipeline's custom stages name: path below `prompts/` to text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub schemas: BTreeMap<String, String>,
    /// `voice.md`.
    pub voice: String,
}

/// No pipeline has this name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no pipeline is called `{name}`{}", hint(.nearest.as_deref(), .known))]
pub struct UnknownPipeline {
    /// The name as given.
    pub name: String,
    /// The nearest name that there is.
    pub nearest: Option<String>,
    /// All names.
    pub known: Vec<String>,
}

fn hint(nearest: Option<&str>, known: &[String]) -> String {
    match nearest {
        Some(near) => format!("; did you mean `{near}`?"),
        None if known.is_empty() => "; pipelines/ is empty".to_owned(),
        None => format!("; there are: {}", known.join(", ")),
    }
}

impl Release {
    /// What a run of `pipeline` would be pinned to now, its claims judged by the checks of this version.
    ///
    /// # Errors
    /// [`UnknownPipeline`] with the nearest name that there is.
    pub fn of(workspace: &Workspace, pipeline: &str, checker: &str) -> Result<Self, UnknownPipeline> {
        let found = workspace
            .pipelines
            .get(&PipelineName::new(pipeline))
            .ok_or_else(|| {
                let known: Vec<String> = workspace.pipelines.keys().map(ToString::to_string).collect();
                UnknownPipeline {
                    name: pipeline.to_owned(),
                    nearest: nearest(pipeline, known.iter().map(String::as_str)).map(ToOwned::to_owned),
                    known,
                }
            })?;
        Ok(Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            checker: checker.to_owned(),
            config: workspace.config.clone(),
            pipeline: found.clone(),
            prompts: workspace.prompts.clone(),
            schemas: custom::schemas_of(found, &workspace.schemas),
            voice: workspace.voice.clone(),
        })
    }

    /// The hash of its JSON.
    pub fn hash(&self) -> ContentHash {
        ContentHash::of_json(self).expect("its maps have text keys, so that it has a JSON form")
    }
}
