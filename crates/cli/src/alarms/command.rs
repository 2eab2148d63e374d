//! Alarms to a program of the operator's: `[alarms] command`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use copydesk_config::Environment;
use copydesk_domain::RunId;
use copydesk_store::NoticeRecord;
use process_wrap::tokio::{ChildWrapper, CommandWrap, ProcessGroup};
use serde_json::Value;
use tokio::io::AsyncWriteExt;

/// A program that has not ended by then told nobody; the daemon waits half as long again.
const RUN_MAX: Duration = Duration::from_secs(20);

/// A program with its arguments, started for each alarm.
pub(super) struct CommandWay {
    program: String,
    arguments: Vec<String>,
    /// What any child may see of our environment.
    variables: BTreeMap<String, String>,
    dir: PathBuf,
    run_max: Duration,
}

impl CommandWay {
    /// None where the command is empty.
    pub(super) fn new(command: &[String], environment: &Environment, dir: &Path) -> Option<Self> {
        let (program, arguments) = command.split_first()?;
        Some(Self {
            program: program.clone(),
            arguments: arguments.to_vec(),
            variables: environment.for_children(),
            dir: dir.to_owned(),
            run_max: RUN_MAX,
        })
    }

    /// Starts the program with the alarm on its stdin, and waits for its end. It and whatever it started are killed at
    /// the timeout. What it says on stderr comes out on ours.
    ///
    /// # Errors
    /// It could not be started, did not end in time, or ended with another code than 0.
    pub(super) async fn run(&self, notice: &NoticeRecord, alarm: &Value) -> Result<(), String> {
        let mut command = CommandWrap::with_new(&self.program, |command| {
            command
                .args(&self.arguments)
                .env_clear()
                .envs(&self.variables)
                .envs(variables_of(notice))
                .current_dir(&self.dir)
                .stdin(Stdio::piped())
                .stdout(Stdio::null())
                .stderr(Stdio::inherit());
        });
        command.wrap(ProcessGroup::leader());
        let child = command
            .spawn()
            .map_err(|error| format!("it cannot be started: {error}"))?;
        let mut group = Group(child);
        let text = alarm.to_string();
        let ended = async {
            if let Some(mut stdin) = group.0.stdin().take() {
                // A program that does not read it is free not to.
                let _ = stdin.write_all(text.as_bytes()).await;
            }
            group.0.wait().await
        };
        match tokio::time::timeout(self.run_max, ended).await {
            Ok(Ok(status)) if status.success() => Ok(()),
            Ok(Ok(status)) => Err(format!("it ended with {status}")),
            Ok(Err(error)) => Err(format!("its end cannot be waited for: {error}")),
            Err(_) => Err(format!(
                "it did not end within {} s and was killed",
                self.run_max.as_secs()
            )),
        }
    }
}

fn variables_of(notice: &NoticeRecord) -> [(&'static str, String); 5] {
    [
        ("COPYDESK_KIND", notice.kind.to_string()),
        ("COPYDESK_PIPELINE", notice.pipeline.to_string()),
        (
            "COPYDESK_RUN",
            notice.run.as_ref().map(RunId::to_string).unwrap_or_default(),
        ),
        ("COPYDESK_KEY", notice.key.clone()),
        ("COPYDESK_MESSAGE", notice.message.clone()),
    ]
}

/// A child that leads a process group. Dropping it kills what is left of the group.
struct Group(Box<dyn ChildWrapper>);

impl Drop for Group {
    fn drop(&mut self) {
        // An error means that no process of the group is left.
        let _ = self.0.start_kill();
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::NoticeKind;
    use serde_json::json;

    use super::super::tests::notice;
    use super::*;

    fn way(script: &str, dir: &Path) -> CommandWay {
        let command = ["/bin/sh", "-c", script].map(str::to_owned);
        let environment = Environment::of([("PATH", "/usr/bin:/bin"), ("OPENAI_API_KEY", "secret")]);
        CommandWay::new(&command, &environment, dir).unwrap()
    }

    #[tokio::test]
    async fn a_program_gets_the_alarm_on_stdin_and_in_variables_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let way = way("cat > alarm.json; env > variables", dir.path());
        let alarm = json!({ "kind": "failed" });
        way.run(&notice(NoticeKind::Failed, "command"), &alarm)
            .await
            .unwrap();
        let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(read("alarm.json"), alarm.to_string());
        let variables = read("variables");
        for line in [
            "COPYDESK_KIND=failed",
            "COPYDESK_RUN=r1",
            "COPYDESK_PIPELINE=daily",
        ] {
            assert!(
                variables.lines().any(|found| found == line),
                "{line}: {variables}"
            );
        }
        assert!(!variables.contains("secret"), "{variables}");
    }

    #[tokio::test]
    async fn another_code_than_0_told_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let failed = way("exit 3", dir.path());
        let reason = failed
            .run(&notice(NoticeKind::Failed, "command"), &json!({}))
            .await;
        assert_eq!(reason, Err("it ended with exit status: 3".to_owned()));
        let missing = CommandWay {
            program: "/nowhere/alarm".to_owned(),
            ..way("", dir.path())
        };
        let reason = missing
            .run(&notice(NoticeKind::Failed, "command"), &json!({}))
            .await;
        assert!(reason.unwrap_err().starts_with("it cannot be started"));
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_killed_with_what_it_started() {
        let dir = tempfile::tempdir().unwrap();
        // The shell's child ignores the end of the shell; it writes its id so that the test can look for it.
        let script = "sleep 600 & echo $! > child; wait";
        let hangs = CommandWay {
            run_max: Duration::from_secs(1),
            ..way(script, dir.path())
        };
        let big = json!({ "body": "x".repeat(1_000_000) });
        let reason = hangs
            .run(&notice(NoticeKind::Failed, "command"), &big)
            .await
            .unwrap_err();
        assert!(reason.contains("did not end within 1 s"), "{reason}");
        let child =
            std::fs::read_to_string(dir.path().join("child")).expect("the fault fired: it started one");
        let is_gone = || {
            let state = std::fs::read_to_string(format!("/proc/{}/stat", child.trim()));
            // A zombie waits for its reaper and runs no more.
            state.map_or(true, |state| state.contains(") Z "))
        };
        for _ in 0..100 {
            if is_gone() {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("process {child} still runs");
    }
}
