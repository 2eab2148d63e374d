//! Runs that ended suspiciously fast. Pure: no clock, no store.

use std::time::Duration;

/// Runs of the same pipeline that a run is compared with, the newest before it.
pub(crate) const COMPARED_MAX: usize = 10;
/// Fewer show no habit.
const COMPARED_MIN: usize = 3;
/// Far below the median: less than a fifth of it.
const FRACTION: u32 = 5;

/// How much a run did until its writing was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pace {
    /// Time that its calls to models and tools took, added up: waiting for `at` or for a person is no work.
    pub(crate) work: Duration,
    /// Sources that it read; calls that it made where its pipeline has no research.
    pub(crate) read: usize,
    /// Why there was nothing to read: feeds answered, and none had a post in the window. Such a day is thin, not
    /// suspicious.
    pub(crate) is_thin: bool,
}

/// The run's usual work, if it took far less than that and read nothing without a reason.
pub(crate) fn too_fast(this: &Pace, before: &[Pace]) -> Option<Duration> {
    if before.len() < COMPARED_MIN || this.is_thin || this.read > 0 {
        return None;
    }
    let usual = median(before.iter().map(|pace| pace.work))?;
    let usual_read = median(before.iter().map(|pace| pace.read))?;
    (usual_read > 0 && this.work * FRACTION < usual).then_some(usual)
}

fn median<T: Ord + Copy>(values: impl Iterator<Item = T>) -> Option<T> {
    let mut values: Vec<T> = values.collect();
    values.sort_unstable();
    values.get(values.len() / 2).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(seconds: u64, read: usize) -> Pace {
        Pace {
            work: Duration::from_secs(seconds),
            read,
            is_thin: false,
        }
    }

    #[test]
    fn nothing_read_in_a_fraction_of_the_time_is_suspicious() {
        let usual = [pace(100, 20), pace(90, 30), pace(0, 0), pace(110, 25)];
        assert_eq!(too_fast(&pace(1, 0), &usual), Some(Duration::from_secs(100)));
    }

    #[test]
    fn a_thin_a_short_and_a_slow_day_are_not() {
        let usual = [pace(100, 20), pace(90, 30), pace(110, 25)];
        let thin = Pace {
            is_thin: true,
            ..pace(1, 0)
        };
        assert_eq!(too_fast(&thin, &usual), None, "feeds answered and had nothing");
        assert_eq!(too_fast(&pace(1, 1), &usual), None, "it read something");
        assert_eq!(too_fast(&pace(20, 0), &usual), None, "it tried");
    }

    #[test]
    fn two_runs_are_no_habit_and_nothing_is_as_usual_where_nothing_is_read() {
        assert_eq!(too_fast(&pace(1, 0), &[pace(100, 20), pace(90, 30)]), None);
        assert_eq!(
            too_fast(&pace(1, 0), &[pace(100, 0), pace(90, 0), pace(80, 0)]),
            None
        );
    }
}
