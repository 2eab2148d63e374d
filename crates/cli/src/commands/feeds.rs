//! `feeds`: the feeds of a pipeline, in its file.

use std::fmt::Write as _;
use std::path::Path;

use copydesk_config::feeds as files;
use copydesk_config::{Environment, FeedConfig, Workspace};
use copydesk_domain::PipelineName;
use copydesk_net::{Decision, decide};
use copydesk_text::feed::opml;
use serde_json::json;

use crate::app::{allow, load};
use crate::args::FeedsAction;
use crate::exit::{FAILED, Failure, USAGE};
use crate::outcome::Outcome;
use crate::words::{cut, line};

/// Characters of a feed's beats in a list.
const BEATS_WIDTH: usize = 24;
/// Characters of a feed's title in a list.
const TITLE_WIDTH: usize = 28;

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
                beats: spelled(beat, &beats_of(dir, &pipeline)),
                owner,
            };
            let is_new = files::add(&file, &feed).map_err(|error| wrong(&error))?;
            let text = if is_new {
                format!("added {}", feed.url)
            } else {
                format!("{} is there already", feed.url)
            };
            let outcome = Outcome::new(json!({ "added": is_new, "url": feed.url }), text);
            let outcome = unfetched(outcome, dir, std::slice::from_ref(&feed.url));
            Ok(warned(outcome, dir, &pipeline, &feed.beats))
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
            let text = table(&feeds);
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
        Failure::input(
            &place,
            &error,
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
    let own = beats_of(dir, pipeline);
    let feeds: Vec<FeedConfig> = outlines
        .into_iter()
        .map(|outline| feed_of(outline, beats, &own))
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
    if done.added.is_empty() && done.duplicates.is_empty() && !done.refused.is_empty() {
        outcome = outcome.with_exit(FAILED);
    }
    outcome = unfetched(outcome, dir, &done.added);
    let named: Vec<String> = feeds.into_iter().flat_map(|feed| feed.beats).collect();
    Ok(warned(outcome, dir, pipeline, &named))
}

/// A feed a line: its beats, its title, its address.
fn table(feeds: &[FeedConfig]) -> String {
    let rows: Vec<(String, String, &str)> = feeds
        .iter()
        .map(|feed| {
            let beats = cut(&feed.beats.join(", "), BEATS_WIDTH);
            let title = cut(&line(feed.title.as_deref().unwrap_or("-")), TITLE_WIDTH);
            (beats, title, feed.url.as_str())
        })
        .collect();
    let beats_width = rows.iter().map(|(beats, ..)| beats.chars().count()).max();
    let title_width = rows.iter().map(|(_, title, _)| title.chars().count()).max();
    let (beats_width, title_width) = (beats_width.unwrap_or(0), title_width.unwrap_or(0));
    let mut text = String::new();
    for (beats, title, url) in &rows {
        let _ = writeln!(text, "{beats:<beats_width$}  {title:<title_width$}  {url}");
    }
    text
}

/// The beats of a pipeline; none where its folder cannot be read, which other commands say.
fn beats_of(dir: &Path, pipeline: &str) -> Vec<String> {
    let workspace = load(dir, &Environment::system()).ok();
    let found = workspace.and_then(|mut workspace| workspace.pipelines.remove(&PipelineName::new(pipeline)));
    found.map(|pipeline| pipeline.pipeline.beats).unwrap_or_default()
}

/// Beats as the pipeline spells them, each once: feed readers write `ai` where it says `AI`.
fn spelled(beats: Vec<String>, own: &[String]) -> Vec<String> {
    let mut spelled = Vec::new();
    for beat in beats {
        let lower = beat.to_lowercase();
        let known = own.iter().find(|own| own.to_lowercase() == lower);
        let beat = known.cloned().unwrap_or(beat);
        if !spelled.contains(&beat) {
            spelled.push(beat);
        }
    }
    spelled
}

/// The same with what `check` has to say of these beats: a misspelt one is noticed where it was typed.
fn warned(mut outcome: Outcome, dir: &Path, pipeline: &str, beats: &[String]) -> Outcome {
    let Ok(workspace) = load(dir, &Environment::system()) else {
        return outcome;
    };
    let file = format!("pipelines/{pipeline}.toml");
    for warning in &workspace.warnings {
        let is_ours = warning.file == file && warning.key.starts_with("feed[");
        let is_named = beats
            .iter()
            .any(|beat| warning.message.contains(&format!("`{beat}`")));
        if is_ours && is_named {
            outcome = outcome.with_talk(warning.to_string());
        }
    }
    outcome
}

/// The same with a line for each address that the connector refuses before it looks anywhere: it stands in the file, and
/// no run will ever read it.
fn unfetched(mut outcome: Outcome, dir: &Path, urls: &[String]) -> Outcome {
    let workspace = load(dir, &Environment::system()).ok();
    let allow = workspace.and_then(|workspace| allow(&workspace, &[]).ok());
    let Some(allow) = allow else { return outcome };
    for url in urls {
        if let Decision::Refused(refusal) = decide(url, &allow) {
            outcome = outcome.with_talk(format!(
                "warning: {url} will never be fetched: {}; a server of your own wants its HOST:PORT in `[net] allow` of \
                 config.toml",
                refusal.reason()
            ));
        }
    }
    outcome
}

fn feed_of(outline: opml::OpmlFeed, beats: &[String], own: &[String]) -> FeedConfig {
    let mut all: Vec<String> = beats.to_vec();
    all.extend(outline.category);
    FeedConfig {
        url: outline.url,
        title: Some(outline.title).filter(|title| !is_address(title)),
        beats: spelled(all, own),
        owner: None,
    }
}

/// Whether a title names nobody: readers of feeds write the address where they know no name.
fn is_address(title: &str) -> bool {
    title.trim().is_empty() || title.contains("://")
}

fn outline(feed: &FeedConfig) -> opml::OpmlFeed {
    opml::OpmlFeed {
        // An outline must have a text; an address is known again as no name.
        title: feed.title.clone().unwrap_or_else(|| feed.url.clone()),
        url: feed.url.clone(),
        html_url: None,
        category: feed.beats.clone(),
    }
}

/// The pipeline's file, if it exists.
fn known_file(dir: &Path, pipeline: &str) -> Result<std::path::PathBuf, Failure> {
    let file = Workspace::pipeline_file(dir, pipeline);
    match std::fs::metadata(&file) {
        Ok(found) if found.is_file() => return Ok(file),
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            return Err(Failure::io(&file.display().to_string(), &error));
        }
        Ok(_) | Err(_) => {}
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
    if let files::FeedsError::File { file, source } = error {
        return Failure::io(&file.display().to_string(), source);
    }
    Failure::usage(error.to_string(), "mend it, then run the command again")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAILY: &str = "daily";

    fn folder() -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        copydesk_config::init(dir.path()).unwrap();
        dir
    }

    fn add(dir: &Path, url: &str, beat: &str) -> Outcome {
        let action = FeedsAction::Add {
            url: url.to_owned(),
            pipeline: DAILY.to_owned(),
            beat: vec![beat.to_owned()],
            title: None,
            owner: None,
        };
        execute(dir, action).unwrap()
    }

    #[test]
    fn a_beat_takes_the_spelling_of_the_pipeline_and_a_misspelt_one_is_said() {
        let dir = folder();
        let right = add(dir.path(), "https://a.example/feed", "ai");
        assert_eq!(right.talk, Vec::<String>::new());
        let feeds = feeds_of(dir.path(), DAILY).unwrap();
        assert_eq!(feeds.last().unwrap().beats, ["AI"]);
        let wrong = add(dir.path(), "https://b.example/feed", "cluod");
        assert_eq!(wrong.talk.len(), 1, "{:?}", wrong.talk);
        assert!(wrong.talk[0].contains("`cluod`"), "{:?}", wrong.talk);
    }

    #[test]
    fn an_unknown_beat_of_an_opml_is_one_warning() {
        let dir = folder();
        let outline = |n: u32| {
            format!(
                "<outline text=\"{n}\" type=\"rss\" xmlUrl=\"https://{n}.example/feed\" category=\"languages\"/>"
            )
        };
        let opml = format!(
            "<opml version=\"2.0\"><head/><body>{}{}</body></opml>",
            outline(1),
            outline(2)
        );
        let path = dir.path().join("feeds.opml");
        std::fs::write(&path, opml).unwrap();
        let done = import(dir.path(), &path, DAILY, &[]).unwrap();
        assert_eq!(done.talk.len(), 1, "{:?}", done.talk);
        assert!(
            done.talk[0].contains("2 feeds have the unknown beat `languages`"),
            "{:?}",
            done.talk
        );
    }

    #[test]
    fn a_list_that_was_exported_names_the_same_publishers_again() {
        let from = folder();
        let named = FeedConfig {
            url: "https://a.example/feed".to_owned(),
            title: Some("The A".to_owned()),
            beats: Vec::new(),
            owner: None,
        };
        let nameless = FeedConfig {
            url: "https://b.example/feed".to_owned(),
            title: None,
            ..named.clone()
        };
        let file = known_file(from.path(), DAILY).unwrap();
        files::import(&file, &[named.clone(), nameless.clone()]).unwrap();
        let action = FeedsAction::Export {
            pipeline: DAILY.to_owned(),
        };
        let exported = execute(from.path(), action).unwrap().text;
        assert!(exported.contains("text=\"https://b.example/feed\""), "{exported}");
        let to = folder();
        let path = to.path().join("feeds.opml");
        std::fs::write(&path, exported).unwrap();
        import(to.path(), &path, DAILY, &[]).unwrap();
        let feeds = feeds_of(to.path(), DAILY).unwrap();
        for wanted in [named, nameless] {
            let found = feeds.iter().find(|feed| feed.url == wanted.url).unwrap();
            assert_eq!(found.title, wanted.title);
        }
    }

    #[test]
    fn a_list_is_aligned() {
        let feed = |url: &str, beats: &[&str]| FeedConfig {
            url: url.to_owned(),
            title: None,
            beats: beats.iter().map(ToString::to_string).collect(),
            owner: None,
        };
        let text = table(&[feed("https://a", &["AI", "cloud"]), feed("https://b", &["AI"])]);
        assert_eq!(text, "AI, cloud  -  https://a\nAI         -  https://b\n");
    }
}
