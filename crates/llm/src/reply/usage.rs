//! Tokens as endpoints count them, in each spelling.

use serde::Deserialize;
use serde_json::Value;

use super::chat::lenient;

/// The field `usage`. Every count may be absent, null or of another type.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct RawUsage {
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    completion_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    output_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    total_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    prompt_tokens_details: Option<RawDetails>,
    #[serde(default, deserialize_with = "lenient")]
    input_tokens_details: Option<RawDetails>,
    /// The spelling of those who bill hits and misses apart; both are part of the prompt.
    #[serde(default, deserialize_with = "lenient")]
    prompt_cache_hit_tokens: Option<u64>,
    /// Anthropic's spelling.
    #[serde(default, deserialize_with = "lenient")]
    cache_read_input_tokens: Option<u64>,
    #[serde(default, deserialize_with = "lenient")]
    cache_creation_input_tokens: Option<u64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
struct RawDetails {
    #[serde(default, deserialize_with = "lenient")]
    cached_tokens: Option<u64>,
}

/// Tokens of one exchange, as the endpoint counted them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Tokens read, cached ones included.
    pub(crate) tokens_in: u64,
    /// Tokens written, thinking included.
    pub(crate) tokens_out: u64,
    /// Those of `tokens_in` that came from a cache, at most all of them.
    pub(crate) cached: u64,
}

/// More tokens than any exchange has: its body has 20 MiB at most. A larger count is a mistake, and as money it would be
/// more than a database can add up.
const TOKENS_MAX: u64 = 1_000_000_000;

impl Usage {
    /// From the field `usage`; none where it is no count.
    pub(crate) fn of(usage: &Value) -> Option<Self> {
        RawUsage::deserialize(usage).ok()?.read()
    }
}

impl RawUsage {
    /// The tokens, where the endpoint gave both counts.
    pub(super) fn read(&self) -> Option<Usage> {
        let tokens_in = self.tokens_in()?;
        // Some providers leave the thinking out of the completion and count it in the total only.
        let rest = self.total_tokens.and_then(|total| total.checked_sub(tokens_in));
        let tokens_out = self.completion_tokens.max(self.output_tokens).max(rest)?;
        if tokens_in == 0 {
            return None; // No request is empty: some gateways fill in zeros for what they do not know.
        }
        let cached = self
            .cached_within()
            .or(self.prompt_cache_hit_tokens)
            .or(self.cache_read_input_tokens);
        let (tokens_in, tokens_out) = (tokens_in.min(TOKENS_MAX), tokens_out.min(TOKENS_MAX));
        Some(Usage {
            tokens_in,
            tokens_out,
            // No more than was read at all, whatever an endpoint says.
            cached: cached.unwrap_or(0).min(tokens_in),
        })
    }

    /// All tokens read. In OpenAI's spelling `prompt_tokens` contains what came from the cache; in Anthropic's
    /// `input_tokens` is what stands behind the cached beginning, and all that was read is its sum with
    /// `cache_read_input_tokens` and `cache_creation_input_tokens`. Gateways mix both: there a sum is taken where the
    /// parts cannot be contained, or where the names are Anthropic's alone.
    ///
    /// # Source
    /// The references of OpenAI's chat completions (`usage.prompt_tokens_details.cached_tokens`: cached tokens present
    /// in the prompt) and of Anthropic's messages (`usage`: total input is the sum of the three).
    fn tokens_in(&self) -> Option<u64> {
        let whole = self.prompt_tokens.or(self.input_tokens)?;
        let cached = [self.cache_read_input_tokens, self.cache_creation_input_tokens];
        let beside = cached.into_iter().flatten().fold(0, u64::saturating_add);
        let is_apart = match self.prompt_tokens {
            Some(prompt) => beside > prompt,
            None => self.cached_within().is_none(),
        };
        Some(if is_apart {
            whole.saturating_add(beside)
        } else {
            whole
        })
    }

    /// Cached tokens as a detail of the prompt's, which contain them.
    fn cached_within(&self) -> Option<u64> {
        [&self.prompt_tokens_details, &self.input_tokens_details]
            .into_iter()
            .flatten()
            .find_map(|details| details.cached_tokens)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn usage(tokens_in: u64, tokens_out: u64, cached: u64) -> Usage {
        Usage {
            tokens_in,
            tokens_out,
            cached,
        }
    }

    #[test]
    fn cached_tokens_are_part_of_the_prompt_in_the_spellings_that_say_so() {
        for counted in [
            json!({"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4}}),
            json!({"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 4, "prompt_cache_miss_tokens": 5}),
            json!({"input_tokens": 9, "output_tokens": 1, "input_tokens_details": {"cached_tokens": 4}}),
            // A gateway that translated the count and left the provider's own names beside it.
            json!({"prompt_tokens": 9, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 4},
                "cache_read_input_tokens": 4, "cache_creation_input_tokens": 2}),
            json!({"prompt_tokens": 9, "completion_tokens": 1, "cache_read_input_tokens": 4}),
            // Both names for one count.
            json!({"prompt_tokens": 9, "input_tokens": 9, "completion_tokens": 1, "output_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": 4}}),
        ] {
            assert_eq!(Usage::of(&counted), Some(usage(9, 1, 4)), "{counted}");
        }
        let odd = json!({"prompt_tokens": 9, "completion_tokens": 1, "prompt_cache_hit_tokens": 400});
        assert_eq!(Usage::of(&odd).unwrap().cached, 9);
    }

    #[test]
    fn input_tokens_beside_cached_ones_are_what_stands_behind_the_cache() {
        for (counted, wanted) in [
            (
                json!({"input_tokens": 50, "output_tokens": 7, "cache_read_input_tokens": 100_000,
                    "cache_creation_input_tokens": 248}),
                usage(100_298, 7, 100_000),
            ),
            (
                json!({"input_tokens": 9, "output_tokens": 1, "cache_read_input_tokens": 4}),
                usage(13, 1, 4),
            ),
            (
                json!({"input_tokens": 9, "output_tokens": 1, "cache_creation_input_tokens": 4}),
                usage(13, 1, 0),
            ),
            (
                json!({"input_tokens": 9, "output_tokens": 1, "cache_read_input_tokens": 0,
                    "cache_creation_input_tokens": null}),
                usage(9, 1, 0),
            ),
            // Everything came from the cache.
            (
                json!({"input_tokens": 0, "output_tokens": 0, "cache_read_input_tokens": 4}),
                usage(4, 0, 4),
            ),
            // A gateway that has changed the one name alone: more than all of the prompt cannot be a part of it.
            (
                json!({"prompt_tokens": 50, "completion_tokens": 7, "cache_read_input_tokens": 900}),
                usage(950, 7, 900),
            ),
        ] {
            assert_eq!(Usage::of(&counted), Some(wanted), "{counted}");
        }
    }

    #[test]
    fn a_count_beyond_everything_is_one_that_money_can_be_added_up_for() {
        let absurd = json!({"prompt_tokens": u64::MAX, "completion_tokens": u64::MAX});
        assert_eq!(Usage::of(&absurd), Some(usage(TOKENS_MAX, TOKENS_MAX, 0)));
    }

    #[test]
    fn a_count_that_is_no_count_is_no_usage() {
        for counted in [
            json!(null),
            json!({}),
            json!({"prompt_tokens": -1, "completion_tokens": 2}),
            json!({"prompt_tokens": 0, "completion_tokens": 0}),
            json!({"prompt_tokens": 0, "completion_tokens": 20, "total_tokens": 20}),
            json!("many"),
        ] {
            assert_eq!(Usage::of(&counted), None, "{counted}");
        }
    }
}
