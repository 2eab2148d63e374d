//! The files of a Maildir.

use std::collections::HashSet;
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use copydesk_domain::Instant;

use super::document::{ListReply, Missing, Reply};
use super::mail;
use crate::servers::fault::ToolFault;

/// Bytes of one mail. Replies with photographs stay below it.
const FILE_BYTES_MAX: u64 = 25 * 1024 * 1024;
/// Bytes of all texts of one answer: room for escapes and headers inside the four mebibytes of a result.
const TEXT_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Mails of one answer.
const MAILS_MAX: usize = 2_000;
/// Files that cannot be read named in one answer.
const MISSING_MAX: usize = 200;
/// Times in file names are believed from 2000 on; smaller numbers are no times.
const TIME_MIN: i64 = 946_684_800;

/// A file of the Maildir.
struct Delivered {
    path: PathBuf,
    /// Name below the Maildir.
    name: String,
    at: Instant,
    bytes: u64,
}

/// Lists a Maildir's mails, oldest delivery first; those delivered before `since` are left out.
pub(super) fn list(maildir: &Path, since: Option<Instant>) -> Result<ListReply, ToolFault> {
    let mut files = files(maildir)?;
    files.retain(|file| since.is_none_or(|since| file.at >= since));
    files.sort_by(|a, b| (a.at, &a.name).cmp(&(b.at, &b.name)));
    let mut reply = ListReply::default();
    let mut ids = HashSet::new();
    let mut text_bytes = 0;
    for (index, file) in files.iter().enumerate() {
        if reply.replies.len() >= MAILS_MAX || text_bytes >= TEXT_BYTES_MAX {
            reply.more = files.len() - index;
            reply.next_since = Some(file.at.to_string());
            break;
        }
        match read(file) {
            // A mail may lie in `new` and `cur` for a moment while another program moves it.
            Ok(mail) if !ids.insert(mail.id.clone()) => {}
            Ok(mail) => {
                text_bytes += mail.text.len();
                reply.replies.push(mail);
            }
            Err(reason) if reply.missing.len() < MISSING_MAX => {
                reply.missing.push(Missing {
                    file: file.name.clone(),
                    reason,
                });
            }
            Err(_) => {}
        }
    }
    Ok(reply)
}

fn files(maildir: &Path) -> Result<Vec<Delivered>, ToolFault> {
    let mut found = Vec::new();
    let mut is_maildir = false;
    for folder in ["new", "cur"] {
        let entries = match fs::read_dir(maildir.join(folder)) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(ToolFault::new(format!("{folder}: {error}"))),
        };
        is_maildir = true;
        found.extend(entries.filter_map(|entry| delivered(folder, &entry.ok()?)));
    }
    if is_maildir {
        return Ok(found);
    }
    // The caller knows which folder it named; where that lies on this machine is nobody else's business.
    Err(ToolFault::new("it is no Maildir: it has neither `new` nor `cur`"))
}

/// `None` for what is no delivered file: folders, links, hidden files, files that vanish meanwhile.
fn delivered(folder: &str, entry: &DirEntry) -> Option<Delivered> {
    let name = entry.file_name().to_string_lossy().into_owned();
    let about = entry.metadata().ok()?;
    if name.starts_with('.') || !about.is_file() {
        return None;
    }
    let at = time_in_name(&name).unwrap_or_else(|| changed_at(&about));
    Some(Delivered {
        path: entry.path(),
        name: format!("{folder}/{name}"),
        at,
        bytes: about.len(),
    })
}

/// Names begin with the second of the delivery: `1755700000.M1P2.host:2,S`.
fn time_in_name(name: &str) -> Option<Instant> {
    let seconds: i64 = name.split_once('.')?.0.parse().ok()?;
    (seconds >= TIME_MIN)
        .then(|| seconds.checked_mul(1_000_000))
        .flatten()
        .map(Instant::from_micros)
}

fn changed_at(about: &Metadata) -> Instant {
    let since_epoch = about
        .modified()
        .ok()
        .and_then(|at| at.duration_since(UNIX_EPOCH).ok());
    let micros = since_epoch.and_then(|since| i64::try_from(since.as_micros()).ok());
    Instant::from_micros(micros.unwrap_or_default())
}

fn read(file: &Delivered) -> Result<Reply, String> {
    if file.bytes > FILE_BYTES_MAX {
        return Err(format!(
            "it has {} bytes, and {FILE_BYTES_MAX} are read at most",
            file.bytes
        ));
    }
    let bytes = fs::read(&file.path).map_err(|error| error.to_string())?;
    mail::read(&bytes, file.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_of_delivery_stands_in_the_name() {
        assert_eq!(
            time_in_name("1755700000.M1P2.host:2,S").unwrap().to_string(),
            "2025-08-20T14:26:40Z"
        );
        assert_eq!(time_in_name("12.eml"), None);
        assert_eq!(time_in_name("mail"), None);
    }

    #[test]
    fn a_folder_that_is_no_maildir_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let fault = list(folder.path(), None).unwrap_err();
        assert!(fault.why.contains("no Maildir"), "{}", fault.why);
    }
}
