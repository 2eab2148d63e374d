//! A model that never answers.

use std::sync::Arc;

use async_trait::async_trait;
use copydesk_journal::{Ledger, ModelCall, ModelError, ModelReply, Models};

use crate::stubs::Script;

/// Writes down that it was asked.
pub struct Silence(pub Arc<Script>);

#[async_trait]
impl Models for Silence {
    async fn ask(&self, call: ModelCall, _ledger: &dyn Ledger) -> Result<ModelReply, ModelError> {
        self.0.diary.write(format!("{} asked", call.task));
        std::future::pending().await
    }
}
