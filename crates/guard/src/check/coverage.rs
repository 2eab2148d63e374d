//! A sentence about absence needs to know who was asked.

use copydesk_domain::artifact::{BeatReading, Coverage, Evidence};
use copydesk_domain::counted;

use super::without_quotations;
use crate::finding::Finding;
use crate::ledger::Ledger;

/// Ways to say that something is not there.
const ABSENCE: &[&str] = &[
    "nothing new",
    "nothing in",
    "nothing on",
    "nothing was",
    "no news",
    "no new",
    "no posts",
    "no source",
    "no reports",
    "no one report",
    "nobody report",
    "none of",
    "could not be read",
    "could not look",
    "was quiet",
    "were quiet",
    "is quiet",
    "stayed quiet",
    "did not publish",
    "has not published",
    "have not published",
    "no word from",
];

/// Whether a sentence says that something is absent from what was read.
pub(crate) fn is_absence(text: &str) -> bool {
    let lower = text.to_lowercase();
    ABSENCE.iter().any(|cue| lower.contains(cue))
}

/// Recomputes each coverage; a sentence about absence without one is blocked.
pub(crate) fn check(text: &str, evidence: &[Evidence], ledger: &Ledger<'_>) -> Vec<Finding> {
    let coverages: Vec<&Coverage> = evidence
        .iter()
        .filter_map(|evidence| match evidence {
            Evidence::Coverage { coverage } => Some(coverage),
            Evidence::Span(_) | Evidence::Calc { .. } => None,
        })
        .collect();
    if coverages.is_empty() {
        let has_span = evidence
            .iter()
            .any(|evidence| matches!(evidence, Evidence::Span(_)));
        let lacks = is_absence(&without_quotations(text)) && !has_span;
        return if lacks {
            vec![Finding::blocked(
                "it says that something is absent, and nobody was asked",
            )]
        } else {
            Vec::new()
        };
    }
    coverages
        .into_iter()
        .map(|coverage| recompute(text, coverage, ledger))
        .collect()
}

fn recompute(text: &str, coverage: &Coverage, ledger: &Ledger<'_>) -> Finding {
    let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let is_of = |beats: &[String]| {
        coverage.beat == "*" || beats.iter().any(|beat| beat.eq_ignore_ascii_case(&coverage.beat))
    };
    let feeds: Vec<_> = ledger.feeds.iter().filter(|feed| is_of(&feed.beats)).collect();
    let asked = count(feeds.len());
    let answered = count(feeds.iter().filter(|feed| feed.answered).count());
    if (asked, answered) != (coverage.asked, coverage.answered) {
        return Finding::blocked(format!(
            "{}: {asked} asked and {answered} answered, the sentence stands on {} and {}",
            coverage.beat, coverage.asked, coverage.answered
        ));
    }
    let posts: u32 = of_beat(ledger, coverage).map(|beat| beat.posts).sum();
    let says_nothing = text.to_lowercase().contains("nothing new");
    if says_nothing && posts > 0 {
        return Finding::blocked(format!(
            "{} of {} in what was read",
            counted(usize::try_from(posts).unwrap_or(usize::MAX), "post", "posts"),
            coverage.beat
        ));
    }
    let unread: u32 = of_beat(ledger, coverage).map(|beat| beat.unread).sum();
    if says_nothing && unread > 0 {
        return Finding::blocked(format!(
            "{} of {} in what was asked, which nobody read",
            counted(usize::try_from(unread).unwrap_or(usize::MAX), "post", "posts"),
            coverage.beat
        ));
    }
    if says_nothing && answered == 0 {
        return Finding::blocked(format!(
            "{}: nobody answered, so nobody can say that it was quiet",
            coverage.beat
        ));
    }
    Finding::supported(format!("{}: {asked} asked, {answered} answered", coverage.beat))
}

/// What was read on the beat of a coverage; of all beats where it speaks of all.
fn of_beat<'a>(ledger: &'a Ledger<'_>, coverage: &'a Coverage) -> impl Iterator<Item = &'a BeatReading> {
    let is_meant =
        |beat: &&BeatReading| coverage.beat == "*" || beat.beat.eq_ignore_ascii_case(&coverage.beat);
    ledger.beats.iter().filter(is_meant)
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use copydesk_domain::artifact::FeedReading;
    use copydesk_domain::{Instant, Untrusted, Verdict};

    use super::*;

    #[test]
    fn a_beat_with_posts_that_nobody_read_is_not_called_quiet() {
        let feeds = [FeedReading {
            feed: "https://a.example/feed".to_owned(),
            title: Untrusted::new("A".to_owned()),
            beats: vec!["cloud".to_owned()],
            owner: "a.example".to_owned(),
            answered: true,
            posts: 0,
        }];
        let evidence = [Evidence::Coverage {
            coverage: Coverage {
                beat: "cloud".to_owned(),
                asked: 1,
                answered: 1,
                at: Instant::from_micros(0),
            },
        }];
        let verdict = |text: &str, unread| {
            let beats = [BeatReading {
                beat: "Cloud".to_owned(),
                asked: 1,
                answered: 1,
                posts: 0,
                unread,
            }];
            let ledger = Ledger {
                day: None,
                texts: &HashMap::new(),
                sources: &[],
                beats: &beats,
                feeds: &feeds,
                stories: &[],
            };
            check(text, &evidence, &ledger)[0].verdict
        };
        let quiet = "Cloud: nothing new in one source read.";
        assert_eq!(verdict(quiet, 0), Verdict::Supported);
        assert_eq!(verdict(quiet, 3), Verdict::Blocked);
        assert_eq!(
            verdict("Cloud: not read; other posts came first.", 3),
            Verdict::Supported
        );
    }

    #[test]
    fn absence_is_recognised() {
        assert!(is_absence("Hardware: nothing new in one source read."));
        assert!(is_absence("None of the vendors has published a fix."));
        assert!(!is_absence("Lattice shipped a fix."));
    }
}
