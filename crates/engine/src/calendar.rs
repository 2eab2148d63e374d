//! Where the days and months of a pipeline begin: budgets and receipts count from there.

pub(crate) use copydesk_journal::calendar::{date, start, zone};
