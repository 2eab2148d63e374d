//! What one answer holds of a Maildir, and where the next one goes on.

use std::collections::HashSet;
use std::path::Path;

use copydesk_domain::{ContentHash, Instant};

use super::document::{ListArgs, ListReply, Missing, Order, Reply};
use super::maildir::{Delivered, Place, files};
use crate::servers::fault::ToolFault;

/// Bytes of the mails of one answer as JSON, with all that their senders chose: half of the four mebibytes of a result.
/// Files that are named as missing take 200 × 2 KB at most.
const REPLY_BYTES_MAX: usize = 2 * 1024 * 1024;
/// Bytes of the files of one answer, so that it comes in seconds.
const READ_BYTES_MAX: u64 = 256 * 1024 * 1024;
/// Mails of one answer.
const MAILS_MAX: usize = 2_000;
/// Files that cannot be read named in one answer.
const MISSING_MAX: usize = 200;

/// Which mails are listed.
#[derive(Debug)]
pub(super) struct Listing {
    since: Option<Instant>,
    order: Order,
    after: Option<Place>,
}

impl Listing {
    /// As a call wants it.
    pub(super) fn of(args: &ListArgs) -> Result<Self, ToolFault> {
        let wrong = || ToolFault::new("`after` is not the `next` of another answer");
        let after = args
            .after
            .as_deref()
            .map(|text| Place::parse(text).ok_or_else(wrong));
        Ok(Self {
            since: args.since()?,
            order: args.order,
            after: after.transpose()?,
        })
    }

    /// Whether a file stands behind what another answer gave.
    fn is_left(&self, place: &Place) -> bool {
        let Some(after) = &self.after else { return true };
        match self.order {
            Order::Oldest => place > after,
            Order::Newest => place < after,
        }
    }
}

/// Lists a Maildir's mails, as many as one answer holds.
pub(super) fn list(maildir: &Path, listing: &Listing) -> Result<ListReply, ToolFault> {
    let mut files = files(maildir)?;
    files.retain(|file| {
        listing.since.is_none_or(|since| file.place.at >= since) && listing.is_left(&file.place)
    });
    files.sort_by(|a, b| a.place.cmp(&b.place));
    if listing.order == Order::Newest {
        files.reverse();
    }
    let mut page = Page::default();
    let taken = files.iter().take_while(|file| page.take(file)).count();
    page.reply.more = files.len() - taken;
    if page.reply.more > 0 {
        page.reply.next = taken.checked_sub(1).map(|last| files[last].place.to_string());
    }
    Ok(page.reply)
}

/// An answer as it grows.
#[derive(Default)]
struct Page {
    reply: ListReply,
    /// Mails by id and text: ids are the senders' choice, and one of them must not hide the mail of another.
    known: HashSet<(String, ContentHash)>,
    /// Of the mails as JSON.
    bytes: usize,
    /// Of the files that were read.
    read_bytes: u64,
}

impl Page {
    /// Takes a file in; false where it belongs to the next answer.
    fn take(&mut self, file: &Delivered) -> bool {
        let cost = file.cost();
        if self.reply.replies.len() >= MAILS_MAX || self.read_bytes + cost > READ_BYTES_MAX {
            return false;
        }
        self.read_bytes += cost;
        match file.read() {
            Ok(mail) => self.add(mail),
            // Files that are no mails take no room from those that are: beyond some they are counted.
            Err(_) if self.reply.missing.len() >= MISSING_MAX => {
                self.reply.more_missing += 1;
                true
            }
            Err(reason) => {
                let file = file.place.name.clone();
                self.reply.missing.push(Missing { file, reason });
                true
            }
        }
    }

    fn add(&mut self, mail: Reply) -> bool {
        let key = (mail.id.clone(), ContentHash::of(mail.text.as_bytes()));
        // A mail may lie in `new` and `cur` for a moment while another program moves it.
        if self.known.contains(&key) {
            return true;
        }
        let bytes = serde_json::to_string(&mail).map_or(0, |text| text.len() + 1);
        // The first one always has room: each is bounded far below the limit.
        if self.bytes > 0 && self.bytes + bytes > REPLY_BYTES_MAX {
            return false;
        }
        self.bytes += bytes;
        self.known.insert(key);
        self.reply.replies.push(mail);
        true
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn maildir(files: impl IntoIterator<Item = (String, String)>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["new", "cur"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        for (name, text) in files {
            fs::write(folder.path().join(name), text).unwrap();
        }
        folder
    }

    fn mail(id: &str, text: &str) -> String {
        format!("From: a@reader.example\r\nMessage-ID: <{id}>\r\n\r\n{text}")
    }

    fn listing(order: Order, after: Option<String>) -> Listing {
        Listing {
            since: None,
            order,
            after: after.map(|text| Place::parse(&text).unwrap()),
        }
    }

    /// All ids, over all answers.
    fn all_ids(folder: &Path, order: Order) -> Vec<String> {
        let (mut ids, mut after) = (Vec::new(), None);
        for _ in 0..100 {
            let page = list(folder, &listing(order, after)).unwrap();
            ids.extend(page.replies.into_iter().map(|reply| reply.id));
            after = page.next;
            if after.is_none() {
                return ids;
            }
        }
        panic!("it never ends: {} ids", ids.len());
    }

    #[test]
    fn mails_of_one_second_are_all_given() {
        let name = |n: usize| format!("new/1787220000.M{n:04}.host");
        let folder = maildir((0..2_100).map(|n| (name(n), mail(&n.to_string(), "Yes."))));
        let wanted: Vec<String> = (0..2_100).map(|n| n.to_string()).collect();
        assert_eq!(all_ids(folder.path(), Order::Oldest), wanted);
        let newest_first: Vec<String> = wanted.into_iter().rev().collect();
        assert_eq!(all_ids(folder.path(), Order::Newest), newest_first);
    }

    #[test]
    fn a_mail_that_is_moved_between_two_answers_is_given_once() {
        let name = |n: usize| format!("new/1787220000.M{n:04}.host");
        let folder = maildir((0..2_001).map(|n| (name(n), mail(&n.to_string(), "Yes."))));
        let first = list(folder.path(), &listing(Order::Oldest, None)).unwrap();
        assert_eq!((first.replies.len(), first.more), (2_000, 1));
        for n in 1_990..2_001 {
            let seen = format!("{}:2,S", name(n).replace("new/", "cur/"));
            fs::rename(folder.path().join(name(n)), folder.path().join(seen)).unwrap();
        }
        let rest = list(folder.path(), &listing(Order::Oldest, first.next)).unwrap();
        let ids: Vec<&str> = rest.replies.iter().map(|reply| reply.id.as_str()).collect();
        assert!(ids.contains(&"2000") && ids.len() <= 2, "{ids:?}");
    }

    #[test]
    fn an_answer_is_bounded_by_all_its_bytes() {
        let headers = format!("From: {0}\r\nSubject: {0}\r\nReferences: ", "\u{1}".repeat(5_000));
        let ids: Vec<String> = (0..60).map(|n| format!("<{n}{}@r>", "é".repeat(400))).collect();
        let ids = ids.join("\r\n ");
        let hostile = |n: usize| {
            format!(
                "{headers}{ids}\r\nMessage-ID: <{n}{}>\r\n\r\nYes.",
                "x".repeat(90_000)
            )
        };
        let folder = maildir((0..150).map(|n| (format!("new/{}.M.host", 1_787_220_000 + n), hostile(n))));
        let page = list(folder.path(), &listing(Order::Oldest, None)).unwrap();
        let bytes = serde_json::to_string(&page).unwrap().len();
        assert!(
            page.more > 0 && bytes < REPLY_BYTES_MAX + 1_000,
            "{bytes} bytes, {} more",
            page.more
        );
        assert_eq!(all_ids(folder.path(), Order::Oldest).len(), 150);
    }

    #[test]
    fn an_id_that_two_senders_chose_hides_neither_mail() {
        let folder = maildir([
            ("new/1787220000.M1.host".to_owned(), mail("one", "Is it free?")),
            (
                "cur/1787220000.M1.host:2,S".to_owned(),
                mail("one", "Is it free?"),
            ),
            ("new/1787220001.M1.host".to_owned(), mail("one", "Buy this.")),
        ]);
        let page = list(folder.path(), &listing(Order::Oldest, None)).unwrap();
        let texts: Vec<&str> = page.replies.iter().map(|reply| reply.text.as_str()).collect();
        assert_eq!(texts, ["Is it free?", "Buy this."]);
    }

    #[test]
    fn files_that_are_no_mails_take_no_room_from_mails() {
        let name = |n: usize| format!("new/{}.M.host", 1_787_220_000 + n);
        let nothing = (0..300).map(|n| (name(n), "no mail".to_owned()));
        let folder = maildir(nothing.chain([(name(300), mail("one", "Yes."))]));
        let page = list(folder.path(), &listing(Order::Oldest, None)).unwrap();
        assert_eq!((page.missing.len(), page.more_missing), (MISSING_MAX, 100));
        assert_eq!((page.replies.len(), page.more), (1, 0));
    }
}
