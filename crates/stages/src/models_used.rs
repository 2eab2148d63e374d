//! Which models answered, in order of first use.

use copydesk_domain::ModelName;

/// Adds a model that answered.
pub(crate) fn note(models: &mut Vec<String>, model: &ModelName) {
    if !models.iter().any(|known| known == model.as_str()) {
        models.push(model.as_str().to_owned());
    }
}
