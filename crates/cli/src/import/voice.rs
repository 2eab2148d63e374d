//! `voice.proposed.md`, beside the author's own `voice.md`.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::Path;

use copydesk_domain::{ContentHash, PublishedAt};
use copydesk_store::SnapshotRecord;
use copydesk_text::page::Page;
use copydesk_text::{past_issue, voice};

use super::found::Found;

/// The proposal's name.
pub const FILE: &str = "voice.proposed.md";
/// Words that the last line begins with: it tells whether anybody changed what stands above it.
const MARK: &str = "<!-- as proposed: ";

/// Issues that the voice is read from: the newest ones.
pub const ISSUES_MAX: usize = 400;

/// The newest issues of the whole archive: what was just read with all that is known of it, and what is `kept` of earlier
/// imports by its lines. Those without a date come last.
pub fn texts(found: &[Found], kept: &[SnapshotRecord]) -> Vec<Page> {
    let mut known: HashSet<ContentHash> = HashSet::new();
    let mut all: Vec<(Option<PublishedAt>, Page)> = Vec::new();
    for issue in found {
        if known.insert(ContentHash::of(issue.page.text.as_bytes())) {
            all.push((issue.published_at, issue.page.clone()));
        }
    }
    for record in kept.iter().filter(|record| !known.contains(&record.hash)) {
        let last = record.fetches.last();
        let page = past_issue::kept(last.and_then(|fetch| fetch.title.as_ref()), &record.text);
        all.push((last.and_then(|fetch| fetch.published_at), page));
    }
    all.sort_by_key(|(at, _)| std::cmp::Reverse(at.map(PublishedAt::latest)));
    all.truncate(ISSUES_MAX);
    all.into_iter().map(|(_, page)| page).collect()
}

/// What became of the proposal.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Voice {
    /// Its file in the folder; none where nothing was written.
    pub file: Option<String>,
    /// Habits that it states.
    pub rules: usize,
    /// Issues that it was read from.
    pub issues: usize,
    /// Words that it was read from.
    pub words: usize,
    /// Why nothing was written.
    pub reason: Option<String>,
    /// What to do with it, in one line.
    pub next: Option<String>,
}

/// Writes the proposal, unless there is too little to read or the author has edited the one before. `voice.md` is never
/// touched.
///
/// # Errors
/// What the file system says.
pub fn propose(dir: &Path, issues: &[Page]) -> io::Result<Voice> {
    let Some(proposal) = voice::propose(issues) else {
        return Ok(Voice {
            file: None,
            rules: 0,
            issues: issues.len(),
            words: 0,
            reason: Some(
                "too few issues or words to tell a voice: it takes two issues and 400 words".to_owned(),
            ),
            next: None,
        });
    };
    let mut told = Voice {
        file: None,
        rules: proposal.rules.len(),
        issues: proposal.issues,
        words: proposal.words,
        reason: None,
        next: None,
    };
    let path = dir.join(FILE);
    if is_edited(&path) {
        told.reason = Some(format!(
            "{FILE} was edited and stays as it is; rename it to have another"
        ));
        return Ok(told);
    }
    let text = proposal.markdown();
    let sealed = format!("{text}{MARK}{} -->\n", seal(&text));
    let unfinished = dir.join("voice.proposed.part");
    fs::write(&unfinished, sealed)?;
    fs::rename(&unfinished, &path)?;
    told.file = Some(FILE.to_owned());
    told.next = Some(next(dir));
    Ok(told)
}

fn seal(text: &str) -> String {
    ContentHash::of(text.as_bytes()).short(12)
}

/// Whether the proposal there is is no longer what this program wrote.
fn is_edited(path: &Path) -> bool {
    let there = match fs::read_to_string(path) {
        Ok(there) => there,
        // What this program writes can be read.
        Err(error) => return error.kind() != io::ErrorKind::NotFound,
    };
    let Some(at) = there.rfind(MARK) else {
        return true;
    };
    let (text, mark) = there.split_at(at);
    mark != format!("{MARK}{} -->\n", seal(text))
}

/// What the author does next.
fn next(dir: &Path) -> String {
    let there = fs::read_to_string(dir.join("voice.md")).ok();
    let shipped = copydesk_config::shipped::text("voice.md");
    match there.as_deref() {
        None => format!("there is no voice.md: read {FILE}, then rename it to voice.md"),
        Some(text) if Some(text) == shipped => {
            format!("voice.md is still the shipped one: read {FILE}, then put it in its place")
        }
        Some(_) => format!("voice.md is yours and stays as it is: take from {FILE} what is right"),
    }
}

#[cfg(test)]
mod tests {
    use copydesk_domain::artifact::Fetch;
    use copydesk_domain::{Instant, Untrusted};
    use copydesk_text::page::extract;
    use url::Url;

    use super::*;

    fn issues() -> Vec<Page> {
        let url = Url::parse("https://mine.example/").unwrap();
        let text = "I think that it's a good day for the whole team. Don't you?\n\n".repeat(30);
        let page = extract(text.as_bytes(), Some("text/markdown"), &url);
        vec![page.clone(), page]
    }

    #[test]
    fn the_voice_is_that_of_the_whole_archive_newest_first() {
        let kept = |text: &str, day: &str| SnapshotRecord {
            hash: ContentHash::of(text.as_bytes()),
            text: Untrusted::new(text.to_owned()),
            owner: "author".to_owned(),
            fetches: vec![Fetch {
                url: "file:a.md".to_owned(),
                fetched_at: Instant::from_micros(0),
                title: Some(Untrusted::new("A title".to_owned())),
                authors: Vec::new(),
                published_at: Some(day.parse().unwrap()),
                publisher: Untrusted::default(),
            }],
        };
        let found = Found {
            url: "file:b.md".to_owned(),
            title: "Found".to_owned(),
            published_at: Some("2026-02-01".parse().unwrap()),
            authors: Vec::new(),
            page: past_issue::kept(None, &Untrusted::new("Read just now.".to_owned())),
        };
        let archive = [
            kept("The oldest.", "2026-01-01"),
            // It was stored a moment ago.
            kept("Read just now.", "2026-02-01"),
            kept("The newest.", "2026-03-01"),
        ];
        let all = texts(&[found], &archive);
        let lines: Vec<&str> = all.iter().map(|page| page.text.as_str()).collect();
        assert_eq!(lines, ["The newest.", "Read just now.", "The oldest."]);
        assert_eq!(all[0].title.as_deref(), Some("A title"));
    }

    #[test]
    fn the_authors_files_stay_as_they_are() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("voice.md"), "mine").unwrap();
        let first = propose(dir.path(), &issues()).unwrap();
        assert_eq!(first.file.as_deref(), Some(FILE));
        assert!(first.next.unwrap().contains("is yours"));
        assert_eq!(fs::read_to_string(dir.path().join("voice.md")).unwrap(), "mine");
        let again = propose(dir.path(), &issues()).unwrap();
        assert_eq!(
            again.file.as_deref(),
            Some(FILE),
            "an untouched proposal is renewed"
        );
        let path = dir.path().join(FILE);
        let edited = fs::read_to_string(&path)
            .unwrap()
            .replacen("I think", "I believe", 1);
        fs::write(&path, &edited).unwrap();
        let kept = propose(dir.path(), &issues()).unwrap();
        assert!(kept.file.is_none() && kept.reason.unwrap().contains("was edited"));
        assert_eq!(fs::read_to_string(&path).unwrap(), edited);
    }

    #[test]
    fn the_shipped_voice_may_be_replaced() {
        let dir = tempfile::tempdir().unwrap();
        copydesk_config::init(dir.path()).unwrap();
        let told = propose(dir.path(), &issues()).unwrap();
        assert!(told.next.unwrap().contains("still the shipped one"));
        let few = propose(dir.path(), &[]).unwrap();
        assert!(few.reason.unwrap().starts_with("too few"));
    }
}
