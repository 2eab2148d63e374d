use super::pipeline::unknown_beat;
use crate::document::{Document, key_path};
use crate::pipeline::{Pipeline, SectionAuthor, SectionConfig, SectionKind};
use crate::problem::Problem;

/// Every problem of `[[section]]`.
pub(super) fn sections(pipeline: &Pipeline, at: &Document<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, section) in pipeline.sections.iter().enumerate() {
        let before = &pipeline.sections[..index];
        if !section.heading.is_empty() && before.iter().any(|other| other.heading == section.heading) {
            let message = format!("two sections have the heading `{}`", section.heading);
            problems.push(at.problem(&key_path!["section", index, "heading"], message));
        }
        problems.extend(of_author(section, index, at));
        for (position, beat) in section.beats.iter().enumerate() {
            let key = key_path!["section", index, "beats", position];
            let found = unknown_beat(pipeline, beat, "the section");
            problems.extend(found.map(|(message, hint)| Problem {
                hint,
                ..at.problem(&key, message).as_warning()
            }));
        }
    }
    problems
}

/// A generated opinion, and an author who writes what code counts, are both refused.
fn of_author(section: &SectionConfig, index: usize, at: &Document<'_>) -> Option<Problem> {
    let key = key_path!["section", index, "by"];
    let kind = section.kind.as_str();
    match (section.kind, section.by) {
        (SectionKind::Take, SectionAuthor::Model) => {
            let problem = at.problem(
                &key,
                format!(
                    "the section `{}` is a take, and a take has an author",
                    section.heading
                ),
            );
            Some(problem.with_hint("write `by = \"author\"`"))
        }
        (SectionKind::Quiet | SectionKind::AlsoRead, SectionAuthor::Author) => {
            let message = format!(
                "the section `{}` is of the kind `{kind}`, which the program makes",
                section.heading
            );
            Some(at.problem(&key, message).with_hint("leave `by` out"))
        }
        _ => None,
    }
}
