//! What a feed files itself or an item under.

use serde::{Deserialize, Serialize};

use super::construct;
use super::event::Field;

/// Categories beyond this number are left out; each is compared with all before it.
const CATEGORIES_MAX: usize = 200;

/// Fields that name categories.
pub const KEYS: &[&str] = &[
    "category",
    "dc:subject",
    "tags",
    "keywords",
    "atom:category",
    "itunes:category",
];

/// A category or tag.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Category {
    /// The word itself, plain text, never empty.
    pub term: String,
    /// Which list of words it is from, as given: mostly an address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scheme: Option<String>,
    /// How people are to see it, where that is not the term.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
}

impl Category {
    /// A word from no list.
    pub fn plain(term: String) -> Self {
        Self {
            term,
            ..Self::default()
        }
    }
}

/// The categories among `fields` in their order, each once; the first 200.
pub fn of(fields: &[Field<'_>]) -> Vec<Category> {
    unique(
        fields
            .iter()
            .filter(|field| KEYS.contains(&field.key.as_str()))
            .flat_map(named),
    )
}

/// The categories that have a term, each once; the first 200.
pub fn unique(categories: impl Iterator<Item = Category>) -> Vec<Category> {
    let mut kept: Vec<Category> = Vec::new();
    for category in categories {
        if kept.len() < CATEGORIES_MAX && !category.term.is_empty() && !kept.contains(&category) {
            kept.push(category);
        }
    }
    kept
}

/// One field's categories: several where it is a list with commas.
fn named(field: &Field<'_>) -> Vec<Category> {
    let said = |name: &str| {
        let value = field.attribute(name).filter(|value| !value.is_empty());
        value.map(str::to_owned)
    };
    let label = said("label");
    let term = said("term")
        .or_else(|| label.clone())
        .or_else(|| construct::title(field))
        .or_else(|| said("text"))
        .unwrap_or_default();
    if matches!(field.key.as_str(), "tags" | "keywords") {
        let terms = term.split(',').map(|tag| tag.trim().to_owned());
        return terms.map(Category::plain).collect();
    }
    vec![Category {
        label: label.filter(|label| *label != term),
        scheme: said("scheme").or_else(|| said("domain")),
        term,
    }]
}
