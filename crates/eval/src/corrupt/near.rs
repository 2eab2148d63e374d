//! Sentences that say the same in nearly the same words.

use super::Setting;
use crate::statistics::Draw;

/// Words that a sentence may begin with in small letters.
const OPENINGS: &[&str] = &[
    "The", "This", "We", "It", "In", "A", "An", "These", "For", "If", "When", "You",
];

/// The sentence as it is.
pub(super) fn same(setting: &Setting<'_>, _: &mut Draw) -> Option<String> {
    (!setting.sentence.is_empty()).then(|| setting.sentence.to_owned())
}

/// Other quotation marks, dashes and spaces.
pub(super) fn other_marks(setting: &Setting<'_>, _: &mut Draw) -> Option<String> {
    let text = setting.sentence;
    let straight = text
        .replace(['“', '”'], "\"")
        .replace('’', "'")
        .replace(" – ", " — ");
    let changed = if straight == text {
        text.replacen(' ', "\u{a0}", 1)
    } else {
        straight
    };
    (changed != text).then_some(changed)
}

/// Said to be the post's.
pub(super) fn attributed(setting: &Setting<'_>, _: &mut Draw) -> Option<String> {
    let (first, rest) = setting.sentence.split_once(' ')?;
    OPENINGS
        .contains(&first)
        .then(|| format!("According to the post, {} {rest}", first.to_lowercase()))
}

/// Between quotation marks.
pub(super) fn quoted(setting: &Setting<'_>, _: &mut Draw) -> Option<String> {
    let text = setting.sentence;
    (!text.contains(['“', '”', '"'])).then(|| format!("The authors write: “{text}”"))
}

/// Ended where a second clause begins.
pub(super) fn first_clause(setting: &Setting<'_>, _: &mut Draw) -> Option<String> {
    const WORDS_MIN: usize = 6;
    let text = setting.sentence;
    let joints = [", and ", ", but ", ", so ", ", while ", ", which "];
    let end = joints.iter().filter_map(|joint| text.find(joint)).min()?;
    let clause = &text[..end];
    // A condition or a list ends no sentence.
    let is_whole = !clause.contains(',')
        && !["If", "When", "While", "As"]
            .iter()
            .any(|word| clause.starts_with(word));
    (is_whole && clause.split(' ').count() >= WORDS_MIN).then(|| format!("{clause}."))
}

/// Without what stands between the first pair of brackets.
pub(super) fn without_parenthesis(setting: &Setting<'_>, _: &mut Draw) -> Option<String> {
    let (before, rest) = setting.sentence.split_once(" (")?;
    let (inside, after) = rest.split_once(')')?;
    (!inside.contains('(')).then(|| format!("{before}{after}"))
}

#[cfg(test)]
mod tests {
    use super::super::alone;
    use super::*;

    #[test]
    fn sentences_stay_true() {
        let mut draw = Draw::new(1);
        let text = "The parser (version 4) isn’t slow.";
        let of = |change: fn(&Setting<'_>, &mut Draw) -> Option<String>, draw: &mut Draw| {
            change(&alone(text), draw).unwrap()
        };
        assert_eq!(of(same, &mut draw), text);
        assert_eq!(of(other_marks, &mut draw), "The parser (version 4) isn't slow.");
        assert_eq!(
            of(attributed, &mut draw),
            "According to the post, the parser (version 4) isn’t slow."
        );
        assert_eq!(
            of(quoted, &mut draw),
            "The authors write: “The parser (version 4) isn’t slow.”"
        );
        assert_eq!(of(without_parenthesis, &mut draw), "The parser isn’t slow.");
    }

    #[test]
    fn a_second_clause_is_cut_off() {
        let cut = |text| first_clause(&alone(text), &mut Draw::new(1));
        assert_eq!(
            cut("The team of Norn shipped the parser, but nobody uses it.").as_deref(),
            Some("The team of Norn shipped the parser.")
        );
        assert_eq!(
            cut("If the team of Norn ships the parser, and soon, it wins."),
            None
        );
        assert_eq!(cut("It shipped one, two, and three parsers to the team."), None);
    }

    #[test]
    fn what_cannot_be_written_otherwise_is_left_out() {
        let mut draw = Draw::new(1);
        assert_eq!(attributed(&alone("Norn is fast."), &mut draw), None);
        assert_eq!(quoted(&alone("It is “fast”."), &mut draw), None);
        assert_eq!(without_parenthesis(&alone("It is fast."), &mut draw), None);
    }
}
