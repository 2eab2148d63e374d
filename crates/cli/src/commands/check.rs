//! `init` and `check`.

use std::path::Path;

use copydesk_config::{Environment, Problem, Workspace};
use copydesk_domain::Clock as _;
use copydesk_net::SystemClock;
use serde_json::json;

use crate::backup::require_finished;
use crate::exit::{Failure, USAGE};
use crate::outcome::Outcome;
use crate::words::quoted;

/// Writes the shipped files into a folder; what is there is kept.
pub fn init(dir: &Path) -> Result<Outcome, Failure> {
    require_finished(dir)?;
    let done = copydesk_config::init(dir).map_err(|error| {
        Failure::new(
            "CD010",
            crate::exit::ENVIRONMENT,
            error.to_string(),
            "choose a folder that you can write",
        )
    })?;
    let list = |paths: &[std::path::PathBuf]| -> Vec<String> {
        paths.iter().map(|path| path.display().to_string()).collect()
    };
    let (written, kept) = (list(&done.written), list(&done.kept));
    let mut text = written
        .iter()
        .map(|path| format!("wrote {path}\n"))
        .collect::<Vec<_>>()
        .concat();
    text.extend(kept.iter().map(|path| format!("kept  {path}\n")));
    let folder = if dir == Path::new(".") {
        String::new()
    } else {
        format!(" -C {}", quoted(&dir.display().to_string()))
    };
    let next = format!("next: copydesk{folder} check, then copydesk{folder} run daily");
    Ok(Outcome::new(json!({ "written": written, "kept": kept }), text).with_talk(next))
}

/// A folder as far as it can be read, and every problem of its files: what `check` lists and `doctor` counts.
pub fn inspect(dir: &Path, environment: &Environment) -> (Workspace, Vec<Problem>) {
    let (workspace, of_start) = Workspace::inspect(dir, environment);
    let mut problems = Workspace::check(dir, environment);
    // Of pipelines that are half read nothing can be said.
    if !of_start.iter().any(Problem::is_error) {
        problems.extend(sites_without_address(&workspace));
        problems.extend(channels_without_key(&workspace, environment));
    }
    problems.extend(copydesk_config::notes::read(&dir.join("notes")).skipped);
    problems.extend(copydesk_config::prices::old(
        &workspace.config,
        SystemClock.now().date(),
    ));
    (workspace, problems)
}

/// Every problem of the folder's files at once.
pub fn check(dir: &Path, environment: &Environment) -> Outcome {
    let (_, problems) = inspect(dir, environment);
    let has_error = problems.iter().any(copydesk_config::Problem::is_error);
    let text = problems
        .iter()
        .map(|problem| format!("{problem}\n"))
        .collect::<Vec<_>>()
        .concat();
    let text = if problems.is_empty() {
        format!("{}: all files are right\n", dir.display())
    } else {
        text
    };
    let outcome = Outcome::new(serde_json::to_value(&problems).unwrap_or_default(), text);
    if has_error {
        outcome.with_exit(USAGE)
    } else {
        outcome
    }
}

/// Sites whose feed cannot say where they stand. A warning for the author who is about to put one on the web, and no more:
/// a site that is read from the disk needs no address.
fn sites_without_address(workspace: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, pipeline) in &workspace.pipelines {
        for (channel, config) in &pipeline.channels {
            if config.dir.is_none() || config.base_url.is_some() {
                continue;
            }
            let message = format!(
                "[channels.{channel}] has no `base_url`: links in `feed.xml` are relative, and its ids name no site"
            );
            let problem = Problem::error(format!("pipelines/{name}.toml"), message)
                .as_warning()
                .with_hint("before you put the site on the web, set base_url = \"https://…\"");
            problems.push(Problem {
                key: format!("channels.{channel}.base_url"),
                ..problem
            });
        }
    }
    problems
}

/// Channels whose key cannot be read here: a warning, since the daemon may have another environment.
fn channels_without_key(workspace: &Workspace, environment: &Environment) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (name, pipeline) in &workspace.pipelines {
        for (channel, config) in &pipeline.channels {
            let Err(error) = environment.channel_key(config, &workspace.dir) else {
                continue;
            };
            let problem = Problem::error(format!("pipelines/{name}.toml"), error.to_string())
                .as_warning()
                .with_hint("set it where Copydesk starts; without it nothing goes to this channel");
            problems.push(Problem {
                key: format!("channels.{channel}"),
                ..problem
            });
        }
    }
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_that_cannot_be_read_is_a_warning_with_its_next_step() {
        let dir = tempfile::tempdir().unwrap();
        copydesk_config::init(dir.path()).unwrap();
        std::fs::create_dir_all(dir.path().join("notes")).unwrap();
        std::fs::write(dir.path().join("notes/odd.md"), [0xff, 0xfe]).unwrap();
        let outcome = check(dir.path(), &Environment::empty());
        assert_eq!(outcome.exit, crate::exit::FINE);
        let told = "notes/odd.md: warning: not read: not UTF-8 text; save it as UTF-8\n";
        assert!(outcome.text.contains(told), "{}", outcome.text);
    }

    #[test]
    fn a_site_without_an_address_is_a_warning_that_names_the_key() {
        let dir = tempfile::tempdir().unwrap();
        copydesk_config::init(dir.path()).unwrap();
        let outcome = check(dir.path(), &Environment::empty());
        assert_eq!(outcome.exit, crate::exit::FINE);
        assert!(
            outcome.text.contains("[channels.site] has no `base_url`"),
            "{}",
            outcome.text
        );
        assert_eq!(outcome.data[0]["key"], "channels.site.base_url");
    }
}
