use std::collections::BTreeMap;

use copydesk_domain::StageName;
use copydesk_domain::task::{self, Task};

use super::context::PromptContext;
use super::front_matter;
use super::template::{PromptError, render_text};
use crate::nearest::suggestion;
use crate::problem::Problem;

/// A task with what its prompt file must say.
struct Known {
    name: &'static str,
    version: u32,
    path: &'static str,
}

fn known<T: Task>() -> Known {
    Known {
        name: T::NAME,
        version: T::VERSION,
        path: T::PROMPT,
    }
}

fn all_known() -> Vec<Known> {
    vec![
        known::<task::TakeNotes>(),
        known::<task::RankStories>(),
        known::<task::FollowUp>(),
        known::<task::PlanIssue>(),
        known::<task::WriteSection>(),
        known::<task::WriteTitle>(),
        known::<task::JudgeClaim>(),
        known::<task::SuggestEdits>(),
        known::<task::RateDraft>(),
        known::<task::TriageReply>(),
        known::<task::DraftAnswer>(),
        known::<task::OpenQuestions>(),
    ]
}

/// Keys that front matter may have.
const HEAD_KEYS: &[&str] = &["task", "version", "description"];

/// Every problem of the prompt files (path below `prompts/` to text).
pub(crate) fn check(prompts: &BTreeMap<String, String>) -> Vec<Problem> {
    let mut problems = Vec::new();
    let tasks = all_known();
    for task in &tasks {
        let file = format!("prompts/{}", task.path);
        match prompts.get(task.path) {
            Some(text) => problems.extend(check_one(&file, task, text)),
            None => problems.push(
                Problem::error(file, format!("the prompt of the task `{}` is missing", task.name))
                    .with_hint("`copydesk init DIR` writes it and leaves the other files alone"),
            ),
        }
    }
    // Prompts of custom stages belong to no task of ours; they still have to render. A file without front matter, such
    // as a README, is no prompt.
    let others = prompts
        .iter()
        .filter(|(path, _)| tasks.iter().all(|task| task.path != path.as_str()));
    let custom = others.filter(|(_, text)| text.starts_with("---"));
    problems.extend(custom.filter_map(|(path, text)| unrendered(&format!("prompts/{path}"), text)));
    problems
}

fn check_one(file: &str, task: &Known, text: &str) -> Vec<Problem> {
    let prompt = match front_matter::split(file, text) {
        Ok(prompt) => prompt,
        Err(error) => return vec![of_error(file, &error)],
    };
    let mut problems = Vec::new();
    let version = task.version.to_string();
    for (key, wanted) in [("task", task.name), ("version", version.as_str())] {
        let problem = match prompt.head.get(key) {
            Some((value, _)) if *value == wanted => continue,
            Some((value, line)) => {
                let message = format!("`{key}` is `{value}` and this program asks `{wanted}`");
                Problem::error(file, message).at_line(*line)
            }
            None => {
                Problem::error(file, format!("`{key}: {wanted}` is missing in the front matter")).at_line(1)
            }
        };
        problems.push(Problem {
            key: key.to_owned(),
            ..problem
        });
    }
    problems.extend(unknown_keys(file, &prompt));
    problems.extend(unrendered(file, text));
    problems
}

/// Every problem of a custom stage's prompt file that [`check`] does not tell. `stages`: those that use it.
pub(crate) fn check_custom(file: &str, text: &str, stages: &[StageName]) -> Vec<Problem> {
    let prompt = match front_matter::split(file, text) {
        Ok(prompt) => prompt,
        // Where it starts as front matter, `check` has told how it goes on wrong.
        Err(_) if text.starts_with("---") => return Vec::new(),
        Err(error) => return vec![of_error(file, &error)],
    };
    let mut problems = unknown_keys(file, &prompt);
    if let Some((task, line)) = prompt.head.get("task")
        && !stages.iter().any(|stage| stage.as_str() == *task)
    {
        let names: Vec<&str> = stages.iter().map(StageName::as_str).collect();
        let message = format!(
            "`task` is `{task}`, and the custom stage is called `{}`",
            names.join("`, `")
        );
        problems.push(
            Problem::error(file, message)
                .at_line(*line)
                .with_hint("leave `task` out, or write the stage's name"),
        );
    }
    if let Some((version, line)) = prompt.head.get("version")
        && !version.parse::<u32>().is_ok_and(|version| version >= 1)
    {
        let message = format!("`version` is `{version}` and not a whole number from 1");
        problems.push(Problem::error(file, message).at_line(*line));
    }
    problems
}

fn unknown_keys(file: &str, prompt: &front_matter::Prompt<'_>) -> Vec<Problem> {
    let unknown = prompt.head.iter().filter(|(key, _)| !HEAD_KEYS.contains(*key));
    unknown
        .map(|(key, (_, line))| {
            let problem = Problem::error(file, format!("unknown key `{key}` in the front matter"));
            Problem {
                key: (*key).to_owned(),
                hint: suggestion(key, HEAD_KEYS),
                ..problem.at_line(*line)
            }
        })
        .collect()
}

fn unrendered(file: &str, text: &str) -> Option<Problem> {
    render_text(file, text, &PromptContext::sample())
        .err()
        .map(|error| of_error(file, &error))
}

pub(super) fn of_error(file: &str, error: &PromptError) -> Problem {
    match error {
        PromptError::Missing { .. } => Problem::error(file, error.to_string()),
        PromptError::FrontMatter { line, message, .. } | PromptError::Template { line, message, .. } => {
            Problem::error(file, message.clone()).at_line(*line)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "---\ntask: take_notes\nversion: 1\n---\n";

    fn lines(path: &str, text: &str) -> Vec<String> {
        let mut prompts: BTreeMap<String, String> = task::ALL
            .iter()
            .map(|(_, path)| {
                (
                    (*path).to_owned(),
                    crate::shipped::text(&format!("prompts/{path}"))
                        .unwrap()
                        .to_owned(),
                )
            })
            .collect();
        prompts.insert(path.to_owned(), text.to_owned());
        check(&prompts).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn the_list_of_tasks_is_that_of_the_domain() {
        let listed: Vec<(&str, &str)> = all_known().iter().map(|task| (task.name, task.path)).collect();
        assert_eq!(listed, task::ALL);
    }

    #[test]
    fn a_name_that_is_not_given_is_an_error_at_its_line() {
        assert_eq!(
            lines("research/take_notes.md", &format!("{HEAD}\n{{{{ voise }}}}")),
            [
                "prompts/research/take_notes.md:6: the template names something that it is not given; \
              `voice`, `beats`, `pipeline` and `newsletter` are given"
            ]
        );
    }

    #[test]
    fn front_matter_of_another_version_is_an_error() {
        assert_eq!(
            lines(
                "research/take_notes.md",
                "---\ntask: take_note\nversion: 2\nversoin: 1\n---\nx"
            ),
            [
                "prompts/research/take_notes.md:2: `task` is `take_note` and this program asks `take_notes`",
                "prompts/research/take_notes.md:3: `version` is `2` and this program asks `1`",
                "prompts/research/take_notes.md:4: unknown key `versoin` in the front matter; did you mean `version`?",
            ]
        );
        assert_eq!(
            lines("research/take_notes.md", "You read.\n"),
            [
                "prompts/research/take_notes.md:1: front matter is missing: the file starts with `---`, `task: …`, \
              `version: …`, `---`"
            ]
        );
    }

    #[test]
    fn a_missing_prompt_names_the_command_that_writes_it() {
        let problems = check(&BTreeMap::new());
        assert_eq!(problems.len(), task::ALL.len());
        assert_eq!(
            problems[0].to_string(),
            "prompts/research/take_notes.md: the prompt of the task `take_notes` is missing; \
             `copydesk init DIR` writes it and leaves the other files alone"
        );
    }
}
