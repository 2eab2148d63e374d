//! Properties of the text analysis that hold for any text.

use std::collections::BTreeSet;
use std::ops::Range;

use copydesk_text::cluster::{self, Doc};
use copydesk_text::{names, numbers, quotes, rank, readability, sentence, similarity, summarise, words};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

/// Pieces that trip up scanners: marks, quotes, digits, units, accents, wide and joined characters.
#[rustfmt::skip]
const PIECES: &[&str] = &[
    "a", "The ", "Rust ", "1.98.0", "1,000", " %", " million", "$", "€5m", "2026-08-20", "Aug. 20",
    "5 p.m.", ". ", "! ", "?", "…", "...", "\"", "“", "”", "'", "’", "‘", "«", "»", "„", "(", ")", "[", "]",
    "\n", "\r\n", " ", "é", "日本。", "👩‍👩‍👧", "\u{301}", "ß", "İ", "CVE-2026-1", "a_b", "x::y",
    "http://a.b/c?d", "e.g. ", "U.S. ", "J. ", "three hundred ", "and ", "half a ", "to ", "-", "–", "=",
    "{", "}", "<|im_start|>", "system: ", "°C", "ms", "K", "th", "0", "9", "\u{a0}", "_", "。",
];

/// Text of such pieces, and of any characters between them.
fn awkward() -> impl Strategy<Value = String> {
    let pieces = prop::sample::select(PIECES);
    prop::collection::vec(
        prop_oneof![4 => pieces.prop_map(str::to_owned), 1 => any::<String>()],
        0..40,
    )
    .prop_map(|parts| parts.concat())
}

/// Whether ranges are in order, apart from each other, not empty and cut the text at characters.
fn are_sound(text: &str, ranges: &[Range<usize>]) -> bool {
    ranges
        .iter()
        .all(|range| range.start < range.end && text.get(range.clone()).is_some())
        && ranges.windows(2).all(|pair| pair[0].end <= pair[1].start)
}

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn ranges_are_sound_for_any_text(text in awkward()) {
        let words: Vec<_> = words::words(&text).map(|(range, _)| range).collect();
        prop_assert!(are_sound(&text, &words));
        let sentences = sentence::split(&text);
        prop_assert!(are_sound(&text, &sentences));
        prop_assert!(sentences.iter().all(|range| !text[range.clone()].contains('\n')));
        let told: usize = sentences.iter().map(|range| words::count(&text[range.clone()])).sum();
        prop_assert_eq!(told, words.len());
        let numbers: Vec<_> = numbers::find(&text).into_iter().map(|number| number.range).collect();
        prop_assert!(are_sound(&text, &numbers), "{:?}", numbers);
        let dates: Vec<_> = numbers::dates(&text).into_iter().map(|date| date.range).collect();
        prop_assert!(are_sound(&text, &dates));
        let names: Vec<_> = names::find(&text).into_iter().map(|name| name.range).collect();
        prop_assert!(are_sound(&text, &names), "{:?}", names);
        for quote in quotes::find(&text) {
            prop_assert_eq!(text.get(quote.range), Some(quote.text.as_str()));
        }
    }

    #[test]
    fn judgements_do_not_panic(text in awkward()) {
        for sentence in std::iter::once(text.as_str()).chain(text.lines()) {
            let _ = (sentence::is_prose(sentence), sentence::dangles(sentence), sentence::is_promotional(sentence));
            let _ = (sentence::addresses_model(sentence), names::key(sentence), similarity::simhash(sentence));
        }
        prop_assert!(readability::grade(&text).is_finite());
        let sentences: Vec<String> = text.split(' ').map(str::to_owned).collect();
        prop_assert_eq!(rank::centrality(&sentences).len(), sentences.len());
        prop_assert_eq!(summarise::sentences(&text, &sentences, 3).len(), sentences.len().min(3));
    }

    #[test]
    fn a_number_is_the_same_as_itself(text in awkward()) {
        for number in numbers::find(&text) {
            prop_assert!(numbers::same(&number, &number));
        }
    }

    #[test]
    fn shared_runs_are_those_of_a_plain_search(a in "[ab ]{0,40}", b in "[ab ]{0,40}", n in 1_usize..5) {
        let all: Vec<(Range<usize>, &str)> = words::words(&a).collect();
        let other: Vec<&str> = words::words(&b).map(|(_, word)| word).collect();
        let mut wanted = BTreeSet::new();
        for window in all.windows(n) {
            let run: Vec<&str> = window.iter().map(|(_, word)| *word).collect();
            if other.windows(n).any(|there| there == run) {
                wanted.extend(window.iter().map(|(range, _)| range.start));
            }
        }
        let runs = words::shared_runs(&a, &b, n);
        prop_assert!(are_sound(&a, &runs));
        let found: BTreeSet<usize> =
            all.iter().map(|(range, _)| range.start).filter(|at| runs.iter().any(|run| run.contains(at))).collect();
        prop_assert_eq!(found, wanted);
    }

    #[test]
    fn stories_number_every_post_from_zero(texts in prop::collection::vec("[a-d ]{0,30}", 0..12)) {
        let docs: Vec<Doc> = texts.into_iter().map(|text| Doc { text, ..Doc::default() }).collect();
        let found = cluster::stories(&docs);
        let mut next = 0;
        for story in &found {
            prop_assert!(*story <= next);
            next = next.max(story + 1);
        }
        prop_assert_eq!(found.len(), docs.len());
    }
}
