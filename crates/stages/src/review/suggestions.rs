//! Proposed changes: from code and from a model. None is made silently.

use copydesk_config::PromptContext;
use copydesk_domain::artifact::{ClaimVerdict, Measure, Sentence, Suggestion, SuggestionKind};
use copydesk_domain::task::{EditSentence, ProposedEdit, SuggestEdits, SuggestEditsInput};
use copydesk_domain::{SentenceId, Untrusted};
use copydesk_journal::{StageContext, StageError};
use copydesk_text::style::house_style;
use copydesk_text::{numbers, quotes};

use super::Bench;
use super::past::is_coverage;
use super::{links, rules, voice};
use crate::models_used;

/// Proposals of a model that are kept.
const PROPOSALS_MAX: usize = 20;

/// What review says about the text beside its verdicts.
pub(crate) struct Remarks {
    pub(crate) suggestions: Vec<Suggestion>,
    pub(crate) voice: Vec<Measure>,
}

/// Collects the proposals: code's first, then the model's that code has not made.
pub(crate) async fn collect(
    ctx: &StageContext,
    bench: &Bench,
    verdicts: &[ClaimVerdict],
    pages: &mut links::Pages,
    models: &mut Vec<String>,
) -> Result<Remarks, StageError> {
    let house = house_style(&PromptContext::of(ctx.release()).voice);
    let lines = rules::lines(bench, verdicts);
    let told: Vec<&Sentence> = lines.iter().map(|line| line.sentence).collect();
    let mut suggestions = rules::collect(bench, verdicts, &lines, &bench.past, &house);
    let voice = voice::measure(&told, &bench.past, &bench.older, &bench.imported);
    suggestions.extend(voice::suggestions(&voice));
    suggestions.extend(links::check(ctx, bench, &told, pages).await?);
    if !bench.draft.sentences.is_empty() {
        let proposed = ask(ctx, bench, models).await?;
        suggestions.extend(
            proposed
                .iter()
                .filter_map(|edit| of_model(bench, &suggestions, edit))
                .collect::<Vec<_>>(),
        );
    }
    Ok(Remarks { suggestions, voice })
}

async fn ask(
    ctx: &StageContext,
    bench: &Bench,
    models: &mut Vec<String>,
) -> Result<Vec<ProposedEdit>, StageError> {
    let input = SuggestEditsInput {
        title: bench.title_given.prompt_data(),
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
    let asked = ctx
        .ask::<SuggestEdits>(&bench.key("suggest_edits"), &input)
        .await?;
    models_used::note(models, &asked.model);
    let proposals = asked.output.inspect().suggestions.iter();
    Ok(proposals.take(PROPOSALS_MAX).cloned().collect())
}

/// A model's proposal, unless code made it, its sentence is not there, or it changes what only a source may say.
fn of_model(bench: &Bench, made: &[Suggestion], edit: &ProposedEdit) -> Option<Suggestion> {
    let sentence = bench
        .draft
        .sentences
        .iter()
        .find(|sentence| sentence.id.as_str() == edit.sentence)?;
    let is_made = made
        .iter()
        .any(|known| known.sentence.as_ref() == Some(&sentence.id) && known.kind == edit.kind);
    let says_who_was_read = is_coverage(sentence) && edit.kind == SuggestionKind::Repeated;
    let keeps = edit
        .replacement
        .as_ref()
        .is_none_or(|text| keeps_facts(sentence.text.inspect(), text));
    (!is_made && !says_who_was_read && keeps).then(|| Suggestion {
        sentence: Some(sentence.id.clone()),
        kind: edit.kind,
        reason: Untrusted::new(edit.reason.clone()),
        replacement: edit.replacement.clone().map(Untrusted::new),
    })
}

/// Whether a new wording has no quotation, figure or link that the old one lacks.
fn keeps_facts(old: &str, new: &str) -> bool {
    let had = quotes::find(old);
    let quoted = quotes::find(new)
        .iter()
        .all(|quote| had.iter().any(|known| known.text == quote.text));
    let figures = numbers::find(old);
    let counted = numbers::find(new)
        .iter()
        .all(|number| figures.iter().any(|known| numbers::same(known, number)));
    quoted && counted && !new.contains("://")
}

fn heading_of(bench: &Bench, id: &SentenceId) -> String {
    let section = bench
        .draft
        .sections
        .iter()
        .find(|section| section.paragraphs.iter().any(|ids| ids.contains(id)));
    section.map(|section| section.heading.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::keeps_facts;

    #[test]
    fn a_new_wording_brings_no_new_fact() {
        let old = "Norn writes: “It took 86 minutes.” The fix is out.";
        assert!(keeps_facts(
            old,
            "The fix is out. Norn writes: “It took 86 minutes.”"
        ));
        assert!(keeps_facts(old, "The fix is out."));
        assert!(!keeps_facts(old, "Norn writes: “It took 80 minutes.”"));
        assert!(!keeps_facts(old, "The fix came after 90 minutes."));
        assert!(!keeps_facts(old, "The fix is at https://norn.example/."));
    }
}
