//! A hand-made issue.

use copydesk_config::Pipeline;
use copydesk_domain::artifact::{Draft, Issue, Payload, Review, Source};
use copydesk_domain::{ChannelName, ContentHash, Decision, Instant, Untrusted};
use copydesk_journal::{Approved, PayloadBytes, RenderSource, Rendered, Renderer, Rendering};
use copydesk_publish::SiteRenderer;
use copydesk_store::{DecisionRecord, Subject};
use serde_json::{Value, json};

pub const AT: &str = "2026-08-20T05:00:00Z";

/// Everything that a rendering borrows from.
pub struct Desk {
    pub draft: Draft,
    pub sources: Vec<RenderSource>,
    pub review: Review,
    pub pipeline: Pipeline,
    pub slug: String,
    pub date: jiff::civil::Date,
}

impl Desk {
    pub fn rendering(&self) -> Rendering<'_> {
        Rendering {
            draft: &self.draft,
            sources: &self.sources,
            review: &self.review,
            pipeline: &self.pipeline,
            slug: &self.slug,
            date: self.date,
            at: AT.parse().unwrap(),
        }
    }

    pub fn render(&self) -> Rendered {
        SiteRenderer
            .render(&ChannelName::from("site"), &self.rendering())
            .unwrap()
    }

    /// The payload with the author's yes.
    pub fn approved(&self) -> Approved<PayloadBytes> {
        let rendered = self.render();
        let payload = Payload {
            channel: ChannelName::from("site"),
            audience: rendered.audience,
            not_before: None,
            hash: ContentHash::of(&rendered.bytes),
            media_type: rendered.media_type,
        };
        let issue = Issue {
            format: "1.0".to_owned(),
            title: self.draft.title.clone(),
            slug: self.slug.clone(),
            date: self.date,
            draft: ContentHash::of(b"draft"),
            payloads: vec![payload.clone()],
        };
        let issue = serde_json::to_vec(&issue).unwrap();
        let now: Instant = AT.parse().unwrap();
        let decision = DecisionRecord {
            sequence: 1,
            subject: Subject::Issue,
            round: None,
            hash: ContentHash::of(&issue),
            decision: Decision::Approved,
            at: now,
            effective_at: None,
            reason: None,
        };
        Approved::payload(&issue, &decision, &payload, rendered.bytes, now).unwrap()
    }
}

/// A field of the payload.
pub fn field(rendered: &Rendered, name: &str) -> String {
    let payload: Value = serde_json::from_slice(&rendered.bytes).unwrap();
    payload[name].as_str().unwrap().to_owned()
}

pub fn hash(name: &str) -> ContentHash {
    ContentHash::of(name.as_bytes())
}

pub fn source(name: &str, url: &str, publisher: &str, title: &str) -> RenderSource {
    let source = Source {
        snapshot: hash(name),
        url: url.to_owned(),
        title: Untrusted::new(title.to_owned()),
        publisher: Untrusted::new(publisher.to_owned()),
        authors: Vec::new(),
        owner: "example".to_owned(),
        published_at: Some("2026-08-19".parse().unwrap()),
        fetched_at: "2026-08-20T03:00:12Z".parse().unwrap(),
        beats: Vec::new(),
        is_sponsored: false,
        gives_orders: false,
        copy_of: None,
        canonical_url: None,
        is_about_itself: false,
        read_from: None,
        first_published_at: None,
        changed_from: None,
    };
    RenderSource { number: None, source }
}

pub fn sentence(id: &str, kind: &str, text: &str, snapshots: &[&str]) -> Value {
    let evidence: Vec<Value> = snapshots
        .iter()
        .map(|name| json!({"snapshot": hash(name), "start": 0, "end": 9}))
        .collect();
    json!({"id": id, "text": text, "kind": kind, "evidence": evidence})
}

fn section(heading: &str, kind: &str, paragraphs: &Value, listed: &[&str]) -> Value {
    let listed: Vec<ContentHash> = listed.iter().map(|name| hash(name)).collect();
    json!({"heading": heading, "kind": kind, "stories": [], "paragraphs": paragraphs, "listed": listed,
           "angles": [], "wanted": null})
}

fn verdict(id: &str, word: &str) -> Value {
    json!({"sentence": id, "verdict": word, "reasons": ["the number 3.8.2 stands in the source"], "spans": [],
           "witnesses": 1, "opinion": null})
}

pub fn pipeline() -> Pipeline {
    serde_json::from_value(json!({
        "pipeline": {"name": "daily"},
        "issue": {"name": "The Morning Wire", "deck": "Five minutes, every source"},
        "channels": {"site": {"dir": "site"}, "other": {}},
    }))
    .unwrap()
}

/// An issue with something of everything: see the golden files.
pub fn desk() -> Desk {
    let mut take = section("The take", "take", &json!([]), &[]);
    take["wanted"] = json!("author");
    take["angles"] = json!([{"prompt": "Who pays for this?", "quote": "“we rotated all keys”",
        "evidence": {"snapshot": hash("a"), "start": 0, "end": 9}}]);
    let coverage = json!({"coverage": {"beat": "cloud", "asked": 3, "answered": 3, "at": AT}});
    let mut quiet = sentence("p6", "claim", "Cloud: nothing new in 3 sources read.", &[]);
    quiet["evidence"] = json!([coverage]);
    let draft = json!({
        "format": "1.0", "at": AT,
        "title": "Tarnhelm 3.8.2 closes a hole in renewal: \"update <now>\"",
        "deck": "One release, two witnesses & a bill",
        "notice": "Assembled by extraction, no language model used. 11 of 12 sources read.",
        "sections": [
            section("The one that matters", "lead", &json!([["p1", "p2", "p3"], ["p4"]]), &[]),
            section("Releases", "releases", &json!([["p5"]]), &[]),
            take,
            section("Quiet", "quiet", &json!([["p6"]]), &[]),
            section("Also read", "also_read", &json!([]), &["d", "e"]),
            section("A question for you", "question", &json!([["p7"]]), &[]),
        ],
        "sentences": [
            sentence("p1", "claim", "Tarnhelm says that 3.8.2 “closes a hole by which a lapsed certificate was renewed”.", &["a"]),
            sentence("p2", "claim", "BLOCKED ninety percent of sites are open.", &["b"]),
            sentence("p3", "claim", "Brightwater rotated 4,200 keys; Tarnhelm counts 38.", &["c", "a"]),
            sentence("p4", "voice", "- # Read *this* `first`: [click](javascript:alert(1)) <script>alert(1)</script>", &[]),
            sentence("p5", "claim", "BLOCKED Quern 2.4 is out.", &["b"]),
            quiet,
            sentence("p7", "question", "What did the rotation cost you?", &[]),
        ],
        "sources": [hash("a"), hash("b"), hash("c")],
        "nothing_today": null, "sign_off": "Until tomorrow.", "models": ["embedded"],
    });
    let review = json!({
        "format": "1.0", "draft": hash("draft"), "suggestions": [], "models": [],
        "verdicts": [verdict("p1", "supported"), verdict("p2", "blocked"), verdict("p3", "unsettled"),
                     verdict("p5", "blocked"), verdict("p6", "supported")],
    });
    Desk {
        draft: serde_json::from_value(draft).unwrap(),
        review: serde_json::from_value(review).unwrap(),
        sources: vec![
            source(
                "a",
                "https://tarnhelm.example/3-8-2",
                "Tarnhelm",
                "Tarnhelm 3.8.2",
            ),
            source("b", "https://rumour.example/", "Rumour", "BLOCKED title"),
            source(
                "c",
                "https://brightwater.example/a_(b)?x=1&y=2",
                "Brightwater & Sons",
                "What we [did] \u{202e}first",
            ),
            source(
                "d",
                "https://gazette.example/\"onmouseover=alert(1)",
                "Gazette",
                "A ](javascript:alert(1)) title",
            ),
            source("e", "javascript:alert(1)", "Elsewhere", "No link at all"),
        ],
        pipeline: pipeline(),
        slug: "2026-08-20-tarnhelm-3-8-2".to_owned(),
        date: jiff::civil::date(2026, 8, 20),
    }
}

/// Another issue, of another day.
pub fn other_desk(day: i8) -> Desk {
    let mut desk = desk();
    desk.date = jiff::civil::date(2026, 8, day);
    desk.slug = format!("2026-08-{day:02}-quern");
    desk.draft.title = Untrusted::new(format!("Quern on day {day}"));
    desk
}
