//! A fault of our own store on its way from a bundled server to the hub.
//!
//! It is no fault of what the tool was to read: whoever keeps the tool's answer would keep a full disk as a feed that
//! could not be read. It goes beside the answer, so that other hosts see an error like any other.

use copydesk_store::StoreError;
use rmcp::model::{CallToolResult, JsonObject, MetaObject};
use serde::{Deserialize, Serialize};

/// Where it stands in the `_meta` of a result.
const KEY: &str = "copydesk/store";

/// Faults that concern the whole store. Any other, such as a row that cannot be read, stays the tool's own: no second
/// call would be without it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Dto {
    DiskFull { place: String },
    Damaged { place: String, reason: String },
    Database { reason: String },
    Closed,
}

/// Puts a fault beside the result that tells it.
pub(crate) fn put(result: &mut CallToolResult, error: &StoreError) {
    let told = match error.clone() {
        StoreError::DiskFull { place } => Dto::DiskFull { place },
        StoreError::Damaged { place, reason } => Dto::Damaged { place, reason },
        StoreError::Database { reason } => Dto::Database { reason },
        StoreError::Closed => Dto::Closed,
        _ => return,
    };
    let value = serde_json::to_value(told).expect("a fault of words has a JSON form");
    let mut meta = JsonObject::new();
    meta.insert(KEY.to_owned(), value);
    result.meta = Some(MetaObject(meta));
}

/// The fault beside a result of a bundled server.
pub(crate) fn of(result: &CallToolResult) -> Option<StoreError> {
    let told = result.meta.as_ref()?.0.get(KEY)?;
    Some(match Dto::deserialize(told).ok()? {
        Dto::DiskFull { place } => StoreError::DiskFull { place },
        Dto::Damaged { place, reason } => StoreError::Damaged { place, reason },
        Dto::Database { reason } => StoreError::Database { reason },
        Dto::Closed => StoreError::Closed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_whole_store_comes_back_as_it_was_and_no_other_does() {
        let word = || "here".to_owned();
        let (place, reason) = (word(), word());
        let whole = [
            StoreError::DiskFull { place: word() },
            StoreError::Damaged { place, reason },
            StoreError::Database { reason: word() },
            StoreError::Closed,
        ];
        for error in whole {
            let mut result = CallToolResult::error(Vec::new());
            put(&mut result, &error);
            assert_eq!(of(&result), Some(error));
        }
        let mut result = CallToolResult::error(Vec::new());
        assert_eq!(of(&result), None);
        let (table, column) = ("feed_state", "body");
        let id = word();
        put(&mut result, &StoreError::Inconsistent { table, column, id });
        assert_eq!(of(&result), None);
    }
}
