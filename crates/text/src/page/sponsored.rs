//! Whether a page labels itself as paid for.

use std::sync::LazyLock;

use regex::Regex;

use super::head::Head;
use super::json_ld::Described;
use super::lead::Lead;
use super::run::Run;
use super::title::{letters, same};

/// Labels as a whole line near the title.
const LABELS: &[&str] = &[
    "sponsored",
    "sponsored content",
    "sponsored post",
    "sponsored article",
    "sponsored story",
    "advertorial",
    "paid partnership",
    "paid content",
    "paid post",
    "paid program",
    "partner content",
    "branded content",
    "brand content",
    "promoted content",
    "promoted post",
    "advertiser content",
    "advertisement feature",
    "paid advertisement",
    "anzeige",
    "werbung",
    "gesponsert",
    "publirreportage",
    "publirreportaje",
    "contenu sponsorisé",
    "contenido patrocinado",
    "contenuto sponsorizzato",
];

static LABEL_BY: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)^\W*(?:sponsored|paid for|presented|brought to you|paid partnership|partner content|in (?:paid )?partnership)\s+(?:by|with)\b")
        .expect("the pattern is fixed and valid")
});
static SENTENCE: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"(?i)\b(?:this|the following)\s+(?:\w+\s+){0,2}(?:article|post|content|story|piece|advertorial|page)?\s*(?:is|was|has been)\s+(?:an?\s+)?(?:sponsored\b|advertorial|paid\s+(?:for|partnership|advertis|content|post)|produced\s+in\s+(?:paid\s+)?partnership\s+with)")
        .expect("the pattern is fixed and valid")
});

/// Looks at the declarations, the lines near the title and both ends of the text.
/// `all`: every run of the page; `text`: those of the article.
pub fn is_sponsored(
    head: &Head,
    described: &Described,
    lead: &Lead,
    all: &[Run],
    text: &[Run],
    title: Option<&str>,
) -> bool {
    let is_label = |words: &str| {
        LABELS.contains(
            &words
                .split_whitespace()
                .map(letters)
                .collect::<Vec<_>>()
                .join(" ")
                .trim(),
        )
    };
    let declared = [
        "article:section",
        "article:tag",
        "section",
        "category",
        "parsely-section",
    ]
    .iter()
    .flat_map(|name| head.all(name))
    .any(is_label);
    let labelled = |run: &Run| run.words <= 8 && (is_label(&run.text) || LABEL_BY.is_match(&run.text));
    let in_title = |title: &str| {
        let start = title
            .trim_start_matches(['[', '('])
            .split([']', ')', ':', '|'])
            .next()
            .unwrap_or_default();
        start.len() < title.len() && is_label(start)
    };
    // Not behind the first sentences: there the label belongs to an advert.
    let lead = &all[lead.runs.clone()];
    let behind_title = lead
        .iter()
        .position(|run| title.is_some_and(|title| same(title, &run.text)));
    let first_prose = lead
        .iter()
        .enumerate()
        .position(|(at, run)| Some(at) > behind_title && run.is_prose());
    let above = &lead[..first_prose.unwrap_or(lead.len())];
    let ends = text.iter().take(2).chain(text.iter().rev().take(2));
    described.is_advertising
        || declared
        || title.is_some_and(in_title)
        || above.iter().any(labelled)
        || ends.into_iter().any(|run| SENTENCE.is_match(&run.text))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_about_the_page_itself_count() {
        assert!(SENTENCE.is_match("This is a sponsored post."));
        assert!(SENTENCE.is_match("This article was paid for by Example Inc."));
        assert!(!SENTENCE.is_match("Email list hosting is sponsored by the foundation."));
        assert!(LABEL_BY.is_match("Sponsored by Example"));
    }
}
