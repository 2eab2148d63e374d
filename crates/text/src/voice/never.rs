//! What an author never does: only what would have been seen in so many words.

use super::rule::{Part, Rule};
use super::sample::Sample;

/// Words without one use of a habit before it counts as never. Most writers use each of these once in a thousand.
const WORDS_MIN: usize = 1_500;

/// A habit that many have, and the rule for those who do not.
struct Habit {
    text: &'static str,
    name: &'static str,
    is_there: fn(&str) -> bool,
}

const HABITS: &[Habit] = &[
    Habit {
        text: "No exclamation marks.",
        name: "exclamation mark",
        is_there: |text| text.contains('!'),
    },
    Habit {
        text: "No emoji.",
        name: "emoji",
        is_there: |text| text.chars().any(is_emoji),
    },
    Habit {
        text: "No questions to the reader.",
        name: "question mark",
        is_there: |text| text.contains('?'),
    },
    Habit {
        text: "No semicolons.",
        name: "semicolon",
        is_there: |text| text.contains(';'),
    },
    Habit {
        text: "No dashes between clauses.",
        name: "dash",
        is_there: |text| text.contains('—') || text.contains(" – ") || text.contains(" -- "),
    },
    Habit {
        text: "No ellipses.",
        name: "ellipsis",
        is_there: |text| text.contains('…') || text.contains("..."),
    },
    Habit {
        text: "The author does not say “I”.",
        name: "I, me or my",
        is_there: |text| has_word(text, &["I", "I'm", "I’m", "I've", "I’ve", "my", "me", "My"]),
    },
    Habit {
        text: "The author does not say “we”.",
        name: "we or our",
        is_there: |text| {
            has_word(
                text,
                &["we", "We", "our", "Our", "us", "we're", "We're", "we’re", "We’re"],
            )
        },
    },
];

pub(super) fn rules(sample: &Sample) -> Vec<Rule> {
    if sample.words < WORDS_MIN {
        return Vec::new();
    }
    let absent = HABITS.iter().filter(|habit| !(habit.is_there)(&sample.own));
    absent
        .map(|habit| {
            let measured = format!("not one {} in {} words", habit.name, sample.words);
            Rule::new(Part::Never, habit.text, measured)
        })
        .collect()
}

fn has_word(text: &str, wanted: &[&str]) -> bool {
    text.split(|c: char| !c.is_alphanumeric() && c != '\'' && c != '’')
        .any(|word| wanted.contains(&word))
}

/// Pictures for words. Arrows, check marks and the signs of trade stand in sober texts too.
fn is_emoji(c: char) -> bool {
    matches!(u32::from(c), 0x1F300..=0x1FAFF | 0x2600..=0x26FF | 0x2728 | 0x2764)
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::page;
    use super::*;
    use crate::style::house_style;

    #[test]
    fn a_habit_forbids_nothing_but_what_it_names() {
        for habit in HABITS {
            let banned: &[&str] = match habit.name {
                "I, me or my" => &["i"],
                "we or our" => &["we"],
                _ => &[],
            };
            assert_eq!(house_style(habit.text).banned, banned, "{}", habit.text);
        }
    }

    #[test]
    fn never_wants_many_words() {
        let sentence = "The team said that it was done. ";
        let few = Sample::of(&[page(&sentence.repeat(20))]);
        assert!(rules(&few).is_empty());
        let many = Sample::of(&[page(&format!("{}Was it?", sentence.repeat(300)))]);
        let found: Vec<String> = rules(&many).into_iter().map(|rule| rule.text).collect();
        assert!(found.iter().any(|text| text == "No emoji."), "{found:?}");
        assert!(
            !found.iter().any(|text| text.starts_with("No questions")),
            "{found:?}"
        );
    }
}
