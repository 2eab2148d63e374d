//! `suggest_edits`: what can be measured. Repetition, worn-out phrases, length.

use std::sync::LazyLock;

use copydesk_domain::artifact::{SentenceKind, SuggestionKind};
use copydesk_domain::task::{EditSentence, ProposedEdit, SuggestEditsInput, SuggestEditsOutput};
use copydesk_text::{quotes, similarity, words};
use regex::Regex;

use super::fit::regex;

/// Words outside quotation marks that one sentence bears.
const OWN_WORDS_MAX: usize = 35;
/// A newsletter's author reads no more than a handful.
const SUGGESTIONS_MAX: usize = 12;

/// Proposes changes, in reading order, one for each sentence at most.
pub fn suggest(input: &SuggestEditsInput) -> SuggestEditsOutput {
    let sentences = &input.sentences;
    let suggestions = sentences
        .iter()
        .enumerate()
        .filter_map(|(at, sentence)| {
            repeated(sentence, &sentences[..at])
                .or_else(|| worn(sentence))
                .or_else(|| long(sentence))
        })
        .take(SUGGESTIONS_MAX)
        .collect();
    SuggestEditsOutput { suggestions }
}

/// A sentence that an earlier one says already.
fn repeated(sentence: &EditSentence, before: &[EditSentence]) -> Option<ProposedEdit> {
    if sentence.kind != SentenceKind::Claim {
        return None;
    }
    let text = sentence.text.as_str();
    let twin = before.iter().find(|other| {
        similarity::near_duplicate(other.text.as_str(), text)
            || similarity::jaccard(other.text.as_str(), text) > 0.75
    })?;
    Some(ProposedEdit {
        sentence: sentence.id.clone(),
        kind: SuggestionKind::Repeated,
        reason: format!("sentence {} says nearly the same", twin.id),
        replacement: None,
    })
}

/// A sentence with a phrase that carries nothing; the phrase is cut, unless it stands in a quotation.
fn worn(sentence: &EditSentence) -> Option<ProposedEdit> {
    static WORN: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?xi)^(?:it(?:['’]s|\ is)\ (?:worth|important)\ (?:noting|to\ note|mentioning)\ that\ |needless\ to\ say,?\ |at\ the\ end\ of\ the\ day,?\ |in\ today['’]s\ (?:fast-paced|digital|ever-changing)\ \w+,?\ |in\ conclusion,?\ |to\ be\ honest,?\ |that\ being\ said,?\ |interestingly,?\ )",
        )
    });
    let text = sentence.text.as_str();
    let found = WORN.find(text)?;
    let mut rest = text[found.end()..].chars();
    let first = rest.next()?;
    Some(ProposedEdit {
        sentence: sentence.id.clone(),
        kind: SuggestionKind::Cliche,
        reason: format!(
            "“{}” carries nothing",
            found.as_str().trim().trim_end_matches(',')
        ),
        replacement: Some(first.to_uppercase().chain(rest).collect()),
    })
}

/// A sentence whose own words, quotations aside, are too many, where a semicolon shows how to part it.
fn long(sentence: &EditSentence) -> Option<ProposedEdit> {
    let text = sentence.text.as_str();
    let count = words::count(&without_quotations(text));
    if count <= OWN_WORDS_MAX {
        return None;
    }
    let quoted = quotes::find(text);
    let (cut, _) = text
        .match_indices("; ")
        .find(|(at, _)| !quoted.iter().any(|quote| quote.range.contains(at)))?;
    let mut rest = text[cut + 2..].chars();
    let first = rest.next()?.to_uppercase();
    Some(ProposedEdit {
        sentence: sentence.id.clone(),
        kind: SuggestionKind::TooLong,
        reason: format!("{count} words of its own, {OWN_WORDS_MAX} are plenty"),
        replacement: Some(format!("{}. {first}{}", &text[..cut], rest.as_str())),
    })
}

fn without_quotations(text: &str) -> String {
    let mut own = String::new();
    let mut end = 0;
    for quote in quotes::find(text) {
        if quote.range.start >= end {
            own.push_str(&text[end..quote.range.start]);
            end = quote.range.end;
        }
    }
    own.push_str(&text[end..]);
    own
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(texts: &[&str]) -> Vec<(String, SuggestionKind)> {
        let sentences = texts
            .iter()
            .enumerate()
            .map(|(at, text)| EditSentence {
                id: format!("s{at}"),
                section: "First".to_owned(),
                kind: SentenceKind::Claim,
                text: (*text).into(),
            })
            .collect();
        let output = suggest(&SuggestEditsInput {
            title: "A title".into(),
            sentences,
        });
        output
            .suggestions
            .into_iter()
            .map(|edit| (edit.sentence, edit.kind))
            .collect()
    }

    #[test]
    fn a_second_telling_goes() {
        let found = kinds(&[
            "Norn says: “The update reached 4,200 clusters on Monday.”",
            "The update reached 4,200 clusters on Monday, Norn says.",
        ]);
        assert_eq!(found, [("s1".to_owned(), SuggestionKind::Repeated)]);
    }

    #[test]
    fn worn_openings_are_cut() {
        let sentences = vec![EditSentence {
            id: "s0".to_owned(),
            section: String::new(),
            kind: SentenceKind::Voice,
            text: "It's worth noting that the planner is new.".into(),
        }];
        let output = suggest(&SuggestEditsInput {
            title: "A title".into(),
            sentences,
        });
        assert_eq!(
            output.suggestions[0].replacement.as_deref(),
            Some("The planner is new.")
        );
    }

    #[test]
    fn long_quotations_are_not_the_authors_fault() {
        let long = "word ".repeat(50);
        assert!(kinds(&[&format!("Norn says: “The {long}ends.”")]).is_empty());
        assert_eq!(
            kinds(&[&format!("The {long}ends; the rest follows.")]),
            [("s0".to_owned(), SuggestionKind::TooLong)]
        );
    }
}
