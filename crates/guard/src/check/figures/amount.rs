//! How alike two figures are.

use copydesk_text::numbers::{self, Hedge, Kind, Number, Unit};

/// From worst to best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Likeness {
    Other,
    /// The one may be the other, rounded.
    Rounded,
    /// The same figure, but one has a unit and the other none, or one counts bits and the other bytes.
    OtherUnit,
    Same,
}

/// Compares a figure of a sentence with one of the evidence.
pub(super) fn compare(own: &Number, known: &Number) -> Likeness {
    if numbers::same(own, known)
        || is_same_time(own, known)
        || is_year_of(own, known)
        || is_share(own, known)
        || is_in_cents(own, known)
    {
        return Likeness::Same;
    }
    let are_alike = is_plain(own) && is_plain(known) && own.digits == known.digits;
    if are_alike && (may_share_unit(own, known) || are_data(own, known)) {
        return Likeness::OtherUnit;
    }
    if is_rounded(own, known) {
        return Likeness::Rounded;
    }
    Likeness::Other
}

/// Whether `12.50` stands as twelve and fifty, or `7:30` as seven thirty: two figures right behind each other.
pub(super) fn stands_split(own: &Number, known: &[Number]) -> bool {
    let digits = own.digits.replace(':', ".");
    let Some((whole, part)) = digits.split_once('.') else {
        return false;
    };
    let whole = whole.trim_start_matches('0');
    let part = if part.len() == 1 {
        format!("{part}0")
    } else {
        part.to_owned()
    };
    known.windows(2).any(|pair| {
        let gap = pair[1].range.start.saturating_sub(pair[0].range.end);
        gap <= 16 && pair[0].digits == whole && pair[1].digits == part.trim_start_matches('0')
    })
}

fn is_plain(number: &Number) -> bool {
    !matches!(number.kind, Kind::Date | Kind::Version | Kind::Time)
}

/// Whether one of the two leaves its unit open.
fn may_share_unit(a: &Number, b: &Number) -> bool {
    let is_open = |number: &Number| matches!(number.unit, None | Some(Unit::Count(_)));
    is_open(a) != is_open(b) || (a.kind == Kind::Ordinal) != (b.kind == Kind::Ordinal)
}

/// Bits, bytes and bits a second of one size: an eighth of it, or only written so.
fn are_data(a: &Number, b: &Number) -> bool {
    let size = |number: &Number| match &number.unit {
        Some(Unit::Bytes(name)) => Some(name.trim_end_matches('B').to_lowercase()),
        Some(Unit::Measure(name)) => name
            .strip_suffix("bit")
            .or_else(|| name.strip_suffix("bps"))
            .map(str::to_lowercase),
        _ => None,
    };
    size(a).is_some() && size(a) == size(b)
}

/// `7 pm` and `7`, `7:00` and `19:00`.
fn is_same_time(own: &Number, known: &Number) -> bool {
    let minutes = |number: &Number| match number.kind {
        Kind::Time => Some(number.value),
        Kind::Cardinal | Kind::Range if matches!(number.unit, None | Some(Unit::Count(_))) => {
            let (hours, part) = (number.value.trunc(), number.value.fract());
            (hours <= 24.0).then_some(hours * 60.0 + (part * 100.0).round())
        }
        _ => None,
    };
    if own.kind != Kind::Time && known.kind != Kind::Time {
        return false;
    }
    matches!((minutes(own), minutes(known)), (Some(a), Some(b)) if (a - b).abs() < 0.5 || ((a - b).abs() - 720.0).abs() < 0.5)
}

/// A year against a date of that year.
fn is_year_of(own: &Number, known: &Number) -> bool {
    own.kind == Kind::Year && known.kind == Kind::Date && known.digits.get(..4) == Some(own.digits.as_str())
}

/// Half and 50 %.
fn is_share(own: &Number, known: &Number) -> bool {
    let share = |number: &Number| match (number.kind, &number.unit) {
        (Kind::Fraction, None | Some(Unit::Count(_))) => Some(number.value),
        (_, Some(Unit::Percent)) => Some(number.value / 100.0),
        _ => None,
    };
    own.kind != known.kind
        && matches!((share(own), share(known)), (Some(a), Some(b)) if (a - b).abs() < 0.005)
}

/// $0.45 and 45 cents.
fn is_in_cents(own: &Number, known: &Number) -> bool {
    let cents = |number: &Number| match &number.unit {
        Some(Unit::Currency("cent")) => Some(number.value),
        Some(Unit::Currency("USD" | "EUR")) => Some(number.value * 100.0),
        _ => None,
    };
    let is_cent = |number: &Number| number.unit == Some(Unit::Currency("cent"));
    is_cent(own) != is_cent(known)
        && matches!((cents(own), cents(known)), (Some(a), Some(b)) if (a - b).abs() < 1e-6)
}

/// A figure with fewer digits that is near: 1.3 million for 1,287,334, nearly 50 % for 49.2 %.
fn is_rounded(own: &Number, known: &Number) -> bool {
    let alike = is_plain(own) && is_plain(known) && own.kind != Kind::Year && known.kind != Kind::Year;
    let is_measure = |number: &Number| !matches!(number.unit, None | Some(Unit::Count(_)));
    if !alike || own.value.abs() < 10.0 || (is_measure(own) && is_measure(known) && own.unit != known.unit) {
        return false;
    }
    let off = (own.value - known.value).abs() / known.value.abs().max(1.0);
    let hedged = matches!(own.hedge, Some(Hedge::About | Hedge::Nearly | Hedge::MoreThan));
    let fewer = figures(&own.digits) < figures(&known.digits);
    (hedged && off < 0.08) || (fewer && off < 0.02)
}

/// Digits that say something: of 1500000 two.
fn figures(digits: &str) -> usize {
    let bare: String = digits.chars().filter(char::is_ascii_digit).collect();
    bare.trim_matches('0').len()
}

#[cfg(test)]
mod tests {
    use copydesk_text::numbers;

    use super::{Likeness, compare, stands_split};

    fn likeness(own: &str, known: &str) -> Likeness {
        compare(&numbers::find(own)[0], &numbers::find(known)[0])
    }

    #[test]
    fn figures_may_be_written_in_many_ways() {
        for (own, known) in [
            ("at 7 pm", "at 7"),
            ("$0.45 a share", "45 cents a share"),
            ("half of users", "50 % of users"),
            ("25 machines", "twenty - five machines"),
            ("5 million dollars", "5 mln bucks"),
            ("in 2026", "on 20 August 2026"),
        ] {
            assert_eq!(likeness(own, known), Likeness::Same, "{own} / {known}");
        }
        assert!(stands_split(
            &numbers::find("12.50 Euros")[0],
            &numbers::find("twelve Euros and fifty")
        ));
    }

    #[test]
    fn what_may_be_the_same_is_open_and_the_rest_is_not() {
        assert_eq!(likeness("40 %", "40 users"), Likeness::OtherUnit);
        assert_eq!(likeness("10 GB/s", "10 Gb/s"), Likeness::OtherUnit);
        assert_eq!(likeness("10 Gb/s", "10 Gbps"), Likeness::OtherUnit);
        assert_eq!(
            likeness("about 1.3 million users", "1,287,334 users"),
            Likeness::Rounded
        );
        for (own, known) in [
            ("40 users", "400 users"),
            ("12 percentage points", "12 percent"),
            ("$5", "€5"),
            ("in 2025", "2026"),
        ] {
            assert_eq!(likeness(own, known), Likeness::Other, "{own} / {known}");
        }
    }
}
