//! A restore that was cut off while it filled a folder.

use std::path::Path;

use super::refused;
use crate::exit::{Failure, USAGE};

/// How the name of the folder begins in which a restore builds. One that lies in a folder without config.toml is what a
/// restore left that was cut off: config.toml comes up last.
pub const UNFINISHED: &str = ".copydesk-restore-";
/// The same of one that builds beside the folder that it makes: what lies there has nothing to do with it.
pub const BESIDE: &str = ".copydesk-restoring-";
/// Without it a folder is no desk.
pub const CONFIG: &str = "config.toml";

/// Refuses a folder that a restore did not finish. What is in it is a part of a desk: with a config.toml of `init` it
/// would look like a whole one.
///
/// # Errors
/// CD016 with what to do.
pub fn require_finished(dir: &Path) -> Result<(), Failure> {
    if dir.join(CONFIG).exists() {
        return Ok(());
    }
    // What cannot be listed is for the caller to find out about.
    let mut entries = std::fs::read_dir(dir).into_iter().flatten().flatten();
    let is_left = entries.any(|entry| entry.file_name().to_string_lossy().starts_with(UNFINISHED));
    if !is_left {
        return Ok(());
    }
    let error = format!(
        "a restore into {} was cut off, or is at work; what is there is no whole desk",
        dir.display()
    );
    let hint = format!(
        "if no restore is at work there, delete everything in it, also {UNFINISHED}*, and restore again"
    );
    Err(Failure {
        exit: USAGE,
        ..refused(error, hint)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_cut_off_until_its_config_is_there() {
        let dir = tempfile::tempdir().unwrap();
        assert!(require_finished(dir.path()).is_ok(), "an empty one is none");
        assert!(require_finished(&dir.path().join("absent")).is_ok());
        std::fs::create_dir(dir.path().join("pipelines")).unwrap();
        assert!(require_finished(dir.path()).is_ok(), "nor is somebody's folder");
        std::fs::create_dir(dir.path().join(format!("{BESIDE}abc"))).unwrap();
        assert!(
            require_finished(dir.path()).is_ok(),
            "nor is what lies around a new one"
        );
        std::fs::create_dir(dir.path().join(".copydesk-restore-abc")).unwrap();
        let failure = require_finished(dir.path()).unwrap_err();
        assert_eq!((failure.code.as_str(), failure.exit), ("CD016", USAGE));
        assert!(failure.error.contains("was cut off"), "{failure:?}");
        std::fs::write(dir.path().join(CONFIG), "").unwrap();
        assert!(require_finished(dir.path()).is_ok(), "all of it is up");
    }
}
