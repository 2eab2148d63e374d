//! Pages beside their true main text.

use std::collections::BTreeMap;
use std::io::Read;

use flate2::read::GzDecoder;
use serde::Deserialize;
use url::Url;

use super::source::Source;
use crate::error::EvalError;

/// A page is read up to here: a small file may unpack to anything.
const PAGE_BYTES_MAX: u64 = 20 << 20;

/// One page and what should be read from it.
#[derive(Debug, Clone)]
pub struct PageCase {
    /// Its name.
    pub id: String,
    /// The page as served.
    pub html: Vec<u8>,
    /// Its address.
    pub url: Url,
    /// Its main text.
    pub text: String,
    /// Its title, where that is known.
    pub title: Option<String>,
    /// The day it was published, where that is known.
    pub date: Option<String>,
    /// Its group: a frame, a site.
    pub group: String,
}

/// `{"id","html","url","text"}`, with `title`, `date`, `group` optional.
#[derive(Deserialize)]
struct Line {
    id: String,
    html: String,
    url: String,
    text: String,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    date: Option<String>,
    #[serde(default)]
    group: String,
}

#[derive(Deserialize)]
struct BenchmarkEntry {
    #[serde(rename = "articleBody")]
    article_body: String,
    url: String,
}

#[derive(Deserialize)]
struct TruthLine {
    id: String,
    page: String,
    page_style: String,
    title: String,
    date: String,
    text: String,
}

/// The pages of a part: its own layout; the article-extraction benchmark (`ground-truth.json`, `html/ID.html.gz`); or
/// a corpus (`truth.jsonl` with the paths of pages).
pub fn pages(source: &Source<'_>) -> Result<Vec<PageCase>, EvalError> {
    match source.part.format() {
        "benchmark" => benchmark(source),
        "corpus" => corpus(source),
        _ => own(source),
    }
}

fn own(source: &Source<'_>) -> Result<Vec<PageCase>, EvalError> {
    let lines: Vec<Line> = source.lines(&source.place())?;
    let page = |line: Line| {
        Ok(PageCase {
            id: line.id,
            html: line.html.into_bytes(),
            url: source.address(&line.url)?,
            text: line.text,
            title: line.title,
            date: line.date,
            group: line.group,
        })
    };
    lines.into_iter().map(page).collect()
}

fn benchmark(source: &Source<'_>) -> Result<Vec<PageCase>, EvalError> {
    let folder = source.place();
    let truth: BTreeMap<String, BenchmarkEntry> = source.json(&folder.join("ground-truth.json"))?;
    let page = |(id, entry): (String, BenchmarkEntry)| {
        let path = folder.join("html").join(format!("{id}.html.gz"));
        let packed = source.bytes(&path)?;
        let mut html = Vec::new();
        let unpacked = GzDecoder::new(packed.as_slice())
            .take(PAGE_BYTES_MAX)
            .read_to_end(&mut html);
        unpacked.map_err(|error| EvalError::File {
            path,
            message: error.to_string(),
        })?;
        Ok(PageCase {
            id,
            html,
            url: source.address(&entry.url)?,
            text: entry.article_body,
            title: None,
            date: None,
            group: String::new(),
        })
    };
    truth.into_iter().map(page).collect()
}

fn corpus(source: &Source<'_>) -> Result<Vec<PageCase>, EvalError> {
    let folder = source.place();
    let lines: Vec<TruthLine> = source.lines(&folder.join("truth.jsonl"))?;
    let page = |line: TruthLine| {
        let host = line.id.split('/').next().unwrap_or_default();
        let address = format!("https://{host}.example/s/{}", line.id);
        Ok(PageCase {
            html: source.bytes(&folder.join(&line.page))?,
            url: source.address(&address)?,
            id: line.id,
            text: line.text,
            title: Some(line.title),
            date: Some(line.date),
            group: line.page_style,
        })
    };
    lines.into_iter().map(page).collect()
}
