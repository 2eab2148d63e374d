//! The text that Prometheus reads: format 0.0.4. Pure.

use std::fmt::{Display, Write as _};

/// What a family of samples is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// It only rises while the process lives.
    Counter,
    /// It is what it is now.
    Gauge,
    /// Counts below bounds.
    Histogram,
}

/// The text under way.
#[derive(Debug, Default)]
pub(super) struct Exposition {
    text: String,
}

impl Exposition {
    /// Begins a family; its samples follow.
    pub(super) fn family(&mut self, name: &str, kind: Kind, help: &str) {
        let kind = match kind {
            Kind::Counter => "counter",
            Kind::Gauge => "gauge",
            Kind::Histogram => "histogram",
        };
        // Writing to a String cannot fail.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    /// One sample of the family that was begun last.
    pub(super) fn sample(&mut self, name: &str, labels: &[(&str, String)], value: impl Display) {
        self.text.push_str(name);
        for (index, (label, text)) in labels.iter().enumerate() {
            self.text.push(if index == 0 { '{' } else { ',' });
            let _ = write!(self.text, "{label}=\"");
            for sign in text.chars() {
                match sign {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    sign => self.text.push(sign),
                }
            }
            self.text.push('"');
        }
        let end = if labels.is_empty() { " " } else { "} " };
        let _ = writeln!(self.text, "{end}{value}");
    }

    pub(super) fn finish(self) -> String {
        self.text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_are_escaped() {
        let mut text = Exposition::default();
        text.family("a_total", Kind::Counter, "A.");
        text.sample(
            "a_total",
            &[("x", "say \"hi\"\\\n".to_owned()), ("y", String::new())],
            3,
        );
        text.sample("a_total", &[], 0.5);
        let expected = "# HELP a_total A.\n# TYPE a_total counter\na_total{x=\"say \\\"hi\\\"\\\\\\n\",y=\"\"} 3\na_total 0.5\n";
        assert_eq!(text.finish(), expected);
    }
}
