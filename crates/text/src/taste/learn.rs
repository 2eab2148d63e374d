//! The model: shares of past stories, drawn towards the usual one.

use std::collections::{BTreeMap, BTreeSet};

use super::Past;
use super::traits::{Because, Features, Trait, What};

/// Past stories that are read: a year of daily briefs would be more than anybody's taste lasts.
pub const PAST_MAX: usize = 3_000;
/// After so many days a past story counts half.
const HALF_LIFE_DAYS: f64 = 56.0;
/// Each trait starts with so many imagined stories that were told as often as any.
const IMAGINED: f64 = 3.0;
/// Issues after which the whole is trusted by half: after one by a third, after eight by four fifths.
const ISSUES_HALF: f64 = 2.0;
/// The usual share is held between these, so that an author who told all or nothing does not stop the count.
const USUAL: (f64, f64) = (0.02, 0.98);

// How much each sort of trait says. A publisher is the plainest sign; words of a title repeat what the publisher says.
// Chosen on invented authors over dated posts, each with one habit and some whims; any of them may be half or twice
// as much without a difference beyond chance.
const PUBLISHER: f64 = 1.0;
const KIND: f64 = 0.8;
const BEAT: f64 = 0.6;
const WORD: f64 = 0.4;
/// Words of a title that count, those that say most.
const WORDS_MAX: usize = 3;

/// Reasons given.
const REASONS_MAX: usize = 2;
/// A share that rests on fewer stories is no reason to tell anybody.
const STORIES_MIN: u32 = 2;
/// A weight in the sum below this is no reason.
const REASON_MIN: f64 = 0.15;

/// How much the author is likely to want a story.
#[derive(Debug, Clone, PartialEq)]
pub struct Liking {
    /// From -1 (stories like it were always passed over) over 0 (nothing known) to 1 (always told), two digits.
    pub score: f64,
    /// Why, the strongest first; those that speak against the score are left out.
    pub because: Vec<Because>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Count {
    /// Weights of the stories, and of those that were told.
    all: f64,
    told: f64,
    /// The same in plain stories.
    of: u32,
    told_of: u32,
}

impl Count {
    fn add(&mut self, past: &Past, weight: f64) {
        let is_told = past.fate.is_told();
        self.all += weight;
        self.of += 1;
        if is_told {
            self.told += weight;
            self.told_of += 1;
        }
    }
}

/// What past choices say.
#[derive(Debug, Clone)]
pub struct Taste {
    counts: BTreeMap<Trait, Count>,
    /// Share of past stories that were told.
    usual: f64,
    /// `0.0..1.0`, rising with the number of issues.
    trust: f64,
}

impl Taste {
    /// Learns from past stories, of which the first [`PAST_MAX`] are read. None where no issue had a choice: told one
    /// story and passed another over.
    ///
    /// # Source
    /// Naive Bayes as log-odds of one trait each (Maron 1961), with shares shrunk towards the common one by imagined
    /// cases (m-estimate, Cestnik 1990).
    pub fn learn(past: &[Past]) -> Option<Self> {
        let past = &past[..past.len().min(PAST_MAX)];
        let issues = |is_told: bool| -> BTreeSet<usize> {
            let of = past.iter().filter(|one| one.fate.is_told() == is_told);
            of.map(|one| one.issue).collect()
        };
        let choices = issues(true).intersection(&issues(false)).count() as f64;
        if choices < 1.0 {
            return None;
        }
        let mut counts: BTreeMap<Trait, Count> = BTreeMap::new();
        let mut whole = Count::default();
        for one in past {
            let weight = one.fate.weight() * 0.5_f64.powf(one.age_days.max(0.0) / HALF_LIFE_DAYS);
            whole.add(one, weight);
            for of in one.story.traits() {
                counts.entry(of).or_default().add(one, weight);
            }
        }
        let usual = (whole.told + 0.5) / (whole.all + 1.0);
        Some(Self {
            counts,
            usual: usual.clamp(USUAL.0, USUAL.1),
            trust: choices / (choices + ISSUES_HALF),
        })
    }

    /// What past choices say of a story; none where it has nothing in common with any.
    pub fn of(&self, story: &Features) -> Option<Liking> {
        let mut parts: Vec<(f64, Option<Because>)> = Vec::new();
        self.weigh(&mut parts, &story.publishers, PUBLISHER, |name| {
            (
                Trait::Publisher(name.to_lowercase()),
                What::Publisher(name.clone()),
            )
        });
        self.weigh(&mut parts, &story.beats, BEAT, |name| {
            (Trait::Beat(name.to_lowercase()), What::Beat(name.clone()))
        });
        self.weigh(&mut parts, &[story.kind], KIND, |kind| {
            (Trait::Kind(*kind), What::Kind(*kind))
        });
        let mut words = Vec::new();
        for word in &story.words {
            self.weigh(&mut words, std::slice::from_ref(word), WORD, |(word, stem)| {
                (Trait::Word(stem.clone()), What::Word(word.clone()))
            });
        }
        words.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
        parts.extend(words.into_iter().take(WORDS_MAX));
        if parts.is_empty() {
            return None;
        }
        let sum: f64 = parts.iter().map(|(part, _)| part).sum();
        let score = (self.trust * (sum / 2.0).tanh() * 100.0).round() / 100.0;
        Some(Liking {
            score,
            because: reasons(parts, score),
        })
    }

    /// Adds what the traits of one sort say, together as much as one of them would; unknown ones say nothing.
    fn weigh<T>(
        &self,
        parts: &mut Vec<(f64, Option<Because>)>,
        of: &[T],
        weight: f64,
        named: impl Fn(&T) -> (Trait, What),
    ) {
        for one in of {
            let (key, what) = named(one);
            let Some(count) = self.counts.get(&key) else {
                continue;
            };
            let share = (count.told + IMAGINED * self.usual) / (count.all + IMAGINED);
            let part = weight * (log_odds(share) - log_odds(self.usual)) / of.len() as f64;
            let because = (count.of >= STORIES_MIN).then_some(Because {
                what,
                of: count.of,
                told: count.told_of,
            });
            parts.push((part, because));
        }
    }
}

fn log_odds(share: f64) -> f64 {
    (share / (1.0 - share)).ln()
}

fn reasons(mut parts: Vec<(f64, Option<Because>)>, score: f64) -> Vec<Because> {
    parts.retain(|(part, _)| part * score > 0.0 && part.abs() >= REASON_MIN);
    parts.sort_by(|a, b| b.0.abs().total_cmp(&a.0.abs()));
    let because = parts.into_iter().filter_map(|(_, because)| because);
    because.take(REASONS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::super::{Fate, Kind};
    use super::*;

    fn story(title: &str, publisher: &str) -> Features {
        Features::of(title, &[publisher], &["cloud"], Kind::of(title, false, false))
    }

    fn past(title: &str, publisher: &str, fate: Fate, age_days: f64, issue: usize) -> Past {
        Past {
            story: story(title, publisher),
            fate,
            age_days,
            issue,
        }
    }

    /// Issues in which Moss was told and Norn passed over.
    fn habit(issues: usize, age_days: f64) -> Vec<Past> {
        (0..issues)
            .flat_map(|issue| {
                [
                    past("A mirror moves", "Moss", Fate::Told, age_days, issue),
                    past("A queue grows", "Norn", Fate::Passed, age_days, issue),
                    past("A disk fails", "Norn", Fate::Passed, age_days, issue),
                ]
            })
            .collect()
    }

    fn score(past: &[Past], publisher: &str) -> f64 {
        let taste = Taste::learn(past).unwrap();
        taste.of(&story("Gardens", publisher)).unwrap().score
    }

    #[test]
    fn what_was_told_before_is_liked_and_what_was_passed_over_is_not() {
        let past = habit(4, 7.0);
        assert!(score(&past, "Moss") > 0.3, "{}", score(&past, "Moss"));
        assert!(score(&past, "Norn") < -0.1, "{}", score(&past, "Norn"));
        assert!(score(&past, "nobody yet").abs() < 0.1);
    }

    #[test]
    fn few_issues_move_little_and_old_ones_fade() {
        assert!(score(&habit(1, 7.0), "Moss") < 0.25 * score(&habit(6, 7.0), "Moss"));
        assert!(score(&habit(4, 400.0), "Moss") < 0.5 * score(&habit(4, 7.0), "Moss"));
    }

    #[test]
    fn the_reason_counts_stories() {
        let taste = Taste::learn(&habit(4, 7.0)).unwrap();
        let liking = taste.of(&story("Gardens", "MOSS")).unwrap();
        assert_eq!(liking.because[0].to_string(), "you told 4 of 4 by MOSS");
        let liking = taste.of(&story("The queue", "Norn")).unwrap();
        assert_eq!(liking.because[0].to_string(), "you told 0 of 8 by Norn");
    }

    #[test]
    fn a_refusal_says_more_than_a_story_that_found_no_room() {
        let with = |fate| {
            let mut all = habit(3, 7.0);
            all.push(past("Gardens", "Sparrow", fate, 7.0, 0));
            score(&all, "Sparrow")
        };
        assert!(with(Fate::Refused) < with(Fate::Passed));
        assert!(with(Fate::Raised) > with(Fate::Told));
    }

    #[test]
    fn without_a_choice_nothing_is_learned() {
        assert!(Taste::learn(&[]).is_none());
        let all_told = [
            past("A", "Moss", Fate::Told, 1.0, 0),
            past("B", "Norn", Fate::Told, 1.0, 0),
        ];
        assert!(Taste::learn(&all_told).is_none());
        // Told in one issue, passed over in another: these were never held against each other.
        let apart = [
            past("A", "Moss", Fate::Told, 1.0, 0),
            past("B", "Norn", Fate::Passed, 1.0, 1),
        ];
        assert!(Taste::learn(&apart).is_none());
    }

    #[test]
    fn the_order_of_the_past_changes_nothing() {
        let mut past = habit(5, 9.0);
        let before = score(&past, "Moss");
        past.reverse();
        assert!((score(&past, "Moss") - before).abs() < 1e-9);
    }
}
