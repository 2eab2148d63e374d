//! What holds where a file says nothing: the shipped files are the defaults.

use toml::{Table, Value};

use crate::settings::Config;
use crate::shipped;

/// The shipped config.toml as values.
pub(crate) fn config() -> Config {
    toml::from_str(shipped::config()).expect("the shipped config.toml is tested")
}

/// The user's config.toml over the shipped one: sections are merged, lists and single values replaced.
pub(crate) fn under_config(user: Table) -> Table {
    let mut merged = shipped_table("config.toml");
    merge(&mut merged, user);
    merged
}

fn merge(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) => merge(below, above),
            (_, value) => _ = below.insert(key, value),
        }
    }
}

/// A pipeline that writes issues, with what it leaves out: the sections of the shipped pipeline of its format, the
/// channel `site`, the beats of its feeds, and the author as the one who writes takes and patterns.
pub(crate) fn under_pipeline(mut user: Table) -> Table {
    for section in tables_mut(&mut user, "section") {
        let kind = section.get("kind").and_then(Value::as_str);
        if matches!(kind, Some("take" | "pattern")) && !section.contains_key("by") {
            section.insert("by".to_owned(), Value::String("author".to_owned()));
        }
    }
    let writes = tables_mut(&mut user, "stage").any(|stage| agent_of(stage) == Some("draft"));
    if writes {
        let format = user
            .get("issue")
            .and_then(|issue| issue.get("format"))
            .and_then(Value::as_str);
        let file = if format == Some("newsletter") {
            "pipelines/weekly.toml"
        } else {
            "pipelines/daily.toml"
        };
        let shipped = shipped_table(file);
        for key in ["section", "channels"] {
            user.entry(key).or_insert_with(|| shipped[key].clone());
        }
    }
    let beats = beats_of_feeds(&mut user);
    if let Some(Value::Table(settings)) = user.get_mut("pipeline") {
        settings.entry("beats").or_insert(Value::Array(beats));
    }
    user
}

fn agent_of(stage: &Table) -> Option<&str> {
    stage.get("agent").and_then(Value::as_str)
}

/// Each beat once, in the order of feeds.
fn beats_of_feeds(pipeline: &mut Table) -> Vec<Value> {
    let mut beats = Vec::new();
    for feed in tables_mut(pipeline, "feed") {
        for beat in feed.get("beats").and_then(Value::as_array).into_iter().flatten() {
            if !beats.contains(beat) {
                beats.push(beat.clone());
            }
        }
    }
    beats
}

fn tables_mut<'t>(table: &'t mut Table, key: &str) -> impl Iterator<Item = &'t mut Table> {
    let list = table.get_mut(key).and_then(Value::as_array_mut);
    list.into_iter().flatten().filter_map(Value::as_table_mut)
}

fn shipped_table(path: &str) -> Table {
    let text = shipped::text(path).expect("the path is that of a shipped file");
    toml::from_str(text).expect("shipped files are tested")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pipeline::{Pipeline, SectionAuthor};

    fn pipeline(text: &str) -> Pipeline {
        Value::Table(under_pipeline(toml::from_str(text).unwrap()))
            .try_into()
            .unwrap()
    }

    #[test]
    fn a_pipeline_without_sections_has_those_of_its_format() {
        let stages = "[pipeline]\nname = \"p\"\n[[stage]]\nagent = \"draft\"\n";
        assert_eq!(pipeline(stages).sections[1].heading, "Releases");
        let newsletter = pipeline(&format!("{stages}[issue]\nformat = \"newsletter\"\n"));
        assert_eq!(newsletter.sections[1].heading, "The bottom line");
        assert_eq!(newsletter.channels.len(), 1);
    }

    #[test]
    fn a_pipeline_that_writes_nothing_gets_no_sections() {
        let replies = pipeline("[pipeline]\nname = \"p\"\n[[stage]]\nagent = \"engagement\"\n");
        assert!(replies.sections.is_empty() && replies.channels.is_empty());
    }

    #[test]
    fn a_take_is_the_authors_unless_the_file_says_otherwise() {
        let read = pipeline("[pipeline]\nname = \"p\"\n[[section]]\nheading = \"h\"\nkind = \"take\"\n");
        assert_eq!(read.sections[0].by, SectionAuthor::Author);
    }

    #[test]
    fn beats_come_from_the_feeds_where_the_pipeline_names_none() {
        let feeds =
            "[[feed]]\nurl = \"a\"\nbeats = [\"x\", \"y\"]\n[[feed]]\nurl = \"b\"\nbeats = [\"y\", \"z\"]\n";
        assert_eq!(
            pipeline(&format!("[pipeline]\nname = \"p\"\n{feeds}"))
                .pipeline
                .beats,
            ["x", "y", "z"]
        );
        let own = pipeline(&format!("[pipeline]\nname = \"p\"\nbeats = [\"q\"]\n{feeds}"));
        assert_eq!(own.pipeline.beats, ["q"]);
    }
}
