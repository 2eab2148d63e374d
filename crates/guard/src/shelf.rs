//! Documents taken apart before, so that many texts against one document cost one reading of it.

use std::collections::HashMap;
use std::rc::Rc;

use crate::evidence::Evidence;

/// Bytes of documents that are kept; taken apart they need about thirty times as much.
const BYTES_MAX: usize = 8 << 20;

/// The documents of a series of texts. Full, it starts afresh.
#[derive(Debug, Default)]
pub struct Shelf {
    known: HashMap<String, Rc<Evidence>>,
    bytes: usize,
}

impl Shelf {
    /// A document as evidence, read anew only where it is not known.
    pub fn evidence(&mut self, document: &str) -> Rc<Evidence> {
        if let Some(known) = self.known.get(document) {
            return Rc::clone(known);
        }
        if self.bytes + document.len() > BYTES_MAX {
            self.known.clear();
            self.bytes = 0;
        }
        let evidence = Rc::new(Evidence::of(document));
        self.bytes += document.len();
        self.known.insert(document.to_owned(), Rc::clone(&evidence));
        evidence
    }
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::{BYTES_MAX, Shelf};

    #[test]
    fn a_document_is_read_once_and_memory_has_a_limit() {
        let mut shelf = Shelf::default();
        let first = shelf.evidence("The cache lost writes.");
        assert!(Rc::ptr_eq(&first, &shelf.evidence("The cache lost writes.")));
        shelf.evidence(&"x".repeat(BYTES_MAX));
        assert!(!Rc::ptr_eq(&first, &shelf.evidence("The cache lost writes.")));
    }
}
