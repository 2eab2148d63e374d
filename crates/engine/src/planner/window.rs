//! From where on a pipeline's slots are read, so that a look does not read years.

use copydesk_domain::{Instant, SlotState};
use copydesk_store::SlotRecord;

/// From where on rows are to be read at `now`, where that is known. `remembered`: what [`of_interest`] said of the rows
/// read last.
///
/// It is not at the start of a process, since a pending slot may be older than the schedule's last change, nor where the
/// clock was set back behind what is remembered: rows that lie between would be taken for missing ones. The store is asked
/// then.
pub fn read_from(remembered: Option<Instant>, now: Instant) -> Option<Instant> {
    remembered.filter(|from| *from <= now)
}

/// From where on rows are needed the next time: the oldest pending one, else the newest that is due.
pub fn of_interest(rows: &[SlotRecord], now: Instant) -> Option<Instant> {
    let nominal = |row: &SlotRecord| row.slot.nominal;
    let pending = rows
        .iter()
        .filter(|row| row.state == SlotState::Pending)
        .map(nominal)
        .min();
    let newest = rows.iter().map(nominal).filter(|at| *at <= now).max();
    match (pending, newest) {
        (Some(pending), Some(newest)) => Some(pending.min(newest)),
        (pending, newest) => pending.or(newest),
    }
}
