//! How long to wait before a model is asked again.

use std::time::Duration;

/// Limits of waiting between tries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// Longest first pause; it doubles with each further one.
    pub backoff: Duration,
    /// No pause is longer, whatever an endpoint asks for: a step that waits holds up its stage.
    pub pause_max: Duration,
}

impl Patience {
    /// Half a second that doubles; never more than ten seconds.
    pub const fn standard() -> Self {
        Self {
            backoff: Duration::from_millis(500),
            pause_max: Duration::from_secs(10),
        }
    }

    /// The pause before a model is asked again for the `nth` time (from 0). Between half and the whole of the
    /// doubled span, so that callers that failed together do not come back together; the same `seed` gives the
    /// same pauses. What the endpoint asked for comes first. Pure.
    pub(crate) fn pause(&self, nth: u32, asked_for: Option<Duration>, seed: i64) -> Duration {
        if let Some(asked_for) = asked_for {
            return asked_for.min(self.pause_max);
        }
        let span = self.backoff.saturating_mul(1 << nth.min(16)).min(self.pause_max);
        span / 2 + span.mul_f64(share(seed, nth) / 2.0)
    }
}

/// A number in `0.0..1.0` that looks like chance (the finishing step of SplitMix64, Steele et al. 2014).
fn share(seed: i64, nth: u32) -> f64 {
    let mut bits = seed
        .cast_unsigned()
        .wrapping_add(u64::from(nth + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^= bits >> 31;
    // The upper 53 bits are what a float holds exactly.
    (bits >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_jitter_up_to_the_limit() {
        let patience = Patience::standard();
        for seed in [0, 1, -7, i64::MAX] {
            for nth in 0..10 {
                let span = Duration::from_millis(500 << nth).min(Duration::from_secs(10));
                let pause = patience.pause(nth, None, seed);
                assert!(pause >= span / 2 && pause <= span, "{pause:?} of {span:?}");
                assert_eq!(pause, patience.pause(nth, None, seed));
            }
        }
        assert_ne!(patience.pause(0, None, 1), patience.pause(0, None, 2));
    }

    #[test]
    fn what_an_endpoint_asks_for_is_honoured_up_to_the_limit() {
        let patience = Patience::standard();
        assert_eq!(
            patience.pause(3, Some(Duration::from_secs(2)), 1),
            Duration::from_secs(2)
        );
        assert_eq!(
            patience.pause(0, Some(Duration::from_hours(24)), 1),
            Duration::from_secs(10)
        );
    }
}
