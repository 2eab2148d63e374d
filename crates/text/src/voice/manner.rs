//! Who speaks to whom, and how close: person, contractions, questions, marks.

use std::sync::LazyLock;

use regex::Regex;

use super::rule::{Part, Rule, per_thousand, share};
use super::sample::Sample;

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new($text).expect("the pattern is fixed and valid"));
    };
}

pattern!(
    FIRST,
    r"\bI(?:['’](?:m|ve|d|ll))?\b|\b(?:[Mm]y|[Mm]yself|mine)\b|\bme\b"
);
pattern!(
    PLURAL,
    r"(?i)\b(?:we(?:['’](?:re|ve|d|ll))?|our|ours|ourselves)\b"
);
pattern!(
    READER,
    r"(?i)\b(?:you(?:['’](?:re|ve|d|ll))?|your|yours|yourself)\b"
);
pattern!(
    CONTRACTED,
    r"(?i)\b(?:(?:do|does|did|is|are|was|were|has|have|had|would|could|should|wo|ca)n['’]t|(?:it|that|there|what|here|let)['’]s|(?:i|you|we|they)['’](?:m|re|ve|ll|d))\b"
);
pattern!(
    FULL,
    r"(?i)\b(?:(?:do|does|did|is|are|was|were|has|have|had|would|could|should|will)\s+not|cannot|(?:it|that|there|what|here)\s+is|let\s+us|i\s+(?:am|have|will)|(?:you|we|they)\s+(?:are|have|will))\b"
);
// One at the start of a line sets a name or an item apart, no aside.
pattern!(DASH, r"\S[^\S\n]*—|[^\S\n]–\s|[^\S\n]--\s");
pattern!(SPACED_DASH, r"[^\S\n](?:—|–|--)\s");
pattern!(BRACKET, r"\([^()\n]{8,}\)");

/// Uses of a person below which it is chance: one in two thousand words.
const HARDLY: f64 = 0.5;

pub(super) fn rules(sample: &Sample) -> Vec<Rule> {
    let mut rules = vec![];
    rules.extend(speaker(sample));
    rules.extend(reader(sample));
    rules.extend(contractions(sample));
    rules.extend(questions(sample));
    rules.extend(marks(sample));
    rules
}

fn speaker(sample: &Sample) -> Option<Rule> {
    let (first, plural) = (sample.count(&FIRST), sample.count(&PLURAL));
    let rates = (
        per_thousand(first, sample.words),
        per_thousand(plural, sample.words),
    );
    let measured = format!(
        "of 1,000 words {:.1} are I, me or my and {:.1} are we, us or our",
        rates.0, rates.1
    );
    let (text, pattern) = if rates.0 >= 1.0 && rates.0 >= rates.1 * 1.5 {
        ("The author says “I”.", &*FIRST)
    } else if rates.1 >= 1.0 && rates.1 >= rates.0 * 1.5 {
        ("The author says “we”.", &*PLURAL)
    } else if rates.0 >= 1.0 {
        (
            "The author says “I” for own acts and views, “we” for shared ones.",
            &*FIRST,
        )
    } else {
        return None;
    };
    let examples = sample.examples(|sentence| pattern.is_match(sentence));
    Some(Rule::new(Part::Sounds, text, measured).with(examples))
}

fn reader(sample: &Sample) -> Option<Rule> {
    let count = sample.count(&READER);
    let rate = per_thousand(count, sample.words);
    (rate >= HARDLY).then(|| {
        let text = if rate >= 4.0 {
            "Speak to the reader as “you”."
        } else {
            "Say “you” to the reader now and then."
        };
        let measured = format!("of 1,000 words {rate:.1} are you or your");
        let examples = sample.examples(|sentence| READER.is_match(sentence));
        Rule::new(Part::Sounds, text, measured).with(examples)
    })
}

fn contractions(sample: &Sample) -> Option<Rule> {
    let (short, full) = (sample.count(&CONTRACTED), sample.count(&FULL));
    let part = share(short, full, 8)?;
    let measured = format!("{short} of {} places that could be contracted are", short + full);
    let rule = |part, text: &str, pattern: &Regex| {
        let examples = sample.examples(|sentence| pattern.is_match(sentence));
        Some(Rule::new(part, text, measured.clone()).with(examples))
    };
    match part {
        _ if part >= 0.6 => rule(
            Part::Sounds,
            "Contract as in speech: “don’t”, “it’s”, “we’re”.",
            &CONTRACTED,
        ),
        _ if part <= 0.08 => rule(
            Part::Never,
            "Write “do not”, “it is”, “we are”: no contractions.",
            &FULL,
        ),
        _ if part <= 0.3 => rule(
            Part::Sounds,
            "Write the long forms (“do not”, “it is”) for the most part.",
            &FULL,
        ),
        _ => rule(
            Part::Sounds,
            "Contractions and long forms stand side by side.",
            &CONTRACTED,
        ),
    }
}

fn questions(sample: &Sample) -> Option<Rule> {
    let is_question = |text: &str| text.trim_end().ends_with('?');
    let count = sample
        .sentences
        .iter()
        .filter(|sentence| is_question(&sentence.own))
        .count();
    let of_hundred = count as f64 * 100.0 / sample.sentences.len().max(1) as f64;
    (count >= 3 && of_hundred >= 1.5).then(|| {
        let measured = format!("{count} of {} sentences ask something", sample.sentences.len());
        let examples = sample.examples(is_question);
        Rule::new(
            Part::Sounds,
            "Put a question to the reader now and then.",
            measured,
        )
        .with(examples)
    })
}

fn marks(sample: &Sample) -> Vec<Rule> {
    let mut rules = Vec::new();
    let dashes = sample.count(&DASH);
    if dashes >= 4 && per_thousand(dashes, sample.words) >= 0.7 {
        let spaced = sample.count(&SPACED_DASH) * 2 > dashes;
        let how = if spaced {
            "with spaces around it"
        } else {
            "without spaces"
        };
        let measured = format!("{:.1} dashes in 1,000 words", per_thousand(dashes, sample.words));
        let text = format!("A dash sets an aside apart, {how}.");
        let examples = sample.examples(|sentence| DASH.is_match(sentence));
        rules.push(Rule::new(Part::Small, text, measured).with(examples));
    }
    let brackets = sample.count(&BRACKET);
    if brackets >= 5 && per_thousand(brackets, sample.words) >= 2.5 {
        let measured = format!(
            "{:.1} asides in brackets in 1,000 words",
            per_thousand(brackets, sample.words)
        );
        let examples = sample.examples(|sentence| BRACKET.is_match(sentence));
        rules.push(Rule::new(Part::Sounds, "Asides stand in brackets.", measured).with(examples));
    }
    for (mark, name, text) in [
        (';', "semicolons", "Semicolons join clauses."),
        ('!', "exclamation marks", "An exclamation mark now and then."),
    ] {
        let count = sample.own.matches(mark).count();
        let rate = per_thousand(count, sample.words);
        if count >= 4 && rate >= 1.0 {
            let examples = sample.examples(|sentence| sentence.contains(mark));
            let measured = format!("{rate:.1} {name} in 1,000 words");
            rules.push(Rule::new(Part::Small, text, measured).with(examples));
        }
    }
    rules
}

#[cfg(test)]
mod tests {
    use copydesk_domain::task::HouseStyle;

    use super::super::sample::tests::page;
    use super::*;
    use crate::style::house_style;

    fn texts(markdown: &str) -> Vec<String> {
        let rules = rules(&Sample::of(&[page(markdown)]));
        rules.into_iter().map(|rule| rule.text).collect()
    }

    #[test]
    fn the_person_is_the_one_that_is_used() {
        let own = texts(&"I think it's fine. I don't mind, and it's not my call.\n\n".repeat(6));
        assert!(own.iter().any(|text| text == "The author says “I”."), "{own:?}");
        assert!(
            own.iter().any(|text| text.starts_with("Contract as in speech")),
            "{own:?}"
        );
        let ours =
            texts(&"We do not mind. It is not for us and our team to say; we are not asked.\n\n".repeat(6));
        assert!(
            ours.iter().any(|text| text == "The author says “we”."),
            "{ours:?}"
        );
        assert!(
            ours.iter().any(|text| text.ends_with("no contractions.")),
            "{ours:?}"
        );
        assert!(ours.iter().any(|text| text.starts_with("Semicolons")), "{ours:?}");
    }

    #[test]
    fn no_habit_forbids_what_it_asks_for() {
        let one = "I think it's fine; you don't ask (and that is all of it) - do you? It is not so! ";
        for (short, full) in [(9, 0), (0, 9), (2, 9), (9, 9)] {
            let text = format!(
                "{}{}{}",
                "It's so, and you don't mind, do you?\n\n".repeat(short),
                "It is so, and I do not mind!\n\n".repeat(full),
                one.repeat(2)
            );
            let texts = texts(&text);
            assert!(texts.iter().any(|text| text.contains('“')), "{texts:?}");
            for text in texts {
                assert_eq!(house_style(&text), HouseStyle::default(), "{text}");
            }
        }
    }

    #[test]
    fn a_dash_before_a_name_is_no_aside() {
        let signed = texts(&"The harbour closed on Monday.\n\n— Ada\n\n".repeat(8));
        assert!(
            !signed.iter().any(|text| text.starts_with("A dash")),
            "{signed:?}"
        );
        let aside = texts(&"The harbour — the old one — closed on Monday.\n\n".repeat(8));
        assert!(aside.iter().any(|text| text.contains("with spaces")), "{aside:?}");
        let tight = texts(&"The harbour—the old one—closed on Monday.\n\n".repeat(8));
        assert!(
            tight.iter().any(|text| text.contains("without spaces")),
            "{tight:?}"
        );
    }

    #[test]
    fn what_others_say_in_quotation_marks_is_no_habit() {
        let told = texts(
            &"The vendor wrote \"we don't know, and it's our fault, we're sorry\" last night.\n\n".repeat(6),
        );
        assert!(
            !told
                .iter()
                .any(|text| text.contains("“we”") || text.contains("Contract")),
            "{told:?}"
        );
    }
}
