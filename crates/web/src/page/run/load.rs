//! What the page of a run shows, read once.

use std::collections::{BTreeSet, HashMap};

use copydesk_config::Pipeline;
use copydesk_domain::artifact::{
    ArtifactKind, ClaimVerdict, Draft, EngagementReport, Evidence, Issue, ResearchBrief, Review, SpanRef,
};
use copydesk_domain::untrusted::span;
use copydesk_domain::{ContentHash, Instant, Round, RunId, StageName, StageState, Untrusted, Verdict};
use copydesk_engine::gates::Waiting;
use copydesk_engine::view::RunView;
use copydesk_engine::{Agreement, Choices, Engine, EngineError, OpenClaims, RatedRound};
use copydesk_journal::{RenderSource, Rendering};
use copydesk_publish::SpanWords;
use copydesk_store::{DecisionRecord, OutboxRecord, StageRecord, Store, StoreError};
use jiff::tz::TimeZone;
use serde::de::DeserializeOwned;

use super::asked::Asked;
use super::custom::{self, Made};

/// A run with all that its page shows.
pub(super) struct RunPage {
    pub(super) view: RunView,
    pub(super) now: Instant,
    pub(super) zone: TimeZone,
    pub(super) writing: Option<Writing>,
    pub(super) decisions: Vec<DecisionRecord>,
    pub(super) outbox: Vec<OutboxRecord>,
    /// A channel refused the issue that was approved.
    pub(super) is_refused: bool,
    pub(super) report: Option<EngagementReport>,
    /// What custom stages made.
    pub(super) custom: Vec<Made>,
    /// All that waits for the author's decision.
    pub(super) waiting: Vec<Waiting>,
    /// Labels that the draft was made without.
    pub(super) newer_labels: usize,
    /// Drafts and ratings by round, where the pipeline names drafters or raters.
    pub(super) rated: Vec<RatedRound>,
    /// Which rater agrees with the author; nothing while the author may still choose.
    pub(super) agreement: Vec<Agreement>,
    /// How the run can go on, where it waits for money or a model.
    pub(super) choices: Option<Choices>,
    /// What it waits with then.
    pub(super) impasse: Option<ContentHash>,
    /// What a form that was just sent still wants.
    pub(super) asked: Option<Asked>,
}

/// Which of several drafts is to be shown; one that is not there shows what stands first.
#[derive(Debug, Clone, Copy)]
pub(in crate::page) enum Pick<'a> {
    /// The one with this label.
    Label(Option<&'a str>),
    /// The one whose issue has this hash.
    Issue(ContentHash),
}

/// A reviewed issue, with what it was made from.
pub(super) struct Writing {
    /// What an approval of what this page shows binds.
    pub(super) hash: ContentHash,
    /// The issue that stands first: what was approved, where something was.
    pub(super) current: ContentHash,
    /// Label of the draft that is shown, where there is another one.
    pub(super) label: Option<String>,
    pub(super) issue: Issue,
    pub(super) draft: Draft,
    pub(super) review: Review,
    pub(super) brief: ResearchBrief,
    pub(super) quotes: SpanWords,
    sources: Vec<RenderSource>,
    pipeline: Pipeline,
    at: Instant,
}

impl RunPage {
    pub(super) async fn load(engine: &Engine, id: &RunId, draft: Pick<'_>) -> Result<Self, EngineError> {
        let store = engine.store();
        let record = store
            .run(id)
            .await?
            .ok_or_else(|| StoreError::RunUnknown { run: id.clone() })?;
        let stages = store.stages(id).await?;
        let pipeline = engine.release(&record).await?.pipeline.clone();
        let zone = TimeZone::get(&pipeline.pipeline.time_zone).unwrap_or(TimeZone::UTC);
        let rated = engine.rated(id).await?;
        let shown = rated.last().and_then(|round| shown(round, draft));
        let agreement = match rated.last() {
            Some(round) if !round.is_blind && round.drafts.len() > 1 => {
                engine.agreement(&record.pipeline).await?
            }
            _ => Vec::new(),
        };
        let decisions = store.decisions(id).await?;
        Ok(Self {
            is_refused: copydesk_engine::next::is_refused(&stages, &decisions),
            custom: custom::load(store.as_ref(), &stages, &pipeline).await?,
            waiting: engine.waiting(id).await?,
            newer_labels: engine.newer_labels(id).await?.len(),
            choices: engine.choices(id).await?,
            impasse: record.impasse(),
            asked: None,
            writing: Writing::load(store.as_ref(), &stages, pipeline, shown.as_ref()).await?,
            rated,
            agreement,
            decisions,
            outbox: store.outbox(id).await?,
            report: engine.engagement_report(&stages).await?,
            view: engine.view(id).await?,
            now: engine.clock().now(),
            zone,
        })
    }
}

/// Which of several drafts the page shows.
pub(super) struct Shown {
    label: String,
    issue: ContentHash,
    review: ContentHash,
    is_blind: bool,
}

/// The draft that is picked, or else the one that stands first; none where there is no other.
fn shown(round: &RatedRound, pick: Pick<'_>) -> Option<Shown> {
    let named = round.drafts.iter().find(|draft| match pick {
        Pick::Label(label) => label.is_some_and(|label| draft.rated.label.eq_ignore_ascii_case(label)),
        Pick::Issue(hash) => draft.rated.issue == hash,
    });
    let draft = named.or_else(|| round.drafts.iter().find(|draft| draft.is_first))?;
    (round.drafts.len() > 1).then(|| Shown {
        label: draft.rated.label.clone(),
        issue: draft.rated.issue,
        review: draft.rated.review,
        is_blind: round.is_blind,
    })
}

/// The line on how the issue was made without the models, which readers get and the author does not see yet.
fn blind(notice: &str, label: &str) -> String {
    let read = notice.split_once(". ").map_or("", |(_, read)| read);
    format!("Draft {label}: the models that wrote it stand here once you have chosen. {read}")
        .trim_end()
        .to_owned()
}

impl Writing {
    async fn load(
        store: &dyn Store,
        stages: &[StageRecord],
        pipeline: Pipeline,
        shown: Option<&Shown>,
    ) -> Result<Option<Self>, StoreError> {
        let Some((round, current)) = newest(stages, ArtifactKind::Issue) else {
            return Ok(None);
        };
        let Some((_, brief)) = newest(stages, ArtifactKind::ResearchBrief) else {
            return Ok(None);
        };
        let Some((_, review)) = newest(stages, ArtifactKind::Review) else {
            return Ok(None);
        };
        let (hash, review) = shown.map_or((current, review), |shown| (shown.issue, shown.review));
        let issue: Option<Issue> = read(store, &hash).await?;
        let Some(issue) = issue else { return Ok(None) };
        let draft: Option<Draft> = read(store, &issue.draft).await?;
        let (brief, review): (Option<ResearchBrief>, Option<Review>) =
            (read(store, &brief).await?, read(store, &review).await?);
        let (Some(mut draft), Some(brief), Some(review)) = (draft, brief, review) else {
            return Ok(None);
        };
        if let Some(shown) = shown.filter(|shown| shown.is_blind) {
            draft.notice = blind(&draft.notice, &shown.label);
        }
        let quotes = quotes(store, &draft).await?;
        let sources = sources(&draft, &brief);
        Ok(Some(Self {
            hash,
            current,
            label: shown.map(|shown| shown.label.clone()),
            issue,
            draft,
            review,
            brief,
            quotes,
            sources,
            pipeline,
            at: round.now,
        }))
    }

    pub(super) fn rendering(&self) -> Rendering<'_> {
        Rendering {
            draft: &self.draft,
            sources: &self.sources,
            review: &self.review,
            pipeline: &self.pipeline,
            slug: &self.issue.slug,
            date: self.issue.date,
            at: self.at,
        }
    }

    /// Claims for which an approval says why.
    pub(super) fn open_claims(&self) -> OpenClaims {
        OpenClaims::of(&self.draft, &self.review)
    }

    /// Claims with this verdict, in draft order.
    pub(super) fn verdicts(&self, verdict: Verdict) -> Vec<&ClaimVerdict> {
        self.review
            .verdicts
            .iter()
            .filter(|claim| claim.verdict == verdict)
            .collect()
    }
}

/// What a custom stage made in its newest completed round.
pub(super) fn newest_of_stage(stages: &[StageRecord], stage: &StageName) -> Option<(Round, ContentHash)> {
    let own: Vec<StageRecord> = stages
        .iter()
        .filter(|record| record.stage == *stage)
        .cloned()
        .collect();
    newest(&own, ArtifactKind::Custom).map(|(record, hash)| (record.round, hash))
}

/// The newest artifact of a kind among completed rounds.
fn newest(stages: &[StageRecord], kind: ArtifactKind) -> Option<(&StageRecord, ContentHash)> {
    let done = stages
        .iter()
        .filter(|record| record.state == StageState::Completed);
    let found = done.filter_map(|record| {
        let artifact = record
            .artifacts
            .iter()
            .rev()
            .find(|artifact| artifact.kind == kind)?;
        Some((record, artifact.hash))
    });
    found.max_by_key(|(record, _)| record.round)
}

pub(super) async fn read<T: DeserializeOwned>(
    store: &dyn Store,
    hash: &ContentHash,
) -> Result<Option<T>, StoreError> {
    let Some(artifact) = store.artifact(hash).await? else {
        return Ok(None);
    };
    let unreadable = || StoreError::Inconsistent {
        table: "artifact",
        column: "bytes",
        id: hash.to_string(),
    };
    serde_json::from_slice(&artifact.bytes)
        .map(Some)
        .map_err(|_| unreadable())
}

/// The words at each span that the draft names.
async fn quotes(store: &dyn Store, draft: &Draft) -> Result<SpanWords, StoreError> {
    let evidence = draft
        .sentences
        .iter()
        .flat_map(|sentence| &sentence.evidence)
        .flat_map(Evidence::spans)
        .copied();
    let angles = draft
        .sections
        .iter()
        .flat_map(|section| &section.angles)
        .map(|angle| angle.evidence);
    let wanted: Vec<SpanRef> = evidence.chain(angles).collect();
    let named: BTreeSet<ContentHash> = wanted.iter().map(|place| place.snapshot).collect();
    let mut texts: HashMap<ContentHash, Untrusted<String>> = HashMap::new();
    for snapshot in named {
        texts.extend(
            store
                .snapshot(&snapshot)
                .await?
                .map(|record| (snapshot, record.text)),
        );
    }
    let words = wanted.into_iter().filter_map(|place| {
        let quote = span(texts.get(&place.snapshot)?, place.start, place.end)?;
        Some((place, Untrusted::new(quote.as_str().to_owned())))
    });
    Ok(words.collect())
}

/// The draft's sources with their numbers, then everything else that was read.
fn sources(draft: &Draft, brief: &ResearchBrief) -> Vec<RenderSource> {
    let find = |snapshot: &ContentHash| brief.sources.iter().find(|source| source.snapshot == *snapshot);
    let mut sources: Vec<RenderSource> = Vec::new();
    for (index, snapshot) in draft.sources.iter().enumerate() {
        let number = u32::try_from(index + 1).ok();
        sources.extend(find(snapshot).map(|source| RenderSource {
            number,
            source: source.clone(),
        }));
    }
    let others = brief
        .sources
        .iter()
        .filter(|source| !draft.sources.contains(&source.snapshot));
    sources.extend(others.map(|source| RenderSource {
        number: None,
        source: source.clone(),
    }));
    sources
}
