//! `replies`: lists the mail in a Maildir.
//!
//! It reads and changes nothing: no file is moved from `new` to `cur`, none is marked as seen.

mod document;
mod mail;
mod maildir;
mod quoted;

use std::path::PathBuf;

use super::bundled::BundledServer;
use super::deps::ServerDeps;
use super::fault::ToolFault;
use super::tool::{Reach, ServerTool};
use document::{ListArgs, ListReply};

pub(super) fn server(deps: &ServerDeps) -> BundledServer {
    let folder = deps.folder.clone();
    let list = ServerTool::new(
        "list",
        "Lists the mails of a Maildir with their texts, oldest first, quotations and signatures removed.",
        Reach::Local,
        move |args| list(folder.clone(), args),
    );
    BundledServer::new(
        "replies",
        "Lists readers' replies from a Maildir. Changes nothing there.",
        vec![list],
    )
}

async fn list(folder: PathBuf, args: ListArgs) -> Result<ListReply, ToolFault> {
    let since = args.since()?;
    let maildir = folder.join(&args.maildir);
    // Thousands of small files: other sessions must not wait for the disk.
    let listed = tokio::task::spawn_blocking(move || maildir::list(&maildir, since)).await;
    listed.map_err(|_| ToolFault::new("the Maildir cannot be read: the reader failed"))?
}
