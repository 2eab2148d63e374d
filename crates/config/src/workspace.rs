//! The author's folder, read and checked as a whole.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use copydesk_domain::PipelineName;
use serde::de::DeserializeOwned;
use toml::{Table, Value};

use crate::custom::{self, Files};
use crate::document::Document;
use crate::environment::Environment;
use crate::pipeline::{Pipeline, StageConfig};
use crate::problem::{Problem, Problems};
use crate::settings::Config;
use crate::{defaults, openai, prices, prompts, rules, schema, shape, sites};

/// The folder of prompts and of the schemas beside them.
const PROMPTS: &str = "prompts";

/// All that people edit, valid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Workspace {
    /// The folder of config.toml.
    pub dir: PathBuf,
    /// `config.toml` over the shipped defaults, with the environment's model where it counts.
    pub config: Config,
    /// `pipelines/*.toml` by name.
    pub pipelines: BTreeMap<PipelineName, Pipeline>,
    /// Prompt files: path below `prompts/` to text with front matter.
    pub prompts: BTreeMap<String, String>,
    /// JSON schemas beside them: path below `prompts/` to text.
    pub schemas: BTreeMap<String, String>,
    /// `voice.md`.
    pub voice: String,
    /// What is probably not meant, and keeps nothing from starting.
    pub warnings: Vec<Problem>,
}

impl Workspace {
    /// Reads the folder.
    ///
    /// # Errors
    /// All problems at once, warnings among them, where at least one is an error.
    pub fn load(dir: &Path, environment: &Environment) -> Result<Self, Problems> {
        let (workspace, problems) = read(dir, environment);
        if problems.iter().any(Problem::is_error) {
            return Err(Problems(problems));
        }
        Ok(Self {
            warnings: problems,
            ..workspace
        })
    }

    /// Every problem of the folder, in the order of files and lines; those of `evals/` too, which keep nothing from
    /// starting.
    pub fn check(dir: &Path, environment: &Environment) -> Vec<Problem> {
        let mut problems = read(dir, environment).1;
        problems.extend(crate::evals::read(dir).1);
        problems
    }

    /// What can be read of a folder, with every problem: for whoever diagnoses it or copies it. What cannot be read is
    /// as shipped, or missing.
    pub fn inspect(dir: &Path, environment: &Environment) -> (Self, Vec<Problem>) {
        read(dir, environment)
    }

    /// The file of a pipeline, for commands that edit it.
    pub fn pipeline_file(dir: &Path, pipeline: &str) -> PathBuf {
        dir.join("pipelines").join(format!("{pipeline}.toml"))
    }

    /// The folder of the author's notes.
    pub fn notes_dir(&self) -> PathBuf {
        self.dir.join("notes")
    }
}

/// What could be read, with every problem. Of use as a workspace only where no problem is an error.
fn read(dir: &Path, environment: &Environment) -> (Workspace, Vec<Problem>) {
    let (prompts, of_prompts) = read_prompts(dir);
    let (voice, of_voice) = read_voice(dir);
    let (config, mut problems) = read_config(dir, environment, (&prompts, &voice));
    let (schemas, of_schemas) = read_below_prompts(dir, "json");
    let files = Files {
        prompts: &prompts,
        schemas: &schemas,
    };
    let (mut pipelines, of_pipelines) = read_pipelines(dir, &config, files);
    let of_sites = sites::share(&mut pipelines);
    let is_prompts_read = !of_prompts.iter().any(|problem| problem.file == PROMPTS);
    let of_custom = if is_prompts_read {
        custom::check(pipelines.values(), files)
    } else {
        Vec::new()
    };
    problems.extend(of_pipelines);
    problems.extend(of_sites);
    problems.extend(of_prompts);
    if is_prompts_read {
        problems.extend(of_schemas);
    }
    problems.extend(of_custom);
    problems.extend(of_voice);
    let workspace = Workspace {
        dir: dir.to_owned(),
        config,
        pipelines,
        prompts,
        schemas,
        voice,
        warnings: Vec::new(),
    };
    (workspace, problems)
}

fn read_config(
    dir: &Path,
    environment: &Environment,
    (prompts, voice): (&BTreeMap<String, String>, &str),
) -> (Config, Vec<Problem>) {
    const FILE: &str = "config.toml";
    let text = match read_text(dir, FILE) {
        Ok(text) => text,
        Err(problem) => return (defaults::config(), vec![problem]),
    };
    let (document, syntax) = Document::parse(FILE, &text);
    let (table, mut problems) = shape::fit(&document, schema::CONFIG);
    let mut config = match parse::<Config>(defaults::under_config(table), FILE) {
        Ok(config) => config,
        Err(problem) => {
            problems.push(problem);
            defaults::config()
        }
    };
    let (prices, of_prices) = prices::read(dir);
    problems.extend(openai::add(&mut config, environment, &prices).err());
    prices::fill(&mut config, &prices);
    problems.extend(rules::config(
        &config,
        &document,
        environment,
        dir,
        &custom_stages(dir),
    ));
    problems.extend(rules::windows(&config, &document, prompts, voice));
    let mut problems = in_order(syntax, problems);
    problems.extend(of_prices);
    (config, problems)
}

/// Names of the custom stages of all pipelines: keys of [routes]. What is wrong with the pipelines is told elsewhere.
fn custom_stages(dir: &Path) -> BTreeSet<String> {
    let files = files_below(&dir.join("pipelines"), "toml").unwrap_or_default();
    let texts = files
        .iter()
        .filter_map(|file| read_text(dir, &format!("pipelines/{file}")).ok());
    let tables = texts.filter_map(|text| toml::from_str::<Table>(&text).ok());
    let stages = tables.filter_map(|table| table.get("stage").and_then(Value::as_array).cloned());
    let custom = stages
        .flatten()
        .filter(|stage| stage.get("agent").and_then(Value::as_str) == Some(StageConfig::CUSTOM));
    custom
        .filter_map(|stage| stage.get("name").and_then(Value::as_str).map(str::to_owned))
        .collect()
}

fn read_pipelines(
    dir: &Path,
    config: &Config,
    files_named: Files<'_>,
) -> (BTreeMap<PipelineName, Pipeline>, Vec<Problem>) {
    const FOLDER: &str = "pipelines";
    let (mut pipelines, mut problems) = (BTreeMap::new(), Vec::new());
    let files = match files_below(&dir.join(FOLDER), "toml") {
        Ok(files) => files,
        Err(error) => {
            return (
                pipelines,
                vec![Problem::error(FOLDER, format!("cannot be read: {error}"))],
            );
        }
    };
    for below in files.iter().filter(|below| !below.contains('/')) {
        let file = format!("{FOLDER}/{below}");
        match read_text(dir, &file) {
            Ok(text) => {
                let stem = below.strip_suffix(".toml").unwrap_or(below);
                let (pipeline, of_pipeline) = read_pipeline(&file, stem, &text, config, files_named);
                pipelines.extend(pipeline.map(|pipeline| (pipeline.pipeline.name.clone(), pipeline)));
                problems.extend(of_pipeline);
            }
            Err(problem) => problems.push(problem),
        }
    }
    if files.is_empty() {
        let problem = Problem::error(FOLDER, "there is no pipeline").as_warning();
        problems.push(problem.with_hint(format!(
            "`copydesk init {}` writes `pipelines/daily.toml`",
            dir.display()
        )));
    }
    (pipelines, problems)
}

fn read_pipeline(
    file: &str,
    stem: &str,
    text: &str,
    config: &Config,
    files: Files<'_>,
) -> (Option<Pipeline>, Vec<Problem>) {
    let (document, syntax) = Document::parse(file, text);
    let (table, mut problems) = shape::fit(&document, schema::PIPELINE);
    match parse::<Pipeline>(defaults::under_pipeline(table), file) {
        Ok(pipeline) => {
            problems.extend(rules::pipeline(&pipeline, stem, config, files, &document));
            (Some(pipeline), in_order(syntax, problems))
        }
        Err(problem) => {
            problems.push(problem);
            (None, in_order(syntax, problems))
        }
    }
}

/// What fits its schema fits its struct too; the error is for the case that the two drift apart.
pub(crate) fn parse<T: DeserializeOwned>(table: Table, file: &str) -> Result<T, Problem> {
    serde_path_to_error::deserialize(Value::Table(table)).map_err(|error| {
        let key = error.path().to_string();
        let message = format!("`{key}`: {}", error.inner().message());
        Problem {
            key,
            ..Problem::error(file, message)
        }
    })
}

fn read_prompts(dir: &Path) -> (BTreeMap<String, String>, Vec<Problem>) {
    let (texts, mut problems) = read_below_prompts(dir, "md");
    if problems.iter().any(|problem| problem.file == PROMPTS) {
        // Nobody knows what a folder holds that cannot be read.
        return (texts, problems);
    }
    // A file that could not be read is not missing besides.
    let of_prompts = prompts::check(&texts);
    let unread: Vec<String> = problems.iter().map(|problem| problem.file.clone()).collect();
    problems.extend(
        of_prompts
            .into_iter()
            .filter(|problem| !unread.contains(&problem.file)),
    );
    (texts, problems)
}

/// The files of one extension below `prompts/`.
fn read_below_prompts(dir: &Path, extension: &str) -> (BTreeMap<String, String>, Vec<Problem>) {
    let (mut texts, mut problems) = (BTreeMap::new(), Vec::new());
    let files = match files_below(&dir.join(PROMPTS), extension) {
        Ok(files) => files,
        Err(error) => {
            return (
                texts,
                vec![Problem::error(PROMPTS, format!("cannot be read: {error}"))],
            );
        }
    };
    for below in files {
        match read_text(dir, &format!("{PROMPTS}/{below}")) {
            Ok(text) => _ = texts.insert(below, text),
            Err(problem) => problems.push(problem),
        }
    }
    (texts, problems)
}

fn read_voice(dir: &Path) -> (String, Vec<Problem>) {
    match read_text(dir, "voice.md") {
        Ok(text) => (text, Vec::new()),
        // A newsletter without a described voice still has every fact right.
        Err(problem) => (String::new(), vec![problem.as_warning()]),
    }
}

/// The text of a file below `dir`, without a byte order mark.
pub(crate) fn read_text(dir: &Path, file: &str) -> Result<String, Problem> {
    /// 4 MiB: hundreds of times the longest of these files.
    const BYTES_MAX: u64 = 4 * 1024 * 1024;
    let path = dir.join(file);
    if fs::metadata(&path).is_ok_and(|data| data.len() > BYTES_MAX) {
        return Err(Problem::error(file, format!("has more than {BYTES_MAX} bytes")));
    }
    match fs::read_to_string(&path) {
        Ok(text) => Ok(text
            .strip_prefix('\u{feff}')
            .map_or(text.clone(), ToOwned::to_owned)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let problem = Problem::error(file, "is missing");
            Err(problem.with_hint(format!(
                "`copydesk init {}` writes it and changes nothing else",
                dir.display()
            )))
        }
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            Err(Problem::error(file, "is not UTF-8 text"))
        }
        Err(error) => Err(Problem::error(file, format!("cannot be read: {error}"))),
    }
}

/// Files with this extension, as sorted paths with `/`. A folder that is not there has none.
pub(crate) fn files_below(folder: &Path, extension: &str) -> io::Result<Vec<String>> {
    /// So that a link to a parent has an end.
    const DEPTH_MAX: usize = 4;
    let mut found = Vec::new();
    let mut open = vec![(folder.to_owned(), String::new(), DEPTH_MAX)];
    while let Some((folder, below, depth_left)) = open.pop() {
        let entries = match fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            entries => entries?,
        };
        for entry in entries {
            let entry = entry?;
            let Ok(name) = entry.file_name().into_string() else {
                continue;
            };
            let path = entry.path();
            if name.starts_with('.') {
                continue;
            }
            if path.is_dir() && depth_left > 0 {
                open.push((path, format!("{below}{name}/"), depth_left - 1));
            } else if path.extension().is_some_and(|found| found == extension) {
                found.push(format!("{below}{name}"));
            }
        }
    }
    found.sort();
    Ok(found)
}

/// The problems of one file by line. Where its syntax is broken nothing else is told: the rest of the file was read by
/// guesswork, and half of what it seems to lack is there.
pub(crate) fn in_order(syntax: Vec<Problem>, mut problems: Vec<Problem>) -> Vec<Problem> {
    if !syntax.is_empty() {
        return syntax;
    }
    problems.sort_by_key(|problem| (problem.line, problem.column));
    problems
}
