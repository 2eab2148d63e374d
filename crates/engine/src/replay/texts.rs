//! An artifact as the text that a person would compare. Pure.

use copydesk_domain::artifact::ArtifactKind;
use serde_json::Value;

/// The text of an artifact, a paragraph a line; none for what has no text of its own or cannot be read.
pub fn text_of(kind: ArtifactKind, bytes: &[u8]) -> Option<String> {
    let value: Value = serde_json::from_slice(bytes).ok()?;
    let lines = match kind {
        ArtifactKind::ResearchBrief => titles(&value),
        ArtifactKind::Draft => draft(&value),
        ArtifactKind::EngagementReport => answers(&value),
        ArtifactKind::Custom => serde_json::to_string_pretty(&value)
            .ok()?
            .lines()
            .map(str::to_owned)
            .collect(),
        ArtifactKind::Review | ArtifactKind::Issue | ArtifactKind::Ratings => return None,
    };
    Some(lines.join("\n"))
}

fn word(value: &Value, field: &str) -> Option<String> {
    value.get(field)?.as_str().map(str::to_owned)
}

fn list<'a>(value: &'a Value, field: &str) -> &'a [Value] {
    value
        .get(field)
        .and_then(Value::as_array)
        .map_or(&[], Vec::as_slice)
}

/// The stories by rank.
fn titles(brief: &Value) -> Vec<String> {
    list(brief, "stories")
        .iter()
        .filter_map(|story| word(story, "title"))
        .collect()
}

/// Title, deck, then each section with its paragraphs.
fn draft(draft: &Value) -> Vec<String> {
    let mut lines: Vec<String> = ["title", "deck"]
        .iter()
        .filter_map(|field| word(draft, field))
        .collect();
    let sentences = list(draft, "sentences");
    let text_of = |id: &Value| {
        let sentence = sentences.iter().find(|sentence| sentence.get("id") == Some(id))?;
        word(sentence, "text")
    };
    for section in list(draft, "sections") {
        lines.extend(word(section, "heading"));
        for paragraph in list(section, "paragraphs") {
            let ids = paragraph.as_array().map_or(&[][..], Vec::as_slice);
            let texts: Vec<String> = ids.iter().filter_map(text_of).collect();
            lines.push(texts.join(" "));
        }
    }
    lines.extend(word(draft, "nothing_today"));
    lines
}

/// The drafted answers, each below the subject of its letter.
fn answers(report: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for reply in list(report, "replies") {
        if let Some(text) = reply.get("answer").and_then(|answer| word(answer, "text")) {
            lines.extend(word(reply, "subject"));
            lines.extend(text.lines().map(str::to_owned));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_draft_reads_as_its_reader_reads_it() {
        let draft = json!({
            "title": "A day", "deck": null,
            "sections": [{"heading": "Lead", "paragraphs": [["s1", "s2"], ["s3"]]}],
            "sentences": [
                {"id": "s1", "text": "One."}, {"id": "s2", "text": "Two."}, {"id": "s3", "text": "Three."}
            ]
        });
        let text = text_of(ArtifactKind::Draft, draft.to_string().as_bytes());
        assert_eq!(text.as_deref(), Some("A day\nLead\nOne. Two.\nThree."));
    }

    #[test]
    fn what_has_no_text_or_cannot_be_read_has_none() {
        assert_eq!(text_of(ArtifactKind::Review, b"{}"), None);
        assert_eq!(text_of(ArtifactKind::Draft, b"nonsense"), None);
    }
}
