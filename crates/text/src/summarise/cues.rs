//! Phrases by which sentences show what they are for.

use std::sync::LazyLock;

use regex::Regex;

use crate::sentence;

/// What the phrases of a sentence tell.
pub(super) struct Cues {
    /// We propose, present, introduce, release, announce.
    pub proposes: bool,
    /// A release, fix, removal or finding told as news.
    reports: bool,
    /// We.
    we: bool,
    /// Method, framework, tool, library.
    names_thing: bool,
    /// Also, finally, we then: a later part of a list.
    adds: bool,
    /// What is known: has been, is widely used.
    background: bool,
    question: bool,
    promotional: bool,
    filler: bool,
    dangles: bool,
    /// Holds a `this` or `these` that points at something before.
    points_back: bool,
    /// Stands in a paper: in this paper we.
    in_paper: bool,
}

static PROPOSES: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:we|authors?|paper|work|study|project|team)(?: \w+ly| then| also| further| here| have| has| are| is)? (?:propos|present|introduc|develop|describ|devis|design|formulat|deriv|releas|announc|launch|publish|unveil)(?:es|ed|ing|e|s)?\b|\bis (?:proposed|introduced|presented)\b",
    )
});
static REPORTS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:(?:is|are) (?:now|out|finally) |(?:is|are) (?:generally )?available\b|(?:was|were|been|is|are) (?:\w+ly )?(?:released|removed|compromised|patched|fixed|acquired|deprecated|discovered|affected|disclosed|merged|stabili[sz]ed)|announc(?:ed|es|ing)|launch(?:ed|es)|unveil(?:ed|s)|acquir(?:ed|es)|now supports?|has released|releases\b.{1,40}\d)",
    )
});
static WE: LazyLock<Regex> = LazyLock::new(|| regex(r"\bwe\b"));
static NAMES_THING: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:framework|method|approach|algorithm|model|architecture|technique|system|mechanism|strategy|procedure|tool|library|dataset|benchmark|scheme|objective)\b",
    )
});
static ADDS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"^(?:also|additionally|furthermore|moreover|finally|lastly|besides|in addition)\b|\bwe (?:also|further|then)\b",
    )
});
static BACKGROUND: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"\b(?:have|has) (?:been|shown|become|achieved)\b|\bis (?:a|an|one of|important|crucial|essential|challenging|difficult|known)\b|\bare (?:often|typically|usually|widely|commonly|known)\b|\b(?:widely|commonly|typically|often|usually) used\b|\breal[- ]world\b|\bapplications\b",
    )
});
static POINTS_BACK: LazyLock<Regex> = LazyLock::new(|| {
    regex(r"\b(?:this|these|those|it)[,.;:]|\b(?:fix|fixed|do|did|made|make|of|with|for|about|on) this\b")
});
static IN_PAPER: LazyLock<Regex> =
    LazyLock::new(|| regex(r"\bthis (?:paper|work|article|study|report|thesis)\b|^here,? we\b"));

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

impl Cues {
    /// Reads a sentence.
    pub fn of(sentence: &str) -> Self {
        let lower = sentence.to_lowercase();
        Self {
            proposes: PROPOSES.is_match(&lower),
            reports: REPORTS.is_match(&lower),
            we: WE.is_match(&lower),
            names_thing: NAMES_THING.is_match(&lower),
            adds: ADDS.is_match(&lower),
            background: BACKGROUND.is_match(&lower),
            question: lower.trim_end().ends_with('?'),
            promotional: sentence::is_promotional(sentence),
            filler: sentence::is_filler(sentence),
            dangles: sentence::dangles(sentence),
            points_back: POINTS_BACK.is_match(&lower),
            in_paper: IN_PAPER.is_match(&lower),
        }
    }

    /// The signs of the phrases, 1 for what stands in the sentence: a proposal, we, a thing that is named, a later
    /// part of a list, background.
    pub fn signs(&self) -> [f64; 5] {
        [
            self.proposes,
            self.we,
            self.names_thing,
            self.adds,
            self.background && !self.reports,
        ]
        .map(|told| f64::from(u8::from(told)))
    }

    /// What is set by hand, since papers have hardly any of it: news counts for a sentence; adverts, questions and
    /// leaning on other sentences count against it. In an article, where one sentence is taken from many, those that
    /// lean on others are worth less than in an abstract.
    pub fn by_hand(&self, in_article: bool) -> f64 {
        let leans = self.dangles && !self.in_paper;
        [
            (self.reports, 0.020),
            (self.question, -0.100),
            (self.promotional, -0.250),
            (self.filler && !self.in_paper, -0.060),
            (leans, if in_article { -0.080 } else { -0.025 }),
            (self.points_back && !self.in_paper, -0.015),
        ]
        .into_iter()
        .filter_map(|(told, weight)| told.then_some(weight))
        .sum()
    }
}
