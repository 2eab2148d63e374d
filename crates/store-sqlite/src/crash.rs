//! Crash points: beside a commit that holds a given command, the process ends without a farewell.
//!
//! There is one before and one after each commit for each command of [`COMMAND_NAMES`]. They exist in builds with debug
//! assertions only, which tests are and releases are not.

use std::collections::HashMap;
use std::io::Write as _;
use std::path::PathBuf;

use copydesk_store::{COMMAND_NAMES, Command};

/// On which side of a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// Everything is written, and nothing is durable.
    Before,
    /// It is durable, and nobody knows.
    After,
}

/// Where the process is to end, and where to note what was passed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CrashOptions {
    /// The command, the moment, and at the how manieth command of that name.
    pub point: Option<(&'static str, Moment, u32)>,
    /// A file that gets the name of each committed command, a line each.
    pub log: Option<PathBuf>,
}

impl CrashOptions {
    /// Reads `finish_step/before/3` and the path of the log.
    ///
    /// # Errors
    /// What is wrong with the point.
    pub fn parse(point: Option<&str>, log: Option<&str>) -> Result<Self, String> {
        Ok(Self {
            point: point.map(parse_point).transpose()?,
            log: log.map(PathBuf::from),
        })
    }
}

fn parse_point(text: &str) -> Result<(&'static str, Moment, u32), String> {
    let wrong = || format!("`{text}` is no crash point, such as finish_step/before/3");
    let mut parts = text.split('/');
    let name = parts.next().unwrap_or_default();
    let name = COMMAND_NAMES
        .iter()
        .find(|known| **known == name)
        .ok_or_else(wrong)?;
    let moment = match parts.next() {
        Some("before") => Moment::Before,
        Some("after") => Moment::After,
        _ => return Err(wrong()),
    };
    let count = parts
        .next()
        .and_then(|count| count.parse().ok())
        .ok_or_else(wrong)?;
    Ok((name, moment, count))
}

/// Counts what passes.
#[derive(Debug, Default)]
pub(crate) struct CrashPoints {
    options: CrashOptions,
    passed: HashMap<&'static str, u32>,
}

impl CrashPoints {
    pub(crate) fn new(options: CrashOptions) -> Self {
        Self {
            options,
            passed: HashMap::new(),
        }
    }

    /// Whether anybody wants to know.
    pub(crate) const fn is_armed(&self) -> bool {
        self.options.point.is_some() || self.options.log.is_some()
    }

    /// Called with what a commit holds, before it.
    pub(crate) fn before<'a>(&mut self, commands: impl Iterator<Item = &'a Command>) {
        let mut names = String::new();
        for command in commands {
            *self.passed.entry(command.name()).or_default() += 1;
            names.push_str(command.name());
            names.push('\n');
        }
        self.end_at(Moment::Before);
        if let Some(log) = &self.options.log {
            let file = std::fs::OpenOptions::new().append(true).create(true).open(log);
            let written = file.and_then(|mut file| file.write_all(names.as_bytes()));
            assert!(
                written.is_ok(),
                "the log of crash points cannot be written: {written:?}"
            );
        }
    }

    /// Called after a commit.
    pub(crate) fn after(&mut self) {
        self.end_at(Moment::After);
    }

    fn end_at(&self, moment: Moment) {
        let Some((name, wanted, count)) = self.options.point else {
            return;
        };
        if wanted == moment && self.passed.get(name).is_some_and(|passed| *passed >= count) {
            // As after a power cut: no destructor runs, nothing is flushed.
            std::process::abort();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_is_a_known_command_a_moment_and_a_count() {
        let read = |text| CrashOptions::parse(Some(text), None).map(|options| options.point);
        assert_eq!(
            read("finish_step/before/3"),
            Ok(Some(("finish_step", Moment::Before, 3)))
        );
        assert_eq!(read("decide/after/1"), Ok(Some(("decide", Moment::After, 1))));
        for wrong in [
            "",
            "finish/before/1",
            "decide/during/1",
            "decide/after",
            "decide/after/x",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
