//! A doubt left out.

use std::sync::LazyLock;

use regex::Regex;

use super::Setting;
use crate::statistics::Draw;

/// What is looked for, and what stands there afterwards.
static HEDGES: LazyLock<Vec<(Regex, &'static str)>> = LazyLock::new(|| {
    [
        (r"\bup to (\d)", "$1"),
        (
            r"\b(?:about|around|roughly|approximately|nearly|almost|at least|more than|over|fewer than|less than) (\d)",
            "$1",
        ),
        (r"\b(?:may|might|could)\b", "will"),
        (r"\b(?:usually|often|typically|sometimes|probably|likely|generally|mostly|possibly|reportedly|allegedly) ", ""),
    ]
    .into_iter()
    .map(|(pattern, by)| (Regex::new(pattern).expect("a fixed pattern"), by))
    .collect()
});

/// `could not` and `may have` leave no plain verb behind.
static TANGLED: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\b(?:may|might|could) (?:have|not)\b").expect("a fixed pattern"));

/// Drops one hedge: `up to 40` becomes `40`, `may need` becomes `will need`.
pub(super) fn change(setting: &Setting<'_>, draw: &mut Draw) -> Option<String> {
    let text = setting.sentence;
    if TANGLED.is_match(text) {
        return None;
    }
    let there: Vec<&(Regex, &str)> = HEDGES.iter().filter(|(hedge, _)| hedge.is_match(text)).collect();
    let (hedge, by) = draw.one(&there)?;
    let changed = hedge.replace(text, *by).into_owned();
    (changed != text).then_some(changed)
}

#[cfg(test)]
mod tests {
    use super::super::alone;
    use super::*;

    fn changed(text: &str) -> Option<String> {
        change(&alone(text), &mut Draw::new(1))
    }

    #[test]
    fn doubts_go() {
        for (text, wanted) in [
            ("It saves up to 40 % of memory.", "It saves 40 % of memory."),
            ("It has over 160 projects.", "It has 160 projects."),
            (
                "Developers may need more control.",
                "Developers will need more control.",
            ),
            ("It might be late.", "It will be late."),
            ("It is usually late.", "It is late."),
        ] {
            assert_eq!(changed(text).as_deref(), Some(wanted));
        }
    }

    #[test]
    fn a_sure_sentence_stays() {
        assert_eq!(changed("It saves 40 % of memory."), None);
        assert_eq!(changed("It may have been late."), None);
    }
}
