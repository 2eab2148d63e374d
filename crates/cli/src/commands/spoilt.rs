//! Commands in a folder whose files have errors. Its owner holds the last ones that were right, so they go there; where
//! nobody owns it, those that need only what is stored are carried out all the same: a typo must not keep anybody from
//! taking an issue back.

use crate::app::{Folder, OpenOptions};
use crate::args::Command;
use crate::asker::Asker;
use crate::database;
use crate::exit::Failure;
use crate::lock::{Turn, ask_owner, own_or_forward};
use crate::outcome::Outcome;

/// Executes a command there. `errors`: those of the files, for a command that cannot do without them.
pub async fn execute(options: OpenOptions, command: Command, errors: Failure) -> Result<Outcome, Failure> {
    if let Some(outcome) = ask_owner(&options.dir, &command).await? {
        return Ok(outcome.with_talk(BESIDE_OWNER));
    }
    let read = needs_only_stored(&command)
        .then(|| database::beside_errors(&options.dir, &options.environment))
        .flatten();
    let Some(read) = read else {
        return Err(errors);
    };
    let lock = match own_or_forward(&options.dir, &command).await? {
        Turn::Forwarded(outcome) => return Ok(outcome.with_talk(BESIDE_OWNER)),
        Turn::Owned(lock) => lock,
    };
    let folder = Folder::open_spoilt(options, read, lock).await?;
    crate::signals::watch(folder.shutdown.clone());
    let asker = Asker::here(folder.shutdown.subscribe());
    let result = super::within(&folder, command, &asker).await;
    folder.close().await;
    Ok(result?.with_talk(ALONE))
}

/// Below what the owner did.
const BESIDE_OWNER: &str = "the files have errors, so what runs here goes on with the last ones that were right; `copydesk check` names them";
/// Below what was done without an owner.
const ALONE: &str =
    "the files have errors, and nothing can be started before they are mended; `copydesk check` names them";

/// Whether a command works from what is stored: looks at runs, and words that keep something from going on.
fn needs_only_stored(command: &Command) -> bool {
    matches!(
        command,
        Command::Runs { .. }
            | Command::Show { .. }
            | Command::Logs(_)
            | Command::Waiting
            | Command::Spend { .. }
            | Command::Reject { .. }
            | Command::Recall { .. }
            | Command::Cancel { .. }
    )
}
