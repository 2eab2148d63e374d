//! What earlier evenings read. Pure.

use std::collections::HashMap;

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::ReplyState;
use copydesk_journal::ReadReply;

use super::replies::Mail;
use super::{Told, matching};

/// Replies of earlier reports by id and text, each as the newest of them has it.
pub(crate) struct Earlier<'a>(HashMap<(&'a str, ContentHash), ReplyState>);

impl<'a> Earlier<'a> {
    /// `read`: newest report first.
    pub(crate) fn of(read: &'a [ReadReply]) -> Self {
        let mut newest = HashMap::new();
        for reply in read {
            let mail = (reply.id.inspect().as_str(), reply.text);
            newest.entry(mail).or_insert(reply.state);
        }
        Self(newest)
    }

    /// Whether a mail was read before, whatever became of its answer. One that belonged to no issue then is new once the
    /// issue that it names is out.
    pub(crate) fn has_read(&self, mail: &Mail, issues: &[Told]) -> bool {
        let id = mail.id.inspect().as_str();
        match self.0.get(&(id, mail.text.digest())) {
            None => false,
            Some(ReplyState::Unmatched) => matching::by_message_id(mail, issues).is_none(),
            Some(ReplyState::Read | ReplyState::Drafted | ReplyState::Open) => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::{RunId, Untrusted};

    use super::*;

    fn mail(id: &str, in_reply_to: &str) -> Mail {
        serde_json::from_value(serde_json::json!({ "id": id, "in_reply_to": [in_reply_to] })).unwrap()
    }

    fn read(id: &str, state: ReplyState) -> ReadReply {
        ReadReply {
            id: Untrusted::new(id.to_owned()),
            text: ContentHash::of(b""),
            run: RunId::new("r1"),
            state,
        }
    }

    #[test]
    fn a_mail_is_read_once_whatever_became_of_its_answer() {
        let replies = [
            read("<a@x>", ReplyState::Drafted),
            read("<b@x>", ReplyState::Open),
            read("<c@x>", ReplyState::Read),
        ];
        let earlier = Earlier::of(&replies);
        for id in ["<a@x>", "<b@x>", "<c@x>"] {
            assert!(earlier.has_read(&mail(id, "<one@copydesk.local>"), &[]), "{id}");
        }
        assert!(
            !earlier.has_read(&mail("<d@x>", "<a@x>"), &[]),
            "a later mail of the same thread is another mail"
        );
        let other = Mail {
            text: Untrusted::new("Something else.".to_owned()),
            ..mail("<a@x>", "")
        };
        assert!(
            !earlier.has_read(&other, &[]),
            "so is one of a form that gives all of them one id"
        );
    }

    #[test]
    fn a_mail_of_no_issue_is_new_once_its_issue_is_out() {
        let replies = [read("<a@x>", ReplyState::Unmatched)];
        let earlier = Earlier::of(&replies);
        let late = mail("<a@x>", "<2026-11-22-one@copydesk.local>");
        assert!(earlier.has_read(&late, &[]));
        let issues = [super::super::fixture::told("2026-11-22-one")];
        assert!(!earlier.has_read(&late, &issues));
        let newest_first = [
            read("<a@x>", ReplyState::Read),
            read("<a@x>", ReplyState::Unmatched),
        ];
        assert!(
            Earlier::of(&newest_first).has_read(&late, &issues),
            "the newest report has it with its issue"
        );
    }
}
