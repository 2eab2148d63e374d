//! Shapes of sentences that machines are fond of.

use std::sync::LazyLock;

use regex::Regex;

use super::{Flaw, Habit, regex};

/// A shape, its name, and whether the whole sentence has to have it.
struct Shape {
    pattern: Regex,
    name: &'static str,
    habit: Habit,
}

static SHAPES: LazyLock<Vec<Shape>> = LazyLock::new(|| {
    let shape = |name, habit, pattern| Shape {
        pattern: regex(pattern),
        name,
        habit,
    };
    vec![
        shape(
            "“not just X but Y”",
            Habit::Machine,
            r"(?i)\b(?:not|isn['’]t|aren['’]t|wasn['’]t)\s+(?:just|merely|simply)\s[^.;:!?\x01]{2,60}?(?:,|\s[-–—]|—|;)?\s*\b(?:but\s+(?:also\s+)?|it['’]s|it\s+is|they['’]re)\b",
        ),
        shape(
            "“it is not X, it is Y”",
            Habit::Machine,
            r"(?i)\b(?:it|this)(?:['’]s|\s+is)\s+not\s+(?:about\s+)?[^.;:!?,\x01]{2,40}[,;—–]\s*(?:it|this)(?:['’]s|\s+is)\s",
        ),
        shape(
            "a question that the writer answers himself",
            Habit::Machine,
            r"(?i)^(?:(?:and\s+|but\s+)?the\s+(?:result|catch|problem|takeaway|kicker|best\s+part|answer|good\s+news|bad\s+news|upside|downside|twist)|(?:so\s+|but\s+)?why\s+(?:does|do|is|should)\s+(?:this|it|that|you)|(?:so\s+|but\s+)?what\s+does\s+(?:this|it|that)\s+mean|so,?\s+what|sound\s+familiar|want\s+to|ready\s+to|ever\s+wondered|curious\s+(?:about|how|why))\b[^.?!\x01]{0,60}\?",
        ),
        shape(
            "a remark on its own weight hung on at the end",
            Habit::Machine,
            r"(?i),\s(?:further\s+)?(?:highlighting|underscoring|emphasi[sz]ing|showcasing|cementing|solidifying|reinforcing|exemplifying)\s(?:the|a|its|their|how|that|once)\b",
        ),
        shape(
            "“from X to Y,” for nothing in particular",
            Habit::Machine,
            r"^From\s[a-z]+s\sto\s[a-z]+s,\s",
        ),
    ]
});

/// Qualities that come in threes where nobody measured one of them.
const VIRTUES: &[&str] = &[
    "fast",
    "reliable",
    "secure",
    "scalable",
    "simple",
    "powerful",
    "flexible",
    "efficient",
    "seamless",
    "robust",
    "elegant",
    "intuitive",
    "modern",
    "smart",
    "innovative",
    "dynamic",
    "transparent",
    "lightweight",
    "effective",
    "engaging",
    "easy",
    "agile",
    "resilient",
    "faster",
    "smarter",
    "stronger",
    "better",
    "safer",
    "simpler",
    "cheaper",
    "cleaner",
    "leaner",
    "easier",
    "quicker",
    "deeper",
    "clearer",
    "lighter",
    "bolder",
    "innovation",
    "collaboration",
    "creativity",
    "efficiency",
    "scalability",
    "reliability",
    "flexibility",
    "transparency",
    "excellence",
];

static THREE: LazyLock<Regex> =
    LazyLock::new(|| regex(r"(?i)\b([a-z]+),\s+(?:more\s+)?([a-z]+),?\s+and\s+(?:more\s+)?([a-z]+)\b"));

/// The shapes of a sentence. `own`: the sentence without its quotations, place by place.
pub(super) fn find(_sentence: &str, own: &str) -> Vec<Flaw> {
    let shapes = SHAPES.iter().filter_map(|shape| {
        let hit = shape.pattern.find(own)?;
        Some(Flaw {
            range: hit.range(),
            habit: shape.habit,
            what: shape.name.to_owned(),
            replacement: None,
        })
    });
    let three = THREE.captures_iter(own).filter_map(|found| {
        let is_virtue = |at: usize| VIRTUES.contains(&found[at].to_lowercase().as_str());
        let whole = found.get(0)?;
        (is_virtue(1) && is_virtue(2) && is_virtue(3)).then(|| Flaw {
            range: whole.range(),
            habit: Habit::Machine,
            what: format!("three qualities in a row, “{}”,", whole.as_str()),
            replacement: None,
        })
    });
    shapes.chain(three).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> usize {
        find(text, text).len()
    }

    #[test]
    fn shapes_are_seen() {
        for text in [
            "The planner is not just faster but a new way to think.",
            "Norn isn't just a database — it's a promise.",
            "It's not a bug, it's a lesson.",
            "The result? Nobody could log in.",
            "Why does this matter? It does not.",
            "Norn fixed the flaw in a day, underscoring the need for tests.",
            "From startups to banks, all use Norn.",
            "The cache is fast, reliable, and secure.",
            "Teams get faster, cheaper and better.",
        ] {
            assert_eq!(names(text), 1, "{text}: {:?}", find(text, text));
        }
    }

    #[test]
    fn plain_sentences_have_none() {
        for text in [
            "The flaw is not in the parser but in the cache.",
            "The result was clear: nobody could log in.",
            "Norn fixed the flaw in a day, closing the case.",
            "From Monday to Friday, builds failed.",
            "The order names servers, cables, and racks.",
            "The release adds a fast, tested, and documented path.",
            "Why did the build fail?",
        ] {
            assert_eq!(names(text), 0, "{text}: {:?}", find(text, text));
        }
    }
}
