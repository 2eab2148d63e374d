//! Why a story stands where it stands, in one line.

use copydesk_domain::task::RankStory;
use copydesk_domain::{PromptData, counted};

use super::Facts;

/// `9 posts from 2 publishers, new today, on security`.
pub(super) fn reason(facts: &Facts<'_>, story: &RankStory) -> String {
    let mut parts = Vec::new();
    if story.is_unwanted {
        parts.push("you said not interested".to_owned());
    }
    parts.push(witnesses(story));
    parts.push(novelty(facts, story).to_owned());
    if facts.is_incident {
        parts.push("an incident".to_owned());
    }
    if story.is_release {
        parts.push("a release".to_owned());
    }
    if facts.explains {
        parts.push("background".to_owned());
    }
    if facts.answers_topic {
        parts.push("readers asked about it".to_owned());
    }
    let because = story.liking.iter().filter_map(|liking| liking.because.first());
    parts.extend(because.map(PromptData::as_str).map(str::to_owned));
    if let Some((beat, _)) = facts.beat {
        parts.push(format!("on {beat}"));
    }
    if facts.subject > 0.0 {
        parts.push("on the newsletter's own subject".to_owned());
    }
    if story.is_routine {
        parts.push("routine".to_owned());
    }
    parts.join(", ")
}

fn novelty(facts: &Facts<'_>, story: &RankStory) -> &'static str {
    let today = facts.age_hours.is_some_and(|hours| hours < 24.0);
    match (story.is_new, story.has_news, today) {
        (true, _, true) => "new today",
        (true, _, false) => "not told before",
        (false, true, _) => "told before, something new",
        (false, false, _) => "told before, nothing new",
    }
}

fn witnesses(story: &RankStory) -> String {
    let posts = counted(
        usize::try_from(story.posts).unwrap_or(usize::MAX),
        "post",
        "posts",
    );
    let publishers = story.publishers.len();
    match publishers {
        0 => posts,
        1 => format!("{posts} from {}", story.publishers[0].as_str()),
        _ => format!("{posts} from {publishers} publishers"),
    }
}
