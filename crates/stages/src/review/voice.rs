//! How an issue reads, measured beside the author's past issues.

use copydesk_domain::artifact::{Draft, Measure, PastRange, Sentence, Suggestion, SuggestionKind, Tenths};
use copydesk_text::{quotes, readability, style, words};

use super::judging::by_code;
use super::past::{Past, is_coverage};
use crate::research::imported;

/// With fewer issues there is no habit to compare with.
const PAST_MIN: usize = 3;
/// School grade above which a general reader gives up; where there are too few past issues.
const GRADE_MAX: f64 = 16.0;
/// Mean words of a sentence above which reading is work; where there are too few past issues.
const SENTENCE_WORDS_MAX: f64 = 30.0;
/// Part of the middle by which an issue may leave the range of the past ones.
const SLACK: f64 = 0.1;

/// The figures of one text, in the order of [`NAMES`].
type Figures = [f64; 6];

const NAMES: [&str; 6] = [
    "grade",
    "sentence_words",
    "longest_sentence",
    "words",
    "quoted_share",
    "dashes",
];

/// Past issues that make a habit: two weeks of a daily piece, a season of a weekly one.
const PAST_MAX: usize = 14;

/// Measures an issue. `sentences`: what readers get; `past`: newest first, `older`: those before them, `imported`: the
/// texts of issues that the author published elsewhere; they count where this program has made too few.
pub(crate) fn measure(
    sentences: &[&Sentence],
    past: &[Past],
    older: &[Draft],
    imported: &[String],
) -> Vec<Measure> {
    let Some(own) = figures_of(sentences) else {
        return Vec::new();
    };
    let published = past.iter().filter(|issue| issue.is_published);
    let others: Vec<Figures> = published
        .map(|issue| &issue.draft)
        .chain(older)
        .filter_map(|draft| figures_of(&draft.sentences.iter().collect::<Vec<_>>()))
        .chain(imported.iter().filter_map(|text| figures_of_text(text)))
        .take(PAST_MAX)
        .collect();
    let measures = NAMES.iter().enumerate().map(|(at, name)| {
        let column: Vec<f64> = others.iter().map(|figures| figures[at]).collect();
        let range = range(&column);
        Measure {
            name: (*name).to_owned(),
            value: Tenths::of(own[at]),
            is_outside: is_outside(name, own[at], range),
            past: range.map(|(low, median, high)| PastRange {
                issues: u32::try_from(column.len()).unwrap_or(u32::MAX),
                median: Tenths::of(median),
                low: Tenths::of(low),
                high: Tenths::of(high),
            }),
        }
    });
    measures.collect()
}

/// Words of a draft, and percent of them that are quoted, as they stand under "How it reads"; 0 and 0 without a sentence.
pub(crate) fn words_and_share(draft: &Draft) -> (Tenths, Tenths) {
    let all: Vec<&Sentence> = draft.sentences.iter().collect();
    let figures = figures_of(&all).unwrap_or_default();
    (Tenths::of(figures[3]), Tenths::of(figures[4]))
}

fn figures_of(sentences: &[&Sentence]) -> Option<Figures> {
    let told = sentences.iter().filter(|sentence| !is_coverage(sentence));
    let texts: Vec<&str> = told.map(|sentence| sentence.text.inspect().as_str()).collect();
    figures(&texts)
}

fn figures_of_text(text: &str) -> Option<Figures> {
    let sentences = imported::sentences(text);
    figures(&sentences.iter().map(String::as_str).collect::<Vec<_>>())
}

fn figures(texts: &[&str]) -> Option<Figures> {
    let counts: Vec<usize> = texts.iter().map(|text| words::count(text)).collect();
    let total: usize = counts.iter().sum();
    if total == 0 {
        return None;
    }
    let quoted: usize = texts
        .iter()
        .flat_map(|text| quotes::find(text))
        .map(|quote| words::count(&quote.text))
        .sum();
    let own: Vec<String> = texts.iter().map(|text| style::without_quotations(text)).collect();
    let dashes: usize = own.iter().map(|text| text.matches('—').count()).sum();
    let longest = counts.iter().copied().max().unwrap_or(0);
    Some([
        readability::grade(&texts.join("\n")),
        total as f64 / texts.len() as f64,
        longest as f64,
        total as f64,
        100.0 * quoted as f64 / total as f64,
        1000.0 * dashes as f64 / total as f64,
    ])
}

/// Least, middle and most; nothing of too few.
fn range(column: &[f64]) -> Option<(f64, f64, f64)> {
    if column.len() < PAST_MIN {
        return None;
    }
    let mut sorted = column.to_vec();
    sorted.sort_by(f64::total_cmp);
    let half = sorted.len() / 2;
    let median = if sorted.len() % 2 == 1 {
        sorted[half]
    } else {
        f64::midpoint(sorted[half - 1], sorted[half])
    };
    Some((sorted[0], median, sorted[sorted.len() - 1]))
}

/// Above what past issues had, with some slack; a short or easy issue is no fault. Without past issues a fixed limit
/// counts for the two measures that have one.
fn is_outside(name: &str, value: f64, range: Option<(f64, f64, f64)>) -> bool {
    match (range, name) {
        (Some((_, median, high)), _) => value > high + SLACK * median.max(1.0),
        (None, "grade") => value > GRADE_MAX,
        (None, "sentence_words") => value > SENTENCE_WORDS_MAX,
        (None, _) => false,
    }
}

/// A proposal for each measure of reading that lies outside.
pub(crate) fn suggestions(measures: &[Measure]) -> Vec<Suggestion> {
    let told = measures.iter().filter(|measure| measure.is_outside);
    told.filter_map(|measure| {
        let (kind, what) = match measure.name.as_str() {
            "grade" => (SuggestionKind::HardToRead, "the issue asks for school grade"),
            "sentence_words" => (SuggestionKind::HardToRead, "mean words of a sentence:"),
            "longest_sentence" => (SuggestionKind::TooLong, "words of the longest sentence:"),
            "words" => (SuggestionKind::TooLong, "words of the issue:"),
            "quoted_share" => (SuggestionKind::Style, "percent of the words that are quoted:"),
            "dashes" => (SuggestionKind::Style, "dashes in a thousand words:"),
            _ => return None,
        };
        let beside = match &measure.past {
            Some(past) => format!(
                "your last {} issues had {} to {}, the middle one {}",
                past.issues, past.low, past.high, past.median
            ),
            None => "more than most readers follow".to_owned(),
        };
        Some(Suggestion {
            sentence: None,
            kind,
            reason: by_code(format!("{what} {}; {beside}", measure.value)),
            replacement: None,
        })
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_compared_with_what_the_past_ones_had() {
        let past = [9.0, 10.0, 12.0];
        let found = range(&past).unwrap();
        assert_eq!(found, (9.0, 10.0, 12.0));
        assert!(!is_outside("grade", 12.9, Some(found)));
        assert!(is_outside("grade", 13.1, Some(found)));
        assert!(!is_outside("grade", 2.0, Some(found)), "easy is no fault");
    }

    #[test]
    fn too_few_issues_give_way_to_a_fixed_limit() {
        assert_eq!(range(&[9.0, 10.0]), None);
        assert!(is_outside("grade", 17.0, None) && !is_outside("grade", 15.0, None));
        assert!(!is_outside("words", 5000.0, None));
    }

    #[test]
    fn the_reason_names_both_sides() {
        let measure = Measure {
            name: "grade".to_owned(),
            value: Tenths::of(15.2),
            past: Some(PastRange {
                issues: 5,
                median: Tenths::of(10.0),
                low: Tenths::of(9.0),
                high: Tenths::of(12.0),
            }),
            is_outside: true,
        };
        let found = suggestions(&[measure]);
        assert_eq!(
            found[0].reason.inspect(),
            "the issue asks for school grade 15.2; your last 5 issues had 9 to 12, the middle one 10"
        );
    }

    fn draft(texts: &[&str]) -> Draft {
        let sentences: Vec<serde_json::Value> = texts
            .iter()
            .enumerate()
            .map(|(at, text)| {
                serde_json::json!({ "id": format!("s{at}"), "text": text, "kind": "voice", "evidence": [] })
            })
            .collect();
        let draft = serde_json::json!({
            "format": "1.0", "at": "2026-08-20T05:00:00Z", "title": "A piece", "deck": null, "notice": "",
            "sections": [], "sentences": sentences, "sources": [], "nothing_today": null, "sign_off": null,
            "models": [],
        });
        serde_json::from_value(draft).unwrap()
    }

    #[test]
    fn a_weekly_piece_is_compared_with_its_season() {
        let season = [
            draft(&["The choir sang."]),
            draft(&["The choir sang twice."]),
            draft(&["The choir sang."]),
        ];
        let own = draft(&[
            "The choir of the old town sang twice in the rain, and nobody who had come went home early.",
        ]);
        let told: Vec<&Sentence> = own.sentences.iter().collect();
        let measured = measure(&told, &[], &season, &[]);
        let words = measured.iter().find(|one| one.name == "sentence_words").unwrap();
        assert_eq!(words.past.as_ref().map(|past| past.issues), Some(3));
        assert!(words.is_outside);
        let two = measure(&told, &[], &season[1..], &[]);
        assert!(
            two.iter().all(|one| one.past.is_none()),
            "two issues are no habit"
        );
    }

    #[test]
    fn the_summary_of_a_draft_counts_as_its_desk_does() {
        let own = draft(&["Moss says “one two three”.", "It rained."]);
        assert_eq!(words_and_share(&own), (Tenths::of(7.0), Tenths::of(300.0 / 7.0)));
        let told: Vec<&Sentence> = own.sentences.iter().collect();
        let measured = measure(&told, &[], &[], &[]);
        let value = |name: &str| measured.iter().find(|one| one.name == name).map(|one| one.value);
        assert_eq!(
            (value("words"), value("quoted_share")),
            (Some(Tenths::of(7.0)), Some(Tenths::of(300.0 / 7.0)))
        );
        assert_eq!(words_and_share(&draft(&[])), (Tenths::of(0.0), Tenths::of(0.0)));
    }

    #[test]
    fn issues_from_elsewhere_make_the_habit_of_who_just_came() {
        let own = draft(&["The choir of the old town sang twice in the rain."]);
        let told: Vec<&Sentence> = own.sentences.iter().collect();
        let elsewhere = vec!["A heading\nThe choir sang on Monday. It rained.".to_owned(); 3];
        let measured = measure(&told, &[], &[], &elsewhere);
        let words = measured.iter().find(|one| one.name == "sentence_words").unwrap();
        let past = words.past.as_ref().unwrap();
        assert_eq!((past.issues, past.median), (3, Tenths::of(3.5)));
        let season = vec![draft(&["The choir sang."]); PAST_MAX];
        let measured = measure(&told, &[], &season, &elsewhere);
        let words = measured.iter().find(|one| one.name == "sentence_words").unwrap();
        assert_eq!(
            words.past.as_ref().unwrap().median,
            Tenths::of(3.0),
            "its own issues come first"
        );
    }
}
