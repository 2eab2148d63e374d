//! Approved answers to readers: as mail, into a folder.

mod answer;
mod body;
mod header;
mod outbox;

pub use answer::{AnswerMail, answer_mail};
pub use outbox::OutboxFolder;
