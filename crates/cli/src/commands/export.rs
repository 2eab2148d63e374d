//! `export`: a run as files.

use std::path::Path;

use copydesk_domain::RunId;
use serde_json::json;

use crate::app::Folder;
use crate::exit::Failure;
use crate::outcome::Outcome;

/// Writes a run's files into a folder.
pub async fn execute(folder: &Folder, run: &str, to: &Path) -> Result<Outcome, Failure> {
    let files = write(folder, &RunId::new(run), to).await?;
    let text = format!("{} files in {}\n", files.len(), to.display());
    Ok(Outcome::new(
        json!({ "to": to.display().to_string(), "files": files }),
        text,
    ))
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
