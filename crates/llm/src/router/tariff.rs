//! What a call may cost and what it did cost.

use copydesk_config::ModelConfig;
use copydesk_domain::MicroUsd;

use super::route::is_loopback;
use crate::reply::Usage;

/// List prices of a model that costs money, for a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Tariff {
    price_in: MicroUsd,
    price_out: MicroUsd,
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
            (Some(price_in), Some(price_out)) => Self::Priced(Tariff { price_in, price_out }),
            (None, None) if is_loopback(&config.base_url) => Self::Free,
            _ => Self::Unknown,
        }
    }
}

impl Tariff {
    /// The most that a request can cost.
    ///
    /// `body_bytes`: length of the whole request body. No tokenizer makes more than one token out of a byte of
    /// text, and the names, quotes and braces of the body outnumber the tokens that a chat template adds, so one
    /// token a byte is never too little; it is some four times too much for English, until the bill is settled.
    pub(crate) fn reserve(&self, body_bytes: usize, tokens_out_max: u32) -> MicroUsd {
        let tokens_in = u64::try_from(body_bytes).unwrap_or(u64::MAX);
        self.price_in.for_tokens(tokens_in) + self.price_out.for_tokens(u64::from(tokens_out_max))
    }

    /// What the counted tokens cost.
    pub(crate) fn bill(&self, usage: Usage) -> MicroUsd {
        self.price_in.for_tokens(usage.tokens_in) + self.price_out.for_tokens(usage.tokens_out)
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
            free,
            local_only: false,
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
            price_in: MicroUsd(1_000_000),
            price_out: MicroUsd(2_000_000),
        };
        assert_eq!(tariff.reserve(500, 100), MicroUsd(700));
        assert_eq!(
            tariff.bill(Usage {
                tokens_in: 120,
                tokens_out: 30,
                cached: 0
            }),
            MicroUsd(180)
        );
    }
}
