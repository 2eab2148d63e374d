//! At most so many connections to one host.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Hosts remembered before those without a connection are dropped from the list.
const HOSTS_KEPT: usize = 512;

/// Hands out the right to hold a connection, per host and in the order of asking.
#[derive(Debug)]
pub(super) struct Turns {
    per_host: usize,
    hosts: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Turns {
    pub(super) fn new(per_host: usize) -> Self {
        Self {
            per_host: per_host.max(1),
            hosts: Mutex::default(),
        }
    }

    /// Waits for a turn at `host`, whatever the port. Each turn ends by the total timeout of the request that
    /// holds it, so this wait ends too.
    pub(super) async fn take(&self, host: &str) -> OwnedSemaphorePermit {
        let turns = self.of(host);
        turns
            .acquire_owned()
            .await
            .expect("the semaphore is never closed")
    }

    fn of(&self, host: &str) -> Arc<Semaphore> {
        // The map is whole after each line below, so a panic elsewhere leaves nothing half done.
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        if hosts.len() >= HOSTS_KEPT {
            hosts.retain(|_, turns| Arc::strong_count(turns) > 1);
        }
        Arc::clone(
            hosts
                .entry(host.to_owned())
                .or_insert_with(|| Arc::new(Semaphore::new(self.per_host))),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_host_that_is_busy_keeps_no_other_waiting() {
        let turns = Turns::new(1);
        let first = turns.take("a.example").await;
        let _other = turns.take("b.example").await;
        assert_eq!(turns.of("a.example").available_permits(), 0);
        drop(first);
        assert_eq!(turns.of("a.example").available_permits(), 1);
    }

    #[tokio::test]
    async fn idle_hosts_are_forgotten_and_busy_ones_kept() {
        let turns = Turns::new(1);
        let _busy = turns.take("busy.example").await;
        for n in 0..HOSTS_KEPT {
            turns.of(&format!("{n}.example"));
        }
        assert!(turns.hosts.lock().unwrap().len() <= 2);
        assert_eq!(turns.of("busy.example").available_permits(), 0);
    }
}
