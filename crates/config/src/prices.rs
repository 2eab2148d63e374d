//! `prices.toml`: list prices of models, each with the day on which it was looked up.

use std::path::Path;

use copydesk_domain::MicroUsd;
use jiff::civil::Date;
use serde::Deserialize;
use url::Url;

use crate::document::{Document, key_path};
use crate::problem::Problem;
use crate::settings::{Config, ModelConfig};
use crate::workspace::{in_order, parse, read_text};
use crate::{schema, shape, shipped};

/// The file, below the folder of config.toml.
pub const FILE: &str = "prices.toml";

/// A list price is old after so many days: providers change theirs a few times a year.
pub const DAYS_MAX: i32 = 180;

/// All list prices.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PriceList {
    #[serde(default)]
    provider: Vec<Provider>,
}

/// Those of one provider.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provider {
    #[serde(rename = "name")]
    _name: String,
    /// Hosts of its endpoints.
    #[serde(default)]
    hosts: Vec<String>,
    /// The day on which the prices were looked up: `2026-11-27`.
    as_of: String,
    #[serde(default)]
    model: Vec<ListPrice>,
}

/// The price of a million tokens of one model.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ListPrice {
    name: String,
    #[serde(default, with = "crate::price")]
    price_in: Option<MicroUsd>,
    #[serde(default, with = "crate::price")]
    price_cached: Option<MicroUsd>,
    #[serde(default, with = "crate::price")]
    price_out: Option<MicroUsd>,
}

/// What a model costs by the list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Listed {
    pub(crate) price_in: MicroUsd,
    pub(crate) price_cached: Option<MicroUsd>,
    pub(crate) price_out: MicroUsd,
    pub(crate) as_of: Option<Date>,
}

/// The list of a folder, or the shipped one where the folder has none, with every problem of the file.
pub(crate) fn read(dir: &Path) -> (PriceList, Vec<Problem>) {
    if !dir.join(FILE).exists() {
        return (shipped_list(), Vec::new());
    }
    match read_text(dir, FILE) {
        Ok(text) => parse_list(&text),
        Err(problem) => (shipped_list(), vec![problem]),
    }
}

fn shipped_list() -> PriceList {
    let text = shipped::text(FILE).expect("prices.toml is shipped");
    toml::from_str(text).expect("the shipped prices.toml is tested")
}

fn parse_list(text: &str) -> (PriceList, Vec<Problem>) {
    let (document, syntax) = Document::parse(FILE, text);
    let (table, mut problems) = shape::fit(&document, schema::PRICES);
    let list = match parse::<PriceList>(table, FILE) {
        Ok(list) => list,
        Err(problem) => {
            problems.push(problem);
            PriceList::default()
        }
    };
    problems.extend(problems_of(&list, &document));
    (list, in_order(syntax, problems))
}

fn problems_of(list: &PriceList, at: &Document<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    for (index, provider) in list.provider.iter().enumerate() {
        if !provider.as_of.is_empty() && provider.as_of.parse::<Date>().is_err() {
            let message = format!("`{}` is no day such as \"2026-11-27\"", provider.as_of);
            problems.push(at.problem(&key_path!["provider", index, "as_of"], message));
        }
        for (number, model) in provider.model.iter().enumerate() {
            let absent = [("price_in", model.price_in), ("price_out", model.price_out)];
            for (key, _) in absent.into_iter().filter(|(_, price)| price.is_none()) {
                let message = format!("the model `{}` has no `{key}`", model.name);
                let path = key_path!["provider", index, "model", number, key];
                problems.push(at.problem(&path, message));
            }
        }
    }
    problems
}

impl PriceList {
    /// The price of `model` at `base_url`. A name also stands for its dated forms; the longest that fits counts.
    pub(crate) fn find(&self, base_url: &str, model: &str) -> Option<Listed> {
        let url = Url::parse(base_url).ok()?;
        let host = url.host_str()?;
        let providers = self.provider.iter();
        let fitting = providers
            .filter(|provider| provider.hosts.iter().any(|known| known == host))
            .flat_map(|provider| provider.model.iter().map(move |listed| (provider, listed)))
            .filter(|(_, listed)| is_named(model, &listed.name));
        let (provider, listed) = fitting.max_by_key(|(_, listed)| listed.name.len())?;
        Some(Listed {
            price_in: listed.price_in?,
            price_cached: listed.price_cached,
            price_out: listed.price_out?,
            as_of: provider.as_of.parse().ok(),
        })
    }
}

/// Whether `model` is `listed` or a dated form of it: `-2025-04-14` or `-20250929` behind it.
fn is_named(model: &str, listed: &str) -> bool {
    let Some(rest) = model
        .strip_prefix("models/")
        .unwrap_or(model)
        .strip_prefix(listed)
    else {
        return false;
    };
    let digits = rest.bytes().filter(u8::is_ascii_digit).count();
    let is_date = digits == 8 && rest.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    rest.is_empty() || (rest.starts_with('-') && is_date)
}

/// Gives list prices to the models that have none of their own.
pub(crate) fn fill(config: &mut Config, list: &PriceList) {
    for model in config.models.values_mut() {
        let has_own = model.price_in.is_some() || model.price_out.is_some();
        if model.free || has_own {
            continue;
        }
        if let Some(listed) = list.find(&model.base_url, &model.model) {
            model.price_in = Some(listed.price_in);
            model.price_out = Some(listed.price_out);
            model.price_cached = model.price_cached.or(listed.price_cached);
            model.price_as_of = listed.as_of;
        }
    }
}

/// A warning for each model whose list price is older than [`DAYS_MAX`] on the day `today`.
pub fn old(config: &Config, today: Date) -> Vec<Problem> {
    let is_old = |as_of: Date| as_of.until(today).is_ok_and(|age| age.get_days() > DAYS_MAX);
    let used = config.models.iter();
    let warn = used.filter_map(|(name, model): (_, &ModelConfig)| {
        let as_of = model.price_as_of.filter(|as_of| is_old(*as_of))?;
        let message =
            format!("the price of the model `{name}` is of {as_of}, which is more than {DAYS_MAX} days ago");
        let problem = Problem::error(FILE, message).as_warning();
        Some(problem.with_hint(
            "look it up and set `as_of` to that day, or give `price_in` and `price_out` in config.toml",
        ))
    });
    warn.collect()
}

/// What a price ought to be written as, where its unit is another one: `"$0.15/1K"` is `"$150.00/Mtok"`.
pub(crate) fn in_right_unit(text: &str) -> Option<String> {
    let text = text.trim();
    let (amount, unit) = match text.split_once('/') {
        Some((amount, unit)) => (amount, unit),
        None => text.split_once(" per ").unwrap_or((text, "")),
    };
    let amount: MicroUsd = amount.trim().parse().ok()?;
    let unit: String = unit
        .to_lowercase()
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let of = ["tokens", "token", "tok"]
        .iter()
        .find_map(|word| unit.strip_suffix(word));
    let times: i64 = match of.unwrap_or(&unit) {
        // A price without a number of tokens is a list price, which is of a million.
        "" if of.is_none() => 1,
        "m" | "1m" | "million" | "1million" | "1000000" => 1,
        "k" | "1k" | "thousand" | "1thousand" | "1000" => 1_000,
        "" | "1" => 1_000_000,
        _ => return None,
    };
    Some(format!("{}/Mtok", MicroUsd(amount.0.checked_mul(times)?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPENAI: &str = "https://api.openai.com/v1";

    fn micros(listed: Option<Listed>) -> Option<(i64, Option<i64>, i64)> {
        listed.map(|listed| {
            (
                listed.price_in.0,
                listed.price_cached.map(|price| price.0),
                listed.price_out.0,
            )
        })
    }

    #[test]
    fn a_model_is_found_by_its_host_and_name_dated_or_not() {
        let list = shipped_list();
        let mini = Some((400_000, Some(100_000), 1_600_000));
        assert_eq!(micros(list.find(OPENAI, "gpt-4.1-mini")), mini);
        assert_eq!(micros(list.find(OPENAI, "gpt-4.1-mini-2025-04-14")), mini);
        assert_eq!(
            micros(list.find("https://api.anthropic.com/v1/", "claude-sonnet-4-5-20250929")),
            Some((3_000_000, Some(300_000), 15_000_000))
        );
        for (url, model) in [
            ("https://models.example/v1", "gpt-4.1-mini"),
            ("https://api.openai.com.models.example/v1", "gpt-4.1-mini"),
            (OPENAI, "gpt-4.1-maxi"),
            (OPENAI, "gpt-5-pro"),
            (OPENAI, "gpt-4.1-mini-audio"),
        ] {
            assert_eq!(list.find(url, model), None, "{url} {model}");
        }
    }

    #[test]
    fn every_shipped_price_is_dated_and_reads_cost_less_than_writes() {
        let (list, problems) = parse_list(shipped::text(FILE).unwrap());
        assert_eq!(problems, []);
        assert!(list.provider.len() > 2);
        for provider in &list.provider {
            assert!(provider.as_of.parse::<Date>().is_ok(), "{}", provider.as_of);
            for model in &provider.model {
                assert!(
                    model.price_cached <= model.price_in && model.price_in < model.price_out,
                    "{}",
                    model.name
                );
            }
        }
    }

    #[test]
    fn prices_of_the_list_are_used_where_a_model_has_none_and_told_when_they_are_old() {
        let text = "[models.listed]\nbase_url = \"https://api.openai.com/v1\"\nmodel = \"gpt-4.1-mini\"\n\
                    [models.own]\nbase_url = \"https://api.openai.com/v1\"\nmodel = \"gpt-4.1\"\n\
                    price_in = \"$1.00/Mtok\"\nprice_out = \"$2.00/Mtok\"\n\
                    [models.elsewhere]\nbase_url = \"https://models.example/v1\"\nmodel = \"gpt-4.1\"\n";
        let shipped = crate::shipped::config().replace("\n[models]", "");
        let mut config: Config = toml::from_str(&format!("{shipped}\n{text}")).unwrap();
        fill(&mut config, &shipped_list());
        let of = |name: &str| {
            let model = &config.models[&copydesk_domain::ModelName::new(name)];
            (model.price_in.map(|price| price.0), model.price_as_of.is_some())
        };
        assert_eq!(of("listed"), (Some(400_000), true));
        assert_eq!(of("own"), (Some(1_000_000), false));
        assert_eq!(of("elsewhere"), (None, false));
        let as_of: Date = "2026-06-21".parse().unwrap();
        let after = |days: i64| old(&config, as_of.checked_add(jiff::Span::new().days(days)).unwrap());
        assert_eq!(after(180), []);
        let told = after(181);
        assert_eq!(told.len(), 1, "what stands in config.toml is the author's own");
        assert!(
            !told[0].is_error() && told[0].message.contains("`listed` is of 2026-06-21"),
            "{}",
            told[0]
        );
    }

    #[test]
    fn every_mistake_of_the_list_has_its_line() {
        let text = "[[provider]]\nname = \"A\"\nhosts = [\"a.example\"]\nas_of = \"last week\"\n\
                    [[provider.model]]\nname = \"m\"\nprice_in = \"$0.15/1K\"\n";
        let problems: Vec<String> = parse_list(text).1.iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "prices.toml:4: `last week` is no day such as \"2026-11-27\"",
                "prices.toml:5: the model `m` has no `price_out`",
                "prices.toml:7: `provider[0].model[0].price_in` must be a price of a million tokens: \"$150.00/Mtok\", \
                 not \"$0.15/1K\"",
                "prices.toml:7: the model `m` has no `price_in`",
            ]
        );
    }

    #[test]
    fn a_price_in_another_unit_is_named_in_the_right_one() {
        for (given, right) in [
            ("$0.15", "$0.15/Mtok"),
            ("$0.15/M", "$0.15/Mtok"),
            ("$0.15 / 1M tokens", "$0.15/Mtok"),
            ("$0.00015/1K", "$0.15/Mtok"),
            ("$0.002 per 1K tokens", "$2.00/Mtok"),
            ("$0.000002/token", "$2.00/Mtok"),
        ] {
            assert_eq!(in_right_unit(given).as_deref(), Some(right), "{given}");
        }
        for odd in ["0.15", "€0.15/Mtok", "$0.15/page", "cheap"] {
            assert_eq!(in_right_unit(odd), None, "{odd}");
        }
    }
}
