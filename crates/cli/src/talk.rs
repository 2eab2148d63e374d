//! Data on stdout, talk on stderr.

use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use crate::exit::{FINE, Failure, USAGE};
use crate::outcome::Outcome;

/// Starts the diagnostic log on stderr: from `level` on, unless `COPYDESK_LOG` says otherwise.
///
/// Prompts, replies and sources must not land in a log, so what logs them is off: `async_openai` whole bodies at its error
/// level, `html5ever` the text of pages at its debug level.
pub fn start_tracing(level: &str) {
    let environment = copydesk_config::Environment::system();
    let wanted = environment.get("COPYDESK_LOG").unwrap_or(level).to_owned();
    let filter = EnvFilter::try_new(format!("{wanted},async_openai=off,html5ever=off,rmcp=off"))
        .unwrap_or_else(|_| EnvFilter::new("error"));
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(false);
    // A second subscriber in one process is a test's doing and harmless.
    let _ = subscriber.try_init();
}

/// Prints what a command gave.
pub fn print(outcome: &Outcome, is_json: bool) -> ExitCode {
    let text = if is_json {
        if outcome.data.is_null() {
            String::new()
        } else {
            format!("{}\n", outcome.data)
        }
    } else if outcome.text.is_empty() || outcome.text.ends_with('\n') {
        outcome.text.clone()
    } else {
        format!("{}\n", outcome.text)
    };
    let written = write_out(text.as_bytes());
    // What to do next stands below what was done.
    for line in &outcome.talk {
        eprintln!("{line}");
    }
    match written {
        Ok(()) => ExitCode::from(outcome.exit),
        Err(failure) => fail(&failure, is_json),
    }
}

/// Writes data to stdout. A reader such as `head` may go away; that is no failure of ours.
fn write_out(bytes: &[u8]) -> Result<(), Failure> {
    let mut stdout = std::io::stdout().lock();
    let written = stdout.write_all(bytes).and_then(|()| stdout.flush());
    written.or_else(|error| unwritten(&error).map_or(Ok(()), Err))
}

/// The failure of a write to stdout; none where its reader went away.
pub fn unwritten(error: &std::io::Error) -> Option<Failure> {
    (error.kind() != ErrorKind::BrokenPipe).then(|| Failure {
        hint: "the command did its work, but nobody has what it gave: have stdout go where there is room, and run it \
               again"
            .to_owned(),
        ..Failure::io("stdout", error)
    })
}

/// Prints a failure with its next step.
pub fn fail(failure: &Failure, is_json: bool) -> ExitCode {
    if is_json {
        let shown = Failure {
            exit: FINE,
            ..failure.clone()
        };
        eprintln!("{}", serde_json::to_string(&shown).unwrap_or_default());
    } else {
        eprintln!("error[{}]: {}", failure.code, failure.error.trim_end());
        eprintln!("  next: {}", failure.hint);
    }
    ExitCode::from(failure.exit)
}

/// Prints clap's own message: help and version on stdout, mistakes on stderr, as JSON where `--json` was given.
pub fn usage(error: &clap::Error) -> ExitCode {
    let is_mistake = error.use_stderr();
    let is_json = std::env::args_os().any(|argument| argument == "--json");
    if is_mistake && is_json {
        return fail(
            &Failure::usage(point(&error.to_string()), "`copydesk --help` lists the commands"),
            true,
        );
    }
    if let Err(error) = error.print()
        && let Some(failure) = unwritten(&error)
    {
        return fail(&failure, is_json);
    }
    ExitCode::from(if is_mistake { USAGE } else { FINE })
}

/// What is wrong in one line, from clap's words: its first paragraph, which names the argument.
fn point(words: &str) -> String {
    let paragraph = words.split("\n\n").next().unwrap_or_default();
    let lines: Vec<&str> = paragraph.lines().map(str::trim).collect();
    lines.join(" ").trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_that_went_away_is_no_failure_and_a_full_disk_is_one() {
        let failure = |kind: ErrorKind| unwritten(&std::io::Error::from(kind));
        assert_eq!(failure(ErrorKind::BrokenPipe), None);
        let full = failure(ErrorKind::StorageFull).unwrap();
        assert_eq!(
            (full.code.as_str(), full.exit),
            ("CD005", crate::exit::ENVIRONMENT)
        );
        let other = failure(ErrorKind::PermissionDenied).unwrap();
        assert_eq!(
            (other.code.as_str(), other.exit),
            ("CD010", crate::exit::ENVIRONMENT)
        );
    }

    #[test]
    fn a_mistake_names_its_argument() {
        let words = "error: the following required arguments were not provided:\n  --url <URL>\n\nUsage: copydesk lab extract --url <URL>\n";
        assert_eq!(
            point(words),
            "the following required arguments were not provided: --url <URL>"
        );
    }
}
