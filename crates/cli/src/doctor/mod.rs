//! `doctor`: everything that an operator would look at, as one list with the next step of each.
//!
//! It opens nothing for writing, takes no lock and dies of nothing that it is there to diagnose: each check stands
//! alone and says what kept it from looking. What it prints is fit to be shown to others: names, hosts, counts and
//! places of ours; no key, header, query, prompt or reply. A last pass blanks every secret that is known.

mod config;
mod database;
mod finding;
mod machine;
mod owner;
mod redact;
mod work;

use std::path::Path;

use copydesk_config::{Environment, Workspace};
use serde_json::Value;

use crate::exit::FINE;
use crate::outcome::Outcome;
use finding::{Finding, State};

/// What the checks look at.
struct Patient<'a> {
    dir: &'a Path,
    environment: &'a Environment,
    /// What can be read of it.
    workspace: Workspace,
    problems: Vec<copydesk_config::Problem>,
    /// Who holds its lock.
    holder: Option<String>,
}

/// Examines a folder.
pub async fn examine(dir: &Path, environment: &Environment) -> Outcome {
    let (workspace, problems) = crate::commands::inspect(dir, environment);
    let patient = Patient {
        dir,
        environment,
        workspace,
        problems,
        holder: crate::lock::holder(dir),
    };
    let mut findings = vec![database::version().await];
    findings.extend(machine::folder(&patient));
    findings.extend(owner::owner(&patient).await);
    findings.extend(config::config(&patient));
    findings.extend(database::database(&patient).await);
    findings.extend(machine::machine(&patient));
    findings.extend(work::work(&patient).await);
    redact::redact(&mut findings, &patient);
    report(&findings)
}

/// The list, and the exit code of its worst.
fn report(findings: &[Finding]) -> Outcome {
    let width = findings
        .iter()
        .map(|finding| finding.check.len())
        .max()
        .unwrap_or(0);
    let text: String = findings.iter().map(|finding| finding.line(width)).collect();
    let data: Vec<Value> = findings.iter().map(Finding::json).collect();
    let worst = findings.iter().filter(|finding| finding.state == State::Fail);
    let exit = worst.map(|finding| finding.exit).max().unwrap_or(FINE);
    let count = |state: State| findings.iter().filter(|finding| finding.state == state).count();
    let talk = format!(
        "{}: {} failed, {} to look at",
        crate::words::count(findings.len(), "check", "checks"),
        count(State::Fail),
        count(State::Warn)
    );
    Outcome::new(Value::Array(data), text)
        .with_exit(exit)
        .with_talk(talk)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A desk as shipped, with changes to its files: file, what stands there, what stands there then.
    fn desk(changes: &[(&str, &str, &str)]) -> tempfile::TempDir {
        let dir = tempfile::tempdir().unwrap();
        copydesk_config::init(dir.path()).unwrap();
        for (file, old, new) in changes {
            let path = dir.path().join(file);
            let text = std::fs::read_to_string(&path).unwrap();
            assert!(text.contains(old), "{old}: {text}");
            std::fs::write(&path, text.replacen(old, new, 1)).unwrap();
        }
        dir
    }

    /// State and words of one check.
    async fn found(dir: &Path, check: &str) -> (String, String) {
        let outcome = examine(dir, &Environment::empty()).await;
        let findings = outcome.data.as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["check"] == check).unwrap();
        let word = |key: &str| finding[key].as_str().unwrap().to_owned();
        (word("state"), word("found"))
    }

    #[tokio::test]
    async fn files_are_right_exactly_where_check_says_nothing() {
        let shipped = desk(&[]);
        let (state, words) = found(shipped.path(), "config").await;
        assert_eq!(state, "warn");
        assert_eq!(
            words,
            "no errors, 2 warnings: pipelines/daily.toml pipelines/weekly.toml"
        );
        std::fs::remove_file(shipped.path().join("pipelines/weekly.toml")).unwrap();
        let (_, words) = found(shipped.path(), "config").await;
        assert_eq!(words, "no errors, 1 warning: pipelines/daily.toml");
        let address = "dir = \"site\"\nbase_url = \"https://desk.example\"";
        let right = desk(&[("pipelines/daily.toml", "dir = \"site\"", address)]);
        std::fs::remove_file(right.path().join("pipelines/weekly.toml")).unwrap();
        let (state, words) = found(right.path(), "config").await;
        assert_eq!((state.as_str(), words.as_str()), ("ok", "right, with 1 pipeline"));
    }

    #[tokio::test]
    async fn every_way_of_an_alarm_is_listed_and_only_a_ping_tells_of_a_dead_daemon() {
        let mail = "[alarms.mail]\nserver = \"mail.example:465\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]\n[budget]";
        let ways = "[alarms]\ncommand = [\"/opt/own/page-me\", \"--loud\"]";
        let silent = desk(&[
            ("config.toml", "[budget]", mail),
            ("config.toml", "[alarms]", ways),
        ]);
        let (state, words) = found(silent.path(), "alarms").await;
        assert_eq!(words, "mail to mail.example, command page-me");
        assert_eq!(state, "warn");
        let pinged = format!("{ways}\nping = \"https://pings.example/x\"");
        let pinged = desk(&[
            ("config.toml", "[budget]", mail),
            ("config.toml", "[alarms]", &pinged),
        ]);
        let (state, words) = found(pinged.path(), "alarms").await;
        assert_eq!(
            words,
            "ping to pings.example, mail to mail.example, command page-me"
        );
        assert_eq!(state, "ok");
        let bare = desk(&[]);
        assert_eq!(found(bare.path(), "alarms").await.1, "the log alone");
    }

    #[tokio::test]
    async fn a_password_file_that_others_can_read_is_told() {
        use std::os::unix::fs::PermissionsExt;
        let mail = "[alarms.mail]\nserver = \"mail.example:465\"\nuser = \"u\"\npassword_file = \"mail.key\"\nfrom = \"a@b.example\"\nto = [\"c@d.example\"]\n[budget]";
        let dir = desk(&[("config.toml", "[budget]", mail)]);
        let key = dir.path().join("mail.key");
        std::fs::write(&key, "planted").unwrap();
        let allow = |mode: u32| {
            std::fs::set_permissions(&key, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        allow(0o644);
        let (state, words) = found(dir.path(), "permissions").await;
        assert_eq!(
            (state.as_str(), words.as_str()),
            ("warn", "others can read mail.key")
        );
        allow(0o600);
        let (state, words) = found(dir.path(), "permissions").await;
        assert_eq!(
            (state.as_str(), words.as_str()),
            ("ok", "nobody else can read the 1 key file")
        );
    }
}
