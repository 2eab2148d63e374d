use copydesk_domain::ContentHash;
use minijinja::{Environment as Templates, UndefinedBehavior};

use super::context::PromptContext;
use super::front_matter;
use crate::release::Release;

/// Why a prompt gave no text.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// The release lacks the file.
    #[error("the prompt `prompts/{path}` is missing; `copydesk init DIR` writes it")]
    Missing {
        /// Path below `prompts/`.
        path: String,
    },
    /// Its head is not front matter.
    #[error("`prompts/{path}`, line {line}: {message}")]
    FrontMatter {
        /// Path below `prompts/`.
        path: String,
        /// Line from 1.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// The template is wrong, or names something that it is not given.
    #[error("`prompts/{path}`, line {line}: {message}")]
    Template {
        /// Path below `prompts/`.
        path: String,
        /// Line from 1.
        line: u32,
        /// What is wrong.
        message: String,
        /// The template engine's own words.
        source: Box<minijinja::Error>,
    },
}

/// The system message of a task: the prompt file at `path` (as in [`Task::PROMPT`](copydesk_domain::task::Task::PROMPT)) of `release`, rendered.
pub fn render(release: &Release, path: &str, context: &PromptContext) -> Result<String, PromptError> {
    let text = release.prompts.get(path).ok_or_else(|| PromptError::Missing {
        path: path.to_owned(),
    })?;
    render_text(path, text, context)
}

/// Renders a prompt's text, such as that of `replay --prompt FILE`. `path` is for messages.
pub fn render_text(path: &str, text: &str, context: &PromptContext) -> Result<String, PromptError> {
    let prompt = front_matter::split(path, text)?;
    let mut templates = Templates::new();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    let rendered = templates.render_named_str(path, prompt.body, context.as_value());
    rendered.map(|text| text.trim().to_owned()).map_err(|source| {
        let line = source
            .line()
            .and_then(|line| u32::try_from(line).ok())
            .unwrap_or(1);
        PromptError::Template {
            path: path.to_owned(),
            line: prompt.body_line + line - 1,
            message: template_message(&source),
            source: Box::new(source),
        }
    })
}

/// The hash of a rendered prompt, as every attempt records it: it covers the file, the voice and the beats.
pub fn prompt_hash(rendered: &str) -> ContentHash {
    ContentHash::of(rendered.as_bytes())
}

fn template_message(error: &minijinja::Error) -> String {
    let detail = error
        .detail()
        .map_or(String::new(), |detail| format!(": {detail}"));
    let known = "`voice`, `beats`, `pipeline` and `newsletter` are given";
    if error.kind() == minijinja::ErrorKind::UndefinedError {
        return format!("the template names something that it is not given{detail}; {known}");
    }
    format!("{}{detail}", error.kind())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "---\ntask: take_notes\nversion: 1\n---\n";

    #[test]
    fn a_template_is_rendered_without_its_front_matter() {
        let text = format!("{HEAD}Write for {{{{ newsletter }}}}.\n\n{{{{ voice }}}}\n");
        let rendered = render_text("research/take_notes.md", &text, &PromptContext::sample()).unwrap();
        assert_eq!(rendered, "Write for The Daily Brief.\n\nPlain and calm.");
    }
}
