//! `plan_issue`: gives each section its stories, by rank.

mod heard;

use std::collections::BTreeMap;

use copydesk_domain::PromptData;
use copydesk_domain::task::{PlanIssueInput, PlanIssueOutput, PlanSection, PlanStory, PlannedSection};
use copydesk_text::words;

use heard::{Heard, Means};

/// Sections that choose before others, whatever their place in the issue: the lead takes the first story, the
/// releases take what is theirs, the roundup takes the rest.
const CHOOSING: &[&str] = &["lead", "releases", "roundup"];

/// Words of a note that take a story out, at the head of a wish.
const DROP: &[&str] = &["drop", "leave out", "remove", "skip", "take out", "cut"];
/// Words of a note that put a story first, at the head of a wish.
const LEAD: &[&str] = &["lead with", "start with", "open with", "put first"];
/// Words that may stand before them.
const POLITE: &[&str] = &[
    "please",
    "also",
    "and",
    "but",
    "then",
    "instead",
    "rather",
    "just",
    "can you",
    "could you",
];

/// Places stories. No story is told twice, but for the bottom line, the closing question and the author's sections,
/// which speak of the lead; routine and told stories stay out, and a thin day stays thin.
pub fn place(input: &PlanIssueInput) -> PlanIssueOutput {
    let (stories, heard) = asked_for(input);
    let has_releases = input.sections.iter().any(|section| section.kind == "releases");
    let mut placed: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut used: Vec<&str> = Vec::new();
    for kind in CHOOSING {
        for (at, section) in input
            .sections
            .iter()
            .enumerate()
            .filter(|(_, section)| section.kind == *kind)
        {
            let room = if *kind == "lead" {
                1
            } else {
                usize::try_from(section.stories_max).unwrap_or(usize::MAX)
            };
            let fits = |story: &&PlanStory| {
                is_worth_telling(story)
                    && !used.contains(&story.id.as_str())
                    && is_on_beat(section, story)
                    && match *kind {
                        "releases" => story.is_release,
                        "roundup" => !(story.is_release && has_releases),
                        _ => true,
                    }
            };
            let chosen: Vec<&str> = stories
                .iter()
                .copied()
                .filter(fits)
                .take(room)
                .map(|s| s.id.as_str())
                .collect();
            used.extend(&chosen);
            placed.insert(at, chosen.into_iter().map(str::to_owned).collect());
        }
    }
    let lead = lead_of(input, &placed);
    let sections = input
        .sections
        .iter()
        .enumerate()
        .map(|(at, section)| PlannedSection {
            heading: section.heading.clone(),
            stories: match section.kind.as_str() {
                "bottom_line" | "take" | "question" => lead.iter().cloned().collect(),
                "pattern" => pattern(input, section),
                _ => placed.remove(&at).unwrap_or_default(),
            },
        });
    let sections: Vec<PlannedSection> = sections.collect();
    let wishes = heard
        .into_iter()
        .map(|wish| wish.settled(input, &sections))
        .collect();
    PlanIssueOutput { sections, wishes }
}

/// The stories as the author's note wants them: one that it asks to drop is out, one that it asks to lead is first.
///
/// Reads only plain wishes, such as "drop the story on egress prices" and "lead with Corrie 2"; a story is meant
/// where a wish names two telling words of its title, or one that stands in no other title.
fn asked_for(input: &PlanIssueInput) -> (Vec<&PlanStory>, Vec<Heard<'_>>) {
    let mut stories: Vec<&PlanStory> = input.stories.iter().collect();
    let mut heard: Vec<Heard<'_>> = Vec::new();
    let note = input.author_note.as_ref().map_or("", PromptData::as_str);
    let titles: Vec<Vec<String>> = input
        .stories
        .iter()
        .map(|story| words::content_stems(story.title.as_str()))
        .collect();
    let is_only_here = |stem: &String| titles.iter().filter(|title| title.contains(stem)).count() == 1;
    for wish in wishes(note) {
        let (is_drop, rest) = match (after_cue(wish, DROP), after_cue(wish, LEAD)) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => {
                heard.extend(Heard::unread(wish));
                continue;
            }
        };
        let named: Vec<String> = words::content_stems(rest)
            .into_iter()
            .filter(|stem| !stem.bytes().all(|byte| byte.is_ascii_digit()))
            .collect();
        let is_meant = |story: &PlanStory| {
            let title = words::content_stems(story.title.as_str());
            let shared: Vec<&String> = title.iter().filter(|stem| named.contains(stem)).collect();
            shared.len() >= 2 || shared.iter().any(|stem| is_only_here(stem))
        };
        heard.push(Heard {
            wish,
            means: if is_drop { Means::Drop } else { Means::Lead },
            stories: stories.iter().copied().filter(|story| is_meant(story)).collect(),
        });
        if is_drop {
            stories.retain(|story| !is_meant(story));
        } else {
            // A stable sort keeps the rank among the others.
            stories.sort_by_key(|story| !is_meant(story));
        }
    }
    (stories, heard)
}

/// The wishes of a note: its sentences, cut again before each cue that an `and`, a `but` or a comma introduces. A full
/// stop inside a version ends nothing.
fn wishes(note: &str) -> Vec<&str> {
    let mut wishes: Vec<&str> = Vec::new();
    for sentence in note.split(['\n', ';', '!']).flat_map(|line| line.split(". ")) {
        let mut start = 0;
        for (at, mark) in sentence.match_indices([',', ' ']) {
            let rest = &sentence[at + mark.len()..];
            let is_joint = mark == "," || ["and ", "but "].iter().any(|word| rest.starts_with(word));
            let opens = after_cue(rest, DROP).is_some() || after_cue(rest, LEAD).is_some();
            if is_joint && opens && at > start {
                wishes.push(&sentence[start..at]);
                start = at + mark.len();
            }
        }
        wishes.push(&sentence[start..]);
    }
    wishes
}

/// What stands behind a cue at the head of a wish.
fn after_cue<'a>(wish: &'a str, cues: &[&str]) -> Option<&'a str> {
    let mut rest = wish.trim_start_matches(|c: char| !c.is_alphanumeric());
    while let Some(behind) = POLITE.iter().find_map(|word| after_word(rest, word)) {
        rest = behind;
    }
    cues.iter().find_map(|cue| after_word(rest, cue))
}

/// The text behind a word or two at its head, in any case, where they end as words.
fn after_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let head = text.get(..word.len())?;
    let rest = &text[word.len()..];
    let ends = rest.starts_with(|c: char| !c.is_alphanumeric());
    (head.eq_ignore_ascii_case(word) && ends).then(|| rest.trim_start_matches(|c: char| !c.is_alphanumeric()))
}

fn is_worth_telling(story: &PlanStory) -> bool {
    story.notes > 0 && story.has_news && !story.is_routine
}

fn is_on_beat(section: &PlanSection, story: &PlanStory) -> bool {
    section.beats.is_empty()
        || section.beats.iter().any(|beat| {
            let mut own = story.beats.iter();
            own.any(|own| own.eq_ignore_ascii_case(beat))
        })
}

/// The story of the lead section, or the first one where the issue has none.
fn lead_of(input: &PlanIssueInput, placed: &BTreeMap<usize, Vec<String>>) -> Option<String> {
    let lead = input.sections.iter().position(|section| section.kind == "lead");
    match lead {
        Some(at) => placed.get(&at).and_then(|ids| ids.first().cloned()),
        None => input
            .stories
            .iter()
            .find(|story| is_worth_telling(story))
            .map(|story| story.id.clone()),
    }
}

/// The first stories of the issue, for the author to look for what they share.
fn pattern(input: &PlanIssueInput, section: &PlanSection) -> Vec<String> {
    let room = usize::try_from(section.stories_max).unwrap_or(usize::MAX).min(3);
    let fits = |story: &&PlanStory| is_worth_telling(story) && is_on_beat(section, story);
    input
        .stories
        .iter()
        .filter(fits)
        .take(room)
        .map(|story| story.id.clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::WishFate;

    use super::*;

    fn section(heading: &str, kind: &str) -> PlanSection {
        PlanSection {
            heading: heading.to_owned(),
            kind: kind.to_owned(),
            beats: Vec::new(),
            words_max: 120,
            stories_max: 2,
        }
    }

    fn story(id: &str) -> PlanStory {
        PlanStory {
            id: id.to_owned(),
            title: "A new planner".into(),
            reason: "1 post".to_owned(),
            beats: vec!["cloud".to_owned()],
            posts: 1,
            witnesses: 1,
            notes: 3,
            is_release: false,
            has_news: true,
            is_routine: false,
        }
    }

    fn placed(sections: Vec<PlanSection>, stories: Vec<PlanStory>) -> Vec<(String, Vec<String>)> {
        let output = place(&PlanIssueInput {
            format: "post".to_owned(),
            sections,
            stories,
            author_note: None,
        });
        output
            .sections
            .into_iter()
            .map(|section| (section.heading, section.stories))
            .collect()
    }

    #[test]
    fn the_authors_note_takes_a_story_out_or_puts_it_first() {
        let titled = |id: &str, title: &str| PlanStory {
            title: PromptData::from(title),
            ..story(id)
        };
        let ids = |note: &str| {
            let stories = vec![
                titled("s1", "Tarnhelm gave away private keys"),
                titled("s2", "Aldermoor raises egress prices"),
            ];
            let input = PlanIssueInput {
                format: "post".to_owned(),
                sections: vec![section("Lead", "lead")],
                stories,
                author_note: Some(PromptData::from(note)),
            };
            place(&input).sections[0].stories.clone()
        };
        assert_eq!(ids("Please leave out the Tarnhelm keys."), ["s2"]);
        assert_eq!(ids("Lead with the egress prices."), ["s2"]);
        assert_eq!(ids("Lead with Aldermoor 1.27. Keep the rest."), ["s2"]);
        assert_eq!(ids("Drop Tarnhelm and lead with the prices."), ["s2"]);
        assert_eq!(ids("There is no need to shorten the Tarnhelm story."), ["s1"]);
        assert_eq!(
            ids("Lead with the egress prices; nothing is removed on Tarnhelm."),
            ["s2"]
        );
        assert_eq!(ids("Please skip the prices, and lead with the keys."), ["s1"]);
        assert_eq!(ids("Make it shorter."), ["s1"]);
    }

    #[test]
    fn each_wish_of_a_note_is_told_what_became_of_it() {
        let titled = |id: &str, title: &str| PlanStory {
            title: PromptData::from(title),
            ..story(id)
        };
        let mut mute = titled("s3", "Corrie closes a mirror");
        mute.notes = 0;
        let input = PlanIssueInput {
            format: "post".to_owned(),
            sections: vec![section("In brief", "roundup"), section("Lead", "lead")],
            stories: vec![
                titled("s1", "Tarnhelm gave away private keys"),
                titled("s2", "Aldermoor raises egress prices"),
                mute,
            ],
            author_note: Some(
                "Drop Tarnhelm and lead with the prices. Make it shorter. Drop the weather; lead with Corrie.".into(),
            ),
        };
        let found = place(&input).wishes;
        let told: Vec<(&str, WishFate)> = found.iter().map(|wish| (wish.text.as_str(), wish.fate)).collect();
        assert_eq!(
            told,
            [
                ("Drop Tarnhelm", WishFate::Followed),
                ("and lead with the prices", WishFate::Followed),
                ("Make it shorter", WishFate::NotUnderstood),
                ("Drop the weather", WishFate::NotFollowed),
                ("lead with Corrie.", WishFate::NotFollowed),
            ]
        );
        let left_out: Vec<&[String]> = found.iter().map(|wish| wish.left_out.as_slice()).collect();
        assert_eq!(left_out, [&["s1".to_owned()][..], &[], &[], &[], &[]]);
        assert!(
            found[0].reason.contains("Tarnhelm gave away"),
            "{}",
            found[0].reason
        );
        assert!(found[4].reason.contains("can be quoted"), "{}", found[4].reason);
    }

    #[test]
    fn lead_releases_and_rest_share_no_story() {
        let mut release = story("r");
        release.is_release = true;
        let sections = vec![
            section("In brief", "roundup"),
            section("First", "lead"),
            section("New", "releases"),
            section("?", "question"),
        ];
        let found = placed(
            sections,
            vec![story("a"), story("b"), release, story("c"), story("d")],
        );
        assert_eq!(found[0].1, ["b", "c"]);
        assert_eq!(found[1].1, ["a"]);
        assert_eq!(found[2].1, ["r"]);
        assert_eq!(found[3].1, ["a"]);
    }

    #[test]
    fn a_thin_day_stays_thin() {
        let (mut routine, mut mute, mut told) = (story("a"), story("b"), story("c"));
        routine.is_routine = true;
        mute.notes = 0;
        told.has_news = false;
        let found = placed(
            vec![section("First", "lead"), section("In brief", "roundup")],
            vec![routine, mute, told],
        );
        assert!(found.iter().all(|(_, stories)| stories.is_empty()));
    }

    #[test]
    fn sections_keep_to_their_beats() {
        let mut narrow = section("AI", "roundup");
        narrow.beats = vec!["AI".to_owned()];
        let mut fitting = story("x");
        fitting.beats = vec!["AI".to_owned()];
        assert_eq!(placed(vec![narrow], vec![story("a"), fitting])[0].1, ["x"]);
    }

    #[test]
    fn the_bottom_line_speaks_of_the_lead() {
        let found = placed(
            vec![section("Plainly", "bottom_line"), section("First", "lead")],
            vec![story("a"), story("b")],
        );
        assert_eq!(
            (found[0].1.as_slice(), found[1].1.as_slice()),
            (["a".to_owned()].as_slice(), ["a".to_owned()].as_slice())
        );
    }
}
