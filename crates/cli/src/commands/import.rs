//! `import`: past issues into the archive, and a first `voice.md` proposed from them.

use std::fmt::Write as _;
use std::path::Path;

use copydesk_domain::{PipelineName, counted};
use serde_json::json;

use crate::app::{Folder, load, pipelines_there_are};
use crate::exit::{FAILED, Failure, USAGE};
use crate::import::{
    Counts, FeedFault, Import, Skipped, VOICE_ISSUES_MAX, Voice, from_address, from_file, from_folder,
    is_address, is_issue, keep, propose, texts,
};
use crate::outcome::Outcome;
use crate::words::{cut, line};

/// Bytes of a feed in a file.
const FEED_BYTES_MAX: u64 = 64 * 1024 * 1024;
/// Skipped files shown to people; `--json` lists them all.
const SHOWN_MAX: usize = 12;

/// Executes `import`.
pub async fn execute(folder: &Folder, from: &str, pipeline: &str) -> Result<Outcome, Failure> {
    let newsletter = newsletter(folder, pipeline)?;
    let import = read(folder, from).await?;
    if import.found.is_empty() {
        return Err(nothing(from, &import.skipped));
    }
    let now = folder.engine.clock().now();
    let counts = keep(folder.engine.store().as_ref(), &import.found, &newsletter, now).await?;
    let limit = u32::try_from(VOICE_ISSUES_MAX).expect("the limit is a small constant");
    let kept = folder.engine.store().past_issues(limit).await?;
    let (dir, pages) = (folder.dir.clone(), texts(&import.found, &kept));
    let proposing = tokio::task::spawn_blocking(move || propose(&dir, &pages)).await;
    let voice = proposing
        .map_err(|error| Failure::bug(error.to_string()))?
        .map_err(|error| Failure::io("voice.proposed.md", &error))?;
    Ok(told(from, &import, counts, &voice))
}

/// The name of the pipeline's newsletter.
fn newsletter(folder: &Folder, pipeline: &str) -> Result<String, Failure> {
    let workspace = load(&folder.dir, &folder.environment)?;
    let found = workspace.pipelines.get(&PipelineName::new(pipeline));
    found.map(|pipeline| pipeline.issue.name.clone()).ok_or_else(|| {
        let text = format!("there is no pipeline `{pipeline}`");
        Failure::new("CD008", USAGE, text, pipelines_there_are(&workspace))
    })
}

async fn read(folder: &Folder, from: &str) -> Result<Import, Failure> {
    if is_address(from) {
        return from_address(&folder.deps, from)
            .await
            .map_err(|fault| no_feed(from, fault));
    }
    let path = Path::new(from);
    let about = std::fs::metadata(path).map_err(|error| {
        let failure = unreadable(format!("{from}: {error}"));
        if error.kind() == std::io::ErrorKind::NotFound {
            return Failure {
                exit: USAGE,
                ..failure
            };
        }
        failure
    })?;
    if about.is_dir() || is_issue(path) && about.is_file() {
        let owned = path.to_path_buf();
        let read = tokio::task::spawn_blocking(move || from_folder(&owned)).await;
        let read = read.map_err(|error| Failure::bug(error.to_string()))?;
        return read.map_err(|error| unreadable(format!("{from}: {error}")));
    }
    if !about.is_file() {
        return Err(unreadable(format!("{from} is neither a folder nor a plain file")));
    }
    if about.len() > FEED_BYTES_MAX {
        return Err(unreadable(format!("{from}: a feed has at most 64 MiB")));
    }
    let bytes = std::fs::read(path).map_err(|error| unreadable(format!("{from}: {error}")))?;
    from_file(&folder.deps, &bytes, from)
        .await
        .map_err(|fault| no_feed(from, fault))
}

fn no_feed(from: &str, fault: FeedFault) -> Failure {
    match fault {
        FeedFault::Unread(why) if why.contains(from) => unreadable(why),
        FeedFault::Unread(why) => unreadable(format!("{from}: {why}")),
        FeedFault::Bug(error) => Failure::bug(format!("{from}: its items could not be sorted: {error}")),
    }
}

fn unreadable(error: String) -> Failure {
    let hint = if error.contains("is not fetched") {
        "a feed of your own machine or network wants its HOST:PORT in `[net] allow` of config.toml"
    } else {
        "name a folder of Markdown or HTML files, a feed's address, or a feed's file"
    };
    Failure::new("CD018", FAILED, error, hint)
}

fn nothing(from: &str, skipped: &[Skipped]) -> Failure {
    let mut reasons: Vec<String> = skipped
        .iter()
        .take(3)
        .map(|skipped| format!("{}: {}", line(&skipped.what), skipped.reason))
        .collect();
    if skipped.len() > reasons.len() {
        reasons.push(format!("and {} more", skipped.len() - reasons.len()));
    }
    let reasons = if reasons.is_empty() {
        "it is empty".to_owned()
    } else {
        reasons.join("; ")
    };
    Failure::new(
        "CD018",
        FAILED,
        format!("{from}: no issue in it ({reasons})"),
        "name the folder that holds your issues as Markdown or HTML, or your feed",
    )
}

fn told(from: &str, import: &Import, counts: Counts, voice: &Voice) -> Outcome {
    let data = json!({
        "from": from,
        "found": import.found.len(),
        "added": counts.added,
        "changed": counts.changed,
        "known": counts.known,
        "skipped": import.skipped,
        "pages_read": import.pages_read,
        "incomplete": import.incomplete,
        "voice": voice,
    });
    let mut text = format!(
        "{}: {} added, {} changed, {} there already\n",
        counted(import.found.len(), "issue", "issues"),
        counts.added,
        counts.changed,
        counts.known
    );
    for skipped in import.skipped.iter().take(SHOWN_MAX) {
        let _ = writeln!(
            text,
            "  skipped {}: {}",
            cut(&line(&skipped.what), 60),
            skipped.reason
        );
    }
    if import.skipped.len() > SHOWN_MAX {
        let _ = writeln!(
            text,
            "  and {} more; --json lists them all",
            import.skipped.len() - SHOWN_MAX
        );
    }
    match (&voice.file, &voice.reason) {
        (Some(file), _) => {
            let _ = writeln!(
                text,
                "wrote {file}: {} of {}, each with its count",
                counted(voice.rules, "habit", "habits"),
                counted(voice.issues, "issue", "issues")
            );
        }
        (None, Some(reason)) => {
            let _ = writeln!(text, "no proposal for voice.md: {reason}");
        }
        (None, None) => {}
    }
    let mut outcome = Outcome::new(data, text);
    if let Some(reason) = &import.incomplete {
        outcome = outcome.with_talk(format!("the feed is not complete: {reason}"));
    }
    if let Some(next) = &voice.next {
        outcome = outcome.with_talk(format!("next: {next}"));
    }
    outcome
}
