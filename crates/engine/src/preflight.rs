//! Looking ahead of a slot: what the probes find, the clock, and feeds that fell silent.

use copydesk_config::Release;
use copydesk_domain::artifact::{ArtifactKind, Missing, ResearchBrief};
use copydesk_domain::{Instant, PipelineName};
use copydesk_journal::{FeedHistory, Preflight};
use copydesk_store::{NoticeRecord, PreflightArea, PreflightProblem};
use jiff::SignedDuration;

use crate::error::EngineError;
use crate::notices::{FeedFacts, UNANSWERED_MAX, silence};
use crate::services::Engine;

/// No copy of this program is older, so a clock that says so is wrong.
const NOT_BEFORE: &str = "2026-11-01T00:00:00Z";
/// Two machines' clocks, or one before and after it was set, may differ by so much.
const DRIFT_MAX: SignedDuration = SignedDuration::from_mins(2);
/// Runs that are looked through for those that read feeds.
const RUNS_BACK: u32 = 20;

impl Engine {
    /// What would stand in the way of a run of this release. `set_back`: by how much the clock was lately set back.
    pub async fn preflight(
        &self,
        release: &Release,
        probes: &dyn Preflight,
        feeds: &dyn FeedHistory,
        set_back: Option<SignedDuration>,
    ) -> Vec<PreflightProblem> {
        let (mut problems, stored) = tokio::join!(
            probes.look(release),
            self.preflight_of_stored(release, feeds, set_back)
        );
        match stored {
            Ok(found) => problems.extend(found),
            Err(error) => problems.push(PreflightProblem {
                area: PreflightArea::Disk,
                about: "the store".to_owned(),
                problem: error.to_string(),
                next: "look at the disk under `data`".to_owned(),
            }),
        }
        problems
    }

    async fn preflight_of_stored(
        &self,
        release: &Release,
        feeds: &dyn FeedHistory,
        set_back: Option<SignedDuration>,
    ) -> Result<Vec<PreflightProblem>, EngineError> {
        let now = self.clock().now();
        let newest = self.store().runs(None, 1).await?.pop().map(|run| run.updated_at);
        let mut problems: Vec<PreflightProblem> = clock_problem(now, newest, set_back).into_iter().collect();
        for notice in self.silent_feeds(release, feeds).await? {
            let (what, next) = notice
                .message
                .rsplit_once(": ")
                .unwrap_or((notice.message.as_str(), ""));
            problems.push(PreflightProblem {
                area: PreflightArea::Feeds,
                about: "a feed".to_owned(),
                problem: what.to_owned(),
                next: next.to_owned(),
            });
        }
        Ok(problems)
    }

    /// An alarm for each feed of a release that fell silent.
    pub(crate) async fn silent_feeds(
        &self,
        release: &Release,
        feeds: &dyn FeedHistory,
    ) -> Result<Vec<NoticeRecord>, EngineError> {
        let pipeline = &release.pipeline.pipeline.name;
        let now = self.clock().now();
        let missing = self.missing_lately(pipeline).await?;
        let mut silent = Vec::new();
        for feed in &release.pipeline.feeds {
            let heard = feeds.heard(&feed.url).await;
            let facts = FeedFacts {
                feed: &feed.url,
                pipeline,
                heard: heard.as_ref(),
                unanswered: unanswered(&feed.url, &missing),
            };
            silent.extend(silence(&facts, now));
        }
        Ok(silent)
    }

    /// What could not be read in each of the newest runs that read feeds, newest first.
    async fn missing_lately(&self, pipeline: &PipelineName) -> Result<Vec<Vec<Missing>>, EngineError> {
        let mut found = Vec::new();
        // A replay reads no feed.
        for run in self.store().own_runs(pipeline, RUNS_BACK).await? {
            if found.len() == UNANSWERED_MAX {
                break;
            }
            found.extend(self.brief(&run.id).await?.map(|brief| brief.missing));
        }
        Ok(found)
    }

    /// The newest brief of a run.
    pub(crate) async fn brief(
        &self,
        run: &copydesk_domain::RunId,
    ) -> Result<Option<ResearchBrief>, EngineError> {
        self.newest_artifact(run, ArtifactKind::ResearchBrief).await
    }
}

/// Why a feed did not answer in the newest run, where it failed in each of enough runs.
fn unanswered<'a>(feed: &str, missing: &'a [Vec<Missing>]) -> Option<&'a str> {
    let reason = |list: &'a Vec<Missing>| {
        let found = list
            .iter()
            .find(|missing| missing.feed == feed && missing.url.is_none());
        found.map(|missing| missing.reason.as_str())
    };
    let reasons: Vec<&str> = missing.iter().map_while(reason).collect();
    (reasons.len() >= UNANSWERED_MAX).then(|| reasons[0])
}

/// What is wrong with the clock, as far as one machine can tell. `newest`: the last instant that a run stored.
fn clock_problem(
    now: Instant,
    newest: Option<Instant>,
    set_back: Option<SignedDuration>,
) -> Option<PreflightProblem> {
    let not_before: Instant = NOT_BEFORE.parse().expect("the constant is a time");
    let problem = if now < not_before {
        format!("it says {now}, before this program was built")
    } else if let Some(newest) = newest.filter(|newest| newest.since(now) > DRIFT_MAX) {
        format!("it says {now}, and a run was stored at {newest}")
    } else {
        let by = set_back?;
        format!("it was set back by {} s", by.abs().as_secs())
    };
    Some(PreflightProblem {
        area: PreflightArea::Clock,
        about: "the clock".to_owned(),
        problem,
        next: "set it, and let it be kept by a time server (`timedatectl`)".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn told(now: &str, newest: Option<&str>, set_back: Option<i64>) -> Option<String> {
        let set_back = set_back.map(SignedDuration::from_secs);
        clock_problem(at(now), newest.map(at), set_back).map(|problem| problem.problem)
    }

    #[test]
    fn a_clock_that_cannot_be_right_is_named() {
        assert_eq!(
            told("2026-11-27T04:00:00Z", Some("2026-11-27T04:01:59Z"), None),
            None
        );
        assert!(
            told("1970-01-01T00:00:09Z", None, None)
                .unwrap()
                .contains("before this program was built")
        );
        let behind = told("2026-11-27T04:00:00Z", Some("2026-11-28T04:00:00Z"), None).unwrap();
        assert!(
            behind.contains("a run was stored at 2026-11-28T04:00:00Z"),
            "{behind}"
        );
        let set = told("2026-11-27T04:00:00Z", None, Some(-3600)).unwrap();
        assert_eq!(set, "it was set back by 3600 s");
    }

    #[test]
    fn a_feed_is_missing_when_it_failed_in_each_of_the_last_runs() {
        let missing = |feed: &str, url: Option<&str>, reason: &str| Missing {
            feed: feed.to_owned(),
            url: url.map(str::to_owned),
            reason: reason.to_owned(),
        };
        let gone = |reason| vec![missing("a", None, reason), missing("b", Some("b/1"), "404")];
        let runs = [gone("410"), gone("500"), gone("404")];
        assert_eq!(unanswered("a", &runs), Some("410"), "the newest reason");
        assert_eq!(
            unanswered("b", &runs),
            None,
            "a page of it is missing, not the feed"
        );
        assert_eq!(unanswered("a", &runs[..2]), None);
        assert_eq!(unanswered("a", &[gone("410"), Vec::new(), gone("404")]), None);
    }
}
