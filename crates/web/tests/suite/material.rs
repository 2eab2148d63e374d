//! One reviewed day: a claim in its source, one that wants the author, one that is blocked.

use std::collections::BTreeMap;

use copydesk_config::{Pipeline, Release, shipped};
use copydesk_domain::artifact::{
    Answer, Artifact, ArtifactKind, BeatReading, ClaimVerdict, CustomResult, Draft, DraftSection,
    EngagementReport, Evidence, FORMAT, Fetch, Issue, Missing, Payload, Rating, Reply, ReplyKind, ReplyState,
    ResearchBrief, Review, Sentence, SentenceKind, Source, SpanRef, Story, UnsettledSentence, Window,
};
use copydesk_domain::{ContentHash, Instant, SentenceId, Untrusted, Verdict};
use copydesk_store::SnapshotParams;

/// The text of the only source.
pub const TEXT: &str = "Prices fell by 3 percent.\nNobody knows why <b>they</b> did.";
/// The address of the only source.
pub const ADDRESS: &str = "https://paper.example/prices";
/// A title that somebody outside wrote.
pub const HOSTILE: &str = "<script>alert(1)</script> prices";

fn outside(text: &str) -> Untrusted<String> {
    Untrusted::new(text.to_owned())
}

fn artifact<T: serde::Serialize>(kind: ArtifactKind, value: &T) -> Artifact {
    Artifact::of(kind, value).unwrap()
}

pub fn release() -> Release {
    let pipeline = shipped::text("pipelines/daily.toml").expect("the shipped pipeline");
    Release {
        version: "0".to_owned(),
        checker: "3".to_owned(),
        config: toml::from_str(shipped::config()).unwrap(),
        pipeline: toml::from_str::<Pipeline>(pipeline).unwrap(),
        prompts: BTreeMap::new(),
        schemas: BTreeMap::new(),
        voice: String::new(),
    }
}

/// A pipeline of two custom stages; the first wants an approval.
pub fn custom_release() -> Release {
    let text = "[pipeline]\nname = \"own\"\n[[stage]]\nagent = \"custom\"\nname = \"digest\"\napproval = true\n\
                [[stage]]\nagent = \"custom\"\nname = \"posts\"\n";
    Release {
        pipeline: toml::from_str::<Pipeline>(text).unwrap(),
        ..release()
    }
}

/// What the stage `digest` made.
pub fn custom(title: &str) -> Artifact {
    let result = CustomResult {
        format: FORMAT.to_owned(),
        stage: "digest".into(),
        output: Untrusted::new(
            serde_json::json!({ "title": title, "hostile_words": HOSTILE, "points": ["one", "two"] }),
        ),
        models: vec!["gpt".to_owned()],
    };
    artifact(ArtifactKind::Custom, &result)
}

pub fn snapshot(at: Instant, text: &str) -> SnapshotParams {
    let fetch = Fetch {
        url: ADDRESS.to_owned(),
        fetched_at: at,
        title: Some(outside(HOSTILE)),
        authors: Vec::new(),
        published_at: None,
        publisher: outside("The Paper"),
    };
    SnapshotParams {
        text: outside(text),
        owner: "paper.example".to_owned(),
        fetch,
    }
}

/// Texts of the three posts that research read; the first two are one story.
pub const POSTS: [&str; 3] = [TEXT, "Prices fell, says the Paper too.", "A choir won a medal."];

fn source(at: Instant, text: &str) -> Source {
    Source {
        snapshot: ContentHash::of(text.as_bytes()),
        url: ADDRESS.to_owned(),
        title: outside(HOSTILE),
        publisher: outside("The Paper"),
        authors: Vec::new(),
        owner: "paper.example".to_owned(),
        published_at: None,
        fetched_at: at,
        beats: vec!["prices".to_owned()],
        is_sponsored: false,
        gives_orders: text == TEXT,
        copy_of: None,
        canonical_url: None,
        is_about_itself: false,
        read_from: None,
        first_published_at: None,
        changed_from: None,
    }
}

fn story(id: &str, posts: &[&str]) -> Story {
    Story {
        id: id.into(),
        title: outside(HOSTILE),
        snapshots: posts
            .iter()
            .map(|text| ContentHash::of(text.as_bytes()))
            .collect(),
        reason: format!("{} posts, new today", posts.len()),
        is_new: true,
        new_snapshots: Vec::new(),
        told_in: None,
        listed_in: None,
        beats: vec!["prices".to_owned()],
        witnesses: 1,
        is_release: false,
        told_at: None,
        new_notes: Vec::new(),
        is_unwanted: false,
    }
}

pub fn brief(at: Instant) -> Artifact {
    let brief = ResearchBrief {
        format: FORMAT.to_owned(),
        at,
        window: Window { from: at, to: at },
        beats: vec![BeatReading {
            beat: "prices".to_owned(),
            asked: 2,
            answered: 1,
            posts: 1,
            unread: 0,
        }],
        feeds: Vec::new(),
        stories: vec![story("s1", &POSTS[..2]), story("s2", &POSTS[2..])],
        notes: Vec::new(),
        sources: POSTS.map(|text| source(at, text)).to_vec(),
        missing: vec![Missing {
            feed: "https://silent.example/feed".to_owned(),
            url: None,
            reason: "answered 503".to_owned(),
        }],
        topics: Vec::new(),
        outside: Vec::new(),
        unread: copydesk_domain::artifact::Unread::default(),
        changes: Vec::new(),
        labels: Vec::new(),
        notes_dropped: 0,
        fields_dropped: 0,
        models: Vec::new(),
    };
    artifact(ArtifactKind::ResearchBrief, &brief)
}

pub fn draft(at: Instant, title: &str) -> Artifact {
    let span = SpanRef {
        snapshot: ContentHash::of(TEXT.as_bytes()),
        start: 0,
        end: 25,
    };
    let sentence = |id: &str, text: &str| Sentence {
        id: id.into(),
        text: outside(text),
        kind: SentenceKind::Claim,
        evidence: vec![Evidence::Span(span)],
    };
    let section = DraftSection {
        heading: "The one that matters".to_owned(),
        kind: "lead".to_owned(),
        stories: Vec::new(),
        paragraphs: vec![["p1", "p2", "p3"].map(SentenceId::from).to_vec()],
        listed: Vec::new(),
        angles: Vec::new(),
        note: None,
        wanted: None,
    };
    let draft = Draft {
        format: FORMAT.to_owned(),
        at,
        title: outside(title),
        deck: None,
        notice: "Assembled by extraction.".to_owned(),
        sections: vec![section],
        sentences: vec![
            sentence("p1", "The Paper says “Prices fell by 3 percent.”"),
            sentence("p2", "It may go on."),
            sentence("p3", "Prices fell by <i>9</i> percent."),
        ],
        sources: vec![span.snapshot],
        nothing_today: None,
        sign_off: None,
        models: Vec::new(),
        drafter: None,
        labels: Vec::new(),
        wishes: Vec::new(),
    };
    artifact(ArtifactKind::Draft, &draft)
}

pub fn review(draft: ContentHash) -> Artifact {
    review_with(draft, Verdict::Unsettled, Verdict::Blocked)
}

/// The same without a blocked claim.
pub fn unsettled(draft: ContentHash) -> Artifact {
    review_with(draft, Verdict::Unsettled, Verdict::Supported)
}

/// The same without an open claim.
pub fn clean(draft: ContentHash) -> Artifact {
    review_with(draft, Verdict::Supported, Verdict::Supported)
}

fn review_with(draft: ContentHash, second: Verdict, third: Verdict) -> Artifact {
    let verdict = |id: &str, verdict, reason: &str| ClaimVerdict {
        sentence: id.into(),
        verdict,
        reasons: vec![reason.to_owned()],
        spans: Vec::new(),
        witnesses: 1,
        contradicts: Vec::new(),
        opinion: None,
    };
    let review = Review {
        format: FORMAT.to_owned(),
        draft,
        verdicts: vec![
            verdict("p1", Verdict::Supported, "its words stand in the source"),
            verdict("p2", second, "code cannot tell"),
            verdict("p3", third, "9 stands in no source"),
        ],
        suggestions: Vec::new(),
        voice: Vec::new(),
        ratings: vec![Rating {
            model: "embedded".to_owned(),
            purpose: "checklist".to_owned(),
            score: 7,
            reasons: vec![outside("sentences have 11 words on average")],
        }],
        models: Vec::new(),
    };
    artifact(ArtifactKind::Review, &review)
}

/// The bytes of the payload for an issue.
pub fn payload(text: &str) -> Vec<u8> {
    format!("{{\"html\":\"{text}\"}}").into_bytes()
}

pub fn issue(
    at: Instant,
    draft: ContentHash,
    text: &str,
    audience: &str,
    not_before: Option<Instant>,
) -> Artifact {
    let payload = Payload {
        channel: "site".into(),
        audience: audience.to_owned(),
        not_before,
        hash: ContentHash::of(&payload(text)),
        media_type: "application/json".to_owned(),
    };
    let issue = Issue {
        format: FORMAT.to_owned(),
        title: outside(HOSTILE),
        slug: "2026-08-20-prices".to_owned(),
        date: at.date(),
        draft,
        payloads: vec![payload],
    };
    artifact(ArtifactKind::Issue, &issue)
}

/// A question of a reader with the drafted answer `a1`.
pub fn report(at: Instant, mail: &str) -> Artifact {
    let answer = Answer {
        id: "a1".into(),
        hash: ContentHash::of(mail.as_bytes()),
        text: outside(mail),
        evidence: Vec::new(),
        sentences: Vec::new(),
        is_answered: true,
        unsettled: vec![UnsettledSentence {
            text: outside("It is <b>cheap</b>."),
            reasons: vec!["the evidence does not say it in these words".to_owned()],
        }],
    };
    let reply = Reply {
        id: outside("<1@reader.example>"),
        kind: ReplyKind::Question,
        issue: None,
        from: outside("Reader <reader@reader.example>"),
        subject: outside("Re: prices"),
        text: outside("Why <em>now</em>?"),
        sent_at: None,
        answer: Some(answer),
        state: ReplyState::Drafted,
        gives_orders: false,
    };
    let report = EngagementReport {
        format: FORMAT.to_owned(),
        at,
        replies: vec![reply],
        questions: Vec::new(),
        missing: Vec::new(),
        unread: None,
        models: Vec::new(),
    };
    artifact(ArtifactKind::EngagementReport, &report)
}
