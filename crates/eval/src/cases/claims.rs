//! Claims beside the documents that bear them, or do not.

use std::collections::BTreeMap;

use copydesk_domain::ContentHash;
use serde::Deserialize;

use super::source::Source;
use crate::error::EvalError;

/// A claim, its document, and whether people say that the document supports it.
#[derive(Debug, Clone, PartialEq)]
pub struct Claim {
    /// Its name.
    pub id: String,
    /// What may support it.
    pub document: String,
    /// Names the document: cases of one document are drawn together.
    pub document_id: String,
    /// The claim.
    pub text: String,
    /// Whether it is supported, the whole of it.
    pub is_supported: bool,
    /// Its group: a domain, a kind.
    pub group: String,
}

/// 256 KiB of claim, some 40,000 words, and 4 MiB of document: the guard takes seconds for the longest pair.
const CLAIM_BYTES_MAX: usize = 256 << 10;
const DOCUMENT_BYTES_MAX: usize = 4 << 20;

/// `{"id","document","text","label"}`, `label` = `supported` or anything else; `group` and `document_id` optional.
#[derive(Deserialize)]
struct Line {
    id: String,
    document: String,
    #[serde(alias = "claim")]
    text: String,
    label: String,
    #[serde(default)]
    group: String,
    #[serde(default)]
    document_id: Option<String>,
}

#[derive(Deserialize)]
struct SummEditsLine {
    id: String,
    domain: String,
    label: String,
    claim: String,
    doc: String,
}

#[derive(Deserialize)]
struct SummEditsDocument {
    doc: String,
    source: String,
}

#[derive(Deserialize)]
struct WiceLine {
    id: String,
    label: String,
    claim: String,
    source_sentences: Vec<String>,
}

/// The claims of a part: its own layout, SummEdits (documents in a file beside, `.docs.jsonl`), or WiCE.
pub fn claims(source: &Source<'_>) -> Result<Vec<Claim>, EvalError> {
    let claims = match source.part.format() {
        "summedits" => summedits(source),
        "wice" => wice(source),
        _ => own(source),
    }?;
    match claims.iter().find_map(too_long) {
        Some(message) => Err(EvalError::File {
            path: source.place(),
            message,
        }),
        None => Ok(claims),
    }
}

/// What is too long of a case.
fn too_long(claim: &Claim) -> Option<String> {
    let said = |what, max| Some(format!("the {what} of `{}` has more than {max} bytes", claim.id));
    if claim.text.len() > CLAIM_BYTES_MAX {
        return said("claim", CLAIM_BYTES_MAX);
    }
    if claim.document.len() > DOCUMENT_BYTES_MAX {
        return said("document", DOCUMENT_BYTES_MAX);
    }
    None
}

fn own(source: &Source<'_>) -> Result<Vec<Claim>, EvalError> {
    let lines: Vec<Line> = source.lines(&source.place())?;
    let claim = |line: Line| Claim {
        document_id: line
            .document_id
            .unwrap_or_else(|| ContentHash::of(line.document.as_bytes()).short(12)),
        id: line.id,
        document: line.document,
        text: line.text,
        is_supported: line.label == "supported",
        group: line.group,
    };
    Ok(lines.into_iter().map(claim).collect())
}

fn summedits(source: &Source<'_>) -> Result<Vec<Claim>, EvalError> {
    let path = source.place();
    let lines: Vec<SummEditsLine> = source.lines(&path)?;
    let documents: Vec<SummEditsDocument> = source.lines(&path.with_extension("docs.jsonl"))?;
    let documents: BTreeMap<String, String> = documents
        .into_iter()
        .map(|line| (line.doc, line.source))
        .collect();
    let claim = |line: SummEditsLine| {
        let document = documents.get(&line.doc).cloned().ok_or_else(|| EvalError::File {
            path: path.clone(),
            message: format!("`{}` names a document that is not there", line.id),
        })?;
        Ok(Claim {
            id: line.id,
            document,
            document_id: line.doc,
            text: line.claim,
            is_supported: line.label == "supported",
            group: line.domain,
        })
    };
    lines.into_iter().map(claim).collect()
}

/// A page that bears a claim in part does not support it.
fn wice(source: &Source<'_>) -> Result<Vec<Claim>, EvalError> {
    let lines: Vec<WiceLine> = source.lines(&source.place())?;
    let claim = |line: WiceLine| Claim {
        document_id: line.id.clone(),
        id: line.id,
        document: line.source_sentences.join("\n"),
        text: line.claim,
        is_supported: line.label == "supported",
        group: String::new(),
    };
    Ok(lines.into_iter().map(claim).collect())
}
