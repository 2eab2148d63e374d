//! A check of an export by what its files say alone. Nothing here uses a crate of the project.

use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use regex::Regex;
use serde_json::Value;

use crate::rig::{json_file, list, sha256, word};

/// A run of so many words of a source stands in quotation marks.
const RUN_WORDS: usize = 8;
/// What one snapshot may lend to an issue, unless it is a single sentence.
const QUOTED_WORDS_MAX: usize = 60;
const QUOTED_SENTENCES_MAX: usize = 2;

/// An export read back from its files.
pub struct Export {
    /// `research_brief.json`
    pub brief: Value,
    /// `draft.json`
    pub draft: Value,
    /// `review.json`
    pub review: Value,
    /// `issue.json`
    pub issue: Value,
    /// `run.json`
    pub run: Value,
    /// Snapshot texts by hash.
    pub texts: BTreeMap<String, String>,
    /// `snapshots/HASH.json` by hash.
    pub about: BTreeMap<String, Value>,
    bytes_of_draft: Vec<u8>,
}

/// Reads an export and checks all that its files must fulfil; gives it for further questions.
pub fn check(dir: &Path) -> Export {
    let export = read(dir);
    fields(&export);
    spans(&export);
    no_unquoted_runs(&export);
    little_of_each(&export);
    verdicts(&export);
    export
}

fn read(dir: &Path) -> Export {
    let mut texts = BTreeMap::new();
    let mut about = BTreeMap::new();
    // A day on which nothing was read has no folder of snapshots.
    let files = std::fs::read_dir(dir.join("snapshots")).into_iter().flatten();
    for entry in files {
        let path = entry.unwrap().path();
        let hash = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_some_and(|extension| extension == "txt") {
            let bytes = std::fs::read(&path).unwrap();
            assert_eq!(sha256(&bytes), hash, "{}", path.display());
            texts.insert(hash, String::from_utf8(bytes).expect("snapshots are UTF-8"));
        } else {
            about.insert(hash, json_file(&path));
        }
    }
    assert!(
        texts.keys().eq(about.keys()),
        "each snapshot has its .txt and its .json"
    );
    Export {
        brief: json_file(&dir.join("research_brief.json")),
        draft: json_file(&dir.join("draft.json")),
        review: json_file(&dir.join("review.json")),
        issue: json_file(&dir.join("issue.json")),
        run: json_file(&dir.join("run.json")),
        bytes_of_draft: std::fs::read(dir.join("draft.json")).unwrap(),
        texts,
        about,
    }
}

fn has(value: &Value, fields: &[&str]) {
    for field in fields {
        assert!(value.get(field).is_some(), "no `{field}` in {value}");
    }
}

fn fields(export: &Export) {
    for file in [
        &export.brief,
        &export.draft,
        &export.review,
        &export.issue,
        &export.run,
    ] {
        assert_eq!(file["format"], "1.0");
    }
    has(
        &export.run,
        &[
            "run",
            "pipeline",
            "slot",
            "parent",
            "release",
            "state",
            "waiting_for",
            "issue",
            "approval",
            "stages",
            "spend_microusd",
            "model_calls",
            "tool_calls",
        ],
    );
    has(&export.run["approval"], &["hash", "expires_at"]);
    for stage in list(&export.run, "stages") {
        has(
            stage,
            &[
                "stage",
                "state",
                "round",
                "attempts",
                "started_at",
                "finished_at",
                "artifacts",
            ],
        );
        for artifact in list(stage, "artifacts") {
            has(artifact, &["kind", "hash"]);
        }
    }
    fields_of_artifacts(export);
}

fn fields_of_artifacts(export: &Export) {
    for story in list(&export.brief, "stories") {
        has(story, &["id", "title", "snapshots", "reason", "is_new"]);
    }
    for note in list(&export.brief, "notes") {
        has(note, &["id", "snapshot", "start", "end", "kind", "value", "unit"]);
    }
    for missing in list(&export.brief, "missing") {
        has(missing, &["feed", "reason"]);
    }
    has(&export.draft, &["title", "sections", "sentences"]);
    for section in list(&export.draft, "sections") {
        has(section, &["heading", "paragraphs"]);
    }
    for sentence in list(&export.draft, "sentences") {
        has(sentence, &["id", "text", "kind", "evidence"]);
    }
    has(&export.review, &["draft", "verdicts"]);
    for verdict in list(&export.review, "verdicts") {
        has(verdict, &["sentence", "verdict", "reasons"]);
    }
    for payload in list(&export.issue, "payloads") {
        has(payload, &["channel", "audience", "hash"]);
    }
    for about in export.about.values() {
        has(about, &["format", "owner", "fetches"]);
        for fetch in list(about, "fetches") {
            has(fetch, &["url", "fetched_at", "title", "authors", "published_at"]);
        }
    }
}

/// Every span that a file names, with what it was found in.
fn all_spans(export: &Export) -> Vec<(&str, &Value)> {
    let mut spans: Vec<(&str, &Value)> = list(&export.brief, "notes")
        .iter()
        .map(|note| ("note", note))
        .collect();
    for sentence in list(&export.draft, "sentences") {
        for evidence in list(sentence, "evidence") {
            if let Some(of) = evidence.get("of") {
                spans.extend(of.as_array().unwrap().iter().map(|span| ("calc", span)));
            } else if evidence.get("snapshot").is_some() {
                spans.push(("evidence", evidence));
            } else {
                has(&evidence["coverage"], &["beat", "asked", "answered", "at"]);
            }
        }
    }
    spans
}

/// The words of a span; fails where it is not a piece of a snapshot.
pub fn words_of<'a>(export: &'a Export, span: &Value) -> &'a str {
    let text = export
        .texts
        .get(word(span, "snapshot"))
        .unwrap_or_else(|| panic!("no snapshot of {span}"));
    let at = |field: &str| usize::try_from(span[field].as_u64().unwrap()).unwrap();
    let (start, end) = (at("start"), at("end"));
    assert!(start < end, "an empty span: {span}");
    text.get(start..end)
        .unwrap_or_else(|| panic!("{span} is not within characters of {} bytes", text.len()))
}

fn spans(export: &Export) {
    let spans = all_spans(export);
    for (place, span) in &spans {
        assert!(
            !words_of(export, span).trim().is_empty(),
            "{place} {span} is blank"
        );
    }
    println!("{} spans, {} snapshots", spans.len(), export.texts.len());
    for story in list(&export.brief, "stories") {
        for hash in list(story, "snapshots") {
            assert!(
                export.texts.contains_key(hash.as_str().unwrap()),
                "{hash} of {story}"
            );
        }
    }
}

/// `\w+` words in lower case.
fn words(text: &str) -> Vec<String> {
    let word = Regex::new(r"\w+").unwrap();
    word.find_iter(text)
        .map(|found| found.as_str().to_lowercase())
        .collect()
}

/// What stands outside of quotation marks, piece by piece.
fn outside_marks(text: &str) -> Vec<String> {
    let marks = Regex::new("“[^“”]*”|\"[^\"]*\"").unwrap();
    marks.split(text).map(str::to_owned).collect()
}

/// What stands within quotation marks.
fn quotations(text: &str) -> Vec<String> {
    let marks = Regex::new("“([^“”]*)”|\"([^\"]*)\"").unwrap();
    let inner = |found: regex::Captures<'_>| found.get(1).or(found.get(2)).unwrap().as_str().to_owned();
    marks.captures_iter(text).map(inner).collect()
}

fn no_unquoted_runs(export: &Export) {
    let mut runs: HashSet<Vec<String>> = HashSet::new();
    for text in export.texts.values() {
        runs.extend(words(text).windows(RUN_WORDS).map(<[String]>::to_vec));
    }
    let said = list(&export.draft, "sentences")
        .iter()
        .map(|sentence| word(sentence, "text"));
    for text in said.chain([word(&export.draft, "title")]) {
        for piece in outside_marks(text) {
            let found = words(&piece)
                .windows(RUN_WORDS)
                .find(|run| runs.contains(*run))
                .map(|run| run.join(" "));
            assert!(found.is_none(), "without quotation marks: {found:?} in {text:?}");
        }
    }
}

fn little_of_each(export: &Export) {
    let mut quoted: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for sentence in list(&export.draft, "sentences") {
        for quotation in quotations(word(sentence, "text")) {
            let plain = words(&quotation);
            let cited = list(sentence, "evidence")
                .iter()
                .filter_map(|evidence| evidence["snapshot"].as_str());
            let source = cited.into_iter().find(|hash| {
                let text = words(&export.texts[*hash]);
                plain.is_empty() || text.windows(plain.len()).any(|window| window == plain)
            });
            let source = source.unwrap_or_else(|| panic!("no evidence of {sentence} holds “{quotation}”"));
            quoted.entry(source).or_default().push(quotation);
        }
    }
    for (source, quotations) in quoted {
        // A short name in quotation marks is no sentence of its own.
        let sentences = quotations
            .iter()
            .filter(|quotation| words(quotation).len() >= RUN_WORDS)
            .count();
        let count: usize = quotations.iter().map(|quotation| words(quotation).len()).sum();
        assert!(sentences <= QUOTED_SENTENCES_MAX, "{source}: {quotations:?}");
        assert!(
            sentences <= 1 || count <= QUOTED_WORDS_MAX,
            "{source}: {count} words in {quotations:?}"
        );
    }
}

fn verdicts(export: &Export) {
    assert_eq!(
        export.review["draft"],
        sha256(&export.bytes_of_draft),
        "review.json judges draft.json"
    );
    let judged: HashSet<&str> = list(&export.review, "verdicts")
        .iter()
        .map(|verdict| word(verdict, "sentence"))
        .collect();
    for sentence in list(&export.draft, "sentences") {
        let id = word(sentence, "id");
        assert!(
            sentence["kind"] != "claim" || judged.contains(id),
            "the claim {id} has no verdict"
        );
        assert!(
            sentence["kind"] != "claim" || !list(sentence, "evidence").is_empty(),
            "the claim {id} has no evidence"
        );
    }
    let known = ["supported", "unsettled", "blocked"];
    for verdict in list(&export.review, "verdicts") {
        assert!(known.contains(&word(verdict, "verdict")), "{verdict}");
    }
    let stage = list(&export.run, "stages")
        .iter()
        .find(|stage| stage["stage"] == "review")
        .unwrap();
    let issue = list(stage, "artifacts")
        .iter()
        .find(|artifact| artifact["kind"] == "issue")
        .unwrap();
    assert_eq!(
        export.run["approval"]["hash"], issue["hash"],
        "what can be approved is the issue"
    );
}
