//! The author's own stage: a prompt, tools that only read, and a schema that the result fits.
//!
//! The model sees what the stage needs, the author's notes and what its tools give; all of it is data. It may call
//! tools until it answers or its turns are used up: the last turn offers none.

mod input;
mod offer;
mod shortened;
mod talk;

use async_trait::async_trait;
use copydesk_config::{CustomTask, StageConfig};
use copydesk_domain::Untrusted;
use copydesk_domain::artifact::{Artifact, ArtifactKind, CustomResult, FORMAT};
use copydesk_journal::{Stage, StageContext, StageError, StageInputs, StageOutput};

/// Runs any prompt of the author's.
#[derive(Debug, Clone, Copy)]
pub struct CustomStage;

#[async_trait]
impl Stage for CustomStage {
    fn agent(&self) -> &'static str {
        StageConfig::CUSTOM
    }

    fn reads_history(&self) -> bool {
        false
    }

    async fn run(&self, ctx: &StageContext, inputs: &StageInputs) -> Result<StageOutput, StageError> {
        let stage = ctx.stage().stage_name();
        let task = CustomTask::of(ctx.release(), ctx.stage()).map_err(|reason| StageError::Input {
            what: format!("what the custom stage `{stage}` asks"),
            reason,
        })?;
        let input = input::of(ctx, inputs).await?;
        let tools = offer::tools(ctx).await?;
        let said = talk::talk(ctx, &task, &input, &tools).await?;
        let summary = said.summary();
        let result = CustomResult {
            format: FORMAT.to_owned(),
            stage,
            output: Untrusted::new(said.output),
            models: said.models,
        };
        let artifact = Artifact::of(ArtifactKind::Custom, &result);
        let artifact = artifact.map_err(|error| StageError::Invalid {
            reason: error.to_string(),
        })?;
        Ok(StageOutput {
            artifacts: vec![artifact],
            bodies: Vec::new(),
            summary,
        })
    }
}
