//! The open questions of readers, as topics of the next research.

use copydesk_domain::Instant;
use copydesk_domain::artifact::{ArtifactKind, EngagementReport, Topic};
use copydesk_store::{StageRecord, Store, StoreError};

use crate::inputs::{SAME_DAY, newest_artifacts};

/// What readers asked last. A reply is read once, so that the newest report may be that of a second look on the same
/// evening, which found nothing.
#[derive(Default)]
pub(crate) struct Questions {
    topics: Vec<Topic>,
    /// When the newest report was made.
    newest: Option<Instant>,
    /// A report of an evening before was seen.
    is_complete: bool,
}

impl Questions {
    /// Whether an older report can add nothing.
    pub(crate) const fn is_complete(&self) -> bool {
        self.is_complete
    }

    /// The questions, newest report first.
    pub(crate) fn into_topics(self) -> Vec<Topic> {
        self.topics
    }

    /// The next older report.
    pub(crate) fn add(&mut self, report: EngagementReport) {
        let newest = *self.newest.get_or_insert(report.at);
        if report.at < newest.minus(SAME_DAY) {
            self.is_complete = true;
            return;
        }
        for topic in report.questions {
            if !self.topics.contains(&topic) {
                self.topics.push(topic);
            }
        }
    }
}

/// The engagement report of a run.
pub(crate) async fn newest_report(
    store: &dyn Store,
    rounds: &[StageRecord],
) -> Result<Option<EngagementReport>, StoreError> {
    let artifacts = newest_artifacts(rounds);
    let Some(report) = artifacts
        .iter()
        .find(|artifact| artifact.kind == ArtifactKind::EngagementReport)
    else {
        return Ok(None);
    };
    let bytes = store
        .artifact(&report.hash)
        .await?
        .map(|artifact| artifact.bytes)
        .unwrap_or_default();
    Ok(serde_json::from_slice(&bytes).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_readers_asked_on_the_last_evening_stands_over_a_second_look_that_found_nothing() {
        let hour = |hour: i64| Instant::from_micros(hour * 3_600_000_000);
        let report = |at: Instant, asked: &[&str]| EngagementReport {
            format: copydesk_domain::artifact::FORMAT.to_owned(),
            at,
            replies: Vec::new(),
            questions: asked
                .iter()
                .map(|text| Topic {
                    text: copydesk_domain::Untrusted::new((*text).to_owned()),
                    from: String::new(),
                })
                .collect(),
            missing: Vec::new(),
            unread: None,
            models: Vec::new(),
        };
        let mut questions = Questions::default();
        questions.add(report(hour(100), &[]));
        questions.add(report(hour(98), &["a", "b"]));
        questions.add(report(hour(97), &["b"]));
        assert!(!questions.is_complete);
        questions.add(report(hour(74), &["c"]));
        assert!(questions.is_complete, "the evening before was asked already");
        let texts: Vec<&str> = questions
            .topics
            .iter()
            .map(|topic| topic.text.inspect().as_str())
            .collect();
        assert_eq!(texts, ["a", "b"]);
    }
}
