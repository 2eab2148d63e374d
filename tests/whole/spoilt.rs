//! A mistake in the files keeps nobody from looking, and from taking an issue back.

use crate::daemon::Daemon;
use crate::rig::{Corpus, Desk, EVENING, text, word};

/// A file that nothing can be read from, beside the pipeline of the run.
fn spoil(desk: &Desk) {
    desk.write("pipelines/other.toml", "bogus = 1\n");
    assert_eq!(desk.run(&["check"]).status.code(), Some(2));
}

/// A command that works beside the mistake and says that there is one.
fn works(desk: &Desk, arguments: &[&str]) -> String {
    let output = desk.run(arguments);
    let said = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{arguments:?}: {said}");
    assert!(
        said.contains("copydesk check"),
        "{arguments:?} hides the mistake: {said}"
    );
    text(&output.stdout)
}

const LOOKS: [&[&str]; 4] = [&["runs"], &["waiting"], &["spend"], &["runs", "--limit", "1"]];

#[test]
fn an_issue_is_taken_back_beside_a_mistake_in_the_files() {
    let Some(corpus) = Corpus::serve("an_issue_is_taken_back_beside_a_mistake_in_the_files", EVENING) else {
        return;
    };
    let desk = Desk::of_corpus(&corpus, "7d");
    let run = desk.evening();
    let id = word(&run, "run");
    let digits = &word(&run["approval"], "hash")[..12];
    let daemon = Daemon::start(&desk);
    desk.json(0, &["approve", id, "--hash", digits]);
    let shown = text(&desk.run(&["show", id]).stdout);
    assert!(
        shown.contains(&format!("copydesk recall {id}")) && !shown.contains("no daemon runs"),
        "{shown}"
    );
    spoil(&desk);
    works(&desk, &["recall", id]);
    assert_eq!(desk.json(0, &["show", id])["issue"], "reviewed");
    for arguments in LOOKS {
        works(&desk, arguments);
    }
    works(&desk, &["logs", id]);
    works(&desk, &["pause", "daily"]);
    works(&desk, &["approve", id]);
    let failure = desk.failure(2, &["run", "daily", "--new"]);
    assert_eq!(failure["code"], "CD001", "{failure}");
    daemon.stop();
    // Nobody owns the folder now.
    let shown = works(&desk, &["show", id]);
    assert!(
        shown.contains("no daemon runs here") && shown.contains(&format!("copydesk recall {id}")),
        "{shown}"
    );
    for arguments in LOOKS {
        works(&desk, arguments);
    }
    assert_eq!(desk.failure(2, &["approve", id])["code"], "CD001");
    works(&desk, &["recall", id]);
    works(&desk, &["cancel", id]);
    assert_eq!(desk.json(0, &["show", id])["issue"], "reviewed");
    assert!(!desk.dir().join("site").exists(), "nothing went out");
}
