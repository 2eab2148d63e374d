//! `rate_draft`: a rating by measures that anybody can take again. It is no taste.

use copydesk_domain::task::{RateDraftInput, RateDraftOutput};
use copydesk_text::{quotes, readability, sentence, similarity, words};

/// Rates a draft from 10 downwards; each reason names its measure.
pub fn rate(input: &RateDraftInput) -> RateDraftOutput {
    let text = input.text.as_str();
    if words::count(text) == 0 {
        return RateDraftOutput {
            score: 0,
            reasons: vec!["there is no text".to_owned()],
        };
    }
    let sentences: Vec<&str> = sentence::split(text)
        .into_iter()
        .map(|range| &text[range])
        .collect();
    let found = [
        length(text),
        mean(text),
        title(input.title.as_str(), text),
        repeated(&sentences),
        dangling(&sentences),
        quoted(text),
    ];
    let mut score = 10_u8;
    let mut reasons = vec!["measured, not read: the built-in model has no taste".to_owned()];
    for (points, reason) in found.into_iter().flatten() {
        score = score.saturating_sub(points);
        reasons.push(reason);
    }
    RateDraftOutput { score, reasons }
}

/// Points off, and why.
type Finding = Option<(u8, String)>;

fn length(text: &str) -> Finding {
    let count = words::count(text);
    (count < 60).then(|| (1, format!("{count} words: a very short issue")))
}

fn mean(text: &str) -> Finding {
    let mean = readability::words_per_sentence(text);
    (mean > 26.0).then(|| {
        (
            2,
            format!("{mean:.0} words to a sentence on average, 26 are many"),
        )
    })
}

fn title(title: &str, text: &str) -> Finding {
    let promised = words::content_stems(title);
    let told = words::content_stems(text);
    let kept = promised.iter().filter(|stem| told.contains(stem)).count();
    if promised.is_empty() {
        return Some((2, "there is no title".to_owned()));
    }
    (kept * 2 < promised.len()).then(|| {
        (
            2,
            format!(
                "{kept} of {} words of the title stand in the text",
                promised.len()
            ),
        )
    })
}

fn repeated(sentences: &[&str]) -> Finding {
    let twins = (1..sentences.len())
        .filter(|at| {
            sentences[..*at]
                .iter()
                .any(|other| similarity::near_duplicate(other, sentences[*at]))
        })
        .count();
    let points = u8::try_from(twins.min(4)).unwrap_or(4);
    (twins > 0).then(|| (points, format!("sentences that repeat an earlier one: {twins}")))
}

fn dangling(sentences: &[&str]) -> Finding {
    let count = sentences.iter().filter(|text| sentence::dangles(text)).count();
    let points = u8::try_from(count.min(3)).unwrap_or(3);
    (count > 0).then(|| {
        (
            points,
            format!("sentences that lean on what stood before: {count}"),
        )
    })
}

fn quoted(text: &str) -> Finding {
    let inside: usize = quotes::find(text)
        .iter()
        .map(|quote| words::count(&quote.text))
        .sum();
    let share = 100 * inside / words::count(text).max(1);
    (share > 80).then(|| (1, format!("{share} % of the words are quoted")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn score(title: &str, text: &str) -> u8 {
        rate(&RateDraftInput {
            purpose: "first_draft".to_owned(),
            title: title.into(),
            text: text.into(),
        })
        .score
    }

    #[test]
    fn faults_cost_points() {
        let good = "Norn rolled back an update on Monday. Operators rebuild their indexes now. ".to_owned()
            + "Lattice counts the clusters that were hit and publishes a list for customers. A fix is out for all \
               zones, and the vendor pays for the lost hours. Tarnhelm was not hit, its engineers say, since the \
               old planner still runs there. A report is due in June and will name the cause of the fault in full.";
        let bad = "This broke. This broke. They fixed it.";
        assert!(score("Norn rolled back an update", &good) > score("Something else entirely", bad));
        assert_eq!(score("A title", ""), 0);
    }
}
