//! `rank_stories`: an open score over the given facts, and one line of reason.

mod reason;
mod subject;

use std::sync::LazyLock;

use copydesk_domain::PromptData;
use copydesk_domain::task::{RankStoriesInput, RankStoriesOutput, RankStory, RankedStory};
use copydesk_text::{taste, words};
use regex::Regex;

use super::fit::regex;
use reason::reason;
use subject::Subject;

// Points. Two publishers on their own weigh as much as a reader's question; no number of posts of one publisher
// outweighs them.
/// For each owner past the first with a text of its own; four count.
const WITNESS: f64 = 3.0;
/// For each doubling of the number of posts; four count.
const DOUBLING: f64 = 0.6;
/// For the first beat of the newsletter; later ones get less, down to half.
const BEAT: f64 = 1.5;
/// For a story that no issue told; half of it where a told story has something new.
const NEW: f64 = 2.0;
/// For a story whose title or publisher names what the newsletter is named after; half of it where only its sentences do.
const SUBJECT: f64 = 2.5;
/// For a story such as the author always told; the other way for one that was always passed over.
const LIKING: f64 = 5.0;
/// The most that past choices take off: as much as a story gains by being new and on a beat.
const DISLIKE_MAX: f64 = 3.0;
/// The most that they take off an incident: less than it gains by being one, so that no habit hides it.
const DISLIKE_OF_INCIDENT_MAX: f64 = 1.0;
/// For a story of this hour; halves with each day.
const RECENT: f64 = 2.0;
/// For a story that answers what readers asked.
const TOPIC: f64 = 3.0;
/// For an incident: something broke, leaked or was attacked.
const INCIDENT: f64 = 1.5;
/// Off for a post that explains rather than tells: a guide, an interview, the third part of a series.
const EXPLAINER: f64 = 1.0;
/// Off for a release of a version, but for a major one and for one of what the newsletter is named after.
const RELEASE: f64 = 1.0;
/// How much of the points for kinds and numbers of posts counts where only beats say what the author is after.
const BY_BEATS: f64 = 0.5;
/// Off for a meeting, a hiring post and the like.
const ROUTINE: f64 = 6.0;
/// Off for a story that the author does not want: it stands behind all others.
const UNWANTED: f64 = 100.0;
/// Off for a story with nothing that can be quoted.
const MUTE: f64 = 4.0;

/// Orders the stories; equal ones keep the order of the input.
pub fn order(input: &RankStoriesInput) -> RankStoriesOutput {
    let subject = Subject::of(&input.newsletter);
    let sureness = sureness(input, &subject);
    let rank = |story: &RankStory| {
        let facts = Facts::of(story, input, &subject);
        let ranked = RankedStory {
            id: story.id.clone(),
            reason: reason(&facts, story),
        };
        (facts.score(story, sureness), ranked)
    };
    let mut scored: Vec<(f64, RankedStory)> = input.stories.iter().map(rank).collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    RankStoriesOutput {
        ranking: scored.into_iter().map(|(_, ranked)| ranked).collect(),
    }
}

/// How far points are given for what most authors like. A name or past choices say what this author is after; beats alone say
/// half of it. Where nothing does, guesses cost more than they find, and what is left is who else tells it and how new it is.
fn sureness(input: &RankStoriesInput, subject: &Subject) -> f64 {
    let has_past = || input.stories.iter().any(|story| story.liking.is_some());
    if !subject.is_unknown() || has_past() {
        1.0
    } else if input.beats.is_empty() {
        0.0
    } else {
        BY_BEATS
    }
}

/// What is worked out of the input for one story.
struct Facts<'a> {
    /// The first of its beats that is the newsletter's, with its points.
    beat: Option<(&'a str, f64)>,
    /// Hours since its newest post; `None` where no date is known.
    age_hours: Option<f64>,
    /// How much of it is about what the newsletter is named after, `0.0..=1.0`.
    subject: f64,
    answers_topic: bool,
    is_incident: bool,
    explains: bool,
}

impl<'a> Facts<'a> {
    fn of(story: &RankStory, input: &'a RankStoriesInput, subject: &Subject) -> Self {
        let count = input.beats.len().max(1) as f64;
        let beat = story
            .beats
            .iter()
            .filter_map(|own| {
                let mut beats = input.beats.iter().enumerate();
                beats.find(|(_, beat)| beat.eq_ignore_ascii_case(own))
            })
            .min_by_key(|(at, _)| *at);
        let age = story
            .published_at
            .map(|at| input.now.since(at.latest()).as_secs_f64() / 3600.0);
        let text: Vec<&str> = std::iter::once(story.title.as_str())
            .chain(story.quotes.iter().map(PromptData::as_str))
            .collect();
        Facts {
            beat: beat.map(|(at, beat)| (beat.as_str(), BEAT * (1.0 - 0.5 * at as f64 / count))),
            age_hours: age.map(|hours| hours.max(0.0)),
            answers_topic: input
                .topics
                .iter()
                .any(|topic| is_about(&text.join(" "), topic.as_str())),
            subject: subject.share(story),
            explains: story.posts == 1 && taste::explains(story.title.as_str()),
            is_incident: taste::is_incident(&text.join("\n")),
        }
    }

    /// Its points. `sureness`: how far what is known of the letter lets its author's taste be guessed, `0.0..=1.0`.
    fn score(&self, story: &RankStory, sureness: f64) -> f64 {
        let points = |yes: bool, points: f64| if yes { points } else { 0.0 };
        let witnesses = f64::from(story.witnesses.saturating_sub(1).min(4)) * WITNESS;
        let posts = sureness * f64::from(story.posts.max(1)).log2().min(4.0) * DOUBLING;
        let recent = self
            .age_hours
            .map_or(0.0, |hours| RECENT * 0.5_f64.powf(hours / 24.0));
        let new = if story.is_new {
            NEW
        } else {
            points(story.has_news, NEW / 2.0)
        };
        witnesses
            + posts
            + recent
            + new
            + self.beat.map_or(0.0, |(_, points)| points)
            + points(self.answers_topic, TOPIC)
            + sureness * points(self.is_incident, INCIDENT)
            + SUBJECT * self.subject
            + self.liking(story)
            - sureness * points(self.explains, EXPLAINER)
            - sureness * points(self.is_small_release(story), RELEASE)
            - points(story.is_routine, ROUTINE)
            - points(story.quotes.is_empty(), MUTE)
            - points(story.is_unwanted, UNWANTED)
    }

    /// A release of something that the newsletter is not named after, and no first or new major version.
    fn is_small_release(&self, story: &RankStory) -> bool {
        story.is_release && self.subject < 1.0 && !is_major(story.title.as_str())
    }

    /// What past choices add or take off.
    fn liking(&self, story: &RankStory) -> f64 {
        let off_max = if self.is_incident {
            DISLIKE_OF_INCIDENT_MAX
        } else {
            DISLIKE_MAX
        };
        let score = story.liking.as_ref().map_or(0.0, |liking| liking.score);
        (LIKING * score.clamp(-1.0, 1.0)).max(-off_max)
    }
}

/// Whether a text is about what a reader asked: two thirds of the question's stems stand in it, at least two.
fn is_about(text: &str, question: &str) -> bool {
    let asked = words::content_stems(question);
    let stems = words::content_stems(text);
    let common = asked.iter().filter(|stem| stems.contains(stem)).count();
    common >= 2 && common * 3 >= asked.len() * 2
}

/// Whether a title names a first or a new major version: `1.0`, `v3.0.0`.
fn is_major(title: &str) -> bool {
    static MAJOR: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?:^|[\sv])[1-9]\d{0,2}\.0(?:\.0)?(?:[\s,:;.!]|$)"));
    MAJOR.is_match(title)
}

#[cfg(test)]
mod tests {
    use copydesk_domain::task::StoryLiking;

    use super::*;

    fn story(id: &str, posts: u32, publishers: &[&str]) -> RankStory {
        RankStory {
            id: id.to_owned(),
            title: "A new planner".into(),
            publishers: publishers.iter().map(|name| (*name).into()).collect(),
            posts,
            witnesses: u32::try_from(publishers.len()).unwrap(),
            beats: vec!["cloud".to_owned()],
            published_at: "2026-08-20T12:00:00Z".parse().ok(),
            is_new: true,
            has_news: true,
            is_release: false,
            is_routine: false,
            quotes: vec!["The planner is faster than before.".into()],
            liking: None,
            is_unwanted: false,
        }
    }

    fn liked(id: &str, score: f64, because: &str) -> RankStory {
        RankStory {
            liking: Some(StoryLiking {
                score,
                because: vec![because.into()],
            }),
            ..story(id, 1, &["Norn"])
        }
    }

    fn ranked(stories: Vec<RankStory>, topics: &[&str]) -> RankStoriesOutput {
        order(&RankStoriesInput {
            now: "2026-08-20T23:00:00Z".parse().unwrap(),
            newsletter: "Harbour Weekly".to_owned(),
            beats: vec!["AI".to_owned(), "cloud".to_owned()],
            topics: topics.iter().map(|topic| (*topic).into()).collect(),
            stories,
        })
    }

    fn ids(output: &RankStoriesOutput) -> Vec<&str> {
        output.ranking.iter().map(|ranked| ranked.id.as_str()).collect()
    }

    #[test]
    fn many_posts_from_two_publishers_lead() {
        let output = ranked(
            vec![
                story("single", 1, &["Norn"]),
                story("twelve", 12, &["Norn"]),
                story("two", 9, &["Norn", "Tarnhelm"]),
            ],
            &[],
        );
        assert_eq!(ids(&output), ["two", "twelve", "single"]);
        assert_eq!(
            output.ranking[0].reason,
            "9 posts from 2 publishers, new today, on cloud"
        );
        assert_eq!(output.ranking[2].reason, "1 post from Norn, new today, on cloud");
    }

    #[test]
    fn routine_and_old_stories_sink() {
        let mut routine = story("routine", 1, &["Norn"]);
        routine.is_routine = true;
        let mut told = story("told", 1, &["Norn"]);
        told.is_new = false;
        told.has_news = false;
        let output = ranked(vec![routine, told, story("plain", 1, &["Norn"])], &[]);
        assert_eq!(ids(&output), ["plain", "told", "routine"]);
    }

    #[test]
    fn what_readers_asked_rises() {
        let mut asked = story("asked", 1, &["Norn"]);
        asked.title = "Signing keys rotate every month now".into();
        let output = ranked(
            vec![story("plain", 1, &["Lattice"]), asked],
            &["How often do signing keys rotate?"],
        );
        assert_eq!(ids(&output)[0], "asked");
        assert!(output.ranking[0].reason.contains("readers asked about it"));
    }

    #[test]
    fn equal_stories_keep_their_order() {
        let output = ranked(vec![story("b", 1, &["Norn"]), story("a", 1, &["Norn"])], &[]);
        assert_eq!(ids(&output), ["b", "a"]);
    }

    #[test]
    fn what_the_author_told_before_rises_and_says_so() {
        let output = ranked(
            vec![
                liked("passed", -0.6, "you told 0 of 8 by Norn"),
                story("plain", 1, &["Norn"]),
                liked("told", 0.6, "you told 4 of 5 by Norn"),
            ],
            &[],
        );
        assert_eq!(ids(&output), ["told", "plain", "passed"]);
        assert_eq!(
            output.ranking[0].reason,
            "1 post from Norn, new today, you told 4 of 5 by Norn, on cloud"
        );
    }

    #[test]
    fn no_habit_hides_an_incident() {
        let mut incident = liked("incident", -1.0, "you told 0 of 30 by Norn");
        incident.title = "A breach at Norn".into();
        let output = ranked(vec![story("plain", 1, &["Norn"]), incident], &[]);
        assert_eq!(ids(&output), ["incident", "plain"]);
    }

    #[test]
    fn what_the_newsletter_is_named_after_rises() {
        let mut named = story("named", 1, &["Norn"]);
        named.title = "Harbours get a registry".into();
        let output = ranked(vec![story("plain", 1, &["Norn"]), named], &[]);
        assert_eq!(ids(&output), ["named", "plain"]);
        assert!(
            output.ranking[0]
                .reason
                .contains("on the newsletter's own subject")
        );
    }

    #[test]
    fn a_release_of_the_newsletters_own_subject_is_no_small_one() {
        let release = |id: &str, title: &str, publisher: &str| RankStory {
            title: title.into(),
            is_release: true,
            ..story(id, 1, &[publisher])
        };
        let mut quoted = release("quoted", "Norn 1.2", "Norn");
        quoted.quotes = vec!["The harbour runs on Norn now.".into()];
        let own = release("own", "Harbour 1.2", "Norn");
        let points = |story: &RankStory| {
            let input = RankStoriesInput {
                now: "2026-08-20T23:00:00Z".parse().unwrap(),
                newsletter: "Harbour Weekly".to_owned(),
                beats: Vec::new(),
                topics: Vec::new(),
                stories: Vec::new(),
            };
            Facts::of(story, &input, &Subject::of(&input.newsletter)).score(story, 1.0)
        };
        let apart = points(&own) - points(&quoted);
        assert!((apart - SUBJECT / 2.0 - RELEASE).abs() < 1e-9, "{apart}");
    }

    #[test]
    fn the_less_is_known_of_a_letter_the_less_its_taste_is_guessed() {
        let mut incident = story("incident", 1, &["Norn"]);
        incident.title = "A breach at the registry".into();
        incident.published_at = "2026-08-20T00:00:00Z".parse().ok();
        let mut newest = story("newest", 1, &["Moss"]);
        newest.published_at = "2026-08-20T23:00:00Z".parse().ok();
        let first = |newsletter: &str, beats: &[&str], stories: &[&RankStory]| {
            let output = order(&RankStoriesInput {
                now: "2026-08-20T23:00:00Z".parse().unwrap(),
                newsletter: newsletter.to_owned(),
                beats: beats.iter().map(|beat| (*beat).to_owned()).collect(),
                topics: Vec::new(),
                stories: stories.iter().map(|story| (*story).clone()).collect(),
            });
            output.ranking[0].id.clone()
        };
        let both = [&incident, &newest];
        assert_eq!(first("Harbour Weekly", &[], &both), "incident");
        assert_eq!(first("", &[], &both), "newest", "recency");
        assert_eq!(first("The Daily Brief", &["cloud"], &both), "newest");
        // An incident of nearly the same hour leads where beats are known, and a second witness does anywhere.
        incident.published_at = "2026-08-20T20:00:00Z".parse().ok();
        assert_eq!(
            first("The Daily Brief", &["cloud"], &[&incident, &newest]),
            "incident"
        );
        incident.witnesses = 2;
        assert_eq!(first("", &[], &[&incident, &newest]), "incident");
        // Past choices say more than a name.
        let moss = liked("moss", 0.1, "you told 4 of 4 by Moss");
        incident.witnesses = 1;
        incident.published_at = "2026-08-20T00:00:00Z".parse().ok();
        assert_eq!(first("", &[], &[&incident, &newest, &moss]), "incident");
    }

    #[test]
    fn what_the_author_does_not_want_stands_last() {
        let mut unwanted = story("unwanted", 9, &["Norn", "Tarnhelm", "Moss"]);
        unwanted.is_unwanted = true;
        let mut routine = story("routine", 1, &["Norn"]);
        routine.is_routine = true;
        let output = ranked(vec![unwanted, routine], &[]);
        assert_eq!(ids(&output), ["routine", "unwanted"]);
        assert!(output.ranking[1].reason.starts_with("you said not interested"));
    }
}
