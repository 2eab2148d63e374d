//! Whether bytes are an artifact of their kind. A stage is done when its artifacts pass, and not before.

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::artifact::{ArtifactKind, Draft, EngagementReport, FORMAT, Issue, Ratings, ResearchBrief, Review};
use crate::ids::SentenceId;

/// Why bytes are no artifact of their kind. No message repeats what the bytes say: it may be text of others.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactFault {
    /// There are no bytes.
    #[error("the {} is empty", kind.as_str())]
    Empty {
        /// What it is said to be.
        kind: ArtifactKind,
    },
    /// They are no JSON of that shape.
    #[error("the {} is not one, by line {line}, column {column}", kind.as_str())]
    Malformed {
        /// What it is said to be.
        kind: ArtifactKind,
        /// Line from 1; 0 where the shape of the whole is wrong.
        line: usize,
        /// Column from 1; 0 where the shape of the whole is wrong.
        column: usize,
    },
    /// The shape is right and something in it is missing.
    #[error("the {} has {lack}", kind.as_str())]
    Lacking {
        /// What it is said to be.
        kind: ArtifactKind,
        /// What it lacks, such as `no title`.
        lack: &'static str,
    },
}

/// That `bytes` are an artifact of this kind, with what the kind must have. A day with nothing to say passes if it
/// says why.
///
/// # Errors
/// The first fault found.
pub fn check(kind: ArtifactKind, bytes: &[u8]) -> Result<(), ArtifactFault> {
    if bytes.trim_ascii().is_empty() {
        return Err(ArtifactFault::Empty { kind });
    }
    let lack = match kind {
        ArtifactKind::ResearchBrief => lack_of_brief(&read(kind, bytes)?),
        ArtifactKind::Draft => lack_of_draft(&read(kind, bytes)?),
        ArtifactKind::Review => lack_of_format(&read::<Review>(kind, bytes)?.format),
        ArtifactKind::Issue => lack_of_issue(&read(kind, bytes)?),
        ArtifactKind::EngagementReport => lack_of_format(&read::<EngagementReport>(kind, bytes)?.format),
        ArtifactKind::Custom => lack_of_custom(&read(kind, bytes)?),
        ArtifactKind::Ratings => lack_of_ratings(&read(kind, bytes)?),
    };
    lack.map_or(Ok(()), |lack| Err(ArtifactFault::Lacking { kind, lack }))
}

fn read<T: DeserializeOwned>(kind: ArtifactKind, bytes: &[u8]) -> Result<T, ArtifactFault> {
    serde_json::from_slice(bytes).map_err(|error| ArtifactFault::Malformed {
        kind,
        line: error.line(),
        column: error.column(),
    })
}

/// A reader takes every minor version of its own major one.
fn lack_of_format(format: &str) -> Option<&'static str> {
    let major = |format: &str| format.split_once('.').map(|(major, _)| major.to_owned());
    (major(format) != major(FORMAT)).then_some("no format that is known here")
}

fn lack_of_brief(brief: &ResearchBrief) -> Option<&'static str> {
    let is_bare = brief.stories.iter().any(|story| story.snapshots.is_empty());
    lack_of_format(&brief.format).or(is_bare.then_some("a story without a source"))
}

fn lack_of_draft(draft: &Draft) -> Option<&'static str> {
    let known: BTreeSet<&SentenceId> = draft.sentences.iter().map(|sentence| &sentence.id).collect();
    let placed = draft
        .sections
        .iter()
        .flat_map(|section| section.paragraphs.iter().flatten());
    let says_nothing = draft.sections.iter().all(|section| {
        section.paragraphs.is_empty() && section.listed.is_empty() && section.wanted.is_none()
    });
    let has_reason = draft
        .nothing_today
        .as_deref()
        .is_some_and(|reason| !reason.trim().is_empty());
    lack_of_format(&draft.format).or_else(|| match () {
        () if draft.title.inspect().trim().is_empty() => Some("no title"),
        () if says_nothing && !has_reason => Some("nothing to say and no reason for it"),
        () if placed.into_iter().any(|id| !known.contains(id)) => {
            Some("a place for a sentence that it lacks")
        }
        () => None,
    })
}

fn lack_of_issue(issue: &Issue) -> Option<&'static str> {
    lack_of_format(&issue.format).or_else(|| match () {
        () if issue.title.inspect().trim().is_empty() => Some("no title"),
        () if issue.slug.trim().is_empty() => Some("no slug"),
        () => None,
    })
}

fn lack_of_ratings(ratings: &Ratings) -> Option<&'static str> {
    let is_known = |label: &str| ratings.drafts.iter().any(|draft| draft.label == label);
    lack_of_format(&ratings.format).or_else(|| match () {
        () if ratings.drafts.is_empty() => Some("no draft"),
        () if !is_known(&ratings.default) => Some("a default that is no draft of it"),
        () if ratings.ratings.iter().any(|rating| !is_known(&rating.draft)) => {
            Some("a rating of a draft that it lacks")
        }
        () => None,
    })
}

/// What the stage's own schema asks of its output was checked before; here it only has to be there.
fn lack_of_custom(value: &Value) -> Option<&'static str> {
    let is_empty = match value.get("output").unwrap_or(value) {
        Value::Null => true,
        Value::String(text) => text.trim().is_empty(),
        Value::Array(list) => list.is_empty(),
        Value::Object(map) => map.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    };
    is_empty.then_some("nothing in it")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn draft() -> Value {
        json!({
            "format": "1.0", "at": "2026-11-27T07:00:00Z", "title": "A day", "deck": null, "notice": "n",
            "sections": [], "sentences": [], "sources": [], "nothing_today": "The sources had nothing.",
            "sign_off": null, "models": [],
        })
    }

    fn fault_of(kind: ArtifactKind, value: &Value) -> Option<String> {
        let fault = check(kind, value.to_string().as_bytes()).err();
        fault.map(|fault| fault.to_string())
    }

    #[test]
    fn no_bytes_and_other_bytes_are_no_artifact_of_any_kind() {
        for kind in [
            ArtifactKind::ResearchBrief,
            ArtifactKind::Draft,
            ArtifactKind::Review,
            ArtifactKind::Issue,
            ArtifactKind::EngagementReport,
            ArtifactKind::Custom,
            ArtifactKind::Ratings,
        ] {
            assert_eq!(check(kind, b""), Err(ArtifactFault::Empty { kind }));
            assert_eq!(check(kind, b" \n"), Err(ArtifactFault::Empty { kind }));
            assert!(check(kind, b"<html>").is_err(), "{kind:?}");
            assert!(check(kind, b"{}").is_err(), "{kind:?}");
            assert!(check(kind, b"null").is_err(), "{kind:?}");
        }
    }

    #[test]
    fn nothing_to_say_is_an_artifact_with_its_reason() {
        assert_eq!(fault_of(ArtifactKind::Draft, &draft()), None);
        let mut silent = draft();
        silent["nothing_today"] = Value::Null;
        let fault = fault_of(ArtifactKind::Draft, &silent);
        assert_eq!(
            fault.as_deref(),
            Some("the draft has nothing to say and no reason for it")
        );
        silent["nothing_today"] = json!(" ");
        assert!(fault_of(ArtifactKind::Draft, &silent).is_some());
    }

    #[test]
    fn what_a_draft_must_have_is_named() {
        let with = |key: &str, value: Value| {
            let mut draft = draft();
            draft[key] = value;
            fault_of(ArtifactKind::Draft, &draft).unwrap()
        };
        assert_eq!(with("title", json!("")), "the draft has no title");
        assert_eq!(
            with("format", json!("2.0")),
            "the draft has no format that is known here"
        );
        let section = json!([{
            "heading": "h", "kind": "lead", "stories": [], "paragraphs": [["p1"]], "listed": [], "angles": [],
            "wanted": null,
        }]);
        assert_eq!(
            with("sections", section),
            "the draft has a place for a sentence that it lacks"
        );
    }

    #[test]
    fn a_fault_repeats_nothing_of_what_it_read() {
        let fault = check(ArtifactKind::Draft, br#"{"format": 7, "title": "secret"}"#).unwrap_err();
        assert!(
            !fault.to_string().contains("secret") && !fault.to_string().contains('7'),
            "{fault}"
        );
    }

    #[test]
    fn a_custom_artifact_is_any_json_that_holds_something() {
        let bare = json!({ "format": "1.0", "stage": "recap", "output": {}, "models": [] });
        for empty in [json!(null), json!(""), json!([]), json!({}), bare] {
            assert!(fault_of(ArtifactKind::Custom, &empty).is_some(), "{empty}");
        }
        for full in [json!("text"), json!(0), json!(false), json!({ "a": null })] {
            assert_eq!(fault_of(ArtifactKind::Custom, &full), None, "{full}");
        }
    }
}
