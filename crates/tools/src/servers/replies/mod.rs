//! `replies`: lists the mail in a Maildir.
//!
//! It reads and changes nothing: no file is moved from `new` to `cur`, none is marked as seen. It reads the folders that
//! the pipelines name in `[replies] maildir` and no other, whoever asks.

mod document;
mod listing;
mod mail;
mod maildir;
mod quoted;

use std::path::{Path, PathBuf};

use super::bundled::BundledServer;
use super::deps::{Maildirs, ServerDeps};
use super::fault::ToolFault;
use super::tool::{Reach, ServerTool};
use document::{ListArgs, ListReply};
use listing::Listing;

pub(super) fn server(deps: &ServerDeps) -> BundledServer {
    let (folder, maildirs) = (deps.folder.clone(), deps.maildirs.clone());
    let list = ServerTool::new(
        "list",
        "Lists the mails of a Maildir that a pipeline names, with their texts, quotations and signatures removed.",
        Reach::Local,
        move |args| list(folder.clone(), maildirs.clone(), args),
    );
    BundledServer::new(
        "replies",
        "Lists readers' replies from the Maildirs of the pipelines. Changes nothing there.",
        vec![list],
    )
}

async fn list(folder: PathBuf, maildirs: Maildirs, args: ListArgs) -> Result<ListReply, ToolFault> {
    let listing = Listing::of(&args)?;
    // Thousands of small files: other sessions must not wait for the disk.
    let listed = tokio::task::spawn_blocking(move || {
        let maildir = named(&folder, &args.maildir, &maildirs())?;
        listing::list(&maildir, &listing)
    });
    let listed = listed.await;
    listed.map_err(|_| ToolFault::new("the Maildir cannot be read: the reader failed"))?
}

/// Where the wanted Maildir lies, if the pipelines name it: by its words, so that no `..` leads anywhere.
fn named(folder: &Path, wanted: &Path, maildirs: &[String]) -> Result<PathBuf, ToolFault> {
    let place = folder.join(wanted);
    if maildirs.iter().any(|named| folder.join(named) == place) {
        return Ok(place);
    }
    let there_are = match maildirs {
        [] => "no pipeline names one in `[replies] maildir`".to_owned(),
        named => format!("the pipelines name {}", named.join(", ")),
    };
    Err(ToolFault::new(format!(
        "`{}` is no Maildir of a pipeline: {there_are}",
        wanted.display()
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_maildirs_that_pipelines_name_are_read() {
        let there_are = ["replies".to_owned(), "/var/mail/desk".to_owned()];
        let of = |wanted: &str| named(Path::new("/desk"), Path::new(wanted), &there_are);
        for (wanted, place) in [
            ("replies", "/desk/replies"),
            ("./replies/", "/desk/replies"),
            ("/desk/replies", "/desk/replies"),
            ("/var/mail/desk", "/var/mail/desk"),
        ] {
            assert_eq!(of(wanted).unwrap(), Path::new(place), "{wanted}");
        }
        for wanted in [
            "",
            "/",
            "mail",
            "/srv/ann/mail",
            "../desk/replies",
            "replies/..",
            "replies/new",
            "/var/mail",
        ] {
            let why = of(wanted).unwrap_err().why;
            assert!(
                why.contains("the pipelines name replies, /var/mail/desk"),
                "{wanted}: {why}"
            );
        }
        let why = named(Path::new("/desk"), Path::new("replies"), &[])
            .unwrap_err()
            .why;
        assert!(why.contains("no pipeline names one"), "{why}");
    }
}
