//! What went out is found again: each published issue is put into the archive.

use std::collections::HashSet;

use copydesk_domain::artifact::{ArtifactKind, Draft, Issue, Review};
use copydesk_domain::{ContentHash, Instant, SentenceId, StageState, Untrusted, Verdict};
use copydesk_store::{ArchiveRecord, Command, StageRecord};
use serde::de::DeserializeOwned;

use crate::error::EngineError;
use crate::services::Engine;

impl Engine {
    /// The command that archives a published issue; none where its draft is gone. A known text changes nothing, so that
    /// it may be given again after a crash.
    pub(crate) async fn archive(
        &self,
        stages: &[StageRecord],
        issue: &Issue,
        at: Instant,
    ) -> Result<Option<Command>, EngineError> {
        let Some(draft) = self.read::<Draft>(&issue.draft).await? else {
            return Ok(None);
        };
        let mut blocked = HashSet::new();
        for hash in reviews(stages) {
            let review = self.read::<Review>(&hash).await?;
            if let Some(review) = review.filter(|review| review.draft == issue.draft) {
                blocked = blocked_by(&review);
            }
        }
        let text = Untrusted::new(readable(&draft, &blocked));
        Ok(Some(Command::PutArchive(ArchiveRecord {
            hash: ContentHash::of(text.inspect().as_bytes()),
            kind: "issue".to_owned(),
            title: issue.title.clone(),
            url: issue.slug.clone(),
            at: Some(at),
            text,
        })))
    }

    async fn read<T: DeserializeOwned>(&self, hash: &ContentHash) -> Result<Option<T>, EngineError> {
        let artifact = self.store().artifact(hash).await?;
        Ok(artifact.and_then(|artifact| serde_json::from_slice(&artifact.bytes).ok()))
    }
}

/// The reviews of a run, in order.
fn reviews(stages: &[StageRecord]) -> impl Iterator<Item = ContentHash> {
    stages
        .iter()
        .filter(|record| record.state == StageState::Completed)
        .flat_map(|record| &record.artifacts)
        .filter(|artifact| artifact.kind == ArtifactKind::Review)
        .map(|artifact| artifact.hash)
}

fn blocked_by(review: &Review) -> HashSet<SentenceId> {
    review
        .verdicts
        .iter()
        .filter(|claim| claim.verdict == Verdict::Blocked)
        .map(|claim| claim.sentence.clone())
        .collect()
}

/// What readers got, without its markup: headings and paragraphs, each on a line.
fn readable(draft: &Draft, blocked: &HashSet<SentenceId>) -> String {
    let sentence = |id: &SentenceId| {
        draft
            .sentences
            .iter()
            .find(|sentence| sentence.id == *id && !blocked.contains(id))
            .map(|sentence| sentence.text.inspect().as_str())
    };
    let mut lines: Vec<String> = vec![draft.title.inspect().clone()];
    for section in draft.sections.iter().filter(|section| section.wanted.is_none()) {
        let paragraphs: Vec<String> = section
            .paragraphs
            .iter()
            .map(|ids| ids.iter().filter_map(sentence).collect::<Vec<_>>().join(" "))
            .filter(|paragraph| !paragraph.is_empty())
            .collect();
        if !paragraphs.is_empty() {
            lines.push(section.heading.clone());
            lines.extend(paragraphs);
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readers_got_no_blocked_sentence_and_no_empty_section() {
        let draft = serde_json::json!({
            "format": "1.0", "at": "2026-08-20T05:00:00Z", "title": "Two planners", "deck": null, "notice": "",
            "sections": [
                { "heading": "First", "kind": "lead", "stories": [], "paragraphs": [["s1", "s2"], ["s3"]],
                  "listed": [], "angles": [], "wanted": null },
                { "heading": "The take", "kind": "take", "stories": [], "paragraphs": [["s4"]],
                  "listed": [], "angles": [], "wanted": "author" },
                { "heading": "Quiet", "kind": "quiet", "stories": [], "paragraphs": [["s3"]],
                  "listed": [], "angles": [], "wanted": null },
            ],
            "sentences": [
                { "id": "s1", "text": "Norn ships a planner.", "kind": "claim", "evidence": [] },
                { "id": "s2", "text": "So does Lattice.", "kind": "claim", "evidence": [] },
                { "id": "s3", "text": "It costs nothing.", "kind": "claim", "evidence": [] },
                { "id": "s4", "text": "Mine.", "kind": "voice", "evidence": [] },
            ],
            "sources": [], "nothing_today": null, "sign_off": null, "models": [],
        });
        let draft: Draft = serde_json::from_value(draft).unwrap();
        let blocked = HashSet::from([SentenceId::new("s3")]);
        assert_eq!(
            readable(&draft, &blocked),
            "Two planners\nFirst\nNorn ships a planner. So does Lattice."
        );
    }
}
