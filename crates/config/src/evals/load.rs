//! Reads the suites of a folder.

use std::path::Path;

use super::rules;
use super::suite::EvalSuite;
use crate::document::{Document, key_path};
use crate::problem::{Problem, Problems};
use crate::workspace::{files_below, in_order, parse, read_text};
use crate::{schema, shape};

const FOLDER: &str = "evals";

/// The suites of `dir`, by name; none where there is no `evals/`.
///
/// # Errors
/// All problems at once.
pub fn suites(dir: &Path) -> Result<Vec<EvalSuite>, Problems> {
    let (suites, problems) = read(dir);
    if problems.iter().any(Problem::is_error) {
        return Err(Problems(problems));
    }
    Ok(suites)
}

/// What could be read, with every problem.
pub(crate) fn read(dir: &Path) -> (Vec<EvalSuite>, Vec<Problem>) {
    let files = match files_below(&dir.join(FOLDER), "toml") {
        Ok(files) => files,
        Err(error) => {
            let problem = Problem::error(FOLDER, format!("cannot be read: {error}"));
            return (Vec::new(), vec![problem]);
        }
    };
    let (mut suites, mut problems) = (Vec::new(), Vec::new());
    for below in files.iter().filter(|below| !below.contains('/')) {
        let name = below.strip_suffix(".toml").unwrap_or(below);
        let (suite, found) = read_suite(dir, name);
        suites.extend(suite);
        problems.extend(found);
    }
    (suites, problems)
}

fn read_suite(dir: &Path, name: &str) -> (Option<EvalSuite>, Vec<Problem>) {
    let file = format!("{FOLDER}/{name}.toml");
    let text = match read_text(dir, &file) {
        Ok(text) => text,
        Err(problem) => return (None, vec![problem]),
    };
    let (document, syntax) = Document::parse(&file, &text);
    let (table, mut problems) = shape::fit(&document, schema::EVAL);
    let suite = match parse::<EvalSuite>(table, &file) {
        Ok(mut suite) => {
            name.clone_into(&mut suite.name);
            for (index, part) in suite.parts.iter_mut().enumerate() {
                let named = document.problem(&key_path!["part", index, "data"], "");
                part.named_at = named
                    .line
                    .map_or_else(|| file.clone(), |line| format!("{file}:{line}"));
            }
            Some(suite)
        }
        Err(problem) => {
            problems.push(problem);
            None
        }
    };
    let of_rules = suite.as_ref().map(|suite| rules::suite(suite, &file, &document));
    problems.extend(of_rules.into_iter().flatten());
    (suite, in_order(syntax, problems))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(text: &str) -> Vec<String> {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("evals")).unwrap();
        std::fs::write(dir.path().join("evals/mine.toml"), text).unwrap();
        read(dir.path()).1.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn a_right_suite_has_no_problem() {
        let text = "[[part]]\nname = \"a\"\nscorer = \"bcubed\"\ndata = \"a.jsonl\"\nfloors = { f = 0.5 }\n";
        assert_eq!(problems(text), Vec::<String>::new());
    }

    #[test]
    fn every_mistake_names_its_line_and_the_nearest_word() {
        let text = "[[part]]\nname = \"a\"\nscorer = \"bcubd\"\ndata = \"a.jsonl\"\n\n[[part]]\nname = \"a\"\nscorer = \"bcubed\"\nfloor = 1\nfloors = { precison = 0.5 }\nformat = \"corpus\"\n";
        assert_eq!(
            problems(text),
            [
                "evals/mine.toml:3: unknown scorer `bcubd`; did you mean `bcubed`?",
                "evals/mine.toml:6: the part names no data; `data` lies below `evals/`, `shared` below the folder of COPYDESK_SHARED",
                "evals/mine.toml:7: two parts have the name `a`",
                "evals/mine.toml:9: unknown key `floor` in [[part]]; did you mean `floors`?",
                "evals/mine.toml:10: the scorer `bcubed` has no metric `precison`; did you mean `precision`?",
                "evals/mine.toml:11: the scorer `bcubed` does not read the format `corpus`; known: `cases`",
            ]
        );
    }

    #[test]
    fn a_part_knows_where_its_data_is_named() {
        let dir = tempfile::tempdir().unwrap();
        std::fs::create_dir(dir.path().join("evals")).unwrap();
        let part = "[[part]]\nname = \"a\"\nscorer = \"bcubed\"\ndata = \"a.jsonl\"\n";
        std::fs::write(dir.path().join("evals/mine.toml"), part).unwrap();
        let suites = suites(dir.path()).unwrap();
        assert_eq!(suites[0].parts[0].named_at, "evals/mine.toml:4");
    }

    #[test]
    fn an_empty_suite_and_a_wrong_floor_are_named() {
        assert_eq!(
            problems("about = \"x\"\n"),
            ["evals/mine.toml: the suite has no [[part]]; see docs/evals.md"]
        );
        let text = "[[part]]\nname = \"a\"\nscorer = \"bcubed\"\ndata = \"a\"\nfloors = { f = \"high\" }\n";
        assert_eq!(
            problems(text),
            ["evals/mine.toml:5: `part[0].floors.f` must be a number from 0 such as 0.95, not \"high\""]
        );
    }

    #[test]
    fn a_folder_without_suites_has_none() {
        let dir = tempfile::tempdir().unwrap();
        assert_eq!(suites(dir.path()).unwrap(), []);
    }
}
