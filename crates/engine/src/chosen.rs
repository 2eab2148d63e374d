//! Which models a person chose for a round, as the keys of its steps say. Pure.

use std::fmt;

use copydesk_domain::ModelName;
use copydesk_store::RunRecord;

/// A round that a person had finished with the embedded model.
const EMBEDDED_ONLY: &str = "embedded_only";
/// A round that a person had go on with other models; their names follow, with commas.
const ROUTE: &str = "route";
/// Stands before the number of a choice that was made before in the same round.
const AGAIN: char = '@';

/// What a person chose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Chosen {
    /// The embedded model alone.
    Embedded,
    /// These models, in order.
    Route(Vec<ModelName>),
}

impl Chosen {
    /// What holds for a run now; none where it is asked as its release says.
    pub(crate) fn of_run(run: &RunRecord) -> Option<Self> {
        Self::of(run.embedded_only, &run.route)
    }

    fn of(embedded_only: bool, route: &[ModelName]) -> Option<Self> {
        if embedded_only {
            return Some(Self::Embedded);
        }
        (!route.is_empty()).then(|| Self::Route(route.to_vec()))
    }

    /// What the key of a step says; none where it says nothing of models.
    pub(crate) fn parse(key: &str) -> Option<Self> {
        let (head, names) = match key.split_once('/') {
            Some((head, names)) => (head, Some(names)),
            None => (key, None),
        };
        let kind = head.split_once(AGAIN).map_or(head, |(kind, _)| kind);
        match (kind, names) {
            (EMBEDDED_ONLY, None) => Some(Self::Embedded),
            (ROUTE, Some(names)) => {
                let names = names.split(',').filter(|name| !name.is_empty());
                Some(Self::Route(names.map(ModelName::new).collect()))
            }
            _ => None,
        }
    }

    /// The last choice that the steps of a round tell, in the order in which they ended.
    pub(crate) fn last<'k>(keys: impl DoubleEndedIterator<Item = &'k str>) -> Option<Self> {
        keys.rev().find_map(Self::parse)
    }

    /// The key of the step that records this choice; none where it is the last that the steps of the round tell. Who
    /// chooses A, then B, then A again has three steps: a key is written once, and the last one counts.
    pub(crate) fn to_record<'k>(
        &self,
        keys: impl DoubleEndedIterator<Item = &'k str> + Clone,
    ) -> Option<String> {
        if Self::last(keys.clone()).as_ref() == Some(self) {
            return None;
        }
        let choices = keys.filter(|key| Self::parse(key).is_some()).count();
        Some(self.key(choices))
    }

    fn key(&self, before: usize) -> String {
        let again = if before == 0 {
            String::new()
        } else {
            format!("{AGAIN}{}", before + 1)
        };
        match self {
            Self::Embedded => format!("{EMBEDDED_ONLY}{again}"),
            Self::Route(names) => {
                let names: Vec<&str> = names.iter().map(ModelName::as_str).collect();
                format!("{ROUTE}{again}/{}", names.join(","))
            }
        }
    }
}

impl fmt::Display for Chosen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Embedded => f.write_str("embedded"),
            Self::Route(names) => {
                let names: Vec<&str> = names.iter().map(ModelName::as_str).collect();
                f.write_str(&names.join(", "))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(names: &[&str]) -> Chosen {
        Chosen::Route(names.iter().copied().map(ModelName::new).collect())
    }

    /// Chooses one after the other; what the steps tell in the end, and their keys.
    fn after(choices: &[Chosen]) -> (Option<Chosen>, Vec<String>) {
        let mut keys: Vec<String> = vec!["inputs".to_owned()];
        for chosen in choices {
            keys.extend(chosen.to_record(keys.iter().map(String::as_str)));
            keys.push(format!("take_notes/{}", keys.len()));
        }
        let told = Chosen::last(keys.iter().map(String::as_str));
        keys.retain(|key| Chosen::parse(key).is_some());
        (told, keys)
    }

    #[test]
    fn the_last_choice_counts_also_where_it_was_made_before() {
        let (a, b) = (route(&["a"]), route(&["b", "c"]));
        let (told, keys) = after(&[a.clone(), b.clone(), a.clone()]);
        assert_eq!(
            (told, keys),
            (
                Some(a.clone()),
                vec!["route/a".into(), "route@2/b,c".into(), "route@3/a".into()]
            )
        );
        let (told, keys) = after(&[Chosen::Embedded, b, Chosen::Embedded]);
        assert_eq!(told, Some(Chosen::Embedded));
        assert_eq!(keys, ["embedded_only", "route@2/b,c", "embedded_only@3"]);
    }

    #[test]
    fn a_choice_that_stands_is_not_recorded_again() {
        let a = route(&["a"]);
        assert_eq!(after(&[a.clone(), a.clone(), a]).1, ["route/a"]);
        assert_eq!(after(&[]), (None, Vec::new()));
    }

    #[test]
    fn the_embedded_model_comes_before_a_route_that_was_chosen_earlier() {
        let names = [ModelName::new("a")];
        assert_eq!(Chosen::of(true, &names), Some(Chosen::Embedded));
        assert_eq!(Chosen::of(false, &names), Some(route(&["a"])));
        assert_eq!(Chosen::of(false, &[]), None);
    }

    #[test]
    fn other_steps_say_nothing_of_models() {
        for key in [
            "inputs",
            "routes/a",
            "embedded_only/x",
            "route",
            "take_notes/route/a",
        ] {
            assert_eq!(Chosen::parse(key), None, "{key}");
        }
    }
}
