//! The proposed file.

use std::fmt::Write as _;

use super::rule::{Part, Rule};
use super::sample::Sample;
use super::{favourites, greeting, length, manner, never, shape, small};
use crate::page::Page;

/// Fewer words of running text tell nothing of a voice.
const WORDS_MIN: usize = 400;
/// What an example begins with. It shows a rule and is none.
pub(crate) const EXAMPLE: &str = "As in:";
/// Fewer issues tell the habits of one day.
const ISSUES_MIN: usize = 2;

/// A proposed `voice.md`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// Issues that it was read from.
    pub issues: usize,
    /// Words of their running text and lists.
    pub words: usize,
    /// The habits.
    pub rules: Vec<Rule>,
}

/// Measures how the author of some issues writes; none where there is too little to tell. A page with a text and without
/// blocks is one of which only the lines are known: its headings, lists and links count for nothing.
pub fn propose(issues: &[Page]) -> Option<Proposal> {
    let sample = Sample::of(issues);
    if sample.words < WORDS_MIN || sample.issues.len() < ISSUES_MIN {
        return None;
    }
    let mut rules = length::rules(&sample);
    rules.extend(manner::rules(&sample));
    rules.extend(favourites::rules(&sample));
    let ends = greeting::rules(&sample);
    // The same habit is stated once, by the rule that shows its words.
    let is_told = |rule: &Rule| {
        let told = |text: &str| ends.iter().any(|end| end.text == text);
        rule.text == shape::OPENS && told(greeting::GREETS)
            || rule.text == shape::CLOSES && told(greeting::LEAVES)
    };
    let shape = shape::rules(&sample);
    rules.extend(shape.into_iter().filter(|rule| !is_told(rule)));
    rules.extend(ends);
    rules.extend(never::rules(&sample));
    rules.extend(small::rules(&sample));
    rules.sort_by_key(|rule| rule.part);
    Some(Proposal {
        issues: sample.issues.len(),
        words: sample.words,
        rules,
    })
}

impl Proposal {
    /// The file: rules and examples as text, measurements as comments, which prompts leave out.
    pub fn markdown(&self) -> String {
        let mut text = format!(
            "<!-- voice.proposed.md: how your past issues sound, measured on {} issues of {} words.\n     \
             Nothing uses this file. Read it, strike out what is chance, and keep the rest as voice.md.\n     \
             Behind each rule stands what was counted; the lines below it are yours. -->\n\n\
             ## Who reads it\n<!-- Numbers cannot tell this. One or two sentences of your own. -->\n",
            self.issues, self.words
        );
        for part in Part::ALL {
            let mut rules = self.rules.iter().filter(|rule| rule.part == part).peekable();
            if rules.peek().is_none() {
                continue;
            }
            let _ = writeln!(text, "\n## {}", part.heading());
            for rule in rules {
                let _ = writeln!(
                    text,
                    "- {} <!-- {} -->",
                    rule.text,
                    rule.measured.replace("--", "- -")
                );
                for example in &rule.examples {
                    let _ = writeln!(text, "  - {EXAMPLE} {example}");
                }
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::super::sample::tests::page;
    use super::*;
    use crate::style::house_style;

    #[test]
    fn too_little_text_gives_no_proposal() {
        assert_eq!(propose(&[]), None);
        assert_eq!(propose(&[page("Short."), page("Short too.")]), None);
    }

    #[test]
    fn a_proposed_file_forbids_nothing_that_an_issue_did() {
        let issue = page(&format!(
            "## What is not new\n\n{}## Never \"mind\"\n\nBye.\n",
            "I don't say “frankly” to you, do I? It never was, and it's not my habit.\n\n".repeat(40)
        ));
        let proposal = propose(&[issue.clone(), issue]).unwrap();
        let rules = proposal.rules.iter();
        let lines = rules.flat_map(|rule| std::iter::once(&rule.text).chain(&rule.examples));
        assert!(lines.clone().any(|line| line.contains("“What is not new”")));
        assert!(
            lines
                .clone()
                .any(|line| line.starts_with("I don't say “frankly”"))
        );
        let text = proposal.markdown();
        let uncommented: Vec<&str> = text
            .split("<!--")
            .map(|part| part.split_once("-->").map_or(part, |(_, rest)| rest))
            .collect();
        assert_eq!(house_style(&uncommented.concat()).banned, [""; 0]);
    }

    #[test]
    fn each_rule_stands_with_its_count_and_own_words() {
        let issue = page(&"I think that it's a good day for the whole team. Don't you?\n\n".repeat(30));
        let proposal = propose(&[issue.clone(), issue]).unwrap();
        let text = proposal.markdown();
        assert!(
            text.contains("- The author says “I”. <!-- of 1,000 words"),
            "{text}"
        );
        assert!(
            text.contains("  - As in: I think that it's a good day for the whole team."),
            "{text}"
        );
        assert_eq!(
            text.matches("<!--").count(),
            text.matches("-->").count(),
            "{text}"
        );
    }
}
