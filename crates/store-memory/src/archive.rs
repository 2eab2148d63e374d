//! Snapshots, and full text over them and past issues.

use copydesk_domain::{ContentHash, Instant, PublishedAt, Untrusted};
use copydesk_store::contract::rules;
use copydesk_store::retention::AUTHOR;
use copydesk_store::{
    Applied, ArchiveRecord, Imported, ImportedIssue, Lease, Present, SearchHit, SnapshotParams,
    SnapshotRecord, StoreError, imported,
};

use crate::state::{Result, State};

/// A word of the title weighs four of the text.
const TITLE_WEIGHT: usize = 4;
/// Characters of an excerpt.
const EXCERPT_LENGTH: usize = 200;

impl State {
    pub(crate) fn put_snapshot(&mut self, lease: Option<&Lease>, params: SnapshotParams) -> Result<Applied> {
        let SnapshotParams { text, owner, fetch } = params;
        let hash = ContentHash::of(text.inspect().as_bytes());
        let made_at = lease
            .and_then(|lease| self.run(&lease.run).ok())
            .map(|run| run.record.created_at);
        self.put_archive(ArchiveRecord {
            hash,
            kind: "snapshot".to_owned(),
            title: fetch.title.clone().unwrap_or_default(),
            url: fetch.url.clone(),
            at: fetch.published_at.map(PublishedAt::earliest),
            text: text.clone(),
        })?;
        let read_at = made_at.unwrap_or(fetch.fetched_at);
        let seen = self.seen.entry(hash).or_insert(read_at);
        *seen = read_at.max(*seen);
        self.kept.remove(&hash);
        let Some(known) = self.snapshots.iter_mut().find(|snapshot| snapshot.hash == hash) else {
            self.snapshots.push(SnapshotRecord {
                hash,
                text,
                owner,
                fetches: vec![fetch],
            });
            return Ok(Applied::Done);
        };
        let is_known = known
            .fetches
            .iter()
            .any(|f| f.url == fetch.url && f.fetched_at == fetch.fetched_at);
        if !is_known {
            known.fetches.push(fetch);
            known.fetches.sort_by_key(|fetch| fetch.fetched_at);
        }
        Ok(Applied::Done)
    }

    /// Stores a text that a replay read, unless it is there; nothing but its artifacts finds it.
    pub(crate) fn keep_snapshot(&mut self, lease: &Lease, params: SnapshotParams) -> Applied {
        let SnapshotParams { text, owner, fetch } = params;
        let hash = ContentHash::of(text.inspect().as_bytes());
        if self.snapshot(&hash).is_some() {
            return Applied::Done;
        }
        let made_at = self.run(&lease.run).ok().map(|run| run.record.created_at);
        self.seen.insert(hash, made_at.unwrap_or(fetch.fetched_at));
        self.kept.insert(hash);
        self.snapshots.push(SnapshotRecord {
            hash,
            text,
            owner,
            fetches: vec![fetch],
        });
        Applied::Done
    }

    pub(crate) fn put_archive(&mut self, record: ArchiveRecord) -> Result<Applied> {
        if ContentHash::of(record.text.inspect().as_bytes()) != record.hash {
            let id = record.hash.to_string();
            return Err(StoreError::Inconsistent {
                table: "archive",
                column: "hash",
                id,
            });
        }
        if self.archived(&record.hash).is_none() {
            self.archive.push(record);
        }
        Ok(Applied::Done)
    }

    pub(crate) fn import_issue(&mut self, params: SnapshotParams) -> Result<Applied> {
        let hash = ContentHash::of(params.text.inspect().as_bytes());
        let newest = self.snapshot_of_url_by(&params.fetch.url, |snapshot| {
            snapshot.owner == AUTHOR && !self.kept.contains(&snapshot.hash)
        });
        let decided = imported(
            hash,
            Present {
                newest_of_url: newest.map(|snapshot| snapshot.hash),
                has_text: self.snapshot(&hash).is_some_and(|known| known.owner == AUTHOR),
            },
        );
        if decided == Imported::Known {
            return Ok(Applied::Imported(decided));
        }
        self.put_snapshot(None, params)?;
        for snapshot in self.snapshots.iter_mut().filter(|snapshot| snapshot.hash == hash) {
            AUTHOR.clone_into(&mut snapshot.owner);
        }
        for record in self.archive.iter_mut().filter(|record| record.hash == hash) {
            "issue".clone_into(&mut record.kind);
        }
        Ok(Applied::Imported(decided))
    }

    pub(crate) fn imported_issues(&self, after: Instant, until: Instant, limit: u32) -> Vec<ImportedIssue> {
        let found = self.imported().into_iter().filter_map(|(record, _)| {
            Some(ImportedIssue {
                hash: record.hash,
                title: record.title.clone(),
                url: record.url.clone(),
                at: record.at.filter(|at| *at > after && *at <= until)?,
            })
        });
        found.take(usize::try_from(limit).unwrap_or(usize::MAX)).collect()
    }

    pub(crate) fn archived(&self, hash: &ContentHash) -> Option<&ArchiveRecord> {
        self.archive.iter().find(|record| record.hash == *hash)
    }

    pub(crate) fn snapshot(&self, hash: &ContentHash) -> Option<&SnapshotRecord> {
        self.snapshots.iter().find(|snapshot| snapshot.hash == *hash)
    }

    pub(crate) fn snapshot_of_url(&self, url: &str) -> Option<&SnapshotRecord> {
        self.snapshot_of_url_by(url, |snapshot| !self.kept.contains(&snapshot.hash))
    }

    pub(crate) fn past_issues(&self, limit: u32) -> Vec<SnapshotRecord> {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let newest = self.imported().into_iter().take(limit);
        newest.map(|(_, snapshot)| snapshot.clone()).collect()
    }

    /// What the author imported, of one address the text that was read last; newest first, those without a day last.
    fn imported(&self) -> Vec<(&ArchiveRecord, &SnapshotRecord)> {
        let is_own =
            |snapshot: &SnapshotRecord| snapshot.owner == AUTHOR && !self.kept.contains(&snapshot.hash);
        let is_last = |snapshot: &SnapshotRecord| {
            let mut urls = snapshot.fetches.iter().map(|fetch| fetch.url.as_str());
            urls.any(|url| {
                let newest = self.snapshot_of_url_by(url, is_own);
                newest.is_some_and(|newest| newest.hash == snapshot.hash)
            })
        };
        let issues = self
            .archive
            .iter()
            .enumerate()
            .filter(|(_, record)| record.kind == "issue")
            .filter_map(|(place, record)| Some((place, record, self.snapshot(&record.hash)?)));
        let mut issues: Vec<(usize, &ArchiveRecord, &SnapshotRecord)> = issues
            .filter(|(_, _, snapshot)| is_own(snapshot) && is_last(snapshot))
            .collect();
        issues.sort_by_key(|(place, record, _)| std::cmp::Reverse((record.at, *place)));
        let issues = issues.into_iter();
        issues.map(|(_, record, snapshot)| (record, snapshot)).collect()
    }

    fn snapshot_of_url_by(
        &self,
        url: &str,
        is_wanted: impl Fn(&SnapshotRecord) -> bool,
    ) -> Option<&SnapshotRecord> {
        let fetched = |snapshot: &SnapshotRecord| {
            snapshot
                .fetches
                .iter()
                .filter(|fetch| fetch.url == url)
                .map(|fetch| fetch.fetched_at)
                .max()
        };
        let dated = self
            .snapshots
            .iter()
            .filter(|snapshot| is_wanted(snapshot))
            .filter_map(|snapshot| Some((fetched(snapshot)?, snapshot)));
        dated.max_by_key(|(at, _)| *at).map(|(_, snapshot)| snapshot)
    }

    /// Documents with all the words, or, where there is none, with any of them; best first.
    pub(crate) fn search(&self, query: &str, limit: u32) -> Vec<SearchHit> {
        let terms: Vec<Vec<String>> = rules::search_words(query)
            .iter()
            .map(|word| tokens(word))
            .filter(|term| !term.is_empty())
            .collect();
        if terms.is_empty() {
            return Vec::new();
        }
        let hits = self.find(&terms, terms.len(), limit);
        if hits.is_empty() {
            self.find(&terms, 1, limit)
        } else {
            hits
        }
    }

    fn find(&self, terms: &[Vec<String>], matches_min: usize, limit: u32) -> Vec<SearchHit> {
        let mut found = Vec::new();
        for record in self.archive.iter().rev() {
            let (title, text) = (tokens(record.title.inspect()), tokens(record.text.inspect()));
            let score =
                |term: &Vec<String>| occurrences(&title, term) * TITLE_WEIGHT + occurrences(&text, term);
            let scores: Vec<usize> = terms.iter().map(score).collect();
            if scores.iter().filter(|score| **score > 0).count() >= matches_min {
                found.push((scores.iter().sum::<usize>(), record));
            }
        }
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        let best = found
            .into_iter()
            .take(usize::try_from(limit).unwrap_or(usize::MAX));
        best.map(|(_, record)| hit(record)).collect()
    }
}

/// Lower-case words of letters and digits.
fn tokens(text: &str) -> Vec<String> {
    let words = text.split(|character: char| !character.is_alphanumeric());
    words
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect()
}

/// How often the words of a term stand side by side.
fn occurrences(text: &[String], term: &[String]) -> usize {
    text.windows(term.len()).filter(|window| *window == term).count()
}

fn hit(record: &ArchiveRecord) -> SearchHit {
    SearchHit {
        hash: record.hash,
        kind: record.kind.clone(),
        title: record.title.clone(),
        url: record.url.clone(),
        at: record.at,
        excerpt: Untrusted::new(record.text.inspect().chars().take(EXCERPT_LENGTH).collect()),
    }
}
