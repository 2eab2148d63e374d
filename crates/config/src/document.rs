//! A TOML file with the place of each key, so that every mistake can be shown where it stands.

use std::fmt;
use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::problem::Problem;

/// One step into a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

impl From<&str> for Step {
    fn from(key: &str) -> Self {
        Self::Key(key.to_owned())
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// The way to a key: `stage[1].budget`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct KeyPath(pub Vec<Step>);

/// `key_path!["stage", 1, "budget"]`
macro_rules! key_path {
    ($($step:expr),* $(,)?) => { $crate::document::KeyPath(vec![$($crate::document::Step::from($step)),*]) };
}
pub(crate) use key_path;

impl KeyPath {
    pub(crate) fn then(&self, step: impl Into<Step>) -> Self {
        let mut steps = self.0.clone();
        steps.push(step.into());
        Self(steps)
    }

    /// The section as it is written: `[[stage]]`, `[models.gpt]`; nothing for the top level.
    pub(crate) fn section(&self) -> Option<String> {
        let keys: Vec<&str> = self.0.iter().filter_map(Step::as_key).collect();
        let name = keys.join(".");
        match self.0.last()? {
            Step::Key(_) => Some(format!("[{name}]")),
            Step::Index(_) => Some(format!("[[{name}]]")),
        }
    }
}

impl Step {
    fn as_key(&self) -> Option<&str> {
        match self {
            Self::Key(key) => Some(key),
            Self::Index(_) => None,
        }
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if position == 0 => f.write_str(key)?,
                Step::Key(key) => write!(f, ".{key}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
            }
        }
        Ok(())
    }
}

/// A parsed file. Where the text breaks the rules of TOML, what could be read is kept.
pub(crate) struct Document<'t> {
    file: String,
    text: &'t str,
    root: Spanned<DeTable<'t>>,
}

impl<'t> Document<'t> {
    /// Parses `text`; each breach of TOML's own rules is one problem.
    pub(crate) fn parse(file: &str, text: &'t str) -> (Self, Vec<Problem>) {
        let (root, errors) = DeTable::parse_recoverable(text);
        let document = Self {
            file: file.to_owned(),
            text,
            root,
        };
        let mut problems: Vec<Problem> = errors
            .iter()
            .map(|error| document.syntax_problem(error))
            .collect();
        problems.sort_by_key(|problem| (problem.line, problem.column));
        (document, problems)
    }

    pub(crate) fn root(&self) -> &DeTable<'t> {
        self.root.get_ref()
    }

    /// An error at a key; where the key is absent, at the nearest section around it.
    pub(crate) fn problem(&self, path: &KeyPath, message: impl Into<String>) -> Problem {
        let mut problem = Problem::error(&self.file, message);
        problem.key = path.to_string();
        self.located(problem, self.span(path).map(|span| span.start))
    }

    fn syntax_problem(&self, error: &toml::de::Error) -> Problem {
        let message = error.message().trim().replace('\n', ", ");
        let problem = Problem::error(&self.file, format!("not valid TOML: {message}"));
        self.located(problem, error.span().map(|span| span.start))
    }

    fn located(&self, mut problem: Problem, offset: Option<usize>) -> Problem {
        let Some(before) = offset.and_then(|offset| self.text.get(..offset)) else {
            return problem;
        };
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |rest| rest.chars().count()) + 1;
        problem.line = u32::try_from(line).ok();
        problem.column = u32::try_from(column).ok();
        problem
    }

    /// The bytes of the last key of `path` that is there.
    fn span(&self, path: &KeyPath) -> Option<Range<usize>> {
        let mut found = None;
        let mut steps = path.0.iter();
        let Some(Step::Key(first)) = steps.next() else {
            return None;
        };
        let (key, mut value) = self.root().get_key_value(first.as_str())?;
        found.replace(key.span());
        for step in steps {
            let (span, next) = match (step, value.get_ref()) {
                (Step::Key(key), DeValue::Table(table)) => match table.get_key_value(key.as_str()) {
                    Some((key, next)) => (key.span(), next),
                    None => break,
                },
                (Step::Index(index), DeValue::Array(list)) => match list.get(*index) {
                    Some(next) => (next.span(), next),
                    None => break,
                },
                _ => break,
            };
            found = Some(span);
            value = next;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "[pipeline]\nname = \"a\"\n\n[[stage]]\nagent = \"x\"\n\n[[stage]]\nagent = \"y\"\ntools = [\n  \"p\",\n  \"q\",\n]\n";

    fn line_of(path: &KeyPath) -> Option<u32> {
        let (document, problems) = Document::parse("f", TEXT);
        assert_eq!(problems, []);
        document.problem(path, "m").line
    }

    #[test]
    fn each_key_is_found_at_its_line() {
        assert_eq!(line_of(&key_path!["pipeline", "name"]), Some(2));
        assert_eq!(line_of(&key_path!["stage", 1, "agent"]), Some(8));
        assert_eq!(line_of(&key_path!["stage", 1, "tools", 1]), Some(11));
    }

    #[test]
    fn an_absent_key_is_shown_at_its_section() {
        assert_eq!(line_of(&key_path!["stage", 1, "at"]), Some(7));
        assert_eq!(line_of(&key_path!["issue"]), None);
    }

    #[test]
    fn broken_toml_names_its_line() {
        let (_, problems) = Document::parse("config.toml", "[web]\nlisten = \n[net]\nallow = [1,,2]\n");
        assert_eq!(problems[0].line, Some(2), "{problems:?}");
        assert!(
            problems[0]
                .to_string()
                .starts_with("config.toml:2: not valid TOML: "),
            "{}",
            problems[0]
        );
    }

    #[test]
    fn paths_and_sections_read_as_written() {
        assert_eq!(key_path!["stage", 1, "budget"].to_string(), "stage[1].budget");
        assert_eq!(key_path!["stage", 1].section().as_deref(), Some("[[stage]]"));
        assert_eq!(
            key_path!["models", "gpt"].section().as_deref(),
            Some("[models.gpt]")
        );
    }
}
