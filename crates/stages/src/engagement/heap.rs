//! What came in, and what of it is read where there is too much. Pure: no tool, no clock.

use std::collections::HashSet;

use super::replies::{Listed, Mail, Page};

/// Replies of one evening; the newest are kept and the rest is on record as missing.
const REPLIES_MAX: usize = 200;
/// Files that are no mails are named so far, and counted beyond.
const NAMED_MAX: usize = 50;

/// Mails as the calls gave them, the newest first.
#[derive(Debug, Default)]
pub(super) struct Heap {
    mails: Vec<Mail>,
    known: HashSet<String>,
    missing: Vec<(String, String)>,
    more_missing: usize,
    /// Files behind the last call.
    more: usize,
}

impl Heap {
    /// Takes the answer to one call in; what the next call goes on with, if there is more.
    pub(super) fn take(&mut self, page: Page) -> Option<String> {
        let known = &mut self.known;
        let is_new = |mail: &Mail| known.insert(mail.key());
        self.mails.extend(page.replies.into_iter().filter(is_new));
        let missing = page.missing.into_iter().map(|one| (one.file, one.reason));
        self.missing.extend(missing);
        self.more_missing += page.more_missing;
        self.more = page.more;
        page.next
    }

    /// Whether there is as much as one evening reads; what was sent to many gives way and does not count.
    pub(super) fn is_full(&self) -> bool {
        self.mails.iter().filter(|mail| !gives_way(mail)).count() >= REPLIES_MAX
    }

    /// What is read, the oldest first, and what is not. `unread`: why a call gave nothing.
    pub(super) fn settle(mut self, maildir: &str, unread: Option<String>) -> Listed {
        // Newest first: those of one moment come into the order of their names again.
        self.mails.reverse();
        self.mails.sort_by_key(|mail| mail.received_at.or(mail.sent_at));
        let excess = self.mails.len().saturating_sub(REPLIES_MAX);
        let bulk = let_go(&mut self.mails, excess, gives_way);
        let old = let_go(&mut self.mails, excess - bulk, |_| true);
        let mut missing: Vec<String> = unread.iter().cloned().collect();
        self.more_missing += self.missing.len().saturating_sub(NAMED_MAX);
        let named = self.missing.iter().take(NAMED_MAX);
        missing.extend(named.map(|(file, reason)| format!("{maildir}/{file}: {reason}")));
        let counts = [
            (self.more_missing, "more files that are no mails"),
            (bulk, "mails that were sent to many: they give way to replies"),
            (old, "older mails: only the newest 200 are read"),
            (self.more, "files that are older still: they were not looked at"),
        ];
        let counted = counts.iter().filter(|(count, _)| *count > 0);
        missing.extend(counted.map(|(count, what)| format!("{maildir}: {count} {what}")));
        Listed {
            mails: self.mails,
            missing,
            unread,
        }
    }
}

/// A machine's mail or one to many: no reader waits for an answer to it.
fn gives_way(mail: &Mail) -> bool {
    mail.bulk || mail.is_automatic
}

/// Drops up to `count` of the oldest mails that `may_go`; how many went.
fn let_go(mails: &mut Vec<Mail>, count: usize, may_go: impl Fn(&Mail) -> bool) -> usize {
    let mut gone = 0;
    mails.retain(|mail| {
        let goes = gone < count && may_go(mail);
        gone += usize::from(goes);
        !goes
    });
    gone
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const COUNT: usize = REPLIES_MAX;

    fn mail(id: &str, received_at: &str, more: &Value) -> Value {
        let mut mail = json!({"id": id, "text": id, "received_at": received_at});
        mail.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        mail
    }

    /// The newest first, as the server is asked for them.
    fn page(mut replies: Vec<Value>, more: usize) -> Page {
        replies.reverse();
        let next = (more > 0).then_some("on");
        serde_json::from_value(json!({"replies": replies, "more": more, "next": next})).unwrap()
    }

    fn ids(listed: &Listed) -> Vec<&str> {
        listed
            .mails
            .iter()
            .map(|mail| mail.id.inspect().as_str())
            .collect()
    }

    #[test]
    fn a_date_that_its_sender_chose_pushes_nobody_out() {
        let real = mail(
            "real",
            "2026-08-20T12:00:00Z",
            &json!({"sent_at": "2026-08-20T11:59:00Z"}),
        );
        let forged = |n: usize| {
            mail(
                &n.to_string(),
                "2026-08-20T11:00:00Z",
                &json!({"sent_at": "2099-01-01T00:00:00Z"}),
            )
        };
        let mut replies: Vec<Value> = (0..COUNT).map(forged).collect();
        replies.push(real);
        let mut heap = Heap::default();
        assert_eq!(heap.take(page(replies, 0)), None);
        let listed = heap.settle("mail", None);
        assert_eq!(
            (listed.mails.len(), ids(&listed)[0], ids(&listed)[COUNT - 1]),
            (COUNT, "1", "real")
        );
        assert_eq!(
            listed.missing,
            ["mail: 1 older mails: only the newest 200 are read"]
        );
    }

    #[test]
    fn what_was_sent_to_many_gives_way_to_readers() {
        let of =
            |n: usize, more: Value| mail(&n.to_string(), &format!("2026-08-20T12:{:02}:00Z", n / 10), &more);
        let mut replies: Vec<Value> = (0..10).map(|n| of(n, json!({}))).collect();
        replies.extend((10..400).map(|n| {
            of(
                n,
                if n % 2 == 0 {
                    json!({"auto": true})
                } else {
                    json!({"bulk": true})
                },
            )
        }));
        let mut heap = Heap::default();
        heap.take(page(replies, 0));
        assert!(!heap.is_full(), "there may be more readers");
        let listed = heap.settle("mail", None);
        assert_eq!(
            ids(&listed)[..11],
            ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "210"]
        );
        assert_eq!(
            listed.missing,
            ["mail: 200 mails that were sent to many: they give way to replies"]
        );
    }

    #[test]
    fn what_is_left_behind_the_last_call_is_on_record() {
        let mut heap = Heap::default();
        let of = |n: usize| mail(&n.to_string(), "2026-08-20T12:00:00Z", &json!({}));
        assert_eq!(
            heap.take(page((0..COUNT).map(of).collect(), 1_900)).as_deref(),
            Some("on")
        );
        assert!(heap.is_full());
        let listed = heap.settle("mail", None);
        assert_eq!(
            listed.missing,
            ["mail: 1900 files that are older still: they were not looked at"]
        );
    }

    #[test]
    fn one_mail_in_two_answers_is_read_once_and_two_of_one_id_both() {
        let mut heap = Heap::default();
        let of =
            |id: &str, text: &str| json!({"id": id, "text": text, "received_at": "2026-08-20T12:00:00Z"});
        heap.take(page(vec![of("one", "Is it free?"), of("two", "Yes.")], 1));
        heap.take(page(vec![of("one", "Buy this."), of("two", "Yes.")], 0));
        let listed = heap.settle("mail", None);
        let mut texts: Vec<&str> = listed
            .mails
            .iter()
            .map(|mail| mail.text.inspect().as_str())
            .collect();
        texts.sort_unstable();
        assert_eq!(texts, ["Buy this.", "Is it free?", "Yes."]);
        assert_eq!(listed.missing, [""; 0]);
    }

    #[test]
    fn many_files_that_are_no_mails_are_counted() {
        let missing: Vec<Value> = (0..60)
            .map(|n| json!({"file": format!("new/{n}"), "reason": "it is none"}))
            .collect();
        let page = json!({"replies": [], "missing": missing, "more_missing": 5});
        let mut heap = Heap::default();
        heap.take(serde_json::from_value(page).unwrap());
        let listed = heap.settle("mail", Some("mail: it timed out".to_owned()));
        assert_eq!(listed.missing.len(), 1 + NAMED_MAX + 1);
        assert_eq!(
            listed.missing[..2],
            ["mail: it timed out", "mail/new/0: it is none"]
        );
        assert_eq!(
            listed.missing.last().unwrap(),
            "mail: 15 more files that are no mails"
        );
        assert_eq!(listed.unread.as_deref(), Some("mail: it timed out"));
    }
}
