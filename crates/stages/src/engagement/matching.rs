//! Which issue a reply belongs to: by message id, then by subject, then by its words.

use copydesk_text::similarity;

use super::replies::Mail;
use super::{Told, issue_message_id};

/// Share of words that a reply's text must share with an issue where nothing else tells.
const ALIKE_MIN: f64 = 0.12;

/// The issue that a reply belongs to.
pub(crate) fn find<'a>(mail: &Mail, issues: &'a [Told]) -> Option<&'a Told> {
    by_message_id(mail, issues)
        .or_else(|| by_subject(mail, issues))
        .or_else(|| by_text(mail, issues))
}

/// The issue whose message id a reply names.
pub(super) fn by_message_id<'a>(mail: &Mail, issues: &'a [Told]) -> Option<&'a Told> {
    let named: Vec<&str> = mail
        .in_reply_to
        .iter()
        .chain(&mail.references)
        .map(|id| bare(id.inspect()))
        .collect();
    issues.iter().find(|told| {
        let id = issue_message_id(&told.past.slug);
        named.contains(&bare(&id))
    })
}

/// A message id without its angle brackets, which not every mail program keeps.
fn bare(id: &str) -> &str {
    id.trim().trim_start_matches('<').trim_end_matches('>')
}

fn by_subject<'a>(mail: &Mail, issues: &'a [Told]) -> Option<&'a Told> {
    let subject = plain(mail.subject.inspect());
    issues.iter().find(|told| {
        let title = plain(told.title.inspect());
        !title.is_empty() && subject.contains(&title)
    })
}

fn by_text<'a>(mail: &Mail, issues: &'a [Told]) -> Option<&'a Told> {
    let text = mail.text.inspect();
    let alike = |told: &Told| {
        let issue: Vec<&str> = told
            .draft
            .sentences
            .iter()
            .map(|sentence| sentence.text.inspect().as_str())
            .collect();
        similarity::jaccard(text, &issue.join(" "))
    };
    let by_slug = issues
        .iter()
        .find(|told| !told.past.slug.is_empty() && text.contains(&told.past.slug));
    let best = || {
        issues
            .iter()
            .map(|told| (alike(told), told))
            .max_by(|a, b| a.0.total_cmp(&b.0))
    };
    by_slug.or_else(|| {
        best()
            .filter(|(share, _)| *share >= ALIKE_MIN)
            .map(|(_, told)| told)
    })
}

fn plain(text: &str) -> String {
    let words = text
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect::<Vec<_>>().join(" ")
}
