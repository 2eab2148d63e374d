use std::collections::BTreeSet;

use super::{browser, channels, issue, search, stages};
use crate::address;
use crate::custom::Files;
use crate::document::{Document, key_path};
use crate::nearest::suggestion;
use crate::pipeline::Pipeline;
use crate::problem::Problem;
use crate::schedule;
use crate::settings::Config;

/// Every problem of one pipeline. `stem` is its file's name without `.toml`.
pub(crate) fn pipeline(
    pipeline: &Pipeline,
    stem: &str,
    config: &Config,
    files: Files<'_>,
    at: &Document<'_>,
) -> Vec<Problem> {
    let mut problems = settings(pipeline, stem, at);
    problems.extend(stages::stages(pipeline, config, files, at));
    problems.extend(feeds(pipeline, at));
    problems.extend(browser::browser(pipeline, config, at));
    problems.extend(search::search(pipeline, config, at));
    problems.extend(issue::sections(pipeline, at));
    problems.extend(channels::channels(pipeline, at));
    problems
}

fn settings(pipeline: &Pipeline, stem: &str, at: &Document<'_>) -> Vec<Problem> {
    let settings = &pipeline.pipeline;
    let key = |key: &str| key_path!["pipeline", key];
    let mut problems = Vec::new();
    let name = settings.name.as_str();
    if !name.is_empty() && name != stem {
        let message = format!("the pipeline `{name}` stands in `{stem}.toml`");
        problems.push(
            at.problem(&key("name"), message)
                .with_hint("name and file are the same"),
        );
    }
    let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    if !name.chars().all(is_plain) {
        let message = format!("`{name}` is no name for a pipeline: lower-case letters, digits, `-` and `_`");
        problems.push(at.problem(&key("name"), message));
    }
    if let Some(error) = settings
        .schedule
        .as_deref()
        .and_then(|text| schedule::parse(text).err())
    {
        let problem = at.problem(&key("schedule"), error.to_string());
        problems.push(problem.with_hint("write \"0 5 * * *\" for five in the morning, or \"@daily\""));
    }
    if let Err(error) = schedule::time_zone(&settings.time_zone) {
        let mut problem = at.problem(&key("time_zone"), error.to_string());
        problem.hint = error.nearest.map(|near| format!("did you mean `{near}`?"));
        problems.push(problem);
    }
    if settings.reads.contains(&settings.name) {
        problems.push(at.problem(&key("reads"), format!("the pipeline `{name}` would read itself")));
    }
    if settings.window.is_zero() {
        problems.push(at.problem(&key("window"), "research would look back no time at all"));
    }
    problems
}

fn feeds(pipeline: &Pipeline, at: &Document<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut seen = BTreeSet::new();
    for (index, feed) in pipeline.feeds.iter().enumerate() {
        let key = |key: &str| key_path!["feed", index, key];
        if !feed.url.is_empty() {
            if let Err(message) = address::http(&feed.url) {
                problems.push(at.problem(&key("url"), message));
            } else if !seen.insert(address::feed_identity(&feed.url)) {
                let message = format!("the feed {} stands here twice", feed.url);
                problems.push(at.problem(&key("url"), message).as_warning());
            }
        }
    }
    problems.extend(unknown_beats_of_feeds(pipeline, at));
    problems
}

/// A warning for each unknown beat, at the first feed that has it: an import from a feed reader brings one beat many times.
fn unknown_beats_of_feeds(pipeline: &Pipeline, at: &Document<'_>) -> Vec<Problem> {
    let mut found: Vec<(&str, usize, Problem)> = Vec::new();
    for (index, feed) in pipeline.feeds.iter().enumerate() {
        for (position, beat) in feed.beats.iter().enumerate() {
            if let Some((_, count, _)) = found.iter_mut().find(|(known, ..)| known == beat) {
                *count += 1;
            } else if let Some((message, hint)) = unknown_beat(pipeline, beat, "the feed") {
                let at_beat = key_path!["feed", index, "beats", position];
                let problem = at.problem(&at_beat, message).as_warning();
                found.push((beat, 1, Problem { hint, ..problem }));
            }
        }
    }
    let grouped = found.into_iter().map(|(beat, count, problem)| match count {
        1 => problem,
        _ => Problem {
            message: format!("{count} feeds have the unknown beat `{beat}`: `beats` of [pipeline] lacks it"),
            ..problem
        },
    });
    grouped.collect()
}

/// Message and hint where `[pipeline] beats` lacks the beat.
pub(super) fn unknown_beat(pipeline: &Pipeline, beat: &str, of: &str) -> Option<(String, Option<String>)> {
    let beats: Vec<&str> = pipeline.pipeline.beats.iter().map(String::as_str).collect();
    // Stages compare beats without regard to case.
    if beats.is_empty() || beats.iter().any(|known| known.eq_ignore_ascii_case(beat)) {
        return None;
    }
    Some((
        format!("the beat `{beat}` of {of} is not among `beats` of [pipeline]"),
        suggestion(beat, &beats),
    ))
}
