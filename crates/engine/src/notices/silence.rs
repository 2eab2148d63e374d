//! Feeds that fell silent. Pure: no clock, no store.

use copydesk_domain::{Instant, NoticeKind, PipelineName};
use copydesk_journal::FeedHeard;
use copydesk_store::NoticeRecord;
use jiff::civil::Weekday;
use jiff::{SignedDuration, ToSpan};

use crate::plain::plain;

/// A feed that gives nothing new for so many of its usual gaps is silent.
const GAPS_MAX: i32 = 3;
/// The shortest usual gap: one that posts many times a day is given days too, not minutes.
const GAP_MIN: SignedDuration = SignedDuration::from_hours(24);
/// Fewer dated items than this show no habit.
const ITEMS_MIN: usize = 3;
/// A feed with at least so many items, none of them on a Saturday or Sunday, rests at weekends.
const WEEKDAY_ITEMS_MIN: usize = 5;
/// Runs in a row in which a feed did not answer; one such day is no more than bad luck.
pub(crate) const UNANSWERED_MAX: usize = 3;

/// A feed of a pipeline, and what is known of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FeedFacts<'a> {
    /// Its address as the pipeline names it.
    pub(crate) feed: &'a str,
    /// The pipeline.
    pub(crate) pipeline: &'a PipelineName,
    /// What it said so far.
    pub(crate) heard: Option<&'a FeedHeard>,
    /// Why it did not answer in the newest run, where it failed in each of the last [`UNANSWERED_MAX`].
    pub(crate) unanswered: Option<&'a str>,
}

/// The alarm about a feed, if it is silent. Its key names the silence, so that a later one is told again.
pub(crate) fn silence(facts: &FeedFacts<'_>, now: Instant) -> Option<NoticeRecord> {
    let FeedFacts { feed, pipeline, .. } = facts;
    let next =
        format!("open it in a browser, then mend or take out its [[feed]] in pipelines/{pipeline}.toml");
    let (about, message) = if let Some(reason) = facts.unanswered {
        let since = facts
            .heard
            .map_or_else(|| "never".to_owned(), |heard| heard.answered_at.to_string());
        let reason = plain(reason);
        let message = format!(
            "{feed} did not answer in the last {UNANSWERED_MAX} runs of {pipeline} ({reason}): {next}"
        );
        (format!("unanswered/{since}"), message)
    } else {
        let published = days_of(facts.heard?, now);
        let last = *published.last()?;
        let gap = usual_gap(&published)?;
        if quiet_time(&published, now) <= gap * GAPS_MAX {
            return None;
        }
        let days = (gap.as_secs() + 43_200) / 86_400;
        let usual = if days == 1 {
            "every day".to_owned()
        } else {
            format!("every {days} days")
        };
        let message = format!(
            "{feed} has given nothing new since {}, and used to {usual}: {next}",
            last.date()
        );
        (last.to_string(), message)
    };
    Some(NoticeRecord {
        key: format!("{}/{feed}/{about}", NoticeKind::FeedSilent),
        way: String::new(),
        kind: NoticeKind::FeedSilent,
        pipeline: PipelineName::clone(pipeline),
        run: None,
        message,
        body: None,
        details: None,
        raised_at: now,
    })
}

/// When items were published, each instant once, in order. A date to come is a mistake of the feed.
fn days_of(heard: &FeedHeard, now: Instant) -> Vec<Instant> {
    let mut published: Vec<Instant> = heard.published.iter().copied().filter(|at| *at <= now).collect();
    published.sort_unstable();
    published.dedup();
    published
}

/// The median of the gaps between items, at least [`GAP_MIN`]; none where there are too few to tell.
fn usual_gap(published: &[Instant]) -> Option<SignedDuration> {
    if published.len() < ITEMS_MIN {
        return None;
    }
    let mut gaps: Vec<SignedDuration> = published.windows(2).map(|pair| pair[1].since(pair[0])).collect();
    gaps.sort_unstable();
    Some(gaps[gaps.len() / 2].max(GAP_MIN))
}

/// How long the feed has been quiet, without the Saturdays and Sundays between where it rests on them (in UTC).
fn quiet_time(published: &[Instant], now: Instant) -> SignedDuration {
    let last = *published.last().expect("the caller has one");
    let is_weekend = |at: jiff::civil::Date| matches!(at.weekday(), Weekday::Saturday | Weekday::Sunday);
    let rests = published.len() >= WEEKDAY_ITEMS_MIN && !published.iter().any(|at| is_weekend(at.date()));
    let quiet = now.since(last);
    if !rests {
        return quiet;
    }
    let between = last
        .date()
        .series(1.day())
        .skip(1)
        .take_while(|day| *day < now.date());
    // A feed that is silent for years is silent without counting them.
    let rested = between.take(1_000).filter(|day| is_weekend(*day)).count();
    quiet - GAP_MIN * i32::try_from(rested).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    fn heard(published: &[&str]) -> FeedHeard {
        FeedHeard {
            published: published.iter().map(|text| at(text)).collect(),
            answered_at: at("2026-11-20T04:00:00Z"),
        }
    }

    fn key(heard: Option<&FeedHeard>, unanswered: Option<&str>, now: &str) -> Option<String> {
        let facts = FeedFacts {
            feed: "https://a.example/feed",
            pipeline: &"daily".into(),
            heard,
            unanswered,
        };
        silence(&facts, at(now)).map(|notice| notice.key)
    }

    const WEEKLY: [&str; 4] = [
        "2026-10-26T09:00:00Z",
        "2026-11-02T09:00:00Z",
        "2026-11-16T09:00:00Z",
        "2026-11-09T09:00:00Z",
    ];

    #[test]
    fn three_usual_gaps_are_a_silence() {
        let weekly = heard(&WEEKLY);
        assert_eq!(key(Some(&weekly), None, "2026-12-07T09:00:00Z"), None);
        assert_eq!(
            key(Some(&weekly), None, "2026-12-07T09:00:01Z").as_deref(),
            Some("feed_silent/https://a.example/feed/2026-11-16T09:00:00Z")
        );
    }

    #[test]
    fn a_feed_that_spoke_again_is_told_again_when_it_falls_silent_again() {
        let mut weekly = heard(&WEEKLY);
        let first = key(Some(&weekly), None, "2026-12-10T09:00:00Z").unwrap();
        weekly.published.push(at("2026-12-11T09:00:00Z"));
        assert_eq!(
            key(Some(&weekly), None, "2026-12-12T09:00:00Z"),
            None,
            "it healed"
        );
        let second = key(Some(&weekly), None, "2027-03-01T09:00:00Z").unwrap();
        assert_ne!(first, second);
    }

    #[test]
    fn many_items_a_day_still_have_days_to_be_quiet() {
        let busy = heard(&[
            "2026-11-21T09:00:00Z",
            "2026-11-21T09:05:00Z",
            "2026-11-21T09:10:00Z",
            "2026-11-22T09:10:00Z",
        ]);
        assert_eq!(key(Some(&busy), None, "2026-11-25T09:10:00Z"), None);
        assert!(key(Some(&busy), None, "2026-11-25T09:10:01Z").is_some());
    }

    #[test]
    fn a_weekend_is_no_silence_of_a_feed_that_rests_on_it() {
        let days = ["16", "17", "18", "19", "20"].map(|day| format!("2026-11-{day}T17:00:00Z"));
        let working: Vec<&str> = days.iter().map(String::as_str).collect();
        let working = heard(&working);
        // The 20th is a Friday: from then to Tuesday evening there are two days of rest and two of silence.
        assert_eq!(key(Some(&working), None, "2026-11-24T18:00:00Z"), None);
        assert!(key(Some(&working), None, "2026-11-25T18:00:00Z").is_some());
    }

    #[test]
    fn without_a_habit_there_is_no_silence() {
        let few = heard(&["2020-01-01T00:00:00Z", "2021-01-01T00:00:00Z"]);
        assert_eq!(key(Some(&few), None, "2026-11-25T09:00:00Z"), None);
        assert_eq!(key(None, None, "2026-11-25T09:00:00Z"), None);
        let future = heard(&["2099-01-01T00:00:00Z"; 5]);
        assert_eq!(key(Some(&future), None, "2026-11-25T09:00:00Z"), None);
    }

    #[test]
    fn a_feed_that_does_not_answer_is_named_whatever_its_habit() {
        assert_eq!(
            key(None, Some("404 Not Found"), "2026-11-25T09:00:00Z").as_deref(),
            Some("feed_silent/https://a.example/feed/unanswered/never")
        );
        assert_eq!(
            key(
                Some(&heard(&WEEKLY)),
                Some("it timed out"),
                "2026-11-25T09:00:00Z"
            )
            .as_deref(),
            Some("feed_silent/https://a.example/feed/unanswered/2026-11-20T04:00:00Z")
        );
    }
}
