//! Tokens that were looked up a moment ago: a script asks several times for each of its runs.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use copydesk_domain::ContentHash;
use copydesk_store::{Store, StoreError, TokenRecord};
use tokio::time::Instant as Tick;

/// A token that is taken away counts for so long yet. When it ends is in its record, and is asked each time.
const KEPT: Duration = Duration::from_secs(1);
/// Tokens kept; with one more all are looked up anew.
const TOKENS_MAX: usize = 16;

/// Tokens by hash, and when they were read. A hash that names none is not kept.
#[derive(Debug, Default)]
pub(crate) struct KnownTokens(Mutex<HashMap<ContentHash, (Tick, TokenRecord)>>);

impl KnownTokens {
    /// The token with this hash, as it was within the last second.
    pub(crate) async fn find(
        &self,
        store: &dyn Store,
        hash: &ContentHash,
    ) -> Result<Option<TokenRecord>, StoreError> {
        let known = self.known().get(hash).cloned();
        if let Some((_, record)) = known.filter(|(read_at, _)| read_at.elapsed() < KEPT) {
            return Ok(Some(record));
        }
        let found = store.token(hash).await?;
        let mut known = self.known();
        if known.len() >= TOKENS_MAX {
            known.clear();
        }
        match &found {
            Some(record) => drop(known.insert(*hash, (Tick::now(), record.clone()))),
            None => drop(known.remove(hash)),
        }
        drop(known);
        Ok(found)
    }

    fn known(&self) -> MutexGuard<'_, HashMap<ContentHash, (Tick, TokenRecord)>> {
        self.0.lock().expect("no holder of this lock panics")
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Instant;
    use copydesk_store::{Command, TokenKind};
    use copydesk_store_memory::MemoryStore;

    use super::*;

    #[tokio::test]
    async fn a_token_that_is_gone_is_refused_a_second_later() {
        let (store, known) = (MemoryStore::new(), KnownTokens::default());
        let hash = ContentHash::of(b"token");
        assert_eq!(known.find(&store, &hash).await, Ok(None));
        let record = TokenRecord {
            hash,
            kind: TokenKind::Login,
            created_at: Instant::from_micros(0),
            expires_at: None,
            name: None,
        };
        store.apply(Command::PutToken(record.clone())).await.unwrap();
        assert_eq!(
            known.find(&store, &hash).await,
            Ok(Some(record.clone())),
            "at once"
        );
        let now = Instant::from_micros(1);
        store.apply(Command::TakeToken { hash, now }).await.unwrap();
        assert_eq!(
            known.find(&store, &hash).await,
            Ok(Some(record)),
            "within the second"
        );
        known.known().get_mut(&hash).unwrap().0 -= KEPT;
        assert_eq!(known.find(&store, &hash).await, Ok(None));
    }
}
