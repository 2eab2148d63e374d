//! Money, counted in millionths of a US dollar.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Millionths of a US dollar. Whole numbers, so that sums are exact.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MicroUsd(pub i64);

/// Text that is no amount of money.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not an amount such as \"$0.50\"")]
pub struct MicroUsdError {
    /// The text as given.
    pub text: String,
}

impl MicroUsd {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// Sum that stays at the end of the range instead of wrapping.
    #[must_use]
    pub const fn saturating_add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }

    /// The cost of `tokens` at this price for a million tokens, rounded up.
    #[must_use]
    pub fn for_tokens(self, tokens: u64) -> Self {
        let product = i128::from(self.0) * i128::from(tokens);
        let rounded_up = (product + 999_999) / 1_000_000;
        Self(i64::try_from(rounded_up).unwrap_or(i64::MAX))
    }
}

impl FromStr for MicroUsd {
    type Err = MicroUsdError;

    fn from_str(text: &str) -> Result<Self, MicroUsdError> {
        let wrong = || MicroUsdError {
            text: text.to_owned(),
        };
        let digits = text.trim().strip_prefix('$').ok_or_else(wrong)?;
        let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
        let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if whole.is_empty() || !is_number(whole) || !is_number(fraction) || fraction.len() > 6 {
            return Err(wrong());
        }
        let whole: i64 = whole.parse().map_err(|_| wrong())?;
        let fraction: i64 = format!("{fraction:0<6}").parse().map_err(|_| wrong())?;
        let micros = whole
            .checked_mul(1_000_000)
            .and_then(|micros| micros.checked_add(fraction));
        micros.map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for MicroUsd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.0 < 0 { "-" } else { "" };
        let (whole, micros) = (
            self.0.unsigned_abs() / 1_000_000,
            self.0.unsigned_abs() % 1_000_000,
        );
        let digits = format!("{micros:06}");
        let cents = digits.trim_end_matches('0');
        write!(f, "{sign}${whole}.{cents:0<2}")
    }
}

impl Add for MicroUsd {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        self.saturating_add(other)
    }
}

impl AddAssign for MicroUsd {
    fn add_assign(&mut self, other: Self) {
        *self = *self + other;
    }
}

impl Sub for MicroUsd {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self(self.0.saturating_sub(other.0))
    }
}

impl Sum for MicroUsd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        amounts.fold(Self::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_and_written() {
        assert_eq!("$0.50".parse(), Ok(MicroUsd(500_000)));
        assert_eq!(MicroUsd(500_000).to_string(), "$0.50");
        assert_eq!(MicroUsd(1_234_567).to_string(), "$1.234567");
        assert!("0.50".parse::<MicroUsd>().is_err());
        assert!("$-1".parse::<MicroUsd>().is_err());
    }

    #[test]
    fn a_price_is_rounded_up_so_that_a_reserve_is_never_short() {
        assert_eq!(MicroUsd(150_000).for_tokens(1), MicroUsd(1));
        assert_eq!(MicroUsd(150_000).for_tokens(1_000_000), MicroUsd(150_000));
    }
}
