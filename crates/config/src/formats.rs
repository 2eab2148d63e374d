//! How money, prices and durations are written in files.

/// `"10m"`, `"24h"`, `"7d"`, `"90s"`, `"1h 30m"`.
pub mod duration {
    use serde::{Deserialize, Deserializer, Serializer};

    /// Reads one.
    pub fn parse(text: &str) -> Result<jiff::SignedDuration, String> {
        let wrong = || format!("`{text}` is not a duration such as \"10m\", \"24h\" or \"7d\"");
        let mut seconds: i64 = 0;
        let mut digits = String::new();
        let mut has_part = false;
        for character in text.chars().filter(|c| !c.is_whitespace()) {
            if character.is_ascii_digit() {
                digits.push(character);
                continue;
            }
            let unit = match character {
                's' => 1,
                'm' => 60,
                'h' => 3600,
                'd' => 86_400,
                'w' => 604_800,
                _ => return Err(wrong()),
            };
            let count: i64 = digits.parse().map_err(|_| wrong())?;
            seconds = count
                .checked_mul(unit)
                .and_then(|part| seconds.checked_add(part))
                .ok_or_else(wrong)?;
            digits.clear();
            has_part = true;
        }
        if !has_part || !digits.is_empty() {
            return Err(wrong());
        }
        Ok(jiff::SignedDuration::from_secs(seconds))
    }

    /// Writes one, in the largest unit that leaves no rest.
    pub fn write(duration: jiff::SignedDuration) -> String {
        let seconds = duration.as_secs();
        [(604_800, 'w'), (86_400, 'd'), (3600, 'h'), (60, 'm')]
            .into_iter()
            .find(|(unit, _)| seconds != 0 && seconds % unit == 0)
            .map_or_else(
                || format!("{seconds}s"),
                |(unit, letter)| format!("{}{letter}", seconds / unit),
            )
    }

    pub(crate) fn serialize<S: Serializer>(value: &jiff::SignedDuration, s: S) -> Result<S::Ok, S::Error> {
        s.serialize_str(&write(*value))
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<jiff::SignedDuration, D::Error> {
        parse(&String::deserialize(d)?).map_err(serde::de::Error::custom)
    }
}

/// `"$0.50"`.
pub mod money {
    use copydesk_domain::MicroUsd;
    use serde::{Deserialize, Deserializer, Serializer};

    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde's `with` hands over references"
    )]
    pub(crate) fn serialize<S: Serializer>(value: &MicroUsd, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(value)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<MicroUsd, D::Error> {
        String::deserialize(d)?.parse().map_err(serde::de::Error::custom)
    }
}

/// `"$0.50"`, or nothing.
pub mod money_option {
    use copydesk_domain::MicroUsd;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde's `with` hands over references")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<MicroUsd>, s: S) -> Result<S::Ok, S::Error> {
        value.map(|value| value.to_string()).serialize(s)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<MicroUsd>, D::Error> {
        let text = Option::<String>::deserialize(d)?;
        text.map(|text| text.parse().map_err(serde::de::Error::custom))
            .transpose()
    }
}

/// `"$0.15/Mtok"`, or nothing.
pub mod price {
    use copydesk_domain::MicroUsd;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[expect(clippy::ref_option, reason = "serde's `with` hands over references")]
    pub(crate) fn serialize<S: Serializer>(value: &Option<MicroUsd>, s: S) -> Result<S::Ok, S::Error> {
        value.map(|value| format!("{value}/Mtok")).serialize(s)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(d: D) -> Result<Option<MicroUsd>, D::Error> {
        let Some(text) = Option::<String>::deserialize(d)? else {
            return Ok(None);
        };
        let amount = text.strip_suffix("/Mtok").ok_or_else(|| {
            serde::de::Error::custom(format!("`{text}` is not a price such as \"$0.15/Mtok\""))
        })?;
        amount.trim().parse().map(Some).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use crate::settings::{BudgetConfig, ModelConfig};

    use super::duration;

    #[test]
    fn durations_carry_units() {
        let seconds = |text: &str| duration::parse(text).map(|duration| duration.as_secs()).ok();
        assert_eq!(seconds("1h 30m"), Some(5400));
        assert_eq!(seconds("7d"), Some(604_800));
        for wrong in [
            "",
            "10",
            "m",
            "10 minutes",
            "-1h",
            "1.5h",
            "99999999999999999999s",
            "9223372036854775807w",
        ] {
            assert_eq!(seconds(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn what_is_written_reads_back() {
        for text in ["10m", "24h", "90s", "7d", "0s"] {
            let parsed = duration::parse(text).unwrap();
            assert_eq!(duration::parse(&duration::write(parsed)), Ok(parsed));
        }
        let budget: BudgetConfig =
            toml::from_str("run = \"$1\"\nday = \"$5.5\"\nmonth = \"$50.00\"").unwrap();
        assert_eq!(
            toml::from_str::<BudgetConfig>(&toml::to_string(&budget).unwrap()).unwrap(),
            budget
        );
        let text = "base_url = \"http://a\"\nmodel = \"m\"\nprice_in = \"$0.15/Mtok\"";
        let model: ModelConfig = toml::from_str(text).unwrap();
        let json = serde_json::to_string(&model).unwrap();
        assert_eq!(serde_json::from_str::<ModelConfig>(&json).unwrap(), model);
    }
}
