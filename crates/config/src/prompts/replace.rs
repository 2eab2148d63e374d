//! A prompt file of somebody's in place of one of a release: `replay --prompt FILE`.

use std::collections::{BTreeMap, BTreeSet};

use super::check;
use super::front_matter;
use crate::custom;
use crate::problem::{Problem, Problems};
use crate::release::Release;

/// The path below `prompts/` of the prompt that `text` can stand in for: that of the task in its front matter, or of
/// the custom stage of that name. A text without `task` stands in for the custom prompt of the same file name.
///
/// `file`: the file's name, for messages.
///
/// # Errors
/// Every problem that `copydesk check` would name if the text stood there.
pub fn replaces(release: &Release, file: &str, text: &str) -> Result<String, Problems> {
    let path = path_of(release, file, text).map_err(|problem| Problems(vec![*problem]))?;
    let mut prompts = release.prompts.clone();
    let before: BTreeSet<String> = problems(release, &prompts)
        .iter()
        .map(ToString::to_string)
        .collect();
    prompts.insert(path.clone(), text.to_owned());
    let mut found = problems(release, &prompts);
    // What was wrong before is no matter of this text.
    found.retain(|problem| problem.is_error() && !before.contains(&problem.to_string()));
    for problem in &mut found {
        file.clone_into(&mut problem.file);
    }
    if found.is_empty() {
        Ok(path)
    } else {
        Err(Problems(found))
    }
}

fn problems(release: &Release, prompts: &BTreeMap<String, String>) -> Vec<Problem> {
    let mut found = check::check(prompts);
    let schemas = &release.schemas;
    found.extend(custom::check(
        std::iter::once(&release.pipeline),
        custom::Files { prompts, schemas },
    ));
    found
}

fn path_of(release: &Release, file: &str, text: &str) -> Result<String, Box<Problem>> {
    let prompt = front_matter::split(file, text).map_err(|error| Box::new(check::of_error(file, &error)))?;
    let task = prompt.head.get("task").map(|(task, _)| *task);
    let mut known: Vec<String> = copydesk_domain::task::ALL
        .iter()
        .map(|(name, _)| (*name).to_owned())
        .collect();
    if let Some(task) = task
        && let Some((_, path)) = copydesk_domain::task::ALL.iter().find(|(name, _)| *name == task)
    {
        return Ok((*path).to_owned());
    }
    for stage in release.pipeline.stages.iter().filter(|stage| stage.is_custom()) {
        let Some(path) = stage.prompt.as_deref().and_then(custom::below) else {
            continue;
        };
        let is_meant = match task {
            Some(task) => stage.stage_name().as_str() == task,
            None => path.rsplit('/').next() == file.rsplit('/').next(),
        };
        if is_meant {
            return Ok(path.to_owned());
        }
        known.push(stage.stage_name().to_string());
    }
    let message = match task {
        Some(task) => format!("`task` is `{task}`, and the run asks no such task"),
        None => "`task: …` is missing in the front matter, and no custom stage's prompt has this file name"
            .to_owned(),
    };
    Err(Box::new(Problem {
        line: prompt.head.get("task").map(|(_, line)| *line).or(Some(1)),
        hint: Some(format!("the tasks are {}", known.join(", "))),
        ..Problem::error(file, message)
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::shipped;

    fn release() -> Release {
        let pipeline = "[pipeline]\nname = \"own\"\n[[stage]]\nagent = \"custom\"\nname = \"digest\"\nprompt = \
                        \"prompts/custom/digest.md\"\n";
        let read = |path: &str| shipped::text(&format!("prompts/{path}")).unwrap().to_owned();
        let mut prompts: BTreeMap<String, String> = copydesk_domain::task::ALL
            .iter()
            .map(|(_, path)| ((*path).to_owned(), read(path)))
            .collect();
        prompts.insert(
            "custom/digest.md".to_owned(),
            "---\nversion: 1\n---\nSum up.\n".to_owned(),
        );
        Release {
            version: "0".to_owned(),
            checker: String::new(),
            config: toml::from_str(shipped::config()).unwrap(),
            pipeline: toml::from_str(pipeline).unwrap(),
            prompts,
            schemas: BTreeMap::new(),
            voice: String::new(),
        }
    }

    fn replaced(file: &str, text: &str) -> Result<String, String> {
        replaces(&release(), file, text).map_err(|problems| problems.0[0].to_string())
    }

    #[test]
    fn a_text_stands_in_for_the_prompt_of_its_task() {
        let text = "---\ntask: write_title\nversion: 1\n---\nWrite a title.\n";
        assert_eq!(
            replaced("/tmp/new.md", text).as_deref(),
            Ok("draft/write_title.md")
        );
        let own = "---\ntask: digest\n---\nSum up in one line.\n";
        assert_eq!(replaced("/tmp/new.md", own).as_deref(), Ok("custom/digest.md"));
        let unnamed = "---\nversion: 2\n---\nSum up.\n";
        assert_eq!(
            replaced("/tmp/digest.md", unnamed).as_deref(),
            Ok("custom/digest.md")
        );
    }

    #[test]
    fn a_text_that_check_would_refuse_is_refused_with_its_line() {
        let wrong = replaced("new.md", "---\ntask: write_title\nversion: 1\n---\n{{ voise }}\n").unwrap_err();
        assert!(
            wrong.starts_with("new.md:5: the template names something"),
            "{wrong}"
        );
        let version = replaced("new.md", "---\ntask: write_title\nversion: 9\n---\nx\n").unwrap_err();
        assert!(version.starts_with("new.md:3: `version` is `9`"), "{version}");
    }

    #[test]
    fn a_task_that_nobody_asks_is_named_with_those_that_there_are() {
        let wrong = replaced("new.md", "---\ntask: write_poem\n---\nx\n").unwrap_err();
        assert!(
            wrong.contains("`write_poem`") && wrong.contains("digest"),
            "{wrong}"
        );
        assert!(replaced("new.md", "Write.\n").is_err());
        assert!(replaced("new.md", "---\nversion: 1\n---\nx\n").is_err());
    }
}
