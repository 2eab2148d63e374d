//! A run into a file.

use std::collections::BTreeSet;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::sync::Arc;

use copydesk_domain::{ContentHash, Instant, RunId, StageName};
use copydesk_engine::replay::{Made, Recording, Seen, World, re_execute};
use copydesk_journal::{Library, Silent, StoreLibrary};
use copydesk_store::retention::{AUTHOR, cited};
use copydesk_store_memory::MemoryStore;
use serde_json::Value;

use super::library::RecordedLibrary;
use super::line::{ArtifactLine, End, FORMAT, Head, KIND, Line, SnapshotLine};
use super::redact::redacted;
use super::refused;
use crate::app::{Folder, stages};
use crate::commands::replay_failure;
use crate::exit::{FAILED, Failure};

/// What is written.
#[derive(Debug, Clone, Copy)]
pub struct WriteOptions<'a> {
    /// The file; it must not exist.
    pub file: &'a Path,
    /// Leaves out the rounds that read letters of readers.
    pub without_replies: bool,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Lines of the file.
    pub lines: usize,
    /// Rounds.
    pub rounds: usize,
    /// Whether the file replays to the run's own bytes here.
    pub is_same: bool,
    /// Whether letters of readers are in it.
    pub has_replies: bool,
    /// Whether notes of the author are in it.
    pub has_notes: bool,
}

/// Writes a run's recording, and replays it before that: the file holds what the stages read, and no more.
///
/// # Errors
/// CD024 for a run that cannot be replayed, or of which nothing is left to replay, CD025 where a secret of the desk would stand in the file, CD010 and CD005
/// for the file itself. Nothing is written then.
pub async fn write(folder: &Folder, run: &RunId, options: WriteOptions<'_>) -> Result<Recorded, Failure> {
    if options.file.exists() {
        let text = format!("{} exists", options.file.display());
        return Err(refused(text, "name another file; this one was left as it is"));
    }
    let store = folder.engine.store();
    let whole = Recording::read_whole(store.as_ref(), run).await;
    let mut recording = whole.map_err(|error| replay_failure(run.as_str(), error))?;
    recording.release = redacted(&recording.release);
    if options.without_replies {
        leave_out_replies(&mut recording);
        require_something_left(&recording)?;
    }
    let library: Arc<dyn Library> = Arc::new(StoreLibrary(Arc::clone(store)));
    let seen = Arc::new(Seen::of(Arc::clone(&library)));
    let world = World {
        library: Arc::clone(&seen) as Arc<dyn Library>,
        scratch: Arc::new(MemoryStore::new()),
        stages: stages(),
        clock: Arc::clone(folder.engine.clock()),
        progress: Arc::new(Silent),
        shutdown: folder.shutdown.subscribe(),
    };
    let remade = re_execute(&recording, &world).await?;
    let made = Made::of(&recording, remade, library.as_ref()).await?;
    let stock = stock(&recording, &seen.read(), library.as_ref()).await?;
    let lines = lines_of(&recording, &stock, folder.engine.clock().now())?;
    require_no_secret(folder, &lines.bytes)?;
    put(options.file, &lines.bytes)?;
    Ok(Recorded {
        lines: lines.count,
        rounds: recording.rounds.len(),
        is_same: made.is_same(),
        has_replies: reads_letters(&recording),
        has_notes: stock.snapshots.values().any(|snapshot| snapshot.owner == AUTHOR),
    })
}

/// Whether a letter stands in what a tool of the replies gave; a look that found none is none.
fn reads_letters(recording: &Recording) -> bool {
    let mut steps = recording.rounds.iter().flat_map(|round| &round.steps);
    steps.any(|step| {
        let is_of_replies = step
            .tool
            .as_deref()
            .is_some_and(|tool| tool.starts_with("replies/"));
        is_of_replies && may_hold_letters(&step.body)
    })
}

/// Whether an outcome holds a letter. What has another shape than a list of replies is taken for one that does: to warn
/// once too often gives nothing away.
fn may_hold_letters(body: &str) -> bool {
    let outcome: Value = serde_json::from_str(body).unwrap_or_default();
    if outcome.get("is_error") == Some(&Value::Bool(true)) {
        return false;
    }
    match outcome.pointer("/content/replies").and_then(Value::as_array) {
        Some(replies) => !replies.is_empty(),
        None => outcome.get("content").is_some(),
    }
}

fn require_something_left(recording: &Recording) -> Result<(), Failure> {
    if recording.has_executed() {
        return Ok(());
    }
    let run = &recording.run.run;
    let text =
        format!("of {run} only what read letters has ended, so without that there is nothing to replay");
    let hint = "leave `--without-replies` out, and look through the file before you give it away";
    Err(Failure::new("CD024", FAILED, text, hint))
}

fn leave_out_replies(recording: &mut Recording) {
    let reads_replies = |stage: &StageName| {
        let mut stages = recording.release.pipeline.stages.iter();
        stages.any(|config| config.stage_name() == *stage && config.agent == StageName::ENGAGEMENT)
    };
    let kept = recording
        .rounds
        .iter()
        .filter(|round| !reads_replies(&round.stage))
        .cloned()
        .collect();
    recording.rounds = kept;
    recording.release.pipeline.replies.maildir = None;
}

/// What the file holds beside the steps: what was read, what was made, and what either names.
async fn stock(
    recording: &Recording,
    read: &BTreeSet<ContentHash>,
    library: &dyn Library,
) -> Result<RecordedLibrary, Failure> {
    let mut wanted = read.clone();
    for round in &recording.rounds {
        for named in &round.artifacts {
            wanted.insert(named.hash);
            if let Some(artifact) = library.artifact(&named.hash).await? {
                wanted.extend(cited(&artifact.bytes));
            }
        }
        wanted.extend(round.steps.iter().flat_map(|step| cited(step.body.as_bytes())));
    }
    let mut stock = RecordedLibrary::default();
    for hash in wanted {
        if let Some(artifact) = library.artifact(&hash).await? {
            stock.artifacts.insert(hash, artifact);
        } else if let Some(snapshot) = library.snapshot(&hash).await? {
            stock.snapshots.insert(hash, snapshot);
        }
    }
    Ok(stock)
}

/// The lines of the file.
#[derive(Default)]
struct Lines {
    bytes: Vec<u8>,
    count: usize,
}

impl Lines {
    fn add<T: serde::Serialize>(&mut self, line: &T) -> Result<(), Failure> {
        serde_json::to_writer(&mut self.bytes, line)
            .map_err(|error| Failure::bug(format!("a line of the recording has no JSON form: {error}")))?;
        self.bytes.push(b'\n');
        self.count += 1;
        Ok(())
    }
}

/// All of the file, in an order that the same run always has.
fn lines_of(recording: &Recording, stock: &RecordedLibrary, made_at: Instant) -> Result<Lines, Failure> {
    let mut lines = Lines::default();
    lines.add(&Head {
        format: FORMAT.to_owned(),
        kind: KIND.to_owned(),
        copydesk: env!("CARGO_PKG_VERSION").to_owned(),
        made_at,
        run: recording.run.clone(),
    })?;
    lines.add(&Line::Release(Box::new(recording.release.clone())))?;
    for round in &recording.rounds {
        lines.add(&Line::Round(round.clone()))?;
        for step in &round.steps {
            lines.add(&Line::Step(step.clone()))?;
        }
    }
    for (hash, artifact) in &stock.artifacts {
        let text = String::from_utf8(artifact.bytes.clone()).map_err(|error| {
            let text = format!("artifact {hash} is no text: {error}");
            refused(text, "`copydesk doctor` looks further")
        })?;
        let (hash, kind) = (*hash, artifact.kind);
        lines.add(&Line::Artifact(ArtifactLine { kind, hash, text }))?;
    }
    for (hash, snapshot) in &stock.snapshots {
        lines.add(&Line::Snapshot(SnapshotLine {
            hash: *hash,
            text: snapshot.text.clone(),
            owner: snapshot.owner.clone(),
            fetches: snapshot.fetches.clone(),
        }))?;
    }
    let end = End {
        lines: lines.count,
        sha256: ContentHash::of(&lines.bytes),
    };
    lines.add(&Line::End(end))?;
    Ok(lines)
}

/// What is known to be secret must not leave the desk, even where a page or a reply quoted it.
fn require_no_secret(folder: &Folder, text: &[u8]) -> Result<(), Failure> {
    let text = String::from_utf8_lossy(text);
    let secrets = folder.environment.secrets_of(&folder.workspace);
    let is_in = |secret: &copydesk_config::Secret| {
        let written = serde_json::to_string(secret.reveal()).unwrap_or_default();
        text.contains(written.trim_matches('"'))
    };
    if !secrets.secrets().iter().any(is_in) {
        return Ok(());
    }
    Err(refused(
        "a key or password of this desk stands in what the run read or was answered, so the recording was not written",
        "change that key, since whoever answered knows it; then look for it with `copydesk export RUN --to DIR`",
    ))
}

/// Writes the file whole or not at all.
fn put(file: &Path, text: &[u8]) -> Result<(), Failure> {
    let place = file.display().to_string();
    let io = |error: std::io::Error| Failure::io(&place, &error);
    let folder = file
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let unfinished = tempfile::NamedTempFile::new_in(folder).map_err(io)?;
    let mut writer = BufWriter::new(unfinished.as_file());
    writer.write_all(text).and_then(|()| writer.flush()).map_err(io)?;
    drop(writer);
    unfinished
        .persist_noclobber(file)
        .map_err(|error| io(error.error))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_that_found_no_letter_holds_none() {
        assert!(!may_hold_letters(
            r#"{"content":{"replies":[],"missing":[]},"is_error":false}"#
        ));
        assert!(may_hold_letters(
            r#"{"content":{"replies":[{"id":"1","text":"Dear desk"}]},"is_error":false}"#
        ));
        assert!(may_hold_letters(r#"{"content":"Dear desk","is_error":false}"#));
        assert!(!may_hold_letters(
            r#"{"content":"no such folder","is_error":true}"#
        ));
        assert!(!may_hold_letters(r#"{"error":"the server did not start"}"#));
    }
}
