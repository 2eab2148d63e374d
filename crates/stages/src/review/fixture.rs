//! Drafts and reviews for tests.

use std::collections::HashMap;

use copydesk_domain::artifact::{
    ClaimVerdict, Draft, DraftSection, Evidence, FORMAT, ResearchBrief, Review, Sentence, SentenceKind,
    Source, SpanRef,
};
use copydesk_domain::{ContentHash, Instant, SentenceId, Untrusted, Verdict};

use super::Bench;

/// A sentence without evidence.
pub(crate) fn sentence(id: &str, text: &str, kind: SentenceKind) -> Sentence {
    Sentence {
        id: SentenceId::new(id),
        text: Untrusted::new(text.to_owned()),
        kind,
        evidence: Vec::new(),
    }
}

/// A section of one paragraph.
pub(crate) fn section(kind: &str, ids: &[&str]) -> DraftSection {
    DraftSection {
        heading: kind.to_owned(),
        kind: kind.to_owned(),
        note: None,
        stories: Vec::new(),
        paragraphs: vec![ids.iter().map(|id| SentenceId::new(*id)).collect()],
        listed: Vec::new(),
        angles: Vec::new(),
        wanted: None,
    }
}

/// A draft of these sentences in one section.
pub(crate) fn draft(sentences: Vec<Sentence>) -> Draft {
    let ids: Vec<&str> = sentences.iter().map(|one| one.id.as_str()).collect();
    Draft {
        format: FORMAT.to_owned(),
        at: Instant::from_micros(0),
        title: Untrusted::new("A title".to_owned()),
        deck: None,
        notice: "Drafted with a model.".to_owned(),
        sections: vec![section("lead", &ids)],
        sentences,
        sources: Vec::new(),
        nothing_today: None,
        sign_off: None,
        models: Vec::new(),
        drafter: None,
        labels: Vec::new(),
        wishes: Vec::new(),
    }
}

/// A verdict without reasons.
pub(crate) fn verdict(id: &str, verdict: Verdict) -> ClaimVerdict {
    ClaimVerdict {
        sentence: SentenceId::new(id),
        verdict,
        reasons: Vec::new(),
        spans: Vec::new(),
        witnesses: 1,
        contradicts: Vec::new(),
        opinion: None,
    }
}

/// A review with these verdicts and nothing else.
pub(crate) fn review(draft: ContentHash, verdicts: &[(&str, Verdict)]) -> Review {
    Review {
        format: FORMAT.to_owned(),
        draft,
        verdicts: verdicts.iter().map(|(id, word)| verdict(id, *word)).collect(),
        suggestions: Vec::new(),
        ratings: Vec::new(),
        voice: Vec::new(),
        models: Vec::new(),
    }
}

/// A sentence that stands on the whole text of a source.
pub(crate) fn claim(id: &str, text: &str, source: &Source, length: usize) -> Sentence {
    let span = SpanRef {
        snapshot: source.snapshot,
        start: 0,
        end: length,
    };
    Sentence {
        evidence: vec![Evidence::Span(span)],
        ..sentence(id, text, SentenceKind::Claim)
    }
}

/// A draft on the bench, with nothing before it.
pub(crate) fn bench(draft: Draft, brief: ResearchBrief) -> Bench {
    let pipeline = serde_json::json!({ "pipeline": { "name": "daily" } });
    Bench {
        draft_hash: ContentHash::of(b"draft"),
        title_given: draft.title.clone(),
        draft,
        brief,
        texts: HashMap::new(),
        past: Vec::new(),
        older: Vec::new(),
        imported: Vec::new(),
        pipeline: serde_json::from_value(pipeline).unwrap(),
    }
}
