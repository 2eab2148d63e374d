//! A recording from its file, checked line by line.

use std::io::Read as _;
use std::path::Path;

use copydesk_domain::ContentHash;
use copydesk_domain::artifact::Artifact;
use copydesk_engine::replay::Recording;
use copydesk_store::SnapshotRecord;
use serde_json::Value;

use super::library::RecordedLibrary;
use super::line::{End, FORMAT, Head, KIND, Line};
use super::refused;
use crate::exit::Failure;

/// Bytes of a recording, 1 GiB: a thousand pages of a megabyte.
const BYTES_MAX: u64 = 1 << 30;

/// Reads a recording.
///
/// # Errors
/// CD025 with the line for a file that is no recording, of a newer format, cut, or edited; CD012 where there is no such
/// file, CD010 where it cannot be read at all.
pub fn read(file: &Path) -> Result<(Recording, RecordedLibrary), Failure> {
    let place = file.display().to_string();
    let bytes = bytes_of(file, &place)?;
    let mut lines = Lines {
        bytes,
        place,
        number: 0,
        at: 0,
    };
    let head = head(&mut lines)?;
    let mut parts = Parts::default();
    loop {
        let before = lines.at;
        let Some(line) = lines.next()? else {
            return Err(
                lines.wrong("the file was cut: its last line, with the hash of all others, is missing")
            );
        };
        match parse(&line, &head, &lines)? {
            Some(Line::End(end)) => {
                require_end(&end, before, &mut lines)?;
                return parts.whole(head, &lines);
            }
            Some(line) => parts.add(line, &lines)?,
            None => {}
        }
    }
}

/// The whole file. A pipe or a device has no end that it could be held to, and opening one may wait for ever.
fn bytes_of(file: &Path, place: &str) -> Result<Vec<u8>, Failure> {
    let hint = "name a file that `copydesk export RUN --recording FILE` wrote";
    let io = |error: std::io::Error| Failure::input(place, &error, hint);
    if !std::fs::metadata(file).map_err(io)?.is_file() {
        return Err(refused(format!("{place} is no regular file"), hint));
    }
    let mut bytes = Vec::new();
    let opened = std::fs::File::open(file).map_err(io)?;
    opened.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(refused(
            format!("{place} is larger than 1 GiB"),
            "no run is so large",
        ));
    }
    Ok(bytes)
}

struct Lines {
    bytes: Vec<u8>,
    place: String,
    /// Of the last line read, from 1.
    number: usize,
    /// The first byte that is not read yet.
    at: usize,
}

impl Lines {
    fn next(&mut self) -> Result<Option<Vec<u8>>, Failure> {
        let rest = &self.bytes[self.at..];
        if rest.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        let Some(length) = rest.iter().position(|byte| *byte == b'\n') else {
            return Err(self.wrong("the file was cut in the midst of this line"));
        };
        let line = rest[..length].to_vec();
        self.at += length + 1;
        Ok(Some(line))
    }

    fn wrong(&self, why: &str) -> Failure {
        refused(
            format!("{}:{}: {why}", self.place, self.number),
            "have it exported again with `copydesk export RUN --recording FILE`, and sent unchanged",
        )
    }
}

fn head(lines: &mut Lines) -> Result<Head, Failure> {
    let line = lines.next()?.unwrap_or_default();
    let no_recording = |lines: &Lines| {
        refused(
            format!("{} is no recording of a run", lines.place),
            "`copydesk export RUN --recording FILE` writes one",
        )
    };
    let value: Value = serde_json::from_slice(&line).map_err(|_| no_recording(lines))?;
    if value.get("kind").and_then(Value::as_str) != Some(KIND) {
        return Err(no_recording(lines));
    }
    let format = value.get("format").and_then(Value::as_str).unwrap_or_default();
    if major(format) != major(FORMAT) {
        return Err(refused(
            format!(
                "{} has the format `{format}`; this program reads {FORMAT}",
                lines.place
            ),
            format!(
                "use the copydesk that wrote it: {}",
                value
                    .get("copydesk")
                    .and_then(Value::as_str)
                    .unwrap_or("a newer one")
            ),
        ));
    }
    serde_json::from_value(value).map_err(|error| lines.wrong(&error.to_string()))
}

fn major(format: &str) -> &str {
    format.split('.').next().unwrap_or_default()
}

/// A line; none for one of a kind that a newer minor format has added.
fn parse(line: &[u8], head: &Head, lines: &Lines) -> Result<Option<Line>, Failure> {
    match serde_json::from_slice(line) {
        Ok(line) => Ok(Some(line)),
        Err(error) if head.format == FORMAT => Err(lines.wrong(&format!("it cannot be read: {error}"))),
        Err(_) => Ok(None),
    }
}

fn require_end(end: &End, before: usize, lines: &mut Lines) -> Result<(), Failure> {
    if end.lines + 1 != lines.number || end.sha256 != ContentHash::of(&lines.bytes[..before]) {
        return Err(
            lines.wrong("the file was edited: its lines do not have the hash that its last line names")
        );
    }
    if lines.next()?.is_some() {
        return Err(lines.wrong("the file was edited: nothing stands behind its last line"));
    }
    Ok(())
}

#[derive(Default)]
struct Parts {
    release: Option<Box<copydesk_config::Release>>,
    rounds: Vec<copydesk_engine::replay::RecordedRound>,
    library: RecordedLibrary,
}

impl Parts {
    fn add(&mut self, line: Line, lines: &Lines) -> Result<(), Failure> {
        match line {
            Line::Release(release) => self.release = Some(release),
            Line::Round(round) => self.rounds.push(round),
            Line::Step(step) => match self.rounds.last_mut() {
                Some(round) => round.steps.push(step),
                None => return Err(lines.wrong("a step stands before any round")),
            },
            Line::Artifact(artifact) => {
                let (kind, hash, bytes) = (artifact.kind, artifact.hash, artifact.text.into_bytes());
                require(ContentHash::of(&bytes) == hash, lines)?;
                self.library
                    .artifacts
                    .insert(hash, Artifact { kind, hash, bytes });
            }
            Line::Snapshot(snapshot) => {
                let record = SnapshotRecord {
                    hash: snapshot.hash,
                    text: snapshot.text,
                    owner: snapshot.owner,
                    fetches: snapshot.fetches,
                };
                require(record.is_whole(), lines)?;
                self.library.snapshots.insert(record.hash, record);
            }
            Line::End(_) => {}
        }
        Ok(())
    }

    fn whole(self, head: Head, lines: &Lines) -> Result<(Recording, RecordedLibrary), Failure> {
        let release = self.release.ok_or_else(|| lines.wrong("it names no release"))?;
        let recording = Recording {
            run: head.run,
            release: *release,
            rounds: self.rounds,
        };
        Ok((recording, self.library))
    }
}

fn require(is_whole: bool, lines: &Lines) -> Result<(), Failure> {
    if is_whole {
        return Ok(());
    }
    Err(lines.wrong("the file was edited: this line has another hash than it says"))
}
