//! Telling what is open: each way for itself, so that one that hangs holds up no other.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use copydesk_domain::{Instant, NoticeKind, PipelineName};
use copydesk_journal::Notifier;
use copydesk_store::{Command, NoticeRecord};
use futures::future::join_all;
use tokio::time::Instant as Tick;

use crate::notices::is_lasting;
use crate::services::Engine;

/// Notices read in one go, over all ways: a way that is down for two days must not fill the list with its own.
const READ_MAX: u32 = 1_000;
/// One notice takes no longer, whatever the receiver does.
const TELL_MAX: Duration = Duration::from_secs(30);
/// After a failure a way is left alone, twice as long each time, at most so long.
const PAUSE_FIRST: Duration = Duration::from_secs(5);
const PAUSE_MAX: Duration = Duration::from_mins(15);
/// What could not be told for so long is given up: it is history.
const GIVE_UP: jiff::SignedDuration = jiff::SignedDuration::from_hours(48);

/// What is known of the ways, shared from one telling to the next.
#[derive(Clone, Default)]
pub(super) struct Ways(Arc<Mutex<WayStates>>);

#[derive(Default)]
struct WayStates {
    /// Ways that failed.
    pauses: HashMap<String, Pause>,
    /// Ways that are telling something.
    busy: HashSet<String>,
}

impl Ways {
    fn states(&self) -> std::sync::MutexGuard<'_, WayStates> {
        self.0.lock().expect("no holder of this lock panics")
    }

    /// The right to tell by a way; none while another telling has it.
    fn take(&self, way: &str) -> Option<Turn> {
        self.states().busy.insert(way.to_owned()).then(|| Turn {
            ways: self.clone(),
            way: way.to_owned(),
        })
    }
}

/// One telling by a way at a time, so that nothing is told twice.
struct Turn {
    ways: Ways,
    way: String,
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.ways.states().busy.remove(&self.way);
    }
}

/// A way that failed is left alone.
#[derive(Debug, Clone, Copy)]
struct Pause {
    until: Tick,
    length: Duration,
}

/// What lasts still, as far as the last look knows.
pub(super) struct Lasting {
    /// Keys of what was found.
    pub(super) keys: HashSet<String>,
    /// The pipelines that were looked at.
    pub(super) pipelines: HashSet<PipelineName>,
    /// When it was looked. Of what was raised since, this look knows nothing.
    pub(super) looked_at: Instant,
    /// Whether feeds were looked at since the start.
    pub(super) knows_feeds: bool,
}

impl Lasting {
    /// Whether a notice tells of something that is over.
    fn is_over(&self, notice: &NoticeRecord) -> bool {
        let is_looked_at = self.pipelines.contains(&notice.pipeline)
            && notice.raised_at <= self.looked_at
            && (notice.kind != NoticeKind::FeedSilent || self.knows_feeds);
        is_lasting(notice.kind) && is_looked_at && !self.keys.contains(&notice.key)
    }
}

/// Tells what is open.
pub(super) struct Telling {
    pub(super) engine: Engine,
    pub(super) notifier: Arc<dyn Notifier>,
    pub(super) ways: Ways,
    pub(super) lasting: Lasting,
}

impl Telling {
    /// All ways at the same time. One that is at it still, because its receiver hangs, is left to that.
    pub(super) async fn tell_open(self) {
        let ways: BTreeSet<String> = self.open().await.into_iter().map(|notice| notice.way).collect();
        join_all(ways.iter().map(|way| self.tell_by(way))).await;
    }

    async fn open(&self) -> Vec<NoticeRecord> {
        self.engine
            .store()
            .open_notices(READ_MAX)
            .await
            .unwrap_or_else(|error| {
                tracing::warn!(%error, "notices cannot be read");
                Vec::new()
            })
    }

    /// The notices of one way, oldest first. After a failure it is left alone for a while, with whatever else it had to
    /// tell.
    async fn tell_by(&self, way: &str) {
        let Some(_turn) = self.ways.take(way) else { return };
        // Read anew: what another telling has told meanwhile is not open any more.
        for notice in self.open().await.into_iter().filter(|notice| notice.way == way) {
            let is_history = self.engine.clock().now().since(notice.raised_at) > GIVE_UP;
            if is_history || self.lasting.is_over(&notice) || self.tell(&notice).await {
                self.settle(&notice).await;
            }
        }
    }

    /// Whether somebody was told.
    async fn tell(&self, notice: &NoticeRecord) -> bool {
        let pause = self.pause_of(&notice.way);
        if pause.is_some_and(|pause| pause.until > Tick::now()) {
            return false;
        }
        let reason = match tokio::time::timeout(TELL_MAX, self.notifier.tell(notice)).await {
            Ok(Ok(())) => {
                self.ways.states().pauses.remove(&notice.way);
                return true;
            }
            Ok(Err(error)) => error.to_string(),
            Err(_) => "it took too long".to_owned(),
        };
        let length = pause.map_or(PAUSE_FIRST, |pause| (2 * pause.length).min(PAUSE_MAX));
        let until = Tick::now() + length;
        let pause = Pause { until, length };
        self.ways.states().pauses.insert(notice.way.clone(), pause);
        tracing::warn!(way = %notice.way, key = %notice.key, reason, again_in = ?length, "nobody could be told");
        false
    }

    async fn settle(&self, notice: &NoticeRecord) {
        let settle = Command::SettleNotice {
            key: notice.key.clone(),
            way: notice.way.clone(),
            at: self.engine.clock().now(),
        };
        if let Err(error) = self.engine.store().apply(settle).await {
            tracing::warn!(%error, key = %notice.key, "a notice was told and is not stored as told");
        }
    }

    fn pause_of(&self, way: &str) -> Option<Pause> {
        self.ways.states().pauses.get(way).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_telling_at_a_time_has_a_way() {
        let ways = Ways::default();
        let turn = ways.take("mail");
        assert!(turn.is_some() && ways.take("mail").is_none());
        assert!(ways.take("webhook").is_some(), "each way for itself");
        drop(turn);
        assert!(ways.take("mail").is_some());
    }

    fn notice(kind: NoticeKind, pipeline: &str, raised_at: i64) -> NoticeRecord {
        NoticeRecord {
            key: format!("{kind}/r"),
            way: "webhook".to_owned(),
            kind,
            pipeline: pipeline.into(),
            run: None,
            message: String::new(),
            body: None,
            details: None,
            raised_at: Instant::from_micros(raised_at),
        }
    }

    fn lasting(keys: &[&str], knows_feeds: bool) -> Lasting {
        Lasting {
            keys: keys.iter().map(|key| (*key).to_owned()).collect(),
            pipelines: HashSet::from(["daily".into()]),
            looked_at: Instant::from_micros(10),
            knows_feeds,
        }
    }

    #[test]
    fn only_what_was_looked_for_and_not_found_is_over() {
        let hangs = |at| notice(NoticeKind::DidNotFinish, "daily", at);
        assert!(lasting(&[], true).is_over(&hangs(10)));
        assert!(
            !lasting(&["did_not_finish/r"], true).is_over(&hangs(10)),
            "it lasts"
        );
        assert!(!lasting(&[], true).is_over(&hangs(11)), "it was raised since");
        let other = notice(NoticeKind::DidNotFinish, "weekly", 1);
        assert!(!lasting(&[], true).is_over(&other), "its files could not be read");
        let silent = notice(NoticeKind::FeedSilent, "daily", 1);
        assert!(!lasting(&[], false).is_over(&silent), "no feed was looked at yet");
        assert!(lasting(&[], true).is_over(&silent));
    }

    #[test]
    fn what_happened_is_never_over() {
        for kind in [
            NoticeKind::Failed,
            NoticeKind::Started,
            NoticeKind::Receipt,
            NoticeKind::Preflight,
        ] {
            assert!(!lasting(&[], true).is_over(&notice(kind, "daily", 1)), "{kind}");
        }
    }
}
