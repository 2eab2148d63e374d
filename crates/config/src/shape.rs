//! Holds a document against its schema: every mistake is noted, what is right is kept.

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use crate::document::{Document, KeyPath};
use crate::formats::duration;
use crate::nearest::suggestion;
use crate::prices;
use crate::problem::Problem;
use crate::schema::{Field, Shape};

/// The parts of `document` that fit `fields`, and a problem for each part that does not.
///
/// A required key that is absent or wrong becomes empty text, so that the rules that follow still see the rest.
pub(crate) fn fit(document: &Document<'_>, fields: &[Field]) -> (Table, Vec<Problem>) {
    let mut fitting = Fitting {
        document,
        problems: Vec::new(),
    };
    let table = fitting.table(&KeyPath::default(), fields, document.root());
    (table, fitting.problems)
}

struct Fitting<'d, 't> {
    document: &'d Document<'t>,
    problems: Vec<Problem>,
}

impl Fitting<'_, '_> {
    fn table(&mut self, path: &KeyPath, fields: &[Field], table: &DeTable<'_>) -> Table {
        let mut kept = Table::new();
        for (key, value) in table {
            let name: &str = key.get_ref();
            let path_here = path.then(name);
            match fields.iter().find(|field| field.key == name) {
                Some(field) => {
                    if let Some(value) = self.value(&path_here, field.shape, value) {
                        kept.insert(name.to_owned(), value);
                    }
                }
                None => self.unknown(path, name, fields, value),
            }
        }
        for field in fields.iter().filter(|field| field.is_required) {
            if !table.contains_key(field.key) {
                self.missing(path, field);
            }
            if !kept.contains_key(field.key) {
                kept.insert(field.key.to_owned(), stand_in(field.shape));
            } else if kept[field.key]
                .as_str()
                .is_some_and(|text| text.trim().is_empty())
            {
                let path = path.then(field.key);
                self.problems
                    .push(self.document.problem(&path, format!("`{path}` is empty")));
                kept.insert(field.key.to_owned(), stand_in(field.shape));
            }
        }
        kept
    }

    fn unknown(&mut self, path: &KeyPath, name: &str, fields: &[Field], value: &Spanned<DeValue<'_>>) {
        let known: Vec<&str> = fields.iter().map(|field| field.key).collect();
        let what = if path.0.is_empty() && value.get_ref().is_table() {
            "section"
        } else {
            "key"
        };
        let place = path
            .section()
            .map_or(String::new(), |section| format!(" in {section}"));
        let message = format!("unknown {what} `{name}`{place}");
        let mut problem = self.document.problem(&path.then(name), message);
        problem.hint = suggestion(name, &known);
        self.problems.push(problem);
    }

    fn missing(&mut self, path: &KeyPath, field: &Field) {
        let message = match (path.section(), field.shape) {
            (Some(section), _) => format!("`{}` is missing in {section}", field.key),
            (None, Shape::Table(_)) => format!("the section [{}] is missing", field.key),
            (None, _) => format!("`{}` is missing", field.key),
        };
        // The key is absent, so the place is that of its section.
        self.problems
            .push(self.document.problem(&path.then(field.key), message));
    }

    /// The value where it fits. Tables always give one, without their wrong parts.
    fn value(&mut self, path: &KeyPath, shape: Shape, value: &Spanned<DeValue<'_>>) -> Option<Value> {
        match (shape, value.get_ref()) {
            (Shape::Table(fields), DeValue::Table(table)) => {
                Some(Value::Table(self.table(path, fields, table)))
            }
            (Shape::Named(inner), DeValue::Table(table)) => {
                let entries = table.iter().filter_map(|(key, value)| {
                    let value = self.value(&path.then(&**key.get_ref()), *inner, value)?;
                    Some((key.get_ref().to_string(), value))
                });
                Some(Value::Table(entries.collect()))
            }
            (Shape::Tables(fields), DeValue::Array(list)) => {
                let tables = list.iter().enumerate().map(|(index, value)| {
                    let path = path.then(index);
                    match value.get_ref() {
                        DeValue::Table(table) => Value::Table(self.table(&path, fields, table)),
                        other => {
                            self.wrong(&path, "a section", other);
                            Value::Table(self.table(&path, fields, &DeTable::new()))
                        }
                    }
                });
                Some(Value::Array(tables.collect()))
            }
            (Shape::Texts, DeValue::Array(list)) => {
                let texts = list.iter().enumerate();
                Some(Value::Array(
                    texts
                        .filter_map(|(index, value)| self.value(&path.then(index), Shape::Text, value))
                        .collect(),
                ))
            }
            (shape, value) => match scalar(shape, value) {
                Ok(value) => Some(value),
                Err(wanted) => {
                    self.wrong(path, &wanted, value);
                    None
                }
            },
        }
    }

    fn wrong(&mut self, path: &KeyPath, wanted: &str, value: &DeValue<'_>) {
        let message = format!("`{path}` must be {wanted}, not {}", found(value));
        self.problems.push(self.document.problem(path, message));
    }
}

/// What takes the place of a required key: empty, so that rules know it for what it is.
fn stand_in(shape: Shape) -> Value {
    match shape {
        Shape::Table(fields) => {
            let required = fields.iter().filter(|field| field.is_required);
            Value::Table(
                required
                    .map(|field| (field.key.to_owned(), stand_in(field.shape)))
                    .collect(),
            )
        }
        _ => Value::String(String::new()),
    }
}

/// The value as the structs read it, or what was wanted.
fn scalar(shape: Shape, value: &DeValue<'_>) -> Result<Value, String> {
    let text = value.as_str();
    let checked = |is_right: bool| {
        text.filter(|_| is_right)
            .map(|text| Value::String(text.to_owned()))
    };
    match shape {
        Shape::Text => checked(true).ok_or("text in quotation marks".to_owned()),
        Shape::Choice(words) => checked(text.is_some_and(|text| words.contains(&text))).ok_or_else(|| {
            let quoted: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
            quoted.join(" or ")
        }),
        Shape::Count => count(value)
            .map(Value::Integer)
            .ok_or("a whole number from 1".to_owned()),
        Shape::Number => number(value)
            .map(Value::Float)
            .ok_or("a number from 0 such as 0.95".to_owned()),
        Shape::Flag => value
            .as_bool()
            .map(Value::Boolean)
            .ok_or("true or false".to_owned()),
        Shape::Duration => checked(text.is_some_and(|text| duration::parse(text).is_ok()))
            .ok_or("a duration such as \"10m\", \"24h\" or \"7d\"".to_owned()),
        Shape::Money => checked(text.is_some_and(is_money)).ok_or("an amount such as \"$0.50\"".to_owned()),
        Shape::Price => checked(
            text.and_then(|text| text.strip_suffix("/Mtok"))
                .is_some_and(is_money),
        )
        .ok_or_else(|| match text.and_then(prices::in_right_unit) {
            Some(right) => format!("a price of a million tokens: \"{right}\""),
            None => "a price of a million tokens such as \"$0.15/Mtok\"".to_owned(),
        }),
        Shape::Time => time(value)
            .map(Value::String)
            .ok_or("a time of day such as \"05:00\"".to_owned()),
        Shape::Texts => Err("a list of texts such as [\"a\", \"b\"]".to_owned()),
        Shape::Table(_) | Shape::Named(_) => Err("a section".to_owned()),
        Shape::Tables(_) => Err("repeated sections, in double brackets".to_owned()),
    }
}

fn is_money(text: &str) -> bool {
    text.trim().parse::<copydesk_domain::MicroUsd>().is_ok()
}

fn count(value: &DeValue<'_>) -> Option<i64> {
    let integer = value.as_integer()?;
    let digits = integer.as_str().replace('_', "");
    let number = i64::from_str_radix(&digits, integer.radix()).ok()?;
    (1..=i64::from(u32::MAX)).contains(&number).then_some(number)
}

fn number(value: &DeValue<'_>) -> Option<f64> {
    let text = match value {
        DeValue::Integer(integer) => integer.as_str(),
        DeValue::Float(float) => float.as_str(),
        _ => return None,
    };
    let number: f64 = text.replace('_', "").parse().ok()?;
    (number.is_finite() && number >= 0.0).then_some(number)
}

/// `"05:00"`, or TOML's own time of day without quotation marks.
fn time(value: &DeValue<'_>) -> Option<String> {
    let text = match value {
        DeValue::String(text) => text.to_string(),
        DeValue::Datetime(moment) if moment.date.is_none() => moment.to_string(),
        _ => return None,
    };
    let has_clock_shape = text.len() >= 5 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b':');
    (has_clock_shape && text.parse::<jiff::civil::Time>().is_ok()).then_some(text)
}

/// A wrong value for a message: short, and never a whole text.
fn found(value: &DeValue<'_>) -> String {
    const SHOWN_MAX: usize = 40;
    match value {
        DeValue::String(text) if text.chars().count() <= SHOWN_MAX => format!("\"{text}\""),
        DeValue::String(_) => "a long text".to_owned(),
        DeValue::Integer(number) => number.as_str().to_owned(),
        DeValue::Float(number) => number.as_str().to_owned(),
        DeValue::Boolean(flag) => flag.to_string(),
        DeValue::Datetime(moment) => moment.to_string(),
        DeValue::Array(_) => "a list".to_owned(),
        DeValue::Table(_) => "a section".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::PIPELINE;

    fn problems(text: &str) -> Vec<String> {
        let (document, problems) = Document::parse("pipelines/daily.toml", text);
        assert_eq!(problems, []);
        fit(&document, PIPELINE)
            .1
            .iter()
            .map(ToString::to_string)
            .collect()
    }

    #[test]
    fn every_mistake_is_named_with_its_line_and_the_nearest_key() {
        let text = "[pipeline]\nname = 7\nscedule = \"@daily\"\n\n[[stage]]\nagent = \"research\"\nbudjet = \"$1\"\nbudget = 0.5\n\n[[stage]]\nat = \"5 am\"\n\n[stages]\nx = 1\n";
        assert_eq!(
            problems(text),
            [
                "pipelines/daily.toml:2: `pipeline.name` must be text in quotation marks, not 7",
                "pipelines/daily.toml:3: unknown key `scedule` in [pipeline]; did you mean `schedule`?",
                "pipelines/daily.toml:8: `stage[0].budget` must be an amount such as \"$0.50\", not 0.5",
                "pipelines/daily.toml:7: unknown key `budjet` in [[stage]]; did you mean `budget`?",
                "pipelines/daily.toml:11: `stage[1].at` must be a time of day such as \"05:00\", not \"5 am\"",
                "pipelines/daily.toml:10: `agent` is missing in [[stage]]",
                "pipelines/daily.toml:13: unknown section `stages`; did you mean `stage`?",
            ]
        );
    }

    #[test]
    fn a_file_without_its_main_section_says_so() {
        assert_eq!(
            problems(""),
            ["pipelines/daily.toml: the section [pipeline] is missing"]
        );
    }

    #[test]
    fn words_lists_and_numbers_say_what_they_want() {
        let text = "[pipeline]\nname = \"d\"\nbeats = \"AI\"\noverlap = \"wait\"\n[[section]]\nheading = \"h\"\nwords_max = 0\n";
        assert_eq!(
            problems(text),
            [
                "pipelines/daily.toml:3: `pipeline.beats` must be a list of texts such as [\"a\", \"b\"], not \"AI\"",
                "pipelines/daily.toml:4: `pipeline.overlap` must be \"skip\" or \"queue\" or \"supersede\", not \"wait\"",
                "pipelines/daily.toml:7: `section[0].words_max` must be a whole number from 1, not 0",
            ]
        );
    }

    #[test]
    fn a_time_may_stand_without_quotation_marks() {
        let text = "[pipeline]\nname = \"d\"\n[[stage]]\nagent = \"research\"\nat = 05:00:00\n";
        assert_eq!(problems(text), Vec::<String>::new());
    }
}
