//! Proposed changes: from code and from a model. None is made silently.

use copydesk_domain::artifact::{ClaimVerdict, Suggestion, SuggestionKind};
use copydesk_domain::task::{EditSentence, SuggestEdits, SuggestEditsInput};
use copydesk_domain::{SentenceId, Untrusted, Verdict};
use copydesk_journal::{StageContext, StageError};
use copydesk_text::words;

use super::Bench;
use super::judging::by_code;
use crate::models_used;

/// Words of a sentence outside of which reading gets hard.
const SENTENCE_WORDS_MAX: usize = 60;
/// Proposals of a model that are kept.
const PROPOSALS_MAX: usize = 20;

/// Collects the proposals: code's first.
pub(crate) async fn collect(
    ctx: &StageContext,
    bench: &Bench,
    verdicts: &[ClaimVerdict],
    models: &mut Vec<String>,
) -> Result<Vec<Suggestion>, StageError> {
    let mut suggestions = by_rules(bench, verdicts);
    if bench.draft.sentences.is_empty() {
        return Ok(suggestions);
    }
    let input = SuggestEditsInput {
        title: bench.draft.title.prompt_data(),
        sentences: bench
            .draft
            .sentences
            .iter()
            .map(|sentence| EditSentence {
                id: sentence.id.to_string(),
                section: heading_of(bench, &sentence.id),
                kind: sentence.kind,
                text: sentence.text.prompt_data(),
            })
            .collect(),
    };
    let asked = ctx.ask::<SuggestEdits>("suggest_edits", &input).await?;
    models_used::note(models, &asked.model);
    for proposal in asked.output.inspect().suggestions.iter().take(PROPOSALS_MAX) {
        let sentence = bench
            .draft
            .sentences
            .iter()
            .find(|sentence| sentence.id.as_str() == proposal.sentence);
        let Some(sentence) = sentence else { continue };
        suggestions.push(Suggestion {
            sentence: Some(sentence.id.clone()),
            kind: proposal.kind,
            reason: Untrusted::new(proposal.reason.clone()),
            replacement: proposal.replacement.clone().map(Untrusted::new),
        });
    }
    Ok(suggestions)
}

fn by_rules(bench: &Bench, verdicts: &[ClaimVerdict]) -> Vec<Suggestion> {
    let mut suggestions = Vec::new();
    for claim in verdicts.iter().filter(|claim| claim.verdict == Verdict::Blocked) {
        suggestions.push(Suggestion {
            sentence: Some(claim.sentence.clone()),
            kind: SuggestionKind::Unsupported,
            reason: by_code(format!("left out of the issue: {}", claim.reasons.join("; "))),
            replacement: None,
        });
    }
    for sentence in &bench.draft.sentences {
        let count = words::count(sentence.text.inspect());
        if count > SENTENCE_WORDS_MAX {
            suggestions.push(Suggestion {
                sentence: Some(sentence.id.clone()),
                kind: SuggestionKind::TooLong,
                reason: by_code(format!("{count} words in one sentence")),
                replacement: None,
            });
        }
    }
    suggestions
}

fn heading_of(bench: &Bench, id: &SentenceId) -> String {
    let section = bench
        .draft
        .sections
        .iter()
        .find(|section| section.paragraphs.iter().any(|ids| ids.contains(id)));
    section.map(|section| section.heading.clone()).unwrap_or_default()
}
