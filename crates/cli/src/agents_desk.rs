//! What the `desk` tool server works with: it reads what waits for the author and sends it back. There is no approval
//! here, and no way to one.

use std::collections::HashMap;

use async_trait::async_trait;
use copydesk_domain::artifact::{
    ArtifactKind, ClaimVerdict, CustomResult, Draft, Evidence, Issue, ResearchBrief, Review, Source, SpanRef,
};
use copydesk_domain::untrusted::span;
use copydesk_domain::{ContentHash, Decision, RunId, Untrusted};
use copydesk_engine::Engine;
use copydesk_engine::gates::Waiting;
use copydesk_store::{RunRecord, StageRecord, StoreError, Subject};
use copydesk_tools::{Desk, DeskClaim, DeskEntry, DeskText, DeskWords};
use serde::de::DeserializeOwned;

/// The author's desk, without the author's rights.
pub struct AgentsDesk(Engine);

impl AgentsDesk {
    /// Over the engine of a folder.
    pub const fn new(engine: Engine) -> Self {
        Self(engine)
    }

    async fn artifact<T: DeserializeOwned>(&self, hash: &ContentHash) -> Result<T, String> {
        let broken = || format!("artifact {} cannot be read", hash.short(12));
        let stored = self.0.store().artifact(hash).await.map_err(told)?;
        serde_json::from_slice(&stored.ok_or_else(broken)?.bytes).map_err(|_| broken())
    }

    async fn entry(&self, run: &RunRecord, waiting: &Waiting) -> Result<DeskEntry, String> {
        let (what, title) = match &waiting.subject {
            Subject::Stage(stage) => (stage.to_string(), None),
            Subject::Issue | Subject::Answer(_) => {
                let issue: Issue = self.artifact(&waiting.hash).await?;
                ("issue".to_owned(), Some(issue.title))
            }
        };
        Ok(DeskEntry {
            run: run.id.to_string(),
            pipeline: run.pipeline.to_string(),
            what,
            hash: waiting.hash.to_string(),
            title,
            expires_at: waiting.expires_at.map(|at| at.to_string()),
        })
    }

    async fn issue(
        &self,
        run: &RunId,
        hash: &ContentHash,
    ) -> Result<(Untrusted<String>, Vec<DeskClaim>), String> {
        let issue: Issue = self.artifact(hash).await?;
        let draft: Draft = self.artifact(&issue.draft).await?;
        let stages = self.0.store().stages(run).await.map_err(told)?;
        let mut review: Option<Review> = None;
        for hash in of_kind(&stages, ArtifactKind::Review) {
            let other: Review = self.artifact(&hash).await?;
            if other.draft == issue.draft {
                review = Some(other);
            }
        }
        let mut sources = HashMap::new();
        for hash in of_kind(&stages, ArtifactKind::ResearchBrief) {
            let brief: ResearchBrief = self.artifact(&hash).await?;
            sources.extend(brief.sources.into_iter().map(|source| (source.snapshot, source)));
        }
        let mut claims = Vec::new();
        for verdict in review.iter().flat_map(|review| &review.verdicts) {
            claims.extend(self.claim(verdict, &draft, &sources).await?);
        }
        Ok((self.markdown(&issue).await?, claims))
    }

    async fn claim(
        &self,
        verdict: &ClaimVerdict,
        draft: &Draft,
        sources: &HashMap<ContentHash, Source>,
    ) -> Result<Option<DeskClaim>, String> {
        let Some(sentence) = draft.sentences.iter().find(|one| one.id == verdict.sentence) else {
            return Ok(None);
        };
        let mut evidence = Vec::new();
        for place in sentence.evidence.iter().flat_map(Evidence::spans) {
            evidence.extend(self.words(place, sources.get(&place.snapshot)).await?);
        }
        Ok(Some(DeskClaim {
            sentence: sentence.id.to_string(),
            text: sentence.text.clone(),
            verdict: verdict.verdict.to_string(),
            reasons: verdict.reasons.clone(),
            evidence,
        }))
    }

    async fn words(&self, place: &SpanRef, source: Option<&Source>) -> Result<Option<DeskWords>, String> {
        let stored = self.0.store().snapshot(&place.snapshot).await.map_err(told)?;
        let words = stored.and_then(|stored| span(&stored.text, place.start, place.end));
        Ok(words.map(|words| DeskWords {
            url: source.map(|source| source.url.clone()),
            publisher: source.map(|source| source.publisher.clone()),
            words: Untrusted::new(words.as_str().to_owned()),
        }))
    }

    /// The issue as Markdown, as the first channel that has one puts it out.
    async fn markdown(&self, issue: &Issue) -> Result<Untrusted<String>, String> {
        for payload in &issue.payloads {
            let body = self.0.store().body(&payload.hash).await.map_err(told)?;
            let value: Option<serde_json::Value> = body.and_then(|body| serde_json::from_slice(&body).ok());
            let markdown = value.as_ref().and_then(|value| value.get("markdown")?.as_str());
            if let Some(markdown) = markdown {
                return Ok(Untrusted::new(markdown.to_owned()));
            }
        }
        Err("none of its channels has it as Markdown".to_owned())
    }
}

#[async_trait]
impl Desk for AgentsDesk {
    async fn list(&self) -> Result<Vec<DeskEntry>, String> {
        let mut entries = Vec::new();
        for run in self.0.store().open_runs().await.map_err(told)? {
            for waiting in self.0.waiting(&run.id).await.map_err(told)? {
                entries.push(self.entry(&run, &waiting).await?);
            }
        }
        Ok(entries)
    }

    async fn read(&self, run: &RunId) -> Result<DeskText, String> {
        let known = self.0.store().run(run).await.map_err(told)?;
        let record = known.ok_or_else(|| told(StoreError::RunUnknown { run: run.clone() }))?;
        let waiting = self.0.waiting(run).await.map_err(told)?;
        let first = waiting
            .first()
            .ok_or_else(|| format!("nothing of {run} waits for the author"))?;
        let (text, claims) = match &first.subject {
            Subject::Stage(_) => {
                let made: CustomResult = self.artifact(&first.hash).await?;
                let text = made.output.map(|output| format!("{output:#}"));
                (text, Vec::new())
            }
            Subject::Issue | Subject::Answer(_) => self.issue(run, &first.hash).await?,
        };
        Ok(DeskText {
            entry: self.entry(&record, first).await?,
            text,
            claims,
        })
    }

    async fn request_changes(&self, run: &RunId, hash: ContentHash, note: String) -> Result<(), String> {
        // What does not wait any more was decided on by the author; a word on it would take that decision back.
        let waiting = self.0.waiting(run).await.map_err(told)?;
        if !waiting.iter().any(|waiting| waiting.hash == hash) {
            return Err(format!(
                "nothing with the hash {hash} waits in {run}; list what waits, and read it"
            ));
        }
        let decided = self
            .0
            .decide_issue(run, Decision::SentBack, Some(hash), Some(note))
            .await;
        decided.map(|_| ()).map_err(told)
    }
}

/// Artifacts of a kind, in the order in which they were made.
fn of_kind(stages: &[StageRecord], kind: ArtifactKind) -> Vec<ContentHash> {
    let all = stages.iter().flat_map(|stage| &stage.artifacts);
    all.filter(|artifact| artifact.kind == kind)
        .map(|artifact| artifact.hash)
        .collect()
}

/// An error with its causes in one line.
fn told(error: impl std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let words = deeper.to_string();
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        cause = deeper.source();
    }
    text
}
