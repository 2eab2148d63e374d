//! The time that the author has for a decision.

use copydesk_domain::{Instant, RunId};
use copydesk_store::Subject;

use crate::error::EngineError;
use crate::gates;
use crate::services::Engine;

/// The last reminder comes so long before the end, or sooner where there are less than four hours in all.
const LAST_CALL: jiff::SignedDuration = jiff::SignedDuration::from_hours(1);

/// From when to when the first of what a run has made waits for the author.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AuthorTime {
    /// From when on.
    pub from: Instant,
    /// When the chance ends.
    pub until: Instant,
    /// How often the author decided before, on the issue or on what a stage made: who sends back or recalls what was
    /// approved is asked anew.
    pub decisions: usize,
}

impl AuthorTime {
    /// The reminder that is due, as the end of its key, and the time left in words: one at half of the time, one shortly
    /// before its end, each once between two decisions. Before the first decision the key names none, as it always did:
    /// an upgrade reminds of nothing twice.
    pub(crate) fn reminder(&self, now: Instant) -> Option<(String, String)> {
        let left = self.until.since(now);
        if left.is_negative() || left.is_zero() {
            return None;
        }
        let half = self.until.since(self.from) / 2;
        let which = if left <= LAST_CALL.min(half / 2) {
            "last"
        } else if left <= half {
            "half"
        } else {
            return None;
        };
        let about = match self.decisions {
            0 => format!("/{which}"),
            decisions => format!("/{which}/{decisions}"),
        };
        Some((about, format!("{} min", left.as_mins().max(1))))
    }
}

impl Engine {
    /// The time that the author of a run has; none where nothing waits for a decision, or waits without an end.
    pub(crate) async fn author_time(&self, run: &RunId) -> Result<Option<AuthorTime>, EngineError> {
        let look = self.look(run).await?;
        let release = self.release(&look.run).await?;
        let issue = self.issue_of(&look.stages).await?;
        let waiting = gates::waiting(&self.view_of(&look, &release, None), issue);
        let Some(until) = waiting.first().and_then(|waiting| waiting.expires_at) else {
            return Ok(None);
        };
        let is_of_answer = |subject: &Subject| matches!(subject, Subject::Answer(_));
        let decisions = look
            .decisions
            .iter()
            .filter(|record| !is_of_answer(&record.subject));
        Ok(Some(AuthorTime {
            from: until.minus(release.config.approval.expires),
            until,
            decisions: decisions.count(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minutes: i64) -> Instant {
        Instant::from_micros(minutes * 60_000_000)
    }

    fn told(hours: i64, decisions: usize, minutes: i64) -> Option<String> {
        let time = AuthorTime {
            from: at(0),
            until: at(hours * 60),
            decisions,
        };
        time.reminder(at(minutes)).map(|(about, _)| about)
    }

    #[test]
    fn the_author_is_reminded_twice() {
        let told = |minutes| told(24, 0, minutes);
        assert_eq!(told(11 * 60), None);
        assert_eq!(told(12 * 60).as_deref(), Some("/half"));
        assert_eq!(told(23 * 60).as_deref(), Some("/last"));
        assert_eq!(told(24 * 60), None);
    }

    #[test]
    fn who_has_little_time_is_not_called_last_at_once() {
        let told = |minutes| told(1, 0, minutes);
        assert_eq!(told(1), None);
        assert_eq!(told(30).as_deref(), Some("/half"));
        assert_eq!(told(45).as_deref(), Some("/last"));
    }

    #[test]
    fn after_a_decision_that_asks_anew_the_author_is_reminded_anew() {
        assert_eq!(told(24, 1, 13 * 60).as_deref(), Some("/half/1"));
        assert_eq!(told(24, 2, 23 * 60).as_deref(), Some("/last/2"));
    }
}
