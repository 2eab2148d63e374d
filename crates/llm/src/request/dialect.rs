//! What an endpoint takes: learnt from its complaints, kept for as long as the process lives.

/// How the wanted form of the output is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// `response_format` with the JSON schema.
    Schema,
    /// `response_format` says JSON; the schema stands in the system message.
    Object,
    /// The system message alone tells it.
    Text,
}

/// Which parts of the chat API an endpoint takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Dialect {
    format: Format,
    /// Some endpoints take a schema, or tools, but not both at once.
    format_with_tools: Format,
    /// `max_completion_tokens` instead of `max_tokens`. The older name comes first: an endpoint that knows only the
    /// newer one says so, while one that knows only the older one would ignore the newer and write without end.
    pub(crate) has_completion_limit: bool,
    /// It takes `temperature`.
    pub(crate) has_temperature: bool,
    /// It takes `seed`.
    pub(crate) has_seed: bool,
    /// It takes `parallel_tool_calls`.
    pub(crate) has_parallel_switch: bool,
}

impl Default for Dialect {
    fn default() -> Self {
        Self {
            format: Format::Schema,
            format_with_tools: Format::Schema,
            has_completion_limit: false,
            has_temperature: true,
            has_seed: true,
            has_parallel_switch: true,
        }
    }
}

/// Words with which endpoints speak of the wanted output form.
const FORMAT_WORDS: [&str; 8] = [
    "response_format",
    "json_schema",
    "json schema",
    "invalid schema",
    "structured output",
    "grammar",
    "mime type",
    "json_object",
];

/// A limit that is too high, or a text too long, is no complaint about the field's name.
const SIZE_WORDS: [&str; 3] = ["context length", "too large", "too long"];

impl Dialect {
    /// How the form of the output is told.
    pub(crate) const fn format(self, with_tools: bool) -> Format {
        if with_tools {
            self.format_with_tools
        } else {
            self.format
        }
    }

    /// Changes what `complaint` speaks of. `false` where it speaks of nothing that has another form.
    pub(crate) fn learn(&mut self, complaint: &str, with_tools: bool) -> bool {
        let complaint = complaint.to_lowercase();
        let before = *self;
        let speaks_of = |words: &[&str]| words.iter().any(|word| complaint.contains(word));
        if speaks_of(&FORMAT_WORDS) {
            let format = if with_tools {
                &mut self.format_with_tools
            } else {
                &mut self.format
            };
            *format = match *format {
                Format::Schema => Format::Object,
                Format::Object | Format::Text => Format::Text,
            };
        } else if speaks_of(&["max_tokens", "max_completion_tokens"]) && !speaks_of(&SIZE_WORDS) {
            self.has_completion_limit = true;
        } else if speaks_of(&["temperature"]) {
            self.has_temperature = false;
        } else if speaks_of(&["parallel_tool_calls"]) {
            self.has_parallel_switch = false;
        } else if complaint
            .split(|c: char| !c.is_alphanumeric())
            .any(|word| word == "seed")
        {
            self.has_seed = false;
        }
        *self != before
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_output_form_falls_step_by_step() {
        let mut dialect = Dialect::default();
        assert!(dialect.learn("'response_format' of type json_schema is not supported", false));
        assert_eq!(dialect.format(false), Format::Object);
        assert_eq!(dialect.format(true), Format::Schema);
        assert!(dialect.learn("unknown field response_format", false));
        assert_eq!(dialect.format(false), Format::Text);
        assert!(!dialect.learn("unknown field response_format", false));
    }

    #[test]
    fn fields_are_left_out_after_a_complaint() {
        let mut dialect = Dialect::default();
        assert!(dialect.learn("Use 'max_completion_tokens' instead of 'max_tokens'.", false));
        assert!(dialect.learn("Unsupported value: 'temperature' does not support 0", false));
        assert!(dialect.learn("extra inputs are not permitted (seed)", false));
        assert!(dialect.has_completion_limit && !dialect.has_temperature && !dialect.has_seed);
    }

    #[test]
    fn other_complaints_change_nothing() {
        let mut dialect = Dialect::default();
        for complaint in [
            "model not found",
            "max_tokens is too large: this model's context length is 8192",
            "stub",
        ] {
            assert!(!dialect.learn(complaint, true), "{complaint}");
        }
    }
}
