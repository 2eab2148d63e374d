//! `plan_issue`: gives each section its stories, by rank.

use std::collections::BTreeMap;

use copydesk_domain::task::{PlanIssueInput, PlanIssueOutput, PlanSection, PlanStory, PlannedSection};

/// Sections that choose before others, whatever their place in the issue: the lead takes the first story, the
/// releases take what is theirs, the roundup takes the rest.
const CHOOSING: &[&str] = &["lead", "releases", "roundup"];

/// Places stories. No story is told twice, but for the bottom line, the closing question and the author's sections,
/// which speak of the lead; routine and told stories stay out, and a thin day stays thin.
pub fn place(input: &PlanIssueInput) -> PlanIssueOutput {
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
            let chosen: Vec<&str> = input
                .stories
                .iter()
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
    PlanIssueOutput {
        sections: sections.collect(),
    }
}

fn is_worth_telling(story: &PlanStory) -> bool {
    story.notes > 0 && story.has_news && !story.is_routine
}

fn is_on_beat(section: &PlanSection, story: &PlanStory) -> bool {
    section.beats.is_empty() || section.beats.iter().any(|beat| story.beats.contains(beat))
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
        });
        output
            .sections
            .into_iter()
            .map(|section| (section.heading, section.stories))
            .collect()
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
