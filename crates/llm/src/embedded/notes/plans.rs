//! Plans that time has overtaken, and days that a sentence counts from its own.

use std::sync::LazyLock;

use copydesk_domain::{Instant, PublishedAt};
use copydesk_text::numbers::{self, Kind};
use jiff::civil::Date;
use regex::Regex;

use super::super::fit::regex;

/// A day is over this much before its end, since it ends at other times in other places.
const DAY_LEFT_MIN: jiff::SignedDuration = jiff::SignedDuration::from_hours(6);

/// Bytes behind its verb in which a plan names its day.
const REACH: usize = 90;

/// Whether a sentence speaks of a day that is over as one to come.
pub fn is_overtaken(text: &str, now: Instant) -> bool {
    let today = now.timestamp().to_zoned(jiff::tz::TimeZone::UTC).date();
    let numbers = numbers::find(text);
    let days: Vec<(usize, Date)> = numbers
        .iter()
        .filter(|number| number.kind == Kind::Date)
        .filter_map(|number| Some((number.range.start, day(&number.digits, today)?)))
        .collect();
    // The day of a plan stands behind its verb; one before it is of something else.
    PLANS.find_iter(text).any(|plan| {
        let behind = days
            .iter()
            .find(|(at, _)| (plan.end()..plan.end() + REACH).contains(at));
        behind.is_some_and(|(_, day)| is_over(*day, now))
    })
}

/// Whether a sentence counts from its own day (`today`, `on Monday`), which was another than the reader's.
pub fn counts_from_another_day(text: &str, published_at: Option<PublishedAt>, now: Instant) -> bool {
    let is_old = published_at.is_some_and(|at| now.since(at.latest()) > jiff::SignedDuration::from_hours(20));
    is_old && RELATIVE.is_match(text)
}

/// Whether a sentence says `today`, `this week` or the like, and means by it a day, week, month or year that is not the
/// reader's. Days are those of UTC: whoever takes notes knows no other zone.
pub fn is_false_by_now(text: &str, published_at: Option<PublishedAt>, now: Instant) -> bool {
    let Some(then) = published_at.map(PublishedAt::date) else {
        return false;
    };
    let today = now.date();
    let week = |date: Date| (date.iso_week_date().year(), date.iso_week_date().week());
    SPANS.captures_iter(text).any(|found| {
        let span = found.get(1).map_or("day", |span| span.as_str());
        match span.to_ascii_lowercase().as_str() {
            "week" => week(then) != week(today),
            "month" => (then.year(), then.month()) != (today.year(), today.month()),
            "year" => then.year() != today.year(),
            _ => then != today,
        }
    })
}

/// Whether a sentence tells of a year before its page's and of none since: `in May 2019`. A year in a name (`GSoC 2026`)
/// dates nothing.
pub fn is_of_past_year(text: &str, published_at: Option<PublishedAt>) -> bool {
    static IN_YEAR: LazyLock<Regex> = LazyLock::new(|| {
        regex(
            r"(?i)\b(?:in|since|of|by|until|from|early|late|mid|(?:jan|febr)uary|march|april|may|june|july|august|(?:septem|octo|novem|decem)ber)[\s-]((?:19|20)\d\d)\b",
        )
    });
    let Some(published) = published_at.map(|at| at.date().year()) else {
        return false;
    };
    // What an aside adds may be old: `… — the same rows that Norn introduced in 2025`.
    let marks = ["—", "–", "(", " that ", " which "];
    let aside = marks.iter().filter_map(|mark| text.find(mark)).min();
    let told = &text[..aside.unwrap_or(text.len())];
    let mut years = IN_YEAR
        .captures_iter(told)
        .filter_map(|found| found[1].parse::<i16>().ok())
        .peekable();
    years.peek().is_some() && years.all(|year| year < published)
}

/// A date as numbers are read: `2026-08-20`, or `--08-20` without a year, which then is the one nearest to today.
fn day(digits: &str, today: Date) -> Option<Date> {
    if let Some(rest) = digits.strip_prefix("--") {
        let near = |year: i16| format!("{year:04}-{rest}").parse::<Date>().ok();
        let distance = |date: &Date| (*date - today).get_days().unsigned_abs();
        return [today.year() - 1, today.year(), today.year() + 1]
            .into_iter()
            .filter_map(near)
            .min_by_key(distance);
    }
    digits.parse().ok()
}

fn is_over(day: Date, now: Instant) -> bool {
    let end = day
        .tomorrow()
        .and_then(|next| next.to_zoned(jiff::tz::TimeZone::UTC));
    end.is_ok_and(|end| Instant::from_timestamp(end.timestamp()).since(now) <= DAY_LEFT_MIN)
}

static PLANS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?xi)\b(?:will\b | plans?\s+to\b | (?:is|are)\s+(?:now\s+)?(?:planned|scheduled|expected|due|delaying|postponing|planning)\b
        | delay(?:s|ing)\b | postpon(?:es|ing)\b | on\s+or\s+(?:shortly\s+)?(?:after|before)\b | expects?\s+to\b | intends?\s+to\b | going\s+to\b)",
    )
});

static RELATIVE: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?xi)\b(?:today|yesterday|tomorrow|tonight|this\s+(?:morning|evening|afternoon)|(?:on|last|next|until|since|by)\s+(?:mon|tues|wednes|thurs|fri|satur|sun)day)\b",
    )
});

/// The writer's own day, and what is counted from it.
static SPANS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?i)\b(?:today|tonight|yesterday|tomorrow|this\s+(?:morning|afternoon|evening)|(?:this|last|next)\s+(week|month|year))\b",
    )
});

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    #[test]
    fn a_day_to_come_is_still_news_in_its_own_morning() {
        let plan = "The team will publish the fixes on July 29, 2026.";
        assert!(!is_overtaken(plan, at("2026-07-28T05:00:00Z")));
        assert!(!is_overtaken(plan, at("2026-07-29T05:00:00Z")));
        assert!(is_overtaken(plan, at("2026-07-29T23:00:00Z")));
        assert!(is_overtaken(plan, at("2026-08-03T05:00:00Z")));
    }

    #[test]
    fn what_happened_and_what_has_no_day_are_no_plans() {
        let now = at("2026-08-03T05:00:00Z");
        assert!(!is_overtaken(
            "The team published the fixes on July 29, 2026.",
            now
        ));
        assert!(!is_overtaken("The team will publish the fixes soon.", now));
        for news in [
            "A planned migration on July 28, 2026 took down all clusters in Frankfurt for six hours.",
            "Norn 3, released on October 5, 2020, will no longer get any security fixes.",
            "Revenue for the quarter that ended on June 30, 2026 was higher than expected.",
        ] {
            assert!(!is_overtaken(news, now), "{news}");
        }
        assert!(!is_overtaken(
            "Free builds end: the plan runs until 26 May 2027.",
            now
        ));
    }

    #[test]
    fn a_date_without_a_year_is_the_nearest() {
        let plan = "The next release will come on January 4.";
        assert!(!is_overtaken(plan, at("2026-12-20T05:00:00Z")));
        assert!(is_overtaken(plan, at("2027-01-20T05:00:00Z")));
    }

    #[test]
    fn days_count_from_the_page_that_names_them() {
        let published = "2026-07-28T09:00:00Z".parse().ok();
        let now = at("2026-07-30T05:00:00Z");
        assert!(counts_from_another_day(
            "Norn releases 4.2 today.",
            published,
            now
        ));
        assert!(counts_from_another_day(
            "The node failed on Monday.",
            published,
            now
        ));
        assert!(!counts_from_another_day("Norn releases 4.2.", published, now));
        let fresh = at("2026-07-28T12:00:00Z");
        assert!(!counts_from_another_day(
            "Norn releases 4.2 today.",
            published,
            fresh
        ));
    }

    #[test]
    fn the_writers_day_is_false_on_another() {
        let published = "2026-11-25T15:00:00Z".parse().ok();
        let is_false = |text: &str, now: &str| is_false_by_now(text, published, at(now));
        for text in [
            "Norn today releases 4.2.",
            "Tomorrow, Norn 4.2 will follow.",
            "The team met this morning.",
        ] {
            assert!(is_false(text, "2026-11-26T05:00:00Z"), "{text}");
            assert!(!is_false(text, "2026-11-25T20:00:00Z"), "{text}");
            assert!(!is_false_by_now(text, None, at("2026-11-26T05:00:00Z")), "{text}");
        }
        let week = "The team met this week.";
        assert!(!is_false(week, "2026-11-28T05:00:00Z"));
        assert!(is_false(week, "2026-11-30T05:00:00Z"));
        assert!(is_false("The team met last month.", "2026-12-01T05:00:00Z"));
        assert!(!is_false("The team met this year.", "2026-12-01T05:00:00Z"));
        assert!(!is_false("The team met on 3 May.", "2026-12-01T05:00:00Z"));
    }

    #[test]
    fn years_before_the_pages_own_are_past() {
        let published = "2026-07-15T09:00:00Z".parse().ok();
        assert!(is_of_past_year(
            "Norn and Lattice were merged in May 2019.",
            published
        ));
        assert!(is_of_past_year(
            "In 2023, a new planner was thought of.",
            published
        ));
        assert!(!is_of_past_year(
            "Norn graduated in May 2026, having started in 2025.",
            published
        ));
        assert!(!is_of_past_year(
            "Norn 2019 edition rows are read twice.",
            published
        ));
        assert!(!is_of_past_year("Norn was made in 2019.", None));
        assert!(!is_of_past_year(
            "Norn 4.2 reads column pages — the same pages that came in late 2025.",
            published
        ));
    }
}
