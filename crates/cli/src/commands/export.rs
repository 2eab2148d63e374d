//! `export`: a run as files.

use std::path::Path;

use copydesk_domain::RunId;
use serde_json::json;

use crate::app::Folder;
use crate::exit::Failure;
use crate::outcome::Outcome;
use crate::recording::WriteOptions;

/// Writes a run's files into a folder.
pub async fn execute(folder: &Folder, run: &str, to: &Path) -> Result<Outcome, Failure> {
    let files = write(folder, &RunId::new(run), to).await?;
    let text = format!("{} files in {}\n", files.len(), to.display());
    Ok(Outcome::new(
        json!({ "to": to.display().to_string(), "files": files }),
        text,
    ))
}

/// Writes a run's recording.
pub async fn recording(
    folder: &Folder,
    run: &str,
    file: &Path,
    without_replies: bool,
) -> Result<Outcome, Failure> {
    let options = WriteOptions {
        file,
        without_replies,
    };
    let written = crate::recording::write(folder, &RunId::new(run), options).await?;
    let text = format!(
        "{}: {} rounds of {run}; `copydesk replay --recording FILE` replays it anywhere\n",
        file.display(),
        written.rounds
    );
    let data = json!({
        "recording": file.display().to_string(),
        "run": run,
        "lines": written.lines,
        "rounds": written.rounds,
        "same": written.is_same,
        "has_replies": written.has_replies,
        "has_notes": written.has_notes,
    });
    let mut outcome = Outcome::new(data, text);
    if written.has_replies {
        outcome = outcome.with_talk(
            "it holds letters of readers with their addresses, which engagement worked from; --without-replies leaves \
             them out",
        );
    }
    if written.has_notes {
        outcome = outcome.with_talk("it holds notes or past issues of yours, which its stages worked from");
    }
    if !written.is_same {
        outcome = outcome.with_talk(
            "replayed here, it does not come to the run's own bytes; `copydesk replay RUN` says where it differs",
        );
    }
    Ok(outcome)
}

/// Writes the files, each whole or not at all; gives their paths below the folder.
pub async fn write(folder: &Folder, run: &RunId, to: &Path) -> Result<Vec<String>, Failure> {
    let files = folder.engine.export(run).await?;
    let mut written = Vec::new();
    for file in files {
        let path = to.join(&file.path);
        let place = path.display().to_string();
        let io = |error: std::io::Error| Failure::io(&place, &error);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(io)?;
        }
        let unfinished = path.with_extension("part");
        std::fs::write(&unfinished, &file.bytes).map_err(io)?;
        std::fs::rename(&unfinished, &path).map_err(io)?;
        written.push(file.path);
    }
    Ok(written)
}
