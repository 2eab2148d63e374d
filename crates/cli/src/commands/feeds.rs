//! `feeds`: the feeds of a pipeline, in its file.

use std::path::Path;

use copydesk_config::feeds as files;
use copydesk_config::{Environment, FeedConfig, Workspace};
use copydesk_domain::PipelineName;
use copydesk_text::feed::opml;
use serde_json::json;

use crate::app::load;
use crate::args::FeedsAction;
use crate::exit::{Failure, USAGE};
use crate::outcome::Outcome;

/// Executes one action.
pub fn execute(dir: &Path, action: FeedsAction) -> Result<Outcome, Failure> {
    match action {
        FeedsAction::Add {
            url,
            pipeline,
            beat,
            title,
            owner,
        } => {
            let file = known_file(dir, &pipeline)?;
            let feed = FeedConfig {
                url,
                title,
                beats: beat,
                owner,
            };
            let is_new = files::add(&file, &feed).map_err(|error| wrong(&error))?;
            let text = if is_new {
                format!("added {}", feed.url)
            } else {
                format!("{} is there already", feed.url)
            };
            Ok(Outcome::new(json!({ "added": is_new, "url": feed.url }), text))
        }
        FeedsAction::Import { opml, pipeline, beat } => import(dir, &opml, &pipeline, &beat),
        FeedsAction::Export { pipeline } => {
            let feeds = feeds_of(dir, &pipeline)?;
            let outlines: Vec<opml::OpmlFeed> = feeds.iter().map(outline).collect();
            let text = opml::write(&pipeline, &outlines);
            Ok(Outcome::new(json!(text), text))
        }
        FeedsAction::List { pipeline } => {
            let feeds = feeds_of(dir, &pipeline)?;
            let line = |feed: &FeedConfig| {
                format!(
                    "{}  {}  [{}]\n",
                    feed.url,
                    feed.title.as_deref().unwrap_or("-"),
                    feed.beats.join(", ")
                )
            };
            let text: String = feeds.iter().map(line).collect();
            Ok(Outcome::new(
                serde_json::to_value(&feeds).unwrap_or_default(),
                text,
            ))
        }
    }
}

fn import(dir: &Path, path: &Path, pipeline: &str, beats: &[String]) -> Result<Outcome, Failure> {
    let place = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::usage(
            format!("{place}: {error}"),
            "name an OPML file, such as the export of a feed reader",
        )
    })?;
    let outlines = opml::parse(&bytes).map_err(|error| {
        Failure::usage(
            format!("{place}: {error}"),
            "export the OPML again, or mend the line",
        )
    })?;
    let file = known_file(dir, pipeline)?;
    let feeds: Vec<FeedConfig> = outlines
        .into_iter()
        .map(|outline| feed_of(outline, beats))
        .collect();
    let done = files::import(&file, &feeds).map_err(|error| wrong(&error))?;
    let text = format!(
        "{} added, {} there already, {} refused\n",
        done.added.len(),
        done.duplicates.len(),
        done.refused.len()
    );
    let refused = |(url, reason): &(String, String)| json!({ "url": url, "reason": reason });
    let data = json!({
        "added": done.added.len(),
        "duplicates": done.duplicates.len(),
        "refused": done.refused.iter().map(refused).collect::<Vec<_>>(),
    });
    let mut outcome = Outcome::new(data, text);
    for (url, reason) in &done.refused {
        outcome = outcome.with_talk(format!("refused {url}: {reason}"));
    }
    Ok(outcome)
}

fn feed_of(outline: opml::OpmlFeed, beats: &[String]) -> FeedConfig {
    let mut all: Vec<String> = beats.to_vec();
    for beat in outline.category {
        if !all.contains(&beat) {
            all.push(beat);
        }
    }
    FeedConfig {
        url: outline.url,
        title: Some(outline.title).filter(|title| !title.is_empty()),
        beats: all,
        owner: None,
    }
}

fn outline(feed: &FeedConfig) -> opml::OpmlFeed {
    opml::OpmlFeed {
        title: feed.title.clone().unwrap_or_default(),
        url: feed.url.clone(),
        html_url: None,
        category: feed.beats.clone(),
    }
}

/// The pipeline's file, if it exists.
fn known_file(dir: &Path, pipeline: &str) -> Result<std::path::PathBuf, Failure> {
    let file = Workspace::pipeline_file(dir, pipeline);
    if file.is_file() {
        return Ok(file);
    }
    let hint = "make the folder with `copydesk init DIR`, or name a pipeline with --pipeline";
    Err(Failure::new(
        "CD008",
        USAGE,
        format!("there is no {}", file.display()),
        hint,
    ))
}

fn feeds_of(dir: &Path, pipeline: &str) -> Result<Vec<FeedConfig>, Failure> {
    known_file(dir, pipeline)?;
    let workspace = load(dir, &Environment::system())?;
    let found = workspace.pipelines.get(&PipelineName::new(pipeline));
    Ok(found.map(|pipeline| pipeline.feeds.clone()).unwrap_or_default())
}

fn wrong(error: &files::FeedsError) -> Failure {
    Failure::usage(error.to_string(), "mend it, then run the command again")
}
