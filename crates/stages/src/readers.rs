//! A past issue as its readers got it.
//!
//! A blocked sentence stays in its draft for the author, and no reader saw it: it told nothing, so nothing may be compared
//! with it, answered from it or left out because of it.

use std::collections::HashSet;

use copydesk_domain::artifact::{Draft, Evidence, Review, Sentence};
use copydesk_domain::{ContentHash, SentenceId, Verdict};
use copydesk_journal::{PastIssue, StageContext, StageError};

/// Whether an issue is with its readers, or on its way to them by the author's word. What still waits for that word was
/// told to nobody.
pub(crate) fn reaches_readers(issue: &PastIssue) -> bool {
    issue.published_at.is_some() || issue.is_approved
}

/// The draft of a past issue without what readers did not get.
///
/// # Errors
/// Those of reading the draft and its review.
pub(crate) async fn draft_of(ctx: &StageContext, issue: &PastIssue) -> Result<Draft, StageError> {
    let draft: Draft = ctx.artifact(&issue.draft).await?;
    let Some(review) = &issue.review else {
        return Ok(draft);
    };
    let review: Review = ctx.artifact(review).await?;
    Ok(as_got(draft, &issue.draft, &review))
}

/// A draft without blocked sentences and without sections that waited for their author; what nothing is left of tells no
/// story and cites no source. A review of another draft says nothing of this one. Pure.
pub(crate) fn as_got(mut draft: Draft, hash: &ContentHash, review: &Review) -> Draft {
    if review.draft != *hash {
        return draft;
    }
    let blocked: HashSet<&SentenceId> = review
        .verdicts
        .iter()
        .filter(|claim| claim.verdict == Verdict::Blocked)
        .map(|claim| &claim.sentence)
        .collect();
    draft.sections.retain(|section| section.wanted.is_none());
    for section in &mut draft.sections {
        for paragraph in &mut section.paragraphs {
            paragraph.retain(|id| !blocked.contains(id));
        }
        section.paragraphs.retain(|paragraph| !paragraph.is_empty());
        if section.paragraphs.is_empty() {
            section.stories.clear();
        }
    }
    let got: HashSet<SentenceId> = draft
        .sections
        .iter()
        .flat_map(|section| section.paragraphs.iter().flatten().cloned())
        .collect();
    draft.sentences.retain(|sentence| got.contains(&sentence.id));
    let cited = cited(&draft.sentences);
    draft.sources.retain(|source| cited.contains(source));
    draft
}

/// Snapshots that some sentences stand on.
fn cited(sentences: &[Sentence]) -> HashSet<ContentHash> {
    let spans = sentences
        .iter()
        .flat_map(|sentence| &sentence.evidence)
        .flat_map(Evidence::spans);
    spans.map(|span| span.snapshot).collect()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::{SentenceKind, SpanRef, Wanted};
    use copydesk_domain::{RunId, StoryId};

    use super::*;
    use crate::review::fixture;

    fn stands_on(id: &str, text: &str, snapshot: &str) -> Sentence {
        let span = SpanRef {
            snapshot: ContentHash::of(snapshot.as_bytes()),
            start: 0,
            end: 1,
        };
        Sentence {
            evidence: vec![Evidence::Span(span)],
            ..fixture::sentence(id, text, SentenceKind::Claim)
        }
    }

    #[test]
    fn what_was_blocked_told_no_story_and_cited_no_source() {
        let mut draft = fixture::draft(vec![
            stands_on("p1", "Quill paid 77 million.", "a"),
            stands_on("p2", "Norn ships a planner.", "b"),
            stands_on("p3", "The author has not said this yet.", "c"),
        ]);
        let section = |story: &str, ids: &[&str]| copydesk_domain::artifact::DraftSection {
            stories: vec![StoryId::new(story)],
            ..fixture::section("lead", ids)
        };
        draft.sections = vec![
            section("s1", &["p1"]),
            section("s2", &["p1", "p2"]),
            copydesk_domain::artifact::DraftSection {
                wanted: Some(Wanted::Author),
                ..section("s3", &["p3"])
            },
        ];
        draft.sources = [b"a", b"b", b"c"].map(|text| ContentHash::of(text)).to_vec();
        let hash = ContentHash::of(b"draft");
        let review = fixture::review(hash, &[("p1", Verdict::Blocked), ("p2", Verdict::Supported)]);
        let got = as_got(draft.clone(), &hash, &review);
        let ids: Vec<&str> = got.sentences.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(ids, ["p2"]);
        let told: Vec<&str> = got
            .sections
            .iter()
            .flat_map(|section| &section.stories)
            .map(StoryId::as_str)
            .collect();
        assert_eq!(told, ["s2"]);
        assert_eq!(got.sources, [ContentHash::of(b"b")]);
        let of_another = as_got(draft.clone(), &ContentHash::of(b"another"), &review);
        assert_eq!(of_another, draft);
    }

    #[test]
    fn what_waits_for_the_author_reached_nobody() {
        let hash = ContentHash::of(b"x");
        let waiting = PastIssue {
            run: RunId::new("r1"),
            slug: "2026-11-22-one".to_owned(),
            issue: hash,
            draft: hash,
            brief: hash,
            published_at: None,
            review: None,
            first_draft: None,
            is_approved: false,
        };
        assert!(!reaches_readers(&waiting));
        let approved = PastIssue {
            is_approved: true,
            ..waiting.clone()
        };
        let out = PastIssue {
            published_at: Some(copydesk_domain::Instant::from_micros(1)),
            ..waiting
        };
        assert!(reaches_readers(&approved) && reaches_readers(&out));
    }
}
