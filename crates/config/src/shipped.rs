//! The files that the program brings along: what `init` writes, and where defaults come from.

macro_rules! shipped {
    ($($path:literal),* $(,)?) => {
        /// Each shipped file: its path below the author's folder, and its text.
        pub const FILES: &[(&str, &str)] = &[$(
            ($path, include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../", $path))),
        )*];
    };
}

shipped![
    "config.toml",
    "prices.toml",
    "voice.md",
    "pipelines/daily.toml",
    "pipelines/weekly.toml",
    "prompts/research/take_notes.md",
    "prompts/research/rank_stories.md",
    "prompts/research/follow_up.md",
    "prompts/draft/plan_issue.md",
    "prompts/draft/write_section.md",
    "prompts/draft/write_title.md",
    "prompts/review/judge_claim.md",
    "prompts/review/suggest_edits.md",
    "prompts/review/rate_draft.md",
    "prompts/engagement/triage_reply.md",
    "prompts/engagement/draft_answer.md",
    "prompts/engagement/open_questions.md",
    "evals/corruptions.toml",
    "evals/extraction.toml",
    "evals/feeds.toml",
    "evals/grounding.toml",
    "evals/injection.toml",
    "evals/ranking.toml",
    "evals/stories.toml",
    "evals/summaries.toml",
    "evals/cases/documents.jsonl",
    "evals/cases/extraction.jsonl",
    "evals/cases/feeds.jsonl",
    "evals/cases/grounding.jsonl",
    "evals/cases/injection.jsonl",
    "evals/cases/histories.jsonl",
    "evals/cases/ranking.jsonl",
    "evals/cases/stories.jsonl",
    "evals/cases/summaries.jsonl",
];

/// The shipped config.toml: its values are the defaults.
pub fn config() -> &'static str {
    text("config.toml").expect("config.toml is in the list above")
}

/// The text of one shipped file.
pub fn text(path: &str) -> Option<&'static str> {
    FILES
        .iter()
        .find(|(shipped, _)| *shipped == path)
        .map(|(_, text)| *text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_has_its_shipped_prompt() {
        for (task, prompt) in copydesk_domain::task::ALL {
            assert!(
                text(&format!("prompts/{prompt}")).is_some(),
                "{task}: prompts/{prompt}"
            );
        }
    }
}
