//! One poll of an address at a time.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Mutex as AsyncMutex, OwnedMutexGuard};

/// Addresses remembered before those that nobody polls are dropped from the list.
const ADDRESSES_KEPT: usize = 512;

/// Hands out the right to poll an address. The second of two polls at once waits and then finds what the first stored.
#[derive(Debug, Default)]
pub(super) struct Turns(Mutex<HashMap<String, Arc<AsyncMutex<()>>>>);

impl Turns {
    /// Waits for the turn of `url`. It ends when the guard is dropped.
    pub(super) async fn take(&self, url: &str) -> OwnedMutexGuard<()> {
        let turn = {
            let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if turns.len() >= ADDRESSES_KEPT {
                turns.retain(|_, turn| Arc::strong_count(turn) > 1);
            }
            Arc::clone(turns.entry(url.to_owned()).or_default())
        };
        turn.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn addresses_wait_only_for_themselves() {
        let turns = Turns::default();
        let first = turns.take("a").await;
        let _other = turns.take("b").await;
        assert!(
            tokio::time::timeout(std::time::Duration::from_millis(20), turns.take("a"))
                .await
                .is_err()
        );
        drop(first);
        turns.take("a").await;
    }
}
