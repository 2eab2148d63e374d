use minijinja::Value;

use crate::release::Release;

/// What a prompt may name. Texts of others never come here: they travel as JSON in the user message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PromptContext {
    /// `voice.md` without its comments.
    pub voice: String,
    /// The pipeline's beats with commas between, most important first.
    pub beats: String,
    /// The pipeline's name.
    pub pipeline: String,
    /// The newsletter's name, `[issue] name`.
    pub newsletter: String,
}

impl PromptContext {
    /// The context of one release: it is the same for each task.
    pub fn of(release: &Release) -> Self {
        Self {
            voice: without_comments(&release.voice).trim().to_owned(),
            beats: release.pipeline.pipeline.beats.join(", "),
            pipeline: release.pipeline.pipeline.name.to_string(),
            newsletter: release.pipeline.issue.name.clone(),
        }
    }

    pub(super) fn as_value(&self) -> Value {
        Value::from_pairs([
            ("voice", self.voice.as_str()),
            ("beats", self.beats.as_str()),
            ("pipeline", self.pipeline.as_str()),
            ("newsletter", self.newsletter.as_str()),
        ])
    }

    /// A made-up one, for checks.
    pub fn sample() -> Self {
        Self {
            voice: "Plain and calm.".to_owned(),
            beats: "AI, cloud".to_owned(),
            pipeline: "daily".to_owned(),
            newsletter: "The Daily Brief".to_owned(),
        }
    }
}

/// Markdown without its `<!-- -->` comments: they speak to the author, not to a model.
pub(crate) fn without_comments(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("<!--") {
        kept.push_str(before.trim_end_matches([' ', '\t']));
        rest = comment.split_once("-->").map_or("", |(_, after)| after);
        // A comment that has lines for itself takes its line end along.
        if kept.is_empty() || kept.ends_with('\n') {
            rest = rest
                .strip_prefix("\r\n")
                .or_else(|| rest.strip_prefix('\n'))
                .unwrap_or(rest);
        }
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_of_the_voice_stay_with_the_author() {
        assert_eq!(
            without_comments("<!-- a\nb -->\n# Who\n<!-- c -->\nYou <!-- d -->there\n"),
            "# Who\nYouthere\n"
        );
    }
}
