//! Which models really answered in a run.

use std::collections::BTreeMap;

use copydesk_domain::{RunId, StageName};
use copydesk_store::StepRecord;
use serde::Serialize;

use crate::error::EngineError;
use crate::services::Engine;

/// A model that answered in a stage.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// The stage.
    pub stage: StageName,
    /// Its name in config.toml.
    pub model: String,
    /// What its endpoint itself called the model that answered; null where it said nothing.
    pub answered_by: Option<String>,
    /// Steps that it answered.
    pub calls: u64,
}

/// The models that answered, by stage in the order of first use. Pure.
pub fn answered(steps: &[StepRecord]) -> Vec<Answered> {
    let mut order: Vec<Answered> = Vec::new();
    let mut places: BTreeMap<(&str, &str, Option<&str>), usize> = BTreeMap::new();
    for step in steps {
        let Some(model) = step.model.as_deref() else {
            continue;
        };
        let place = (step.stage.as_str(), model, step.answered_by.as_deref());
        let at = *places.entry(place).or_insert_with(|| {
            order.push(Answered {
                stage: step.stage.clone(),
                model: model.to_owned(),
                answered_by: step.answered_by.clone(),
                calls: 0,
            });
            order.len() - 1
        });
        order[at].calls += 1;
    }
    order
}

impl Engine {
    /// Which models answered in a run, by stage.
    pub async fn answered(&self, run: &RunId) -> Result<Vec<Answered>, EngineError> {
        Ok(answered(&self.store().steps(run, 0).await?))
    }
}
