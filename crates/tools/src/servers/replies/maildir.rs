//! The files of a Maildir.

use std::fmt;
use std::fs::{self, DirEntry, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;

use copydesk_domain::Instant;

use super::document::Reply;
use super::mail;
use crate::servers::fault::ToolFault;

/// Bytes of one mail. Replies with photographs stay below it.
const FILE_BYTES_MAX: u64 = 25 * 1024 * 1024;
/// Times in file names are believed from 2000 on; smaller numbers are no times.
const TIME_MIN: i64 = 946_684_800;

/// Where a file stands among the others: by the time of its delivery, then by its name. Names of files are unique, so
/// nothing is given twice or left out where many mails came in one second.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    /// When it was delivered.
    pub at: Instant,
    /// The name without folder and flags, which stays when another program moves the file from `new` to `cur`.
    delivery: String,
    /// Name below the Maildir.
    pub name: String,
}

impl Place {
    fn new(at: Instant, name: String) -> Self {
        let file = name.split_once('/').map_or(name.as_str(), |(_, file)| file);
        let delivery = file.split_once(':').map_or(file, |(delivery, _)| delivery);
        Self {
            at,
            delivery: delivery.to_owned(),
            name,
        }
    }

    /// `2026-08-20T14:26:40Z new/1755700000.M1P2.host`
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (at, name) = text.split_once(' ')?;
        Some(Self::new(at.parse().ok()?, name.to_owned()))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.at, self.name)
    }
}

/// A file of the Maildir.
pub(super) struct Delivered {
    path: PathBuf,
    /// Where it stands.
    pub place: Place,
    bytes: u64,
}

impl Delivered {
    /// Bytes that reading it takes; one that is too large is not read.
    pub(super) const fn cost(&self) -> u64 {
        if self.bytes > FILE_BYTES_MAX {
            0
        } else {
            self.bytes
        }
    }

    /// The mail in it; the error says why there is none.
    pub(super) fn read(&self) -> Result<Reply, String> {
        if self.bytes > FILE_BYTES_MAX {
            return Err(format!(
                "it has {} bytes, and {FILE_BYTES_MAX} are read at most",
                self.bytes
            ));
        }
        let bytes = fs::read(&self.path).map_err(|error| error.to_string())?;
        mail::read(&bytes, self.place.at)
    }
}

/// All files that were delivered into a Maildir, in no order.
pub(super) fn files(maildir: &Path) -> Result<Vec<Delivered>, ToolFault> {
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
        place: Place::new(at, format!("{folder}/{name}")),
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
        let fault = files(folder.path()).err().unwrap();
        assert!(fault.why.contains("no Maildir"), "{}", fault.why);
    }

    #[test]
    fn a_place_is_read_as_it_is_written() {
        let at = Instant::from_micros(1_755_700_000_000_001);
        let place = Place::new(at, "cur/1755700000.M1 P2.host:2,S".to_owned());
        assert_eq!(place.delivery, "1755700000.M1 P2.host");
        assert_eq!(Place::parse(&place.to_string()), Some(place));
        assert_eq!(Place::parse("2026-08-20"), None);
    }
}
