//! A published issue as the archive keeps it. Pure.

use std::collections::HashSet;

use copydesk_domain::artifact::{Draft, Issue, Review};
use copydesk_domain::{ContentHash, Instant, SentenceId, Untrusted, Verdict};

use crate::record::ArchiveRecord;

/// What readers of `issue` got, to be found again: its draft without what `review` blocked. `at`: when it went out.
pub fn archived(issue: &Issue, draft: &Draft, review: &Review, at: Instant) -> ArchiveRecord {
    let text = readable(draft, &blocked_by(review));
    ArchiveRecord {
        hash: ContentHash::of(text.as_bytes()),
        kind: "issue".to_owned(),
        title: issue.title.clone(),
        url: issue.slug.clone(),
        at: Some(at),
        text: Untrusted::new(text),
    }
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
