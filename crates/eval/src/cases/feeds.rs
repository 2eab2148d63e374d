//! Feeds beside what a reader should find in them.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

use super::source::Source;
use crate::error::EvalError;

/// Where a feed is taken to come from, unless the case says so.
const BASE: &str = "http://127.0.0.1:8097/";

/// One feed and what is asserted of it.
#[derive(Debug, Clone)]
pub struct FeedCase {
    /// Its name.
    pub id: String,
    /// The feed as served.
    pub bytes: Vec<u8>,
    /// The header of that name.
    pub content_type: Option<String>,
    /// The address it came from.
    pub base: Url,
    /// Fields of the feed by name.
    pub of_feed: Map<String, Value>,
    /// Fields of its entries by place.
    pub of_entries: Vec<(usize, Map<String, Value>)>,
}

/// `{"id","feed","url","content_type","expect"}`: the feed as text, the last three optional but `expect`.
#[derive(Deserialize)]
struct Line {
    id: String,
    feed: String,
    #[serde(default)]
    url: Option<String>,
    #[serde(default)]
    content_type: Option<String>,
    expect: Expect,
}

#[derive(Deserialize, Default)]
struct Expect {
    #[serde(default)]
    feed: Map<String, Value>,
    #[serde(default)]
    entries: BTreeMap<String, Map<String, Value>>,
}

#[derive(Deserialize)]
struct Expected {
    cases: Vec<ExpectedCase>,
}

#[derive(Deserialize)]
struct ExpectedCase {
    file: String,
    tier: String,
    #[serde(default)]
    response_headers: BTreeMap<String, String>,
    #[serde(default)]
    plain: Expect,
}

/// The feeds of a part: its own layout, or the folder of feedparser's tests with `expected.json`.
pub fn feeds(source: &Source<'_>) -> Result<Vec<FeedCase>, EvalError> {
    if source.has_format("feedparser") {
        feedparser(source)
    } else {
        own(source)
    }
}

fn own(source: &Source<'_>) -> Result<Vec<FeedCase>, EvalError> {
    let lines: Vec<Line> = source.lines(&source.place())?;
    lines
        .into_iter()
        .map(|line| {
            Ok(FeedCase {
                base: address(source, line.url.as_deref().unwrap_or_default())?,
                id: line.id,
                bytes: line.feed.into_bytes(),
                content_type: line.content_type,
                of_entries: by_place(line.expect.entries),
                of_feed: line.expect.feed,
            })
        })
        .collect()
}

fn feedparser(source: &Source<'_>) -> Result<Vec<FeedCase>, EvalError> {
    let folder = source.place();
    let expected: Expected = source.json(&folder.join("expected.json"))?;
    let tier = source.part.tier.as_deref();
    let wanted = expected
        .cases
        .into_iter()
        .filter(|case| tier.is_none_or(|tier| case.tier == tier));
    wanted
        .map(|case| {
            let header = |name: &str| {
                let mut headers = case.response_headers.iter();
                headers
                    .find(|(key, _)| key.eq_ignore_ascii_case(name))
                    .map(|(_, value)| value.as_str())
            };
            Ok(FeedCase {
                base: address(source, header("Content-Location").unwrap_or_default())?,
                content_type: header("Content-Type").map(str::to_owned),
                bytes: source.bytes(&folder.join(&case.file))?,
                id: case.file.trim_start_matches("cases/").to_owned(),
                of_entries: by_place(case.plain.entries),
                of_feed: case.plain.feed,
            })
        })
        .collect()
}

fn address(source: &Source<'_>, text: &str) -> Result<Url, EvalError> {
    let base = Url::parse(BASE).and_then(|base| base.join(text));
    base.map_err(|error| EvalError::File {
        path: source.place(),
        message: format!("the address `{text}`: {error}"),
    })
}

/// Entries stand under their number.
fn by_place(entries: BTreeMap<String, Map<String, Value>>) -> Vec<(usize, Map<String, Value>)> {
    let numbered = entries.into_iter();
    numbered
        .filter_map(|(place, fields)| Some((place.parse().ok()?, fields)))
        .collect()
}
