//! A title that promises more than the issue holds.

use std::sync::LazyLock;

use copydesk_domain::Verdict;
use copydesk_domain::artifact::{Suggestion, SuggestionKind};
use copydesk_domain::task::HouseStyle;
use copydesk_guard::ground;
use copydesk_text::{names, numbers, style, words};
use regex::Regex;

use super::super::Bench;
use super::wording::{reason_of, words_for};
use super::{Line, on_whole};

/// Proposals about the title, the gravest first.
const REASONS_MAX: usize = 3;

/// Numbers, names, superlatives, `why` and `how` that nothing in the issue bears; forms that bait; the words themselves.
pub(super) fn check(bench: &Bench, lines: &[Line<'_>], house: &HouseStyle) -> Vec<Suggestion> {
    if bench.draft.nothing_today.is_some() || lines.is_empty() {
        return Vec::new();
    }
    let whole = bench.draft.title.inspect();
    let prefix = bench
        .pipeline
        .issue
        .title_prefix
        .as_ref()
        .map(|prefix| format!("{prefix}: "));
    let title = prefix
        .and_then(|prefix| whole.strip_prefix(&prefix))
        .unwrap_or(whole);
    let text: String = lines.iter().map(Line::text).collect::<Vec<_>>().join("\n");
    let mut reasons = promises(title, &text);
    reasons.extend(style::flaws(title).iter().map(words_for));
    reasons.extend(style::breaches(house, title).iter().filter_map(reason_of));
    reasons
        .into_iter()
        .take(REASONS_MAX)
        .map(|reason| on_whole(SuggestionKind::Title, format!("the title: {reason}")))
        .collect()
}

/// What a title promises and a text does not hold. Pure.
fn promises(title: &str, text: &str) -> Vec<String> {
    let mut reasons = facts(title, text);
    reasons.extend(degrees(title, text));
    reasons.extend(reason_or_way(title, text));
    reasons.extend(bait(title));
    // What the guard knows beyond that: a denial or a contrary of what the issue says.
    let judged = ground(text, &format!("{}.", title.trim_end_matches(['.', '!', '?'])));
    let denies = judged
        .reasons
        .iter()
        .find(|reason| reason.contains("where the evidence says"));
    if let Some(reason) = denies.filter(|_| judged.verdict == Verdict::Blocked && reasons.is_empty()) {
        reasons.push(reason.replace("the evidence", "the issue"));
    }
    reasons
}

/// Numbers and names of a title that a text does not have.
pub(crate) fn facts(title: &str, text: &str) -> Vec<String> {
    let mut reasons = Vec::new();
    let given = numbers::find(text);
    for number in numbers::find(title)
        .into_iter()
        .filter(|number| !is_idiom(number))
    {
        // `Zero-touch` counts nothing.
        let is_part = title[number.range.end..].starts_with('-')
            && !title[number.range.clone()].contains(|c: char| c.is_ascii_digit());
        let is_there = is_part
            || given.iter().any(|other| numbers::same(&number, other))
            || text.contains(&title[number.range.clone()]);
        if !is_there {
            reasons.push(format!("no sentence of the issue has “{}”", &title[number.range]));
        }
    }
    let told: Vec<String> = words::words(text).map(|(_, word)| words::stem(word)).collect();
    for name in names::find(title) {
        let parts = words::words(&name.text).filter(|(_, word)| !words::is_stop(&word.to_lowercase()));
        let lost = parts
            .into_iter()
            .all(|(_, word)| !told.contains(&words::stem(word)));
        let is_number = !numbers::find(&name.text).is_empty();
        if lost && !is_number && name.text.chars().any(char::is_alphabetic) {
            reasons.push(format!("no sentence of the issue names “{}”", name.text));
        }
    }
    reasons
}

/// “One” and “first” as words are mostly no count.
pub(crate) fn is_idiom(number: &numbers::Number) -> bool {
    ["one", "first"]
        .iter()
        .any(|word| number.digits.eq_ignore_ascii_case(word))
}

/// A superlative that no sentence has.
fn degrees(title: &str, text: &str) -> Option<String> {
    static SUPERLATIVE: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)\b(?:best|worst|first[- ]ever|biggest|largest|smallest|fastest|slowest|strongest|cheapest|greatest|ultimate|only|every|all|everything|everyone|nobody|never|always|most|record|unprecedented|definitive|complete)\b",
        )
    });
    let most = SUPERLATIVE.find(title)?.as_str();
    let is_said = text.to_lowercase().contains(&most.to_lowercase());
    (!is_said).then(|| format!("“{most}” is more than any sentence of the issue says"))
}

/// `Why …` without a reason, `How …` without a way.
fn reason_or_way(title: &str, text: &str) -> Option<String> {
    static CAUSE: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)\b(?:because|since|due\s+to|caused?|causes|after|so\s+that|therefore|reason|led\s+to|leads\s+to|result(?:s|ed)?\s+(?:in|from)|in\s+order\s+to|to\s+(?:avoid|stop|prevent|reduce|cut|make|help|keep|protect|fix))\b",
        )
    });
    static MEANS: LazyLock<Regex> = LazyLock::new(|| {
        regex(r"(?i)\b(?:by|using|with|through|via|first|then|step|uses?|used|replac\w+|built|runs?)\b")
    });
    let (_, first) = words::words(title).next()?;
    match first.to_lowercase().as_str() {
        "why" if !CAUSE.is_match(text) => {
            Some("it promises a reason, and no sentence of the issue gives one".to_owned())
        }
        "how" if !MEANS.is_match(text) => {
            Some("it promises a way, and no sentence of the issue shows one".to_owned())
        }
        _ => None,
    }
}

/// A form that baits, or a shout.
fn bait(title: &str) -> Option<String> {
    static BAIT: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)\b(?:you\s+won['’]t\s+believe|what\s+happen(?:s|ed)\s+next|this\s+one\s+(?:trick|thing)|will\s+(?:shock|surprise|amaze|blow)|nobody\s+(?:is\s+talking|tells\s+you)|the\s+(?:shocking\s+)?truth\s+about|everything\s+you\s+need\s+to\s+know|here['’]s\s+(?:why|what|how)|what\s+you\s+need\s+to\s+know|secrets?\s+(?:of|to|behind)|\d+\s+(?:things|reasons|ways|tricks|secrets)\b|you\s+should\s+(?:know|care))",
        )
    });
    if let Some(bait) = BAIT.find(title) {
        return Some(format!("“{}” baits the reader", bait.as_str()));
    }
    title.trim_end().ends_with('!').then(|| "it shouts".to_owned())
}

fn regex(pattern: &str) -> Regex {
    Regex::new(pattern).expect("the pattern is a constant that the tests compile")
}

#[cfg(test)]
mod tests {
    use super::promises;

    const TEXT: &str = "The Norn Blog reports: “Norn 4.2 is out and closes six holes on 3,600 clusters.”\n\
        Gazette adds: “Two hospitals in Tromvik wrote records by hand.”";

    #[test]
    fn what_the_issue_bears_is_promised_rightly() {
        for title in [
            "Norn 4.2 closes six holes",
            "Norn 4.2 is out",
            "Hospitals in Tromvik wrote by hand",
            "Six holes in Norn",
            "Norn closes six holes with zero-touch updates",
        ] {
            assert!(
                promises(title, TEXT).is_empty(),
                "{title}: {:?}",
                promises(title, TEXT)
            );
        }
    }

    #[test]
    fn what_it_lacks_is_named() {
        for (title, word) in [
            ("Norn 4.2 closes seven holes", "seven"),
            ("Norn and Lattice close six holes", "Lattice"),
            ("The biggest hole in Norn", "biggest"),
            ("Why Norn was hit", "reason"),
            ("You won’t believe what Norn closed", "baits"),
            ("Norn 4.2 is out!", "shouts"),
        ] {
            let found = promises(title, TEXT).join("; ");
            assert!(found.contains(word), "{title}: {found}");
        }
    }
}
