//! The tiny artifacts of the stub stages.

use copydesk_domain::artifact::{
    Answer, Artifact, ArtifactKind, CustomResult, Draft, EngagementReport, FORMAT, FeedReading, Issue,
    Payload, Reply, ReplyKind, ReplyState, ResearchBrief, Window,
};
use copydesk_domain::{AnswerId, ChannelName, ContentHash, Instant, Untrusted};
use copydesk_journal::StageContext;
use serde_json::json;

pub fn made(ctx: &StageContext) -> Artifact {
    let result = CustomResult {
        format: FORMAT.to_owned(),
        stage: ctx.stage().stage_name(),
        output: Untrusted::new(json!({ "round": ctx.round() })),
        models: Vec::new(),
    };
    Artifact::of(ArtifactKind::Custom, &result).expect("JSON")
}

pub fn brief(ctx: &StageContext, answered: Option<bool>) -> Artifact {
    let now = ctx.now();
    let feeds = answered.into_iter().map(|answered| FeedReading {
        feed: "https://a.example/feed".to_owned(),
        title: Untrusted::new("A".to_owned()),
        beats: Vec::new(),
        owner: "a.example".to_owned(),
        answered,
        posts: 0,
    });
    let brief = ResearchBrief {
        format: FORMAT.to_owned(),
        at: now,
        window: Window { from: now, to: now },
        beats: Vec::new(),
        feeds: feeds.collect(),
        stories: Vec::new(),
        notes: Vec::new(),
        sources: Vec::new(),
        missing: Vec::new(),
        topics: Vec::new(),
        outside: Vec::new(),
        unread: copydesk_domain::artifact::Unread::default(),
        changes: Vec::new(),
        labels: Vec::new(),
        notes_dropped: ctx.round().0,
        fields_dropped: 0,
        models: Vec::new(),
    };
    Artifact::of(ArtifactKind::ResearchBrief, &brief).expect("JSON")
}

pub fn draft(ctx: &StageContext) -> Artifact {
    let draft = Draft {
        format: FORMAT.to_owned(),
        at: ctx.now(),
        title: Untrusted::new(format!("Round {}", ctx.round().0)),
        deck: None,
        notice: String::new(),
        sections: Vec::new(),
        sentences: Vec::new(),
        sources: Vec::new(),
        nothing_today: Some("Nothing happened.".to_owned()),
        sign_off: None,
        models: Vec::new(),
        drafter: None,
        labels: Vec::new(),
        wishes: Vec::new(),
    };
    Artifact::of(ArtifactKind::Draft, &draft).expect("JSON")
}

pub fn issue(text: &str, channels: Vec<ChannelName>) -> (Artifact, Vec<Vec<u8>>) {
    let body = text.as_bytes().to_vec();
    let payload = |channel| Payload {
        channel,
        audience: "public".to_owned(),
        not_before: None,
        hash: ContentHash::of(&body),
        media_type: "text/plain".to_owned(),
    };
    let issue = Issue {
        format: FORMAT.to_owned(),
        title: Untrusted::new(text.to_owned()),
        slug: "an-issue".to_owned(),
        date: jiff::civil::date(2026, 11, 22),
        draft: ContentHash::of(b"draft"),
        payloads: channels.into_iter().map(payload).collect(),
    };
    (
        Artifact::of(ArtifactKind::Issue, &issue).expect("JSON"),
        vec![body],
    )
}

/// The drafted answer to [`reply`].
pub const MAIL: &[u8] = b"Dear reader";

pub fn reply() -> Reply {
    let text = |text: &str| Untrusted::new(text.to_owned());
    Reply {
        id: text("m1"),
        kind: ReplyKind::Question,
        issue: Some("an-issue".to_owned()),
        from: text("reader@example.org"),
        subject: text("Re: an issue"),
        text: text("Why?"),
        sent_at: None,
        answer: Some(Answer {
            id: AnswerId::new("a1"),
            text: text("Dear reader"),
            hash: ContentHash::of(MAIL),
            evidence: Vec::new(),
            sentences: Vec::new(),
            is_answered: true,
            unsettled: Vec::new(),
        }),
        state: ReplyState::Drafted,
        gives_orders: false,
    }
}

pub fn report(at: Instant, replies: Vec<Reply>, unread: Option<String>) -> Artifact {
    let report = EngagementReport {
        format: FORMAT.to_owned(),
        at,
        replies,
        questions: Vec::new(),
        missing: Vec::new(),
        unread,
        models: Vec::new(),
    };
    Artifact::of(ArtifactKind::EngagementReport, &report).expect("JSON")
}
