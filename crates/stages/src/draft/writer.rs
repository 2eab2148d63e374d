//! Who is asked for the words of a draft.

use copydesk_domain::ModelName;
use copydesk_domain::task::Task;
use copydesk_journal::{Asked, StageContext, StepError};

/// The models of the tasks' routes, or one of `drafters` alone.
#[derive(Clone, Copy)]
pub(crate) struct Writer<'a> {
    pub(crate) ctx: &'a StageContext,
    pub(crate) drafter: Option<&'a ModelName>,
}

impl Writer<'_> {
    /// Asks one typed question; the keys of a drafter's steps end in its name.
    pub(crate) async fn ask<T: Task>(
        &self,
        key: &str,
        input: &T::Input,
    ) -> Result<Asked<T::Output>, StepError> {
        match self.drafter {
            None => self.ctx.ask::<T>(key, input).await,
            Some(drafter) => {
                let key = format!("{key}/{drafter}");
                self.ctx.ask_of::<T>(drafter, &key, input).await
            }
        }
    }

    /// Writes a line for the operator's stage log.
    pub(crate) fn warn(&self, message: &str) {
        let message = match self.drafter {
            None => message.to_owned(),
            Some(drafter) => format!("`{drafter}`: {message}"),
        };
        self.ctx.log("warn", message);
    }
}
