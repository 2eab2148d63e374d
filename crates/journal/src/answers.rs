//! Where approved answers wait for a person or a mail channel.

/// Why an answer could not be put there.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct AnswerOutboxError {
    /// The place and the cause.
    pub reason: String,
}

/// Where approved answers go. In two steps, so that the decision can be stored between them: a mail whose decision is
/// not stored is never sent, and one whose decision is stored is put out exactly once, also after a crash.
///
/// `name`: a plain file name without ending, made of the run and the answer.
pub trait AnswerOutbox: Send + Sync + 'static {
    /// Puts a mail beside its place, durable, where nobody sends it yet. Safe to repeat.
    fn prepare(&self, name: &str, mail: &[u8]) -> Result<(), AnswerOutboxError>;
    /// Puts a prepared mail in its place and names the place; none where nothing of that name is prepared.
    fn release(&self, name: &str) -> Result<Option<String>, AnswerOutboxError>;
    /// Throws a prepared mail away.
    fn discard(&self, name: &str) -> Result<(), AnswerOutboxError>;
    /// Names of the prepared mails, in order.
    fn prepared(&self) -> Result<Vec<String>, AnswerOutboxError>;
}
