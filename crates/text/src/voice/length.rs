//! How long sentences, paragraphs and issues are.

use super::rule::{Part, Rule, quantile};
use super::sample::Sample;
use crate::words;

/// Sentences of fewer words than a fifth of the longest quarter are short ones.
const SHORT: usize = 8;
/// Fewer sentences tell nothing of their length.
const SENTENCES_MIN: usize = 20;
/// Fewer paragraphs tell nothing of their length.
const PARAGRAPHS_MIN: usize = 8;

pub(super) fn rules(sample: &Sample) -> Vec<Rule> {
    let found = [sentences(sample), paragraphs(sample), issues(sample)];
    found.into_iter().flatten().collect()
}

fn sentences(sample: &Sample) -> Option<Rule> {
    let mut lengths: Vec<usize> = sample.sentences.iter().map(|sentence| sentence.words).collect();
    if lengths.len() < SENTENCES_MIN {
        return None;
    }
    lengths.sort_unstable();
    let (low, median, high) = (
        quantile(&lengths, 0.25),
        quantile(&lengths, 0.5),
        quantile(&lengths, 0.75),
    );
    let longest = quantile(&lengths, 0.9);
    let text =
        format!("Sentences of about {median} words; mix short ones with longer ones, few above {longest}.");
    let measured = format!(
        "{} sentences: median {median} words, half of them {low} to {high}, one in ten above {longest}",
        lengths.len()
    );
    let typical = |text: &str| words::count(text).abs_diff(median) <= 1;
    let short = |text: &str| words::count(text) <= low.min(SHORT);
    let mut examples = sample.examples(typical);
    examples.truncate(1);
    examples.extend(sample.examples(short).into_iter().take(1));
    Some(Rule::new(Part::Sounds, text, measured).with(examples))
}

fn paragraphs(sample: &Sample) -> Option<Rule> {
    if sample.paragraphs.len() < PARAGRAPHS_MIN {
        return None;
    }
    let sorted = |of: fn(&super::sample::Paragraph) -> usize| {
        let mut all: Vec<usize> = sample.paragraphs.iter().map(of).collect();
        all.sort_unstable();
        all
    };
    let (sentences, words) = (sorted(|one| one.sentences), sorted(|one| one.words));
    let single = sentences.iter().filter(|count| **count == 1).count();
    let of_one = single * 100 / sentences.len();
    let median = quantile(&sentences, 0.5);
    let habit = if of_one >= 30 {
        " A paragraph of one sentence is common."
    } else {
        ""
    };
    let noun = if median == 1 { "sentence" } else { "sentences" };
    Some(Rule::new(
        Part::Sounds,
        format!(
            "Paragraphs of {median} {noun}, some {} words.{habit}",
            quantile(&words, 0.5)
        ),
        format!(
            "{} paragraphs: median {median} {noun} and {} words, half of them {} to {} words, {of_one} % of one sentence",
            words.len(),
            quantile(&words, 0.5),
            quantile(&words, 0.25),
            quantile(&words, 0.75)
        ),
    ))
}

fn issues(sample: &Sample) -> Option<Rule> {
    let mut lengths: Vec<usize> = sample.issues.iter().map(|issue| issue.words).collect();
    lengths.sort_unstable();
    let in_lists: usize = sample.issues.iter().map(|issue| issue.words_in_lists).sum();
    if lengths.iter().all(|length| *length == 0) {
        return None;
    }
    let whole = sample.issues.iter().filter(|issue| !issue.is_bare);
    let all: usize = whole.map(|issue| issue.words).sum();
    let median = quantile(&lengths, 0.5);
    let lists = in_lists * 100 / all.max(1);
    let habit = match lists {
        // What is no list is not known of any.
        _ if all == 0 => "",
        0..=4 => " Running text, hardly a list.",
        5..=39 => " Running text with lists.",
        _ => " Mostly lists.",
    };
    Some(Rule::new(
        Part::Built,
        format!("An issue has about {median} words.{habit}"),
        format!(
            "{} issues: median {median} words, shortest {}, longest {}; {lists} % of the words stand in lists",
            lengths.len(),
            lengths.first().copied().unwrap_or_default(),
            lengths.last().copied().unwrap_or_default()
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::page;
    use super::*;

    #[test]
    fn lengths_are_medians_with_their_spread() {
        let paragraph = "Five words stand in it. And here are exactly nine words for the second.\n\n";
        let sample = Sample::of(&[page(&paragraph.repeat(12))]);
        let rules = rules(&sample);
        assert!(rules[0].text.contains("about 9 words") || rules[0].text.contains("about 5 words"));
        assert!(rules[0].measured.starts_with("24 sentences"), "{rules:?}");
        assert!(
            rules[1]
                .text
                .starts_with("Paragraphs of 2 sentences, some 14 words"),
            "{rules:?}"
        );
        assert!(rules[2].text.contains("about 168 words"), "{rules:?}");
    }

    #[test]
    fn three_sentences_tell_no_length() {
        let sample = Sample::of(&[page("One is here. Two is here. Three is here.")]);
        assert!(sentences(&sample).is_none() && paragraphs(&sample).is_none());
    }
}
