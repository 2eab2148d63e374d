//! The opposite.

use std::sync::LazyLock;

use regex::{Captures, Regex};

use super::Setting;
use crate::statistics::Draw;

fn fixed(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a fixed pattern")
}

static SHORT: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"\b(is|are|was|were|do|does|did|has|have|could|would|should)n['’]t\b"));
static NOT: LazyLock<Regex> = LazyLock::new(|| fixed(r"\b(?:not|never) "));
static VERB: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"\b(is|are|was|were|will|can|has|have|should|could|must)\b"));
/// A denial that leaves no sentence when it goes.
static OTHER: LazyLock<Regex> =
    LazyLock::new(|| fixed(r"(?i)\b(?:no|nor|neither|nobody|nothing|none|won['’]t|can['’]t|don['’]t)\b"));

/// Takes a denial out, or puts `not` behind the first verb that can carry it.
pub(super) fn change(setting: &Setting<'_>, _: &mut Draw) -> Option<String> {
    let text = setting.sentence;
    if text.contains("cannot") {
        return Some(text.replacen("cannot", "can", 1));
    }
    if SHORT.is_match(text) {
        return Some(
            SHORT
                .replace(text, |found: &Captures<'_>| found[1].to_owned())
                .into_owned(),
        );
    }
    if NOT.is_match(text) && !text.contains("not only") {
        return Some(NOT.replace(text, "").into_owned());
    }
    if NOT.is_match(text) || OTHER.is_match(text) {
        return None;
    }
    let changed = VERB.replace(text, |found: &Captures<'_>| format!("{} not", &found[1]));
    (changed != text).then(|| changed.into_owned())
}

#[cfg(test)]
mod tests {
    use super::super::alone;
    use super::*;

    fn changed(text: &str) -> Option<String> {
        change(&alone(text), &mut Draw::new(1))
    }

    #[test]
    fn a_statement_is_denied_and_a_denial_stated() {
        for (text, wanted) in [
            (
                "The release is out and was tested.",
                "The release is not out and was tested.",
            ),
            ("It could not adapt to it.", "It could adapt to it."),
            ("It isn’t ready for use.", "It is ready for use."),
            ("It cannot be used.", "It can be used."),
            ("They never met.", "They met."),
        ] {
            assert_eq!(changed(text).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn what_has_no_clear_opposite_stays() {
        assert_eq!(changed("It is not only fast."), None);
        assert_eq!(changed("Nobody was there."), None);
        assert_eq!(changed("The team shipped it."), None);
    }
}
