//! The database of a folder, as its config.toml says.

use std::path::Path;
use std::sync::Arc;

use copydesk_config::{Environment, Problem, Synchronous, Workspace};
use copydesk_store::Store;
use copydesk_store_sqlite::{Options as StoreOptions, SqliteStore};

use crate::app::OpenOptions;
use crate::exit::{Failure, USAGE};

/// Opens it.
pub async fn open(options: &OpenOptions, workspace: &Workspace) -> Result<Arc<dyn Store>, Failure> {
    let path = options.dir.join(&workspace.config.store.path);
    if let Some(parent) = path.parent() {
        copydesk_config::durable::make_private_folder(parent)
            .map_err(|error| Failure::io(&parent.display().to_string(), &error))?;
    }
    let mut store_options = StoreOptions::SHIPPED;
    if workspace.config.store.synchronous == Synchronous::Normal {
        if !options.unsafe_durability {
            return Err(Failure::new(
                "CD001",
                USAGE,
                "config.toml: [store] synchronous = \"normal\" may lose acknowledged work in a power cut",
                "set it to \"full\", or say --unsafe-durability if that is meant",
            ));
        }
        store_options.synchronous = copydesk_store_sqlite::Synchronous::Normal;
    }
    #[cfg(debug_assertions)]
    {
        let variable = |name| options.environment.get(name);
        let crash = copydesk_store_sqlite::CrashOptions::parse(
            variable("COPYDESK_CRASH"),
            variable("COPYDESK_CRASH_LOG"),
        );
        let wrong = |error| Failure::new("CD001", USAGE, error, "COPYDESK_CRASH is for tests");
        store_options.crash = crash.map_err(wrong)?;
    }
    Ok(Arc::new(SqliteStore::open(&path, store_options).await?))
}

/// What can be read of a folder whose files have errors, where they leave no doubt which database is meant and it is
/// there. What only runs need, such as tool servers, is left out: a mistake there costs nobody a look or a decision.
pub fn beside_errors(dir: &Path, environment: &Environment) -> Option<Workspace> {
    let (mut workspace, problems) = Workspace::inspect(dir, environment);
    let is_known = !problems.iter().any(hides_store) && dir.join(&workspace.config.store.path).is_file();
    let config = &mut workspace.config;
    config.net.allow.clear();
    config.mcp_servers.clear();
    config.telemetry.otlp = None;
    is_known.then_some(workspace)
}

/// Whether a problem may have changed what is read as `[store]`: one of it, or of the whole config.toml.
fn hides_store(problem: &Problem) -> bool {
    let is_of_store = problem.key.is_empty() || problem.key.starts_with("store");
    problem.is_error() && problem.file == "config.toml" && is_of_store
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_that_leave_the_database_in_no_doubt_hide_nothing_stored() {
        let folder = tempfile::tempdir().unwrap();
        copydesk_config::init(folder.path()).unwrap();
        let config = folder.path().join("config.toml");
        let shipped = std::fs::read_to_string(&config).unwrap();
        let known = || beside_errors(folder.path(), &Environment::default()).is_some();
        assert!(!known(), "there is no database yet, and none is made");
        std::fs::create_dir_all(folder.path().join("data")).unwrap();
        std::fs::write(folder.path().join("data/copydesk.db"), "").unwrap();
        std::fs::write(folder.path().join("pipelines/daily.toml"), "[pipeline").unwrap();
        assert!(known(), "of pipelines nothing is needed");
        std::fs::write(&config, format!("bogus = 1\n{shipped}")).unwrap();
        assert!(known(), "a key that is unknown names no database");
        std::fs::write(&config, shipped.replace("[store]", "[store]\npaht = \"x.db\"")).unwrap();
        assert!(!known(), "it was to lie elsewhere");
        std::fs::write(&config, shipped.replace("[store]", "[store")).unwrap();
        assert!(!known(), "who knows where");
    }
}
