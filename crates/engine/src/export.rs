//! A run as files. Makes names and bytes; `cli` writes them.

use std::collections::{BTreeMap, BTreeSet};

use copydesk_domain::artifact::{
    Approval, ArtifactKind, Draft, Evidence, FORMAT, Issue, Receipt, ResearchBrief,
};
use copydesk_domain::{ContentHash, Decision, Round, RunId, StageName, StageState};
use copydesk_store::{DecisionRecord, OutboxState, StageRecord, StoreError, Subject};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::EngineError;
use crate::rated::{choice_of, has_ratings};
use crate::services::Engine;

/// A file of an export: path below the folder, and bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportFile {
    /// Path with `/`.
    pub path: String,
    /// Bytes.
    pub bytes: Vec<u8>,
}

impl Engine {
    /// Every file of a run's export, in a fixed order.
    pub async fn export(&self, run: &RunId) -> Result<Vec<ExportFile>, EngineError> {
        let store = self.store();
        let stages = store.stages(run).await?;
        let mut view = serde_json::to_value(self.view(run).await?).map_err(|error| no_json(&error))?;
        if let Value::Object(fields) = &mut view {
            fields.insert("format".to_owned(), json!(FORMAT));
            fields.insert("models".to_owned(), json!(self.answered(run).await?));
        }
        let mut files = vec![file("run.json", &view)?];
        let decisions = store.decisions(run).await?;
        let mut snapshots = BTreeSet::new();
        let mut read_as: Vec<ResearchBrief> = Vec::new();
        for (name, hash, kind) in named_artifacts(&stages) {
            let Some(artifact) = store.artifact(&hash).await? else {
                continue;
            };
            collect_snapshots(kind, &artifact.bytes, &mut snapshots);
            if kind == ArtifactKind::ResearchBrief {
                read_as.extend(serde_json::from_slice::<ResearchBrief>(&artifact.bytes));
            }
            if kind == ArtifactKind::Issue && name == "issue.json" {
                files.extend(self.markdown(&artifact.bytes).await?);
            }
            let bytes = match kind {
                ArtifactKind::EngagementReport => decided_report(artifact.bytes, &decisions)?,
                _ => artifact.bytes,
            };
            files.push(ExportFile { path: name, bytes });
        }
        files.extend(self.rating_files(run, &stages).await?);
        files.extend(self.decision_files(run).await?);
        for hash in snapshots {
            files.extend(self.snapshot_files(&hash, &read_as).await?);
        }
        Ok(files)
    }

    /// The newest issue of a run: its hash and its Markdown; none where it has none.
    ///
    /// # Errors
    /// [`StoreError::RunUnknown`]; [`StoreError::Inconsistent`] where the issue cannot be read.
    pub async fn issue_markdown(&self, run: &RunId) -> Result<Option<(ContentHash, String)>, EngineError> {
        self.known_run(run).await?;
        let stages = self.store().stages(run).await?;
        let Some(bytes) = crate::outbox::issue_bytes(self, &stages).await? else {
            return Ok(None);
        };
        let file = self.markdown(&bytes).await?;
        let text = file.map(|file| String::from_utf8_lossy(&file.bytes).into_owned());
        Ok(text.map(|text| (ContentHash::of(&bytes), text)))
    }

    /// `issue.md`: the Markdown that stands in the payload of the first channel that has one.
    async fn markdown(&self, issue: &[u8]) -> Result<Option<ExportFile>, EngineError> {
        let issue: Issue = serde_json::from_slice(issue).map_err(|error| no_json(&error))?;
        for payload in &issue.payloads {
            let Some(bytes) = self.store().body(&payload.hash).await? else {
                continue;
            };
            let markdown = serde_json::from_slice::<Value>(&bytes)
                .ok()
                .and_then(|value| value.get("markdown").and_then(Value::as_str).map(str::to_owned));
            if let Some(markdown) = markdown {
                return Ok(Some(ExportFile {
                    path: "issue.md".to_owned(),
                    bytes: markdown.into_bytes(),
                }));
            }
        }
        Ok(None)
    }

    /// Who rated whose draft how, with what the author chose: the newest round as `ratings.json`, earlier ones as
    /// `ratings.v1.json`. Names stand in them, also before the choice.
    async fn rating_files(
        &self,
        run: &RunId,
        stages: &[StageRecord],
    ) -> Result<Vec<ExportFile>, EngineError> {
        let rounds: Vec<&StageRecord> = stages.iter().filter(|stage| has_ratings(stage)).collect();
        if rounds.is_empty() {
            return Ok(Vec::new());
        }
        let decisions = self.store().decisions(run).await?;
        let mut files = Vec::new();
        for (index, stage) in (1..).zip(&rounds) {
            let Some(ratings) = self.ratings_in(stage).await? else {
                continue;
            };
            let name = if index == rounds.len() {
                "ratings.json".to_owned()
            } else {
                format!("ratings.v{index}.json")
            };
            let mut value = serde_json::to_value(&ratings).map_err(|error| no_json(&error))?;
            value["choice"] = json!(choice_of(stage.round, &ratings, &decisions));
            files.push(file(&name, &value)?);
        }
        Ok(files)
    }

    async fn decision_files(&self, run: &RunId) -> Result<Vec<ExportFile>, EngineError> {
        let mut files = Vec::new();
        let decisions = self.store().decisions(run).await?;
        for (name, newest) in named_decisions(&decisions) {
            let approval = Approval {
                format: FORMAT.to_owned(),
                hash: newest.hash,
                decision: newest.decision,
                at: newest.at,
                reason: newest.reason.clone(),
            };
            files.push(file(&name, &approval)?);
        }
        let outbox = self.store().outbox(run).await?;
        let receipts: Vec<Receipt> = outbox
            .into_iter()
            .filter(|row| row.state == OutboxState::Delivered)
            .filter_map(|row| {
                Some(Receipt {
                    format: FORMAT.to_owned(),
                    channel: row.channel,
                    hash: row.hash,
                    key: row.key,
                    at: row.delivered_at?,
                    location: row.location,
                    author_reason: row.author_reason,
                })
            })
            .collect();
        if !receipts.is_empty() {
            files.push(file("receipts.json", &receipts)?);
        }
        Ok(files)
    }

    async fn snapshot_files(
        &self,
        hash: &ContentHash,
        briefs: &[ResearchBrief],
    ) -> Result<Vec<ExportFile>, EngineError> {
        let Some(record) = self.store().snapshot(hash).await? else {
            return Ok(Vec::new());
        };
        let mut about = json!({ "format": FORMAT, "owner": record.owner, "fetches": record.fetches });
        let mut sources = briefs.iter().flat_map(|brief| &brief.sources);
        if let (Some(source), Value::Object(fields)) =
            (sources.find(|source| source.snapshot == *hash), &mut about)
        {
            fields.insert("canonical_url".to_owned(), json!(source.canonical_url));
            fields.insert("is_about_itself".to_owned(), json!(source.is_about_itself));
            fields.insert("copy_of".to_owned(), json!(source.copy_of));
            fields.insert("changed_from".to_owned(), json!(source.changed_from));
            fields.insert("is_sponsored".to_owned(), json!(source.is_sponsored));
            fields.insert("read_from".to_owned(), json!(source.read_from));
            fields.insert("first_published_at".to_owned(), json!(source.first_published_at));
        }
        let mut changes = briefs.iter().flat_map(|brief| &brief.changes);
        if let (Some(change), Value::Object(fields)) =
            (changes.find(|change| change.after == *hash), &mut about)
        {
            fields.insert("change".to_owned(), json!(change));
        }
        let mut text = Persisted(&record.text).bytes().map_err(|error| no_json(&error))?;
        text.shrink_to_fit();
        Ok(vec![
            ExportFile {
                path: format!("snapshots/{hash}.txt"),
                bytes: text,
            },
            file(&format!("snapshots/{hash}.json"), &about)?,
        ])
    }
}

/// A text that leaves through the one door for stored bytes.
struct Persisted<'a>(&'a copydesk_domain::Untrusted<String>);

impl Persisted<'_> {
    fn bytes(&self) -> Result<Vec<u8>, serde_json::Error> {
        let value = copydesk_domain::untrusted::persist(self.0, serde_json::value::Serializer)?;
        Ok(value.as_str().unwrap_or_default().as_bytes().to_vec())
    }
}

fn no_json(error: &serde_json::Error) -> EngineError {
    StoreError::Database {
        reason: format!("an artifact cannot be read: {error}"),
    }
    .into()
}

fn file<T: Serialize>(path: &str, value: &T) -> Result<ExportFile, EngineError> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|error| no_json(&error))?;
    bytes.push(b'\n');
    Ok(ExportFile {
        path: path.to_owned(),
        bytes,
    })
}

/// The engagement report with what the author decided: `state` of a reply whose answer was approved, rejected or expired
/// is that word. Without such decisions the bytes of the artifact.
fn decided_report(bytes: Vec<u8>, decisions: &[DecisionRecord]) -> Result<Vec<u8>, EngineError> {
    let mut report: Value = serde_json::from_slice(&bytes).map_err(|error| no_json(&error))?;
    let mut is_decided = false;
    let replies = report.get_mut("replies").and_then(Value::as_array_mut);
    for reply in replies.into_iter().flatten() {
        let Some(answer) = reply.get("answer").filter(|answer| answer.is_object()) else {
            continue;
        };
        let is_its = |record: &&DecisionRecord| {
            let Subject::Answer(id) = &record.subject else {
                return false;
            };
            answer["id"] == json!(id) && answer["hash"] == json!(record.hash)
        };
        let Some(newest) = decisions.iter().rfind(is_its) else {
            continue;
        };
        if matches!(
            newest.decision,
            Decision::Approved | Decision::Rejected | Decision::Expired
        ) {
            reply["state"] = json!(newest.decision.as_str());
            is_decided = true;
        }
    }
    if !is_decided {
        return Ok(bytes);
    }
    serde_json::to_vec(&report).map_err(|error| no_json(&error))
}

/// The newest decision on the issue as `approval.json`, and on each custom stage as `STAGE.approval.json`.
fn named_decisions(decisions: &[DecisionRecord]) -> BTreeMap<String, &DecisionRecord> {
    let named = decisions.iter().filter_map(|record| match &record.subject {
        Subject::Issue => Some(("approval.json".to_owned(), record)),
        Subject::Stage(stage) => Some((format!("{stage}.approval.json"), record)),
        Subject::Answer(_) => None,
    });
    named.collect()
}

/// Artifacts with their file names: the newest of a kind under its plain name, earlier drafts as `draft.v1.json`; what
/// custom stages made under the names of the stages.
fn named_artifacts(stages: &[StageRecord]) -> Vec<(String, ContentHash, ArtifactKind)> {
    let done: Vec<_> = stages
        .iter()
        .filter(|record| record.state == StageState::Completed)
        .flat_map(|record| record.artifacts.iter().map(|artifact| (record.round, artifact)))
        .collect();
    let mut named = Vec::new();
    for kind in [
        ArtifactKind::ResearchBrief,
        ArtifactKind::Draft,
        ArtifactKind::Review,
        ArtifactKind::Issue,
        ArtifactKind::EngagementReport,
    ] {
        // Review may hand a draft on as it is; what a new round makes is a version of its own, even with equal bytes.
        let mut versions: Vec<(Round, ContentHash)> = Vec::new();
        for (round, artifact) in done.iter().filter(|(_, artifact)| artifact.kind == kind) {
            // Of several drafts of a round the one that stands first comes last.
            versions.retain(|version| *version != (*round, artifact.hash));
            versions.push((*round, artifact.hash));
        }
        let Some(((_, newest), earlier)) = versions.split_last() else {
            continue;
        };
        named.push((format!("{}.json", kind.as_str()), *newest, kind));
        if kind == ArtifactKind::Draft {
            let earlier = earlier.iter().enumerate();
            named.extend(
                earlier.map(|(index, (_, hash))| (format!("draft.v{}.json", index + 1), *hash, kind)),
            );
        }
    }
    named.extend(named_custom(stages));
    named
}

/// What custom stages made: the newest as `digest.json`, earlier rounds as `digest.v1.json`.
fn named_custom(stages: &[StageRecord]) -> Vec<(String, ContentHash, ArtifactKind)> {
    let mut versions: BTreeMap<&StageName, Vec<ContentHash>> = BTreeMap::new();
    let done = stages
        .iter()
        .filter(|record| record.state == StageState::Completed);
    for record in done {
        let custom = record
            .artifacts
            .iter()
            .filter(|made| made.kind == ArtifactKind::Custom);
        for made in custom {
            versions.entry(&record.stage).or_default().push(made.hash);
        }
    }
    let mut named = Vec::new();
    for (stage, hashes) in versions {
        let newest = hashes.len();
        for (index, hash) in (1..).zip(hashes) {
            let name = if index == newest {
                format!("{stage}.json")
            } else {
                format!("{stage}.v{index}.json")
            };
            named.push((name, hash, ArtifactKind::Custom));
        }
    }
    named
}

/// Every snapshot that an artifact names.
fn collect_snapshots(kind: ArtifactKind, bytes: &[u8], into: &mut BTreeSet<ContentHash>) {
    match kind {
        ArtifactKind::ResearchBrief => {
            if let Ok(brief) = serde_json::from_slice::<ResearchBrief>(bytes) {
                into.extend(brief.sources.iter().map(|source| source.snapshot));
                into.extend(
                    brief
                        .stories
                        .iter()
                        .flat_map(|story| story.snapshots.iter().copied()),
                );
                into.extend(brief.notes.iter().map(|note| note.snapshot));
                into.extend(
                    brief
                        .changes
                        .iter()
                        .flat_map(|change| [change.before, change.after]),
                );
            }
        }
        ArtifactKind::Draft => {
            if let Ok(draft) = serde_json::from_slice::<Draft>(bytes) {
                into.extend(draft.sources.iter().copied());
                let evidence = draft.sentences.iter().flat_map(|sentence| &sentence.evidence);
                into.extend(evidence.flat_map(Evidence::spans).map(|span| span.snapshot));
            }
        }
        ArtifactKind::EngagementReport => {
            if let Ok(report) = serde_json::from_slice::<copydesk_domain::artifact::EngagementReport>(bytes) {
                let answers = report.replies.iter().filter_map(|reply| reply.answer.as_ref());
                into.extend(
                    answers
                        .flat_map(|answer| &answer.evidence)
                        .map(|span| span.snapshot),
                );
            }
        }
        ArtifactKind::Review | ArtifactKind::Issue | ArtifactKind::Custom | ArtifactKind::Ratings => {}
    }
}
