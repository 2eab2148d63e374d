//! The numbers of the last blessed run, with the counts they were made from.

use std::collections::BTreeMap;

use copydesk_domain::{ContentHash, Instant};
use serde::{Deserialize, Serialize};

use crate::report::{Outcome, Report};
use crate::tally::{Counts, Tally, Unit};

/// Version of the file. 1.0: values by metric, units as name, group and counts.
const FORMAT: &str = "1.0";

/// `evals/baseline.json`
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// `major.minor`
    format: String,
    /// When it was last written.
    blessed_at: Option<Instant>,
    /// One entry a part.
    parts: Vec<Entry>,
}

/// A part as it was.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Entry {
    suite: String,
    part: String,
    values: BTreeMap<String, f64>,
    groups: Vec<String>,
    /// Name, number of the group, counts without the noughts at their end.
    units: Vec<(String, usize, Vec<f64>)>,
}

/// Why a baseline is not used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BaselineError {
    /// It is no JSON of this shape.
    #[error("cannot be read: {reason}")]
    Broken {
        /// The reader's words.
        reason: String,
    },
    /// A later version wrote it.
    #[error("has the format {found}, and this version reads {FORMAT}")]
    Newer {
        /// Its format.
        found: String,
    },
}

impl Default for Baseline {
    fn default() -> Self {
        Self {
            format: FORMAT.to_owned(),
            blessed_at: None,
            parts: Vec::new(),
        }
    }
}

impl Baseline {
    /// Reads the file's text.
    pub fn parse(text: &str) -> Result<Self, BaselineError> {
        let baseline: Self = serde_json::from_str(text).map_err(|error| BaselineError::Broken {
            reason: error.to_string(),
        })?;
        if baseline.format.split('.').next() == FORMAT.split('.').next() {
            return Ok(baseline);
        }
        Err(BaselineError::Newer {
            found: baseline.format,
        })
    }

    /// The file's text: a part a line, so that a change shows which.
    pub fn to_text(&self) -> String {
        let parts = self
            .parts
            .iter()
            .filter_map(|part| serde_json::to_string(part).ok());
        let at = serde_json::to_string(&self.blessed_at).unwrap_or_default();
        format!(
            "{{\n\"format\": \"{}\",\n\"blessed_at\": {at},\n\"parts\": [\n{}\n]\n}}\n",
            self.format,
            parts.collect::<Vec<_>>().join(",\n")
        )
    }

    /// When it was blessed.
    pub fn blessed_at(&self) -> Option<Instant> {
        self.blessed_at
    }

    /// Takes over what a run measured; parts that it did not measure stay as they are.
    pub fn bless(&mut self, report: &Report, now: Instant) {
        self.blessed_at = Some(now);
        for part in &report.parts {
            let Outcome::Measured { tally, rows, .. } = &part.outcome else {
                continue;
            };
            let values = rows
                .iter()
                .filter_map(|row| Some((row.metric.clone(), row.value?)));
            self.parts
                .retain(|entry| (&entry.suite, &entry.part) != (&part.suite, &part.part));
            self.parts.push(Entry {
                suite: part.suite.clone(),
                part: part.part.clone(),
                values: values.collect(),
                groups: tally.groups.clone(),
                units: tally.units.iter().map(packed).collect(),
            });
        }
        self.parts
            .sort_by(|a, b| (&a.suite, &a.part).cmp(&(&b.suite, &b.part)));
    }

    /// A metric as it was.
    pub fn value(&self, suite: &str, part: &str, metric: &str) -> Option<f64> {
        self.entry(suite, part)?.values.get(metric).copied()
    }

    /// The counts of a part as they were, units by their hashed names, as `hashed` gives them.
    pub fn tally(&self, suite: &str, part: &str) -> Option<Tally> {
        let entry = self.entry(suite, part)?;
        let mut tally = Tally::new("units");
        tally.groups.clone_from(&entry.groups);
        let is_sound = |unit: &&(String, usize, Vec<f64>)| unit.1 < entry.groups.len().max(1);
        tally.units = entry.units.iter().filter(is_sound).map(unpacked).collect();
        Some(tally)
    }

    fn entry(&self, suite: &str, part: &str) -> Option<&Entry> {
        self.parts
            .iter()
            .find(|entry| entry.suite == suite && entry.part == part)
    }
}

/// A unit's name in a baseline: the data's own names stay out of the author's files.
fn name(id: &str) -> String {
    ContentHash::of(id.as_bytes()).short(12)
}

/// A tally as a baseline keeps it, in names and in digits: what has not changed since is equal to it.
pub fn hashed(tally: &Tally) -> Tally {
    let mut tally = tally.clone();
    for unit in &mut tally.units {
        unit.id = name(&unit.id);
        unit.counts = unit.counts.map(rounded);
    }
    tally
}

/// Four digits are more than any report shows.
fn rounded(count: f64) -> f64 {
    (count * 1e4).round() / 1e4
}

fn packed(unit: &Unit) -> (String, usize, Vec<f64>) {
    let mut counts = unit.counts.map(rounded).to_vec();
    while counts.last() == Some(&0.0) {
        counts.pop();
    }
    (name(&unit.id), unit.group, counts)
}

fn unpacked((id, group, packed): &(String, usize, Vec<f64>)) -> Unit {
    let mut counts = Counts::default();
    for (count, packed) in counts.iter_mut().zip(packed) {
        *count = *packed;
    }
    Unit {
        id: id.clone(),
        group: *group,
        counts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_format_and_a_broken_file_are_refused() {
        assert_eq!(
            Baseline::parse("{\"format\":\"2.0\",\"blessed_at\":null,\"parts\":[]}"),
            Err(BaselineError::Newer {
                found: "2.0".to_owned()
            })
        );
        assert!(matches!(Baseline::parse("{"), Err(BaselineError::Broken { .. })));
    }

    #[test]
    fn an_unchanged_run_is_equal_to_what_was_kept_of_it() {
        let mut tally = Tally::new("texts");
        for (at, third) in [1.0, 2.0, 4.0, 5.0].into_iter().enumerate() {
            let mut counts = Counts::default();
            counts[..2].copy_from_slice(&[100.0 * third / 3.0, 1.0]);
            tally.add(&at.to_string(), "", counts);
        }
        let kept: Vec<Unit> = tally
            .units
            .iter()
            .map(packed)
            .map(|unit| unpacked(&unit))
            .collect();
        assert_eq!(hashed(&tally).units, kept);
    }

    #[test]
    fn what_is_written_reads_back() {
        let unit = ("a".to_owned(), 0, vec![1.0, 0.25]);
        let baseline = Baseline {
            parts: vec![Entry {
                suite: "s".to_owned(),
                part: "p".to_owned(),
                values: [("f1".to_owned(), 0.5)].into(),
                groups: vec![String::new()],
                units: vec![unit],
            }],
            ..Baseline::default()
        };
        let read = Baseline::parse(&baseline.to_text()).unwrap();
        assert_eq!(read, baseline);
        assert_eq!(read.value("s", "p", "f1"), Some(0.5));
        assert_eq!(
            read.tally("s", "p").unwrap().units[0].counts[..3],
            [1.0, 0.25, 0.0]
        );
        assert_eq!(read.value("s", "x", "f1"), None);
    }
}
