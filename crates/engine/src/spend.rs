//! What was spent, added up. Pure.

use std::collections::BTreeMap;

use copydesk_domain::{MicroUsd, PipelineName};
use copydesk_journal::calendar;
use copydesk_store::SpendRecord;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Serialize;

/// What spends are added up by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SpendBy {
    /// The day in the time zone of its pipeline.
    Day,
    /// The pipeline.
    Pipeline,
    /// The stage.
    Stage,
    /// The task.
    Task,
    /// The model, by its name in config.toml.
    Model,
}

impl SpendBy {
    /// All of them, in the order of columns.
    pub const ALL: [Self; 5] = [Self::Day, Self::Pipeline, Self::Stage, Self::Task, Self::Model];
}

/// A sum of spends. What they were not added up by is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SpendRow {
    /// The day.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub day: Option<Date>,
    /// The pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// The stage.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
    /// The task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// The model.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub model: Option<String>,
    /// Calls.
    pub calls: u64,
    /// Bills, and reserves of calls that have none.
    pub spend_microusd: MicroUsd,
    /// The part of it that nobody counted: calls that were cut off, and reserves that are open.
    pub assumed_microusd: MicroUsd,
    /// The part of it that was read from a provider's cache.
    pub cached_microusd: MicroUsd,
    /// Tokens read, where they were counted; cached ones among them.
    pub tokens_in: u64,
    /// Tokens written, where they were counted.
    pub tokens_out: u64,
    /// Tokens read from a provider's cache.
    pub tokens_cached: u64,
    /// Calls whose bill was larger than what was reserved for them.
    pub over_reserve: u64,
}

/// Adds spends up, in the order of what they are added up by. `zone_of`: the time zone of a pipeline.
pub fn add_up(
    spends: &[SpendRecord],
    by: &[SpendBy],
    zone_of: &dyn Fn(&PipelineName) -> TimeZone,
) -> Vec<SpendRow> {
    let mut rows: BTreeMap<SpendRow, SpendRow> = BTreeMap::new();
    for spend in spends {
        let key = key(spend, by, zone_of);
        let row = rows.entry(key.clone()).or_insert(key);
        row.add(spend);
    }
    rows.into_values().collect()
}

fn key(spend: &SpendRecord, by: &[SpendBy], zone_of: &dyn Fn(&PipelineName) -> TimeZone) -> SpendRow {
    let mut key = SpendRow::default();
    for by in by {
        match by {
            SpendBy::Day => key.day = Some(calendar::date(spend.at, &zone_of(&spend.pipeline))),
            SpendBy::Pipeline => key.pipeline = Some(spend.pipeline.to_string()),
            SpendBy::Stage => key.stage = Some(spend.stage.to_string()),
            SpendBy::Task => key.task = Some(spend.task.clone()),
            SpendBy::Model => key.model = Some(spend.model.clone()),
        }
    }
    key
}

impl SpendRow {
    fn add(&mut self, spend: &SpendRecord) {
        self.calls += 1;
        self.spend_microusd += spend.amount;
        if spend.is_assumed || !spend.is_settled {
            self.assumed_microusd += spend.amount;
        }
        if let Some(counted) = spend.counted {
            self.cached_microusd += counted.cached;
            self.tokens_in += counted.tokens_in;
            self.tokens_out += counted.tokens_out;
            self.tokens_cached += counted.tokens_cached;
        }
        self.over_reserve += u64::from(spend.amount > spend.reserved);
    }

    /// What it is the sum of, in the order of columns.
    pub fn names(&self) -> Vec<String> {
        let day = self.day.map(|day| day.to_string());
        let words = [&self.pipeline, &self.stage, &self.task, &self.model];
        day.into_iter()
            .chain(words.into_iter().flatten().cloned())
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use copydesk_store::Counted;

    use super::*;

    fn spend(at: &str, pipeline: &str, model: &str, amount: i64) -> SpendRecord {
        SpendRecord {
            run: "r".into(),
            pipeline: pipeline.into(),
            stage: "draft".into(),
            key: "k".into(),
            task: "write_section".to_owned(),
            model: model.to_owned(),
            at: at.parse().unwrap(),
            amount: MicroUsd(amount),
            is_assumed: false,
            is_settled: true,
            reserved: MicroUsd(100),
            counted: Some(Counted {
                tokens_in: 10,
                tokens_out: 2,
                tokens_cached: 4,
                cached: MicroUsd(1),
            }),
        }
    }

    fn zones(pipeline: &PipelineName) -> TimeZone {
        calendar::zone(if pipeline.as_str() == "daily" {
            "Europe/Berlin"
        } else {
            "America/New_York"
        })
    }

    #[test]
    fn a_day_ends_at_midnight_where_its_pipeline_is() {
        let spends = [
            spend("2026-11-26T22:59:59Z", "daily", "big", 1),
            spend("2026-11-26T23:00:00Z", "daily", "big", 2),
            spend("2026-11-27T04:59:59Z", "weekly", "big", 4),
            spend("2026-11-27T05:00:00Z", "weekly", "big", 8),
        ];
        let rows = add_up(&spends, &[SpendBy::Day, SpendBy::Pipeline], &zones);
        let sums: Vec<(String, i64)> = rows
            .iter()
            .map(|row| (row.names().join(" "), row.spend_microusd.0))
            .collect();
        let expected = [
            ("2026-11-26 daily", 1),
            ("2026-11-26 weekly", 4),
            ("2026-11-27 daily", 2),
            ("2026-11-27 weekly", 8),
        ];
        assert_eq!(sums, expected.map(|(name, sum)| (name.to_owned(), sum)));
    }

    #[test]
    fn what_was_assumed_cached_or_billed_too_much_is_told_apart() {
        let cut_off = SpendRecord {
            is_assumed: true,
            counted: None,
            ..spend("2026-11-27T12:00:00Z", "daily", "big", 100)
        };
        let open = SpendRecord {
            is_settled: false,
            counted: None,
            ..spend("2026-11-27T12:00:00Z", "daily", "big", 100)
        };
        let too_much = spend("2026-11-27T12:00:00Z", "daily", "big", 170);
        let other = spend("2026-11-27T12:00:00Z", "daily", "small", 3);
        let rows = add_up(&[cut_off, open, too_much, other], &[SpendBy::Model], &zones);
        let big = &rows[0];
        assert_eq!(
            (big.calls, big.spend_microusd, big.assumed_microusd),
            (3, MicroUsd(370), MicroUsd(200))
        );
        assert_eq!(
            (big.cached_microusd, big.tokens_cached, big.over_reserve),
            (MicroUsd(1), 4, 1)
        );
        let json = serde_json::to_value(&rows[1]).unwrap();
        assert_eq!(json["model"], "small");
        assert!(json.get("day").is_none(), "{json}");
    }
}
