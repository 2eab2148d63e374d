//! `rank_stories`: an open score over the given facts, and one line of reason.

use copydesk_domain::PromptData;
use std::sync::LazyLock;

use copydesk_domain::task::{RankStoriesInput, RankStoriesOutput, RankStory, RankedStory};
use copydesk_text::words;
use regex::Regex;

use super::fit::regex;

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
/// For a story of this hour; halves with each day.
const RECENT: f64 = 2.0;
/// For a story that answers what readers asked.
const TOPIC: f64 = 3.0;
/// For an incident: something broke, leaked or was attacked.
const INCIDENT: f64 = 1.5;
/// Off for a post that explains rather than tells: a guide, an interview, the third part of a series.
const EXPLAINER: f64 = 1.0;
/// Off for a release of a version.
const RELEASE: f64 = 1.0;
/// Off for a meeting, a hiring post and the like.
const ROUTINE: f64 = 6.0;
/// Off for a story with nothing that can be quoted.
const MUTE: f64 = 4.0;

/// Orders the stories; equal ones keep the order of the input.
pub fn order(input: &RankStoriesInput) -> RankStoriesOutput {
    let mut scored: Vec<(f64, RankedStory)> = input
        .stories
        .iter()
        .map(|story| {
            let facts = Facts::of(story, input);
            (
                facts.score(story),
                RankedStory {
                    id: story.id.clone(),
                    reason: facts.reason(story),
                },
            )
        })
        .collect();
    scored.sort_by(|a, b| b.0.total_cmp(&a.0));
    RankStoriesOutput {
        ranking: scored.into_iter().map(|(_, ranked)| ranked).collect(),
    }
}

/// What is worked out of the input for one story.
struct Facts<'a> {
    /// The first of its beats that is the newsletter's, with its points.
    beat: Option<(&'a str, f64)>,
    /// Hours since its newest post; `None` where no date is known.
    age_hours: Option<f64>,
    answers_topic: bool,
    is_incident: bool,
    explains: bool,
}

impl<'a> Facts<'a> {
    fn of(story: &RankStory, input: &'a RankStoriesInput) -> Self {
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
            explains: story.posts == 1 && explains(story.title.as_str()),
            is_incident: INCIDENTS.is_match(&text.join("\n")),
        }
    }

    fn score(&self, story: &RankStory) -> f64 {
        let points = |yes: bool, points: f64| if yes { points } else { 0.0 };
        let witnesses = f64::from(story.witnesses.saturating_sub(1).min(4)) * WITNESS;
        let posts = f64::from(story.posts.max(1)).log2().min(4.0) * DOUBLING;
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
            + points(self.is_incident, INCIDENT)
            - points(self.explains, EXPLAINER)
            - points(
                story.is_release,
                if is_major(story.title.as_str()) {
                    0.0
                } else {
                    RELEASE
                },
            )
            - points(story.is_routine, ROUTINE)
            - points(story.quotes.is_empty(), MUTE)
    }

    /// `9 posts from 2 publishers, new today, on security`.
    fn reason(&self, story: &RankStory) -> String {
        let mut parts = vec![witnesses(story)];
        let today = self.age_hours.is_some_and(|hours| hours < 24.0);
        parts.push(
            match (story.is_new, story.has_news, today) {
                (true, _, true) => "new today",
                (true, _, false) => "not told before",
                (false, true, _) => "told before, something new",
                (false, false, _) => "told before, nothing new",
            }
            .to_owned(),
        );
        if self.is_incident {
            parts.push("an incident".to_owned());
        }
        if story.is_release {
            parts.push("a release".to_owned());
        }
        if self.explains {
            parts.push("background".to_owned());
        }
        if self.answers_topic {
            parts.push("readers asked about it".to_owned());
        }
        if let Some((beat, _)) = self.beat {
            parts.push(format!("on {beat}"));
        }
        if story.is_routine {
            parts.push("routine".to_owned());
        }
        parts.join(", ")
    }
}

fn witnesses(story: &RankStory) -> String {
    let posts = if story.posts == 1 {
        "1 post".to_owned()
    } else {
        format!("{} posts", story.posts)
    };
    let publishers = story.publishers.len();
    match publishers {
        0 => posts,
        1 => format!("{posts} from {}", story.publishers[0].as_str()),
        _ => format!("{posts} from {publishers} publishers"),
    }
}

/// Whether a text is about what a reader asked: two thirds of the question's stems stand in it, at least two.
fn is_about(text: &str, question: &str) -> bool {
    let asked = words::content_stems(question);
    let stems = words::content_stems(text);
    let common = asked.iter().filter(|stem| stems.contains(stem)).count();
    common >= 2 && common * 3 >= asked.len() * 2
}

/// Whether a title promises an explanation: a guide, an interview, or a thing being done (`Federating clusters …`).
fn explains(title: &str) -> bool {
    // Said of news, not of a lesson.
    const NEWS: &[&str] = &[
        "announcing",
        "introducing",
        "releasing",
        "launching",
        "deprecating",
        "retiring",
        "removing",
        "ending",
        "sunsetting",
        "closing",
        "moving",
        "changing",
        "joining",
        "welcoming",
        "opening",
        "shipping",
        "fixing",
        "breaking",
        "stabilizing",
        "stabilising",
        "updating",
    ];
    let first = title.split_whitespace().next().unwrap_or_default().to_lowercase();
    let is_doing = first.len() > 5 && first.ends_with("ing") && !NEWS.contains(&first.as_str());
    is_doing || EXPLAINERS.is_match(title)
}

/// Whether a title names a first or a new major version: `1.0`, `v3.0.0`.
fn is_major(title: &str) -> bool {
    static MAJOR: LazyLock<Regex> =
        LazyLock::new(|| regex(r"(?:^|[\sv])[1-9]\d{0,2}\.0(?:\.0)?(?:[\s,:;.!]|$)"));
    MAJOR.is_match(title)
}

static EXPLAINERS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?xi)^(?:how|why|what|when|don['’]t|stop|understanding|introducing\s+to|getting\s+started|meet|inside|spotlight)\b
        | \b(?:guide|introduction\s+to|tutorial|spotlight|deep\s+dive|part\s+\d|interview|case\s+study|lessons|best\s+practices|explained|walkthrough|patterns\s+for|ask\s+me|in\s+review|recap|podcast|in\s+one\s+command|step\s+by\s+step|from\s+scratch)\b",
    )
});

static INCIDENTS: LazyLock<Regex> = LazyLock::new(|| {
    regex(
        r"(?xi)\b(?:vulnerabilit\w+|exploit\w*|malicious\w*|malware|attack(?:s|ers?|ed)?|breach\w*|compromis\w+|leak(?:s|ed)?|stolen|backdoor\w*
        |outage|incident|data\s+loss|corrupt(?:s|ed|ion)?|ransom\w*|CVE-\d+-\d+|hijack\w*|phishing|unsound|denial\s+of\s+service|path\s+traversal|type\s+confusion|use[\s-]after[\s-]free|(?:argument|command|code|sql|prompt)\s+injection|bypass\w*|unbounded|double\s+free|security\s+(?:release|update|advisory|fix)\w*|arbitrary\s+(?:file|code)|remote\s+(?:code|memory|panic)|memory\s+exhaustion)\b",
    )
});

#[cfg(test)]
mod tests {
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
        }
    }

    fn ranked(stories: Vec<RankStory>, topics: &[&str]) -> RankStoriesOutput {
        order(&RankStoriesInput {
            now: "2026-08-20T23:00:00Z".parse().unwrap(),
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
}
