//! `lab PART`: each piece alone on stdin, so that a person can ask "why?".

use std::cell::RefCell;
use std::io::{BufRead, Read};
use std::path::Path;

use copydesk_config::Environment;
use copydesk_domain::PublishedAt;
use copydesk_guard::{Shelf, ground_in};
use copydesk_net::{Allow, Decision, decide};
use copydesk_text::cluster::{self, Doc};
use copydesk_text::feed::{self, LabFeed};
use copydesk_text::{page, sentence, summarise};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use url::Url;

use crate::app;
use crate::args::LabPart;
use crate::exit::Failure;
use crate::outcome::Outcome;

/// Input of one call: 512 MiB, room for a hundred thousand posts.
const INPUT_MAX: u64 = 512 << 20;

/// Executes one part. `dir`: where it is a Copydesk folder, its `[net] allow` counts for `lab url`.
pub fn execute(dir: &Path, part: &LabPart) -> Result<Outcome, Failure> {
    let shelf = RefCell::new(Shelf::default());
    match part {
        LabPart::Extract { url } => extract(&address(url)?),
        LabPart::Feed { url } => read_feed(&address(url)?),
        LabPart::Ground => lines(|case: GroundCase| {
            let found = ground_in(&shelf.borrow_mut().evidence(&case.document), &case.text);
            json!({ "id": case.id, "verdict": found.verdict, "score": found.score, "reasons": found.reasons })
        }),
        LabPart::Cluster => stories(),
        LabPart::Summarise { sentences } => summaries(sentences.get()),
        LabPart::Url => {
            let allow = allowed_of(dir)?;
            lines(|case: UrlCase| {
                let (allowed, reason) = match decide(&case.url, &allow) {
                    Decision::Allowed(_) => (true, "public or allowed, checked again when it is dialled"),
                    Decision::Refused(refusal) => (false, refusal.reason()),
                };
                json!({ "id": case.id, "allowed": allowed, "reason": reason })
            })
        }
    }
}

/// `[net] allow` of a folder; nothing where there is none.
fn allowed_of(dir: &Path) -> Result<Allow, Failure> {
    if !app::has_config(dir)? {
        return Ok(Allow::none());
    }
    app::allow(&app::load(dir, &Environment::system())?, &[])
}

fn address(text: &str) -> Result<Url, Failure> {
    Url::parse(text).map_err(|error| {
        Failure::usage(
            format!("--url {text}: {error}"),
            "give the whole address: https://…",
        )
    })
}

fn stdin() -> Result<Vec<u8>, Failure> {
    let mut bytes = Vec::new();
    std::io::stdin()
        .take(INPUT_MAX)
        .read_to_end(&mut bytes)
        .map_err(|error| Failure::io("stdin", &error))?;
    Ok(bytes)
}

fn one(value: &Value) -> Outcome {
    Outcome::new(value.clone(), value.to_string())
}

fn extract(url: &Url) -> Result<Outcome, Failure> {
    let bytes = stdin()?;
    let page = page::extract(&bytes, None, url);
    let outcome = one(&json!({
        "title": page.title, "authors": page.authors, "published_at": page.published_at, "text": page.text,
    }));
    if bytes.len() <= page::PAGE_BYTES_MAX {
        return Ok(outcome);
    }
    let read = page::PAGE_BYTES_MAX >> 20;
    Ok(outcome.with_talk(format!(
        "the page has {} bytes: its first {read} MiB were read",
        bytes.len()
    )))
}

fn read_feed(url: &Url) -> Result<Outcome, Failure> {
    let feed = feed::parse(&stdin()?, None, url).map_err(|error| {
        Failure::usage(
            format!("stdin: {error}"),
            "pipe a feed in: RSS, Atom or JSON Feed",
        )
    })?;
    Ok(one(
        &serde_json::to_value(LabFeed::from(&feed)).unwrap_or_default()
    ))
}

/// One line of a part's input.
trait Case: DeserializeOwned {
    /// What a line must look like.
    const LINE: &'static str;
}

impl Case for GroundCase {
    const LINE: &'static str = r#"{"id": …, "document": "…", "text": "…"}"#;
}

impl Case for UrlCase {
    const LINE: &'static str = r#"{"id": …, "url": "https://…"}"#;
}

impl Case for SummaryCase {
    const LINE: &'static str = r#"{"id": …, "text": "…"}, and where you have them "title" and "sentences""#;
}

impl Case for Post {
    const LINE: &'static str =
        r#"{"id": …, "text": "…"}, and where you have them "title" and "published_at""#;
}

#[derive(Deserialize)]
struct GroundCase {
    id: Value,
    document: String,
    text: String,
}

#[derive(Deserialize)]
struct UrlCase {
    id: Value,
    url: String,
}

#[derive(Deserialize)]
struct SummaryCase {
    id: Value,
    #[serde(default)]
    title: Option<String>,
    #[serde(default)]
    sentences: Option<Vec<String>>,
    #[serde(default)]
    text: Option<String>,
}

#[derive(Deserialize)]
struct Post {
    id: Value,
    #[serde(default)]
    title: Option<String>,
    text: String,
    #[serde(default)]
    published_at: Option<PublishedAt>,
}

/// Reads JSONL, answers JSONL.
fn lines<T: Case>(answer: impl Fn(T) -> Value) -> Result<Outcome, Failure> {
    let answers: Vec<Value> = cases::<T>()?.into_iter().map(answer).collect();
    Ok(jsonl(answers))
}

fn cases<T: Case>() -> Result<Vec<T>, Failure> {
    let stdin = std::io::stdin().lock().take(INPUT_MAX);
    let mut cases = Vec::new();
    for (number, line) in std::io::BufReader::new(stdin).lines().enumerate() {
        let line = line.map_err(|error| unread(number + 1, &error))?;
        if line.trim().is_empty() {
            continue;
        }
        cases.push(case(number + 1, &line)?);
    }
    Ok(cases)
}

/// A line as a case. A list would do for the reader of JSON, by the order of its parts; nobody means one.
fn case<T: Case>(number: usize, line: &str) -> Result<T, Failure> {
    let refused = |what: String| {
        Failure::usage(
            format!("stdin, line {number}: {what}"),
            format!("one JSON object a line, such as {}", T::LINE),
        )
    };
    if !line.trim_start().starts_with('{') {
        return Err(refused("it is no JSON object".to_owned()));
    }
    serde_json::from_str(line).map_err(|error| refused(error.to_string()))
}

/// Bytes that are no text are the caller's mistake; whatever else stops the reading is the machine's.
fn unread(number: usize, error: &std::io::Error) -> Failure {
    if error.kind() == std::io::ErrorKind::InvalidData {
        return Failure::usage(
            format!("stdin, line {number}: the bytes are not UTF-8"),
            "one JSON object a line, as UTF-8",
        );
    }
    Failure::io("stdin", error)
}

/// Answers stand a line each; under `--json` they are one array, as all lists.
fn jsonl(answers: Vec<Value>) -> Outcome {
    let text = answers
        .iter()
        .map(|answer| format!("{answer}\n"))
        .collect::<Vec<_>>()
        .concat();
    Outcome::new(Value::Array(answers), text)
}

fn stories() -> Result<Outcome, Failure> {
    let posts = cases::<Post>()?;
    let docs: Vec<Doc> = posts
        .iter()
        .map(|post| Doc {
            id: post.id.to_string(),
            title: post.title.clone().unwrap_or_default(),
            text: post.text.clone(),
            published_at: post.published_at,
            url: None,
            links: Vec::new(),
        })
        .collect();
    let numbers = cluster::stories(&docs);
    let answer = |(post, number): (&Post, usize)| json!({ "id": post.id, "story": number });
    Ok(jsonl(posts.iter().zip(numbers).map(answer).collect()))
}

fn summaries(count: usize) -> Result<Outcome, Failure> {
    let answers: Result<Vec<Value>, Failure> = cases::<SummaryCase>()?
        .iter()
        .map(|case| summary(case, count))
        .collect();
    Ok(jsonl(answers?))
}

fn summary(case: &SummaryCase, count: usize) -> Result<Value, Failure> {
    let sentences = match (&case.sentences, case.text.as_deref()) {
        (Some(sentences), _) => sentences.clone(),
        (None, Some(text)) => sentence::split(text)
            .into_iter()
            .filter_map(|range| text.get(range).map(str::to_owned))
            .collect(),
        (None, None) => {
            return Err(Failure::usage(
                format!("stdin, case {}: it has neither `text` nor `sentences`", case.id),
                "give each case a `text`, or its `sentences` as a list",
            ));
        }
    };
    let chosen = summarise::sentences(case.title.as_deref().unwrap_or_default(), &sentences, count);
    let text: Vec<&str> = chosen
        .iter()
        .filter_map(|index| sentences.get(*index))
        .map(String::as_str)
        .collect();
    Ok(json!({ "id": case.id, "summary": text.join(" ") }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_is_no_object_is_refused_with_what_a_line_looks_like() {
        for line in ["[]", "[1, \"a\", \"b\"]", "7", r#"{"id": 1}"#] {
            let failure = case::<GroundCase>(3, line).err().unwrap();
            assert!(failure.error.starts_with("stdin, line 3: "), "{}", failure.error);
            assert!(!failure.error.contains("struct"), "{}", failure.error);
            assert!(failure.hint.contains("\"document\""), "{}", failure.hint);
        }
        assert!(case::<GroundCase>(1, r#" {"id": 1, "document": "d", "text": "t"}"#).is_ok());
    }

    #[test]
    fn a_case_without_a_text_is_refused_by_its_id() {
        let case = |line: &str| serde_json::from_str::<SummaryCase>(line).unwrap();
        let failure = summary(&case(r#"{"id":"a7","title":"T"}"#), 1).unwrap_err();
        assert!(failure.error.contains("\"a7\""), "{}", failure.error);
        assert_eq!(failure.exit, crate::exit::USAGE);
        let answer = summary(&case(r#"{"id":1,"sentences":[]}"#), 1).unwrap();
        assert_eq!(answer["summary"], "", "no sentence is a text without one");
    }
}
