//! A product by its name, its version and its tier: what is said of one version is not said of all.

use std::ops::Range;
use std::sync::LazyLock;

use copydesk_text::{quotes, words};

use super::{CHECKED_MAX, is_within};
use crate::evidence::Evidence;
use crate::finding::Finding;
use crate::lexicon::{self, Words, listed};
use crate::tokens::{Analysis, Token};

/// Words behind a name that pick one of a product's kinds.
static TIERS: Words = LazyLock::new(|| {
    listed(
        "\
    pro max mini plus ultra lite flash enterprise premium community nano turbo preview beta alpha lts \
    edition standard professional ultimate starter",
    )
});

/// Places of a name that are looked at.
const PLACES_MAX: usize = 200;

/// Capitalised words behind which a number counts or dates something.
static NO_PRODUCTS: Words = LazyLock::new(|| {
    listed(
        "\
    chapter article section page phase figure table room day flight route highway no number part step level \
    group grade class appendix question week year top version release january february march april may june \
    july august september october november december sept jan feb mar apr jun jul aug oct nov dec on in by \
    at of from the about over under than and",
    )
});

/// A product where a text names it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Product {
    /// From the name to the end of its version or tier.
    range: Range<usize>,
    /// Version and tier in small letters, such as `2.5` and `pro`; none for the bare name.
    kinds: Vec<String>,
    /// The sentence that it stands in.
    sentence: usize,
}

/// The product that begins at a word, if that is a name.
fn product(text: &str, tokens: &[Token], at: usize) -> Option<Product> {
    let token = tokens.get(at)?;
    let word = text.get(token.range.clone())?;
    if !token.is_content || !word.starts_with(char::is_uppercase) || word.chars().nth(1).is_none() {
        return None;
    }
    let lower = word.to_lowercase();
    if NO_PRODUCTS.contains(lexicon::singular(&lower)) || TIERS.contains(lower.as_str()) {
        return None;
    }
    let (kinds, end) = kinds(text, tokens, at);
    Some(Product {
        range: token.range.start..end.unwrap_or(token.range.end),
        kinds,
        sentence: token.sentence,
    })
}

/// Version and tiers right behind a word, and where they end.
fn kinds(text: &str, tokens: &[Token], at: usize) -> (Vec<String>, Option<usize>) {
    let mut kinds: Vec<String> = Vec::new();
    let mut end = tokens[at].range.end;
    let mut found = None;
    for token in tokens.iter().skip(at + 1) {
        let gap = text.get(end..token.range.start).unwrap_or_default();
        let word = text.get(token.range.clone()).unwrap_or_default();
        if !matches!(gap, " " | "-" | "\u{a0}" | ".") {
            break;
        }
        let lower = word.to_lowercase();
        let digits = lower.strip_prefix('v').unwrap_or(&lower);
        let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        let is_tier = TIERS.contains(lower.as_str()) && word.starts_with(char::is_uppercase);
        match kinds.last_mut() {
            Some(last) if gap == "." && is_number && last.ends_with(|c: char| c.is_ascii_digit()) => {
                last.push('.');
                last.push_str(&lower);
            }
            _ if gap != "." && ((is_number && gap != "-") || is_tier) => kinds.push(digits.to_owned()),
            _ => break,
        }
        end = token.range.end;
        found = Some(end);
    }
    let goes_on = text.get(end..).unwrap_or_default().trim_start();
    // `Norn 40 %`, `Lattice 2026`, `Rovers 3–1`: a figure, a year or a score that stands behind a name.
    kinds.retain(|kind| {
        let is_whole = kind.bytes().all(|byte| byte.is_ascii_digit());
        !is_whole || (kind.len() <= 2 && !goes_on.starts_with(['%', ',', '$', '€', '–', '-', ':']))
    });
    if kinds.is_empty() {
        (kinds, None)
    } else {
        (kinds, found)
    }
}

/// Checks every product outside quotation marks. `nearest`: the sentence of the evidence that is most like the text.
pub(crate) fn check(text: &str, own: &Analysis, nearest: Option<usize>, evidence: &Evidence) -> Vec<Finding> {
    let named: Vec<(usize, Product)> = (0..own.tokens.len())
        .filter_map(|at| Some((at, product(text, &own.tokens, at)?)))
        .take(CHECKED_MAX)
        .collect();
    if named.is_empty() {
        return Vec::new();
    }
    let quoted: Vec<Range<usize>> = quotes::find(text).into_iter().map(|quote| quote.range).collect();
    let mut findings = Vec::new();
    for (at, product) in named
        .iter()
        .filter(|(_, product)| !is_within(&product.range, &quoted))
    {
        let name = own.lowers[*at].as_str();
        let known = known(&own.stems[*at], name, evidence);
        let shown = text.get(product.range.clone()).unwrap_or_default();
        let is_bare = named
            .iter()
            .filter(|(other, _)| own.lowers[*other] == name)
            .all(|(_, other)| other.kinds.is_empty());
        if is_bare {
            findings.extend(dropped(shown, &known, nearest, evidence));
        } else if !product.kinds.is_empty() {
            findings.extend(added(shown, name, &product.kinds, &known, evidence));
        }
    }
    findings
}

/// Where the evidence names the product.
fn known(stem: &str, name: &str, evidence: &Evidence) -> Vec<Product> {
    let index = evidence.index();
    let places = index.places(stem).iter().take(PLACES_MAX);
    places
        .filter(|place| evidence.lower(**place) == name)
        .filter_map(|place| product(&evidence.text, &index.tokens, *place))
        .collect()
}

/// The sentence has the bare name where the evidence speaks of one version or tier alone.
fn dropped(shown: &str, known: &[Product], nearest: Option<usize>, evidence: &Evidence) -> Option<Finding> {
    let nearest = nearest?;
    let here: Vec<&Product> = known
        .iter()
        .filter(|product| product.sentence == nearest)
        .collect();
    let is_near = |product: &&Product| product.sentence.abs_diff(nearest) <= 1;
    let is_bare_near = known
        .iter()
        .filter(is_near)
        .any(|product| product.kinds.is_empty());
    if is_bare_near {
        return None;
    }
    let other = evidence.text.get(here.first()?.range.clone())?;
    Some(Finding::unsettled(format!(
        "it says “{shown}”, the evidence says it of “{other}” alone"
    )))
}

/// The sentence has a version or tier that the evidence does not give the product.
fn added(
    shown: &str,
    name: &str,
    kinds: &[String],
    known: &[Product],
    evidence: &Evidence,
) -> Option<Finding> {
    let is_known = known
        .iter()
        .any(|product| kinds.iter().all(|kind| product.kinds.contains(kind)));
    if is_known {
        return None;
    }
    let index = evidence.index();
    let parts: Vec<&str> = kinds.iter().flat_map(|kind| kind.split('.')).collect();
    // `Versions 4.1 and 4.2 of Tarnhelm`
    let stands_near = known.iter().any(|product| {
        let sentence = index.sentences.get(product.sentence).cloned().unwrap_or_default();
        let lowers: Vec<String> = sentence.map(|place| evidence.lower(place)).collect();
        let others = kinds_of_others(name, product.sentence, evidence);
        parts.iter().all(|part| {
            let is_part = |lower: &str| lower == *part || lower.strip_prefix('v') == Some(*part);
            let stands = lowers.iter().filter(|lower| is_part(lower)).count();
            stands > others.iter().filter(|other| is_part(other)).count()
        })
    });
    if stands_near
        || evidence
            .grounds
            .attribution
            .iter()
            .any(|title| has_all(title, name, &parts))
    {
        return None;
    }
    let other = known
        .iter()
        .find(|product| !product.kinds.is_empty())
        .or(known.first())?;
    let other = evidence.text.get(other.range.clone())?;
    let reason = format!("it says “{shown}”, the evidence says “{other}” and knows no such version of it");
    // `Rovers 5` may be a score: a whole number is no sure version.
    let is_sure = kinds
        .iter()
        .any(|kind| !kind.bytes().all(|byte| byte.is_ascii_digit()));
    Some(if is_sure {
        Finding::blocked(reason)
    } else {
        Finding::unsettled(reason)
    })
}

/// Parts of versions and tiers that a sentence of the evidence gives to other products.
fn kinds_of_others(name: &str, sentence: usize, evidence: &Evidence) -> Vec<String> {
    let index = evidence.index();
    let places = index.sentences.get(sentence).cloned().unwrap_or_default();
    places
        .filter(|place| evidence.lower(*place) != name)
        .filter_map(|place| product(&evidence.text, &index.tokens, place))
        .flat_map(|product| product.kinds)
        .flat_map(|kind| kind.split('.').map(str::to_owned).collect::<Vec<String>>())
        .collect()
}

/// Whether a title has the name and all parts of the version.
fn has_all(title: &str, name: &str, parts: &[&str]) -> bool {
    let lowers: Vec<String> = words::words(title).map(|(_, word)| word.to_lowercase()).collect();
    let has = |part: &str| lowers.iter().any(|lower| lower == part);
    has(name) && parts.iter().all(|part| has(part))
}

#[cfg(test)]
mod tests {
    use copydesk_domain::Verdict;

    use super::check;
    use crate::evidence::Evidence;
    use crate::standing;

    fn verdicts(document: &str, text: &str) -> Vec<Verdict> {
        let evidence = Evidence::of(document);
        let own = evidence.index().read(text);
        let nearest = standing::likely(&own, evidence.index()).first().copied();
        let found = check(text, &own, nearest, &evidence);
        found.into_iter().map(|finding| finding.verdict).collect()
    }

    #[test]
    fn what_is_said_of_one_version_is_not_said_of_all() {
        let document = "Kestrel 2.5 Pro is cheaper than the rest. The makers sell it in Europe.";
        assert_eq!(
            verdicts(document, "Kestrel now costs less than the rest."),
            [Verdict::Unsettled]
        );
        assert_eq!(
            verdicts(document, "Kestrel 2.5 Flash is cheaper than the rest."),
            [Verdict::Blocked]
        );
        assert_eq!(
            verdicts(document, "Kestrel 2.6 is cheaper than the rest."),
            [Verdict::Blocked]
        );
        assert!(verdicts(document, "The cheapest is Kestrel 2.5 Pro.").is_empty());
        assert!(verdicts(document, "Kestrel 2.5 is cheaper.").is_empty());
    }

    #[test]
    fn a_version_that_is_named_nearby_is_right() {
        let document =
            "Kestrel 2.5 Pro is out. Kestrel is cheaper than the rest. Versions 4.1 and 4.2 of Norn leak.";
        assert!(verdicts(document, "Kestrel is the cheaper one.").is_empty());
        assert!(verdicts(document, "Norn 4.1 leaks.").is_empty());
    }
}
