//! The files that people edit, read anew only where somebody may have touched them.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use copydesk_config::{Environment, Problems, Stamp, Workspace};
use copydesk_domain::Clock as _;
use copydesk_net::SystemClock;
use tokio::time::Instant as Tick;

/// A reading serves for so long, as long as nobody edits a file: for the parts of a start, and for runs that are started
/// in a burst. What the files point to outside of the folder is looked at again after that.
const KEPT: Duration = Duration::from_secs(2);

/// A folder's files.
pub struct Files {
    dir: PathBuf,
    environment: Environment,
    recent: Mutex<Option<Recent>>,
}

/// A good reading.
struct Recent {
    read_at: Tick,
    stamp: Stamp,
    workspace: Arc<Workspace>,
}

impl Files {
    /// The files of a folder; nothing is read yet.
    pub fn new(dir: &Path, environment: &Environment) -> Self {
        Self {
            dir: dir.to_owned(),
            environment: environment.clone(),
            recent: Mutex::default(),
        }
    }

    /// The files as they are now, kept for whoever comes next.
    ///
    /// # Errors
    /// Their problems, where one of them is an error.
    pub fn load(&self) -> Result<Arc<Workspace>, Problems> {
        let stamp = Stamp::of(&self.dir, SystemClock.now());
        if let Some(known) = self.known(stamp.as_ref()) {
            return Ok(known);
        }
        let workspace = Arc::new(Workspace::load(&self.dir, &self.environment)?);
        // What was edited while it was read shows in the next stamp.
        *self.recent() = stamp.map(|stamp| Recent {
            read_at: Tick::now(),
            stamp,
            workspace: Arc::clone(&workspace),
        });
        Ok(workspace)
    }

    /// The same, kept for nobody: an idle process holds no second workspace.
    ///
    /// # Errors
    /// As [`Files::load`].
    pub fn look(&self) -> Result<Arc<Workspace>, Problems> {
        let stamp = Stamp::of(&self.dir, SystemClock.now());
        match self.known(stamp.as_ref()) {
            Some(known) => Ok(known),
            None => Workspace::load(&self.dir, &self.environment).map(Arc::new),
        }
    }

    /// The last reading, if it serves yet; else it is let go.
    fn known(&self, stamp: Option<&Stamp>) -> Option<Arc<Workspace>> {
        let mut recent = self.recent();
        let serves = |recent: &Recent| recent.read_at.elapsed() < KEPT && stamp == Some(&recent.stamp);
        if !recent.as_ref().is_some_and(serves) {
            *recent = None;
        }
        recent.as_ref().map(|recent| Arc::clone(&recent.workspace))
    }

    fn recent(&self) -> MutexGuard<'_, Option<Recent>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder whose files were written a while ago.
    fn folder() -> (tempfile::TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        copydesk_config::init(folder.path()).unwrap();
        std::thread::sleep(Duration::from_millis(150));
        let files = Files::new(folder.path(), &Environment::default());
        (folder, files)
    }

    #[test]
    fn a_reading_serves_until_a_file_is_edited_or_it_is_old() {
        let (folder, files) = folder();
        let first = files.load().unwrap();
        assert!(Arc::ptr_eq(&first, &files.load().unwrap()));
        files.recent().as_mut().unwrap().read_at -= KEPT;
        let second = files.load().unwrap();
        assert!(!Arc::ptr_eq(&first, &second), "it was old");
        assert!(Arc::ptr_eq(&second, &files.look().unwrap()));
        files.recent().as_mut().unwrap().read_at -= KEPT;
        files.look().unwrap();
        assert!(files.recent().is_none(), "nobody keeps what is only looked at");
        std::fs::write(folder.path().join("voice.md"), "Short.").unwrap();
        assert_eq!(files.load().unwrap().voice, "Short.");
        std::fs::write(folder.path().join("voice.md"), "Shor2.").unwrap();
        assert_eq!(files.load().unwrap().voice, "Shor2.", "of the same size, at once");
    }

    #[test]
    fn a_broken_file_is_told_each_time() {
        let (folder, files) = folder();
        files.load().unwrap();
        std::fs::write(folder.path().join("config.toml"), "a b").unwrap();
        assert!(files.load().is_err());
        assert!(files.load().is_err());
    }
}
