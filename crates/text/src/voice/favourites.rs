//! Words that an author uses more than others do.

use std::collections::BTreeMap;

use super::rule::{Part, Rule, per_thousand};
use super::sample::Sample;
use crate::words;

/// Words of manner, with how many of 10,000 words they are in technical posts of many hands.
///
/// # Source
/// Counted over 870,000 words of some 690 posts of two dozen projects and companies; only these numbers were kept.
const USUAL: &[(&str, u16)] = &[
    ("actually", 3),
    ("additionally", 1),
    ("again", 2),
    ("almost", 1),
    ("already", 5),
    ("also", 17),
    ("although", 1),
    ("always", 4),
    ("anyway", 1),
    ("arguably", 1),
    ("basically", 1),
    ("because", 6),
    ("big", 1),
    ("but", 19),
    ("certainly", 1),
    ("clearly", 1),
    ("completely", 1),
    ("currently", 3),
    ("despite", 1),
    ("easy", 2),
    ("effectively", 1),
    ("entirely", 1),
    ("especially", 2),
    ("essentially", 1),
    ("eventually", 1),
    ("exactly", 2),
    ("finally", 2),
    ("folks", 1),
    ("frankly", 1),
    ("fully", 2),
    ("generally", 1),
    ("great", 2),
    ("hard", 2),
    ("hopefully", 1),
    ("however", 3),
    ("huge", 1),
    ("indeed", 1),
    ("instead", 7),
    ("interesting", 1),
    ("just", 7),
    ("largely", 1),
    ("likely", 1),
    ("lot", 3),
    ("maybe", 1),
    ("meanwhile", 1),
    ("moreover", 1),
    ("mostly", 1),
    ("nearly", 1),
    ("never", 3),
    ("nice", 1),
    ("notably", 1),
    ("now", 17),
    ("obviously", 1),
    ("often", 3),
    ("perhaps", 1),
    ("plus", 1),
    ("precisely", 1),
    ("probably", 1),
    ("quietly", 1),
    ("quite", 1),
    ("rather", 4),
    ("really", 2),
    ("roughly", 1),
    ("simply", 1),
    ("slightly", 1),
    ("sometimes", 1),
    ("somewhat", 1),
    ("soon", 1),
    ("still", 7),
    ("stuff", 1),
    ("therefore", 1),
    ("though", 1),
    ("thus", 1),
    ("tiny", 1),
    ("today", 3),
    ("truly", 1),
    ("ultimately", 1),
    ("unfortunately", 1),
    ("usually", 1),
    ("very", 4),
    ("while", 10),
    ("worth", 1),
    ("yet", 2),
];

/// So many times the usual share.
const TIMES: f64 = 3.0;
/// Uses before it is a habit.
const USES_MIN: usize = 5;
/// Words named.
const WORDS_MAX: usize = 8;

pub(super) fn rules(sample: &Sample) -> Vec<Rule> {
    let lower = sample.own.to_lowercase();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (_, word) in words::words(&lower) {
        *counts.entry(word).or_default() += 1;
    }
    let issues_min = (sample.issues.len() / 4).max(2);
    let mut found: Vec<(f64, &str, usize)> = USUAL
        .iter()
        .filter_map(|(word, usual)| {
            let count = counts.get(word).copied().unwrap_or_default();
            let times = per_thousand(count, sample.words) * 10.0 / f64::from(*usual);
            let is_habit = count >= USES_MIN
                && times >= TIMES
                && sample.issues_with(|sentence| holds(sentence, word)) >= issues_min;
            is_habit.then_some((times, *word, count))
        })
        .collect();
    found.sort_by(|a, b| b.0.total_cmp(&a.0));
    found.truncate(WORDS_MAX);
    let Some((_, first, _)) = found.first() else {
        return Vec::new();
    };
    let named: Vec<String> = found.iter().map(|(_, word, _)| format!("“{word}”")).collect();
    let counted: Vec<String> = found
        .iter()
        .map(|(times, word, count)| format!("{word} {count} times, {times:.0} times as often as others"))
        .collect();
    let examples = sample.examples(|sentence| holds(sentence, first));
    let text = format!("Words of the author’s own: {}.", named.join(", "));
    vec![Rule::new(Part::Sounds, text, counted.join("; ")).with(examples)]
}

fn holds(sentence: &str, word: &str) -> bool {
    words::words(sentence).any(|(_, there)| there.eq_ignore_ascii_case(word))
}

#[cfg(test)]
mod tests {
    use copydesk_domain::task::HouseStyle;

    use super::super::sample::tests::page;
    use super::*;
    use crate::style::house_style;

    #[test]
    fn a_word_in_every_issue_is_named_with_its_count() {
        let issue = page(
            &"Frankly, the release went well. The team wrote a fix and shipped it to all.\n\n".repeat(4),
        );
        let rules = rules(&Sample::of(&[issue.clone(), issue]));
        assert!(rules[0].text.contains("“frankly”"), "{rules:?}");
        assert!(rules[0].measured.contains("frankly 8 times"), "{rules:?}");
        assert!(rules[0].examples[0].starts_with("Frankly"), "{rules:?}");
    }

    #[test]
    fn a_word_of_the_authors_own_is_not_forbidden() {
        let issue = page(&"It never went well, instead the team rather wrote a fix.\n\n".repeat(6));
        let rules = rules(&Sample::of(&[issue.clone(), issue]));
        assert!(rules[0].text.contains("“never”"), "{rules:?}");
        assert_eq!(house_style(&rules[0].text), HouseStyle::default());
    }

    #[test]
    fn a_word_of_one_issue_alone_is_no_habit() {
        let odd = page(&"Frankly, it went well, and the team wrote a fix.\n\n".repeat(6));
        let plain = page(&"The team wrote a fix and shipped it.\n\n".repeat(6));
        assert!(rules(&Sample::of(&[odd, plain])).is_empty());
    }
}
