//! What a call may cost and what it did cost.

use copydesk_config::ModelConfig;
use copydesk_domain::MicroUsd;

use crate::reply::Usage;

/// List prices of a model that costs money, for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tariff {
    fresh: MicroUsd,
    /// For what comes from the provider's cache.
    cached: MicroUsd,
    written: MicroUsd,
}

/// How a model is paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pay {
    /// It costs nothing.
    Free,
    /// At these prices.
    Priced(Tariff),
    /// It may cost something and nobody said how much.
    Unknown,
}

impl Pay {
    /// How the model behind `config` is paid. A price that is given counts on loopback too, where a proxy may stand.
    pub(crate) fn of(config: &ModelConfig) -> Self {
        if config.free {
            return Self::Free;
        }
        match (config.price_in, config.price_out) {
            (Some(price_in), Some(price_out)) => Self::Priced(Tariff {
                fresh: price_in,
                cached: config.price_cached.unwrap_or(price_in),
                written: price_out,
            }),
            (None, None) if config.is_on_this_machine() => Self::Free,
            _ => Self::Unknown,
        }
    }
}

impl Tariff {
    /// The most that a request can cost.
    ///
    /// `tokens_in_max`: tokens that the whole request has at most, its JSON included: see [`super::tokens::at_most`].
    pub(crate) fn reserve(&self, tokens_in_max: u64, tokens_out_max: u32) -> MicroUsd {
        self.fresh.for_tokens(tokens_in_max) + self.written.for_tokens(u64::from(tokens_out_max))
    }

    /// What the counted tokens cost: the whole bill, and the part of it for what came from the provider's cache.
    pub(crate) fn bill(&self, usage: Usage) -> (MicroUsd, MicroUsd) {
        // No more can come from a cache than was read.
        let cached = usage.cached.min(usage.tokens_in);
        let of_cache = self.cached.for_tokens(cached);
        let fresh = self.fresh.for_tokens(usage.tokens_in - cached);
        (
            fresh + of_cache + self.written.for_tokens(usage.tokens_out),
            of_cache,
        )
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    pub(crate) fn config(base_url: &str, price: Option<i64>, free: bool) -> ModelConfig {
        ModelConfig {
            base_url: base_url.to_owned(),
            model: "m".to_owned(),
            api_key_env: None,
            api_key_file: None,
            price_in: price.map(MicroUsd),
            price_out: price.map(MicroUsd),
            price_cached: None,
            price_as_of: None,
            concurrency_max: None,
            requests_per_minute: None,
            tokens_per_minute: None,
            free,
            local_only: false,
            context_tokens: None,
            tokens_out_max: 100,
            timeout: jiff::SignedDuration::from_secs(1),
            stall_timeout: jiff::SignedDuration::from_secs(1),
            organization: None,
            project: None,
            api_key_header: None,
            headers: std::collections::BTreeMap::new(),
            query: std::collections::BTreeMap::new(),
        }
    }

    #[test]
    fn only_loopback_and_free_models_need_no_price() {
        assert_eq!(
            Pay::of(&config("https://models.example/v1", None, false)),
            Pay::Unknown
        );
        assert_eq!(
            Pay::of(&config("https://models.example/v1", None, true)),
            Pay::Free
        );
        assert_eq!(
            Pay::of(&config("http://127.0.0.1:8080/v1", None, false)),
            Pay::Free
        );
        assert!(matches!(
            Pay::of(&config("http://127.0.0.1:8080/v1", Some(1), false)),
            Pay::Priced(_)
        ));
        let mut half = config("https://models.example/v1", Some(1), false);
        half.price_out = None;
        assert_eq!(Pay::of(&half), Pay::Unknown);
    }

    #[test]
    fn a_reserve_counts_a_token_a_byte_and_the_whole_output() {
        let tariff = Tariff {
            fresh: MicroUsd(1_000_000),
            cached: MicroUsd(100_000),
            written: MicroUsd(2_000_000),
        };
        assert_eq!(tariff.reserve(500, 100), MicroUsd(700));
        assert_eq!(
            tariff.bill(Usage {
                tokens_in: 120,
                tokens_out: 30,
                cached: 0
            }),
            (MicroUsd(180), MicroUsd(0))
        );
    }

    #[test]
    fn what_comes_from_the_cache_is_billed_at_its_own_price_and_never_reserved_at_it() {
        let usage = Usage {
            tokens_in: 120,
            tokens_out: 30,
            cached: 100,
        };
        let mut config = config("https://models.example/v1", Some(1_000_000), false);
        config.price_cached = Some(MicroUsd(100_000));
        let Pay::Priced(tariff) = Pay::of(&config) else {
            panic!("it has its prices")
        };
        assert_eq!(tariff.bill(usage), (MicroUsd(20 + 10 + 30), MicroUsd(10)));
        assert_eq!(tariff.reserve(120, 30), MicroUsd(150));
        config.price_cached = None;
        let Pay::Priced(tariff) = Pay::of(&config) else {
            panic!("it has its prices")
        };
        assert_eq!(
            tariff.bill(usage),
            (MicroUsd(150), MicroUsd(100)),
            "without its own price at the full one"
        );
        let more = Usage { cached: 500, ..usage };
        assert_eq!(tariff.bill(more), (MicroUsd(150), MicroUsd(120)));
    }
}
