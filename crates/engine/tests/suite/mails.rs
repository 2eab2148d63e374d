//! Where mails to readers go.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use copydesk_journal::{AnswerOutbox, AnswerOutboxError};

/// Mails in memory; what is prepared stays so until it is put out or thrown away.
#[derive(Default)]
pub struct Mails {
    prepared: Mutex<BTreeMap<String, Vec<u8>>>,
    pub out: Mutex<Vec<String>>,
    /// While true, nothing can be prepared.
    pub is_blocked: AtomicBool,
    /// While true, what is prepared stays there: the process dies before it is put out.
    pub dies: AtomicBool,
    /// While true, nobody can look at what is prepared.
    pub is_unreadable: AtomicBool,
}

impl AnswerOutbox for Mails {
    fn prepare(&self, name: &str, mail: &[u8]) -> Result<(), AnswerOutboxError> {
        if self.is_blocked.load(Ordering::SeqCst) {
            return Err(AnswerOutboxError {
                reason: "the folder is a file".to_owned(),
            });
        }
        let mut prepared = self.prepared.lock().expect("no holder panics");
        prepared.insert(name.to_owned(), mail.to_vec());
        Ok(())
    }

    fn release(&self, name: &str) -> Result<Option<String>, AnswerOutboxError> {
        if self.dies.load(Ordering::SeqCst) {
            return Err(AnswerOutboxError {
                reason: "the process dies here".to_owned(),
            });
        }
        let found = self.prepared.lock().expect("no holder panics").remove(name);
        if found.is_some() {
            self.out.lock().expect("no holder panics").push(name.to_owned());
        }
        Ok(found.map(|_| name.to_owned()))
    }

    fn discard(&self, name: &str) -> Result<(), AnswerOutboxError> {
        self.prepared.lock().expect("no holder panics").remove(name);
        Ok(())
    }

    fn prepared(&self) -> Result<Vec<String>, AnswerOutboxError> {
        if self.is_unreadable.load(Ordering::SeqCst) {
            return Err(AnswerOutboxError {
                reason: "permission denied".to_owned(),
            });
        }
        let prepared = self.prepared.lock().expect("no holder panics");
        Ok(prepared.keys().cloned().collect())
    }
}
