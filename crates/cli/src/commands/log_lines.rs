//! Steps and log lines of a run as people read them: one line each, by time, within the width of a terminal.

use std::collections::HashMap;

use copydesk_domain::artifact::{ArtifactKind, ResearchBrief};
use copydesk_domain::{ContentHash, StageState};
use copydesk_engine::EngineError;
use copydesk_store::{LogLine, RunRecord, StepRecord};

use crate::app::Folder;
use crate::words::{clock, cut, line};

/// Characters of a key; with the columns around it a line keeps within 100.
const KEY_WIDTH: usize = 42;
/// Characters of a model's name.
const MODEL_WIDTH: usize = 12;
/// The model inside this program, which costs nothing and is not worth a column.
const EMBEDDED: &str = "embedded";
/// Letters of a hash in a key.
const HASH_LETTERS: usize = 12;

/// What the hashes in keys stand for: addresses of feeds and pages by their own hash and by that of their text.
pub struct Names(HashMap<String, String>);

impl Names {
    /// The feeds of the run's release, and what its brief lists.
    pub async fn of(folder: &Folder, run: &RunRecord) -> Result<Self, EngineError> {
        let mut names = Self(HashMap::new());
        // A run of another version keeps its hashes.
        if let Ok(release) = folder.engine.release(run).await {
            for feed in &release.pipeline.feeds {
                names.add_url(&feed.url);
            }
        }
        let stages = folder.engine.store().stages(&run.id).await?;
        let briefs = stages
            .iter()
            .filter(|stage| stage.state == StageState::Completed)
            .flat_map(|stage| &stage.artifacts)
            .filter(|artifact| artifact.kind == ArtifactKind::ResearchBrief);
        for brief in briefs {
            let stored = folder.engine.store().artifact(&brief.hash).await?;
            let read = stored.and_then(|stored| serde_json::from_slice::<ResearchBrief>(&stored.bytes).ok());
            for source in read.iter().flat_map(|brief| &brief.sources) {
                names.add_url(&source.url);
                names.add(&source.snapshot, &source.url);
            }
        }
        Ok(names)
    }

    fn add_url(&mut self, url: &str) {
        self.add(&ContentHash::of(url.as_bytes()), url);
    }

    fn add(&mut self, hash: &ContentHash, url: &str) {
        let short = url.split_once("://").map_or(url, |(_, rest)| rest);
        self.0
            .insert(hash.short(HASH_LETTERS), short.trim_end_matches('/').to_owned());
    }

    /// A key with the address in place of its hash: `poll/a64e…/again-1` as `poll example.org/feed again-1`.
    fn key(&self, key: &str) -> String {
        let Some((task, rest)) = key.split_once('/') else {
            return key.to_owned();
        };
        let Some((hash, again)) = rest.split_at_checked(HASH_LETTERS) else {
            return key.to_owned();
        };
        let named = self.0.get(hash);
        named.map_or_else(
            || key.to_owned(),
            |name| format!("{task} {name}{}", again.replace('/', " ")),
        )
    }
}

/// All of them by time; what was written first among equals stays first.
pub fn text(steps: &[StepRecord], lines: &[LogLine], names: &Names) -> String {
    let steps = steps
        .iter()
        .map(|step| (step.finished_at, step_line(step, names)));
    let lines = lines.iter().map(|line| (line.at, log_line(line)));
    let mut all: Vec<_> = steps.chain(lines).collect();
    all.sort_by_key(|(at, _)| *at);
    all.into_iter().map(|(_, line)| line + "\n").collect()
}

fn step_line(step: &StepRecord, names: &Names) -> String {
    let key = step.key.to_string();
    let mut what = line(&names.key(&key));
    // The key of a call inside a conversation does not say which tool it was.
    if let Some(tool) = step.tool.as_deref().filter(|_| key.contains("/call-")) {
        what = format!("{what} {tool}");
    }
    let tokens = match (step.tokens_in, step.tokens_out) {
        (Some(read), Some(written)) => format!("{read}→{written} tok"),
        _ => String::new(),
    };
    let model = step.model.as_deref().filter(|model| *model != EMBEDDED);
    let model = model.map(|model| format!("{}  ", cut(model, MODEL_WIDTH)));
    format!(
        "{}  {:<11}{:<KEY_WIDTH$} {tokens:>14} {:>6} ms  {}{}",
        clock(step.finished_at),
        step.stage.to_string(),
        cut(&what, KEY_WIDTH),
        step.ms,
        model.unwrap_or_default(),
        line(&step.outcome)
    )
}

fn log_line(said: &LogLine) -> String {
    format!(
        "{}  {:<11}{:<5} {}",
        clock(said.at),
        said.stage.to_string(),
        said.level,
        line(&said.message)
    )
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{Instant, MicroUsd, Round, StageName, StepKey, StepState};

    use super::*;

    const FEED: &str = "https://paper.example/a-rather-long-folder/with-a-feed-of-its-own/feed.xml";

    fn step(key: &str, at: &str) -> StepRecord {
        StepRecord {
            sequence: 1,
            stage: StageName::new("research"),
            round: Round::FIRST,
            key: StepKey::new(key),
            input_hash: ContentHash::of(b""),
            state: StepState::Completed,
            task: None,
            tool: Some("feeds/poll".to_owned()),
            model: Some(EMBEDDED.to_owned()),
            answered_by: None,
            tokens_in: Some(52_040),
            tokens_out: Some(2_830),
            ms: 120,
            spend: MicroUsd::ZERO,
            attempts: 1,
            outcome: "ok".to_owned(),
            finished_at: at.parse::<Instant>().unwrap(),
        }
    }

    #[test]
    fn steps_and_lines_stand_by_time_and_fit_a_terminal() {
        let mut names = Names(HashMap::new());
        names.add_url(FEED);
        let key = format!("poll/{}", ContentHash::of(FEED.as_bytes()).short(HASH_LETTERS));
        let steps = [
            step(&key, "2026-11-28T07:52:01Z"),
            step("follow_up/s12/turn-2/call-1", "2026-11-28T07:52:05Z"),
        ];
        let said = LogLine {
            at: "2026-11-28T07:52:03Z".parse().unwrap(),
            stage: StageName::new("research"),
            round: Round::FIRST,
            level: "warn".to_owned(),
            message: "could not read it".to_owned(),
        };
        let text = text(&steps, &[said], &names);
        let lines: Vec<&str> = text.lines().collect();
        assert!(
            lines[0].starts_with("07:52:01  research   poll paper.example/a-rather-long"),
            "{text}"
        );
        assert!(
            lines[0].contains('…') && lines[0].ends_with("120 ms  ok"),
            "{text}"
        );
        assert!(lines[1].ends_with("warn  could not read it"), "{text}");
        assert!(lines[2].contains("call-1 feeds/poll"), "{text}");
        assert!(lines.iter().all(|line| line.chars().count() <= 100), "{text}");
    }
}
