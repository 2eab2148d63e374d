//! `man`: one manual page for all commands.

use std::io;

use clap::{Command, CommandFactory as _};
use clap_mangen::Man;
use serde_json::Value;

use crate::args::Cli;
use crate::exit::Failure;
use crate::outcome::Outcome;

/// Prints the manual.
pub fn execute() -> Result<Outcome, Failure> {
    let text = page(Cli::command()).map_err(|error| Failure::io("manual page", &error))?;
    Ok(Outcome::new(Value::from(text.clone()), text))
}

/// The page, with each command below a heading of its own: the list that [`Man::render`] gives names a page for each
/// command, and there are none.
fn page(command: Command) -> io::Result<String> {
    let commands: Vec<(String, Command)> = below(&command, "copydesk");
    let man = Man::new(command);
    let mut bytes = Vec::new();
    man.render_title(&mut bytes)?;
    man.render_name_section(&mut bytes)?;
    man.render_synopsis_section(&mut bytes)?;
    man.render_description_section(&mut bytes)?;
    man.render_options_section(&mut bytes)?;
    let mut text = String::from_utf8_lossy(&bytes).into_owned();
    text.push_str(".SH COMMANDS\n");
    for (name, command) in commands {
        let man = Man::new(command);
        let mut bytes = Vec::new();
        man.render_synopsis_section(&mut bytes)?;
        man.render_description_section(&mut bytes)?;
        man.render_options_section(&mut bytes)?;
        let own = String::from_utf8_lossy(&bytes);
        let heading = format!(".SS \"{name}\"");
        for line in own.lines() {
            text += match line {
                ".SH SYNOPSIS" => &heading,
                ".SH DESCRIPTION" | ".SH OPTIONS" => ".PP",
                other => other,
            };
            text.push('\n');
        }
    }
    Ok(once_prepared(&text))
}

/// The commands below one, each with its whole name, in the order of the help.
fn below(command: &Command, name: &str) -> Vec<(String, Command)> {
    let mut found = Vec::new();
    for sub in command.get_subcommands().filter(|sub| !sub.is_hide_set()) {
        let name = format!("{name} {}", sub.get_name());
        let own = sub
            .clone()
            .bin_name(name.clone())
            .disable_help_flag(true)
            .disable_help_subcommand(true);
        found.push((name.clone(), own));
        found.extend(below(sub, &name));
    }
    found
}

/// Each section brings the lines that define the apostrophe; the first does for all.
fn once_prepared(text: &str) -> String {
    let is_preparing = |line: &str| line.starts_with(".ie \\n(.g") || line.starts_with(".el .ds");
    let (mut seen, mut kept) = (0, String::new());
    for line in text.lines() {
        seen += usize::from(is_preparing(line));
        if !is_preparing(line) || seen <= 2 {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_command_is_told_in_the_one_page_and_no_other_page_is_referred_to() {
        let text = page(Cli::command()).unwrap();
        assert!(!text.contains("(1)"), "{text}");
        assert_eq!(text.matches(".ie \\n(.g").count(), 1);
        for heading in [
            "copydesk try",
            "copydesk run",
            "copydesk feeds add",
            "copydesk lab ground",
        ] {
            assert!(
                text.contains(&format!(".SS \"{heading}\"\n")),
                "{heading}: {text}"
            );
        }
        assert!(text.contains(r"\fB\-\-sample\fR"), "{text}");
    }
}
