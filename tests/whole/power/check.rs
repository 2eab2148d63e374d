//! Opens what a power cut left with the real store and compares it with what was acknowledged.

use std::path::{Path, PathBuf};

use copydesk_domain::artifact::ArtifactKind;
use copydesk_domain::{ContentHash, Decision, RunId, StageState, StepState};
use copydesk_store::{OutboxState, Store};
use copydesk_store_sqlite::{Options, SqliteStore};

use crate::power::disk::Image;
use crate::power::promise::Known;

/// What is wrong with an image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wrong {
    /// Something that was acknowledged is not there.
    Lost(String),
    /// Something can be read, and not as it was written.
    Corrupt(String),
}

/// The site after each publication, by path below `site`.
pub type Sites<'a> = &'a [Vec<(PathBuf, Vec<u8>)>];

/// What is wrong with an image: none where all is well. `scratch`: an empty folder.
pub async fn check(image: &Image, known: &[&Known], sites: Sites<'_>, scratch: &Path) -> Vec<Wrong> {
    put(image, scratch);
    let path = scratch.join("data/copydesk.db");
    std::fs::create_dir_all(scratch.join("data")).unwrap();
    let store = match SqliteStore::open(&path, Options::SHIPPED).await {
        Ok(store) => store,
        Err(error) => return vec![Wrong::Corrupt(format!("the store does not open: {error}"))],
    };
    let mut wrong = Vec::new();
    match store.damage().await {
        Ok(damage) => wrong.extend(damage.into_iter().map(Wrong::Corrupt)),
        Err(error) => wrong.push(Wrong::Corrupt(format!("it cannot be read: {error}"))),
    }
    for known in known {
        match is_kept(&store, image, known).await {
            Ok(true) => {}
            Ok(false) => wrong.push(Wrong::Lost(format!("{known:.200?}"))),
            Err(error) => wrong.push(Wrong::Corrupt(error.to_string())),
        }
    }
    wrong.extend(site(&store, image, sites).await);
    store.close().await;
    wrong
}

fn put(image: &Image, scratch: &Path) {
    for (path, bytes) in image {
        let to = scratch.join(path);
        std::fs::create_dir_all(to.parent().unwrap()).unwrap();
        std::fs::write(to, bytes).unwrap();
    }
}

async fn is_kept(
    store: &SqliteStore,
    image: &Image,
    known: &Known,
) -> Result<bool, copydesk_store::StoreError> {
    Ok(match known {
        Known::Token(token) => store.token(&ContentHash::of(token.as_bytes())).await?.is_some(),
        Known::File { path, bytes } => image.get(path) == Some(bytes),
        Known::Run(run) => store.run(&id(run)).await?.is_some(),
        Known::Issue { run, hash } => {
            let stages = store.stages(&id(run)).await?;
            let hash: ContentHash = hash.parse().unwrap();
            let is_made = stages.iter().any(|stage| {
                let is_it = |made: &copydesk_store::ArtifactRef| {
                    made.kind == ArtifactKind::Issue && made.hash == hash
                };
                stage.state == StageState::Completed && stage.artifacts.iter().any(is_it)
            });
            is_made && store.artifact(&hash).await?.is_some()
        }
        Known::Approved { run, hash } => {
            let hash: ContentHash = hash.parse().unwrap();
            let mut decisions = store.decisions(&id(run)).await?.into_iter();
            decisions.any(|decision| decision.decision == Decision::Approved && decision.hash == hash)
        }
        Known::Published(run) => {
            let rows = store.outbox(&id(run)).await?;
            !rows.is_empty() && rows.iter().all(|row| row.state == OutboxState::Delivered)
        }
        Known::Reserves { run, calls } => store.run_spends(&id(run)).await?.len() >= *calls,
        Known::Answers { run, task, count } => {
            let steps = store.steps(&id(run), 0).await?;
            let answers = steps.iter().filter(|step| {
                step.state == StepState::Completed && step.task.as_deref() == Some(task.as_str())
            });
            answers.count() >= *count
        }
        Known::Stage { run, stage } => {
            let mut stages = store.stages(&id(run)).await?.into_iter();
            stages.any(|record| record.stage.as_str() == *stage && record.state == StageState::Completed)
        }
    })
}

fn id(run: &str) -> RunId {
    RunId::new(run)
}

/// A file of the site is whole or absent, and what has a receipt is there.
async fn site(store: &SqliteStore, image: &Image, sites: Sites<'_>) -> Vec<Wrong> {
    let mut wrong = Vec::new();
    let mut receipts = 0;
    match store.runs(None, 10).await {
        Ok(runs) => {
            for run in runs {
                let rows = store.outbox(&run.id).await.unwrap_or_default();
                receipts += rows
                    .iter()
                    .filter(|row| row.state == OutboxState::Delivered)
                    .count();
            }
        }
        Err(error) => wrong.push(Wrong::Corrupt(error.to_string())),
    }
    let below = image
        .iter()
        .filter_map(|(path, bytes)| Some((path.strip_prefix("site").ok()?, bytes)));
    for (path, bytes) in below {
        let is_unfinished = path.extension().is_some_and(|end| end == "part");
        let is_whole = || {
            sites
                .iter()
                .flatten()
                .any(|(known, whole)| known == path && whole == bytes)
        };
        if !is_unfinished && !is_whole() {
            wrong.push(Wrong::Corrupt(format!("site/{} is not whole", path.display())));
        }
    }
    // Publication number n has a receipt, so the site is at least as it was after it.
    if let Some(last) = receipts.checked_sub(1) {
        for (path, bytes) in &sites[last] {
            let later = sites[last..].iter().flatten().filter(|(known, _)| known == path);
            let found = image.get(&Path::new("site").join(path));
            if !later
                .map(|(_, whole)| whole)
                .chain([bytes])
                .any(|whole| found == Some(whole))
            {
                wrong.push(Wrong::Lost(format!(
                    "a receipt is there, and site/{} is not",
                    path.display()
                )));
            }
        }
    }
    wrong
}
