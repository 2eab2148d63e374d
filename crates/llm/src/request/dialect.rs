//! What an endpoint takes: found by a probe or learnt from its complaints, and remembered.

use serde::{Deserialize, Serialize};

/// How the wanted form of the output is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Format {
    /// `response_format` with the JSON schema.
    Schema,
    /// A tool whose arguments are the output, and that the model has to call.
    Tool,
    /// `response_format` says JSON; the schema stands in the system message.
    Object,
    /// The system message alone tells it.
    Text,
}

/// Which parts of the chat API an endpoint takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
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
    /// It takes `tool_choice` with the name of a tool; otherwise the model is told in words to call it.
    pub(crate) has_tool_choice: bool,
    /// It streams when asked to.
    pub(crate) has_stream: bool,
    /// It takes `stream_options`, which asks for the count of tokens at the end of a stream.
    pub(crate) has_stream_options: bool,
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
            has_tool_choice: true,
            has_stream: true,
            has_stream_options: true,
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

/// Words with which endpoints speak of tools.
const TOOL_WORDS: [&str; 3] = ["tool", "function call", "function_call"];

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

    /// The same with outputs told in another way.
    pub(crate) const fn with_format(self, format: Format) -> Self {
        Self { format, ..self }
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
                // Beside tools that a model may call, another one that it must call would end the talk.
                Format::Schema if !with_tools => Format::Tool,
                Format::Schema | Format::Tool => Format::Object,
                Format::Object | Format::Text => Format::Text,
            };
        } else if speaks_of(&["max_tokens", "max_completion_tokens"]) && !speaks_of(&SIZE_WORDS) {
            self.has_completion_limit = true;
        } else if speaks_of(&["stream_options", "include_usage"]) {
            self.has_stream_options = false;
        } else if speaks_of(&["stream"]) {
            self.has_stream = false;
        } else if speaks_of(&["temperature"]) {
            self.has_temperature = false;
        } else if speaks_of(&["parallel_tool_calls"]) {
            self.has_parallel_switch = false;
        } else if !with_tools && self.format == Format::Tool && speaks_of(&TOOL_WORDS) {
            if self.has_tool_choice && speaks_of(&["tool_choice"]) {
                self.has_tool_choice = false;
            } else {
                self.format = Format::Object;
            }
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
        assert_eq!(dialect.format(false), Format::Tool);
        assert_eq!(dialect.format(true), Format::Schema);
        assert!(dialect.learn("tool_choice must be auto", false));
        assert_eq!(
            (dialect.format(false), dialect.has_tool_choice),
            (Format::Tool, false)
        );
        assert!(dialect.learn("this model does not support tools", false));
        assert_eq!(dialect.format(false), Format::Object);
        assert!(dialect.learn("unknown field response_format", false));
        assert_eq!(dialect.format(false), Format::Text);
        assert!(!dialect.learn("unknown field response_format", false));
    }

    #[test]
    fn beside_tools_no_tool_is_forced() {
        let mut dialect = Dialect::default();
        assert!(dialect.learn("response_format and tools cannot be used together", true));
        assert_eq!(dialect.format(true), Format::Object);
        assert_eq!(dialect.format(false), Format::Schema);
    }

    #[test]
    fn what_was_learnt_goes_to_text_and_back_and_old_text_is_read() {
        let mut dialect = Dialect::default();
        dialect.learn("unknown field: stream_options", false);
        dialect.learn("json_schema", false);
        let text = serde_json::to_string(&dialect).unwrap();
        assert_eq!(serde_json::from_str::<Dialect>(&text).unwrap(), dialect);
        let old = r#"{"format":"text","a_later_field":1}"#;
        assert_eq!(
            serde_json::from_str::<Dialect>(old).unwrap(),
            Dialect::default().with_format(Format::Text)
        );
    }

    #[test]
    fn fields_are_left_out_after_a_complaint() {
        let mut dialect = Dialect::default();
        assert!(dialect.learn("Use 'max_completion_tokens' instead of 'max_tokens'.", false));
        assert!(dialect.learn("Unsupported value: 'temperature' does not support 0", false));
        assert!(dialect.learn("extra inputs are not permitted (seed)", false));
        assert!(dialect.learn("Unrecognized request argument supplied: stream_options", false));
        assert!(dialect.has_completion_limit && !dialect.has_temperature && !dialect.has_seed);
        assert!(dialect.has_stream && !dialect.has_stream_options);
        assert!(dialect.learn("this endpoint does not support streaming", false));
        assert!(!dialect.has_stream);
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
