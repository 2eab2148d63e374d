//! What a scorer leaves: counts per unit, and what it saw beside them.

/// Numbers of one unit. What each place means is the scorer's; all of them add up.
pub type Counts = [f64; 8];

/// What is drawn as a whole when an interval is made.
#[derive(Debug, Clone, PartialEq)]
pub struct Unit {
    /// Names it among the units of its part.
    pub id: String,
    /// Number of its group, below the tally's number of groups.
    pub group: usize,
    /// Its counts.
    pub counts: Counts,
}

/// A number beside the metrics.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// What is counted.
    pub label: String,
    /// The number.
    pub value: f64,
    /// Of how many cases.
    pub n: usize,
}

/// A case that the product got wrong.
#[derive(Debug, Clone, PartialEq)]
pub struct Miss {
    /// The case.
    pub id: String,
    /// What is wrong with it.
    pub what: String,
}

/// The outcome of one scorer on one set of cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// What a unit is, in the plural.
    pub unit_word: &'static str,
    /// How many cases were judged.
    pub cases: usize,
    /// The units, in the order of the data.
    pub units: Vec<Unit>,
    /// Names of the groups; one without a name where the data has none.
    pub groups: Vec<String>,
    /// Numbers beside the metrics.
    pub details: Vec<Detail>,
    /// The worst cases, at most [`Tally::MISSES_MAX`].
    pub misses: Vec<Miss>,
}

impl Tally {
    /// Cases shown: enough to see a pattern.
    pub const MISSES_MAX: usize = 12;

    /// An empty tally.
    pub fn new(unit_word: &'static str) -> Self {
        Self {
            unit_word,
            cases: 0,
            units: Vec::new(),
            groups: Vec::new(),
            details: Vec::new(),
            misses: Vec::new(),
        }
    }

    /// Adds counts to the unit `id`, which is made if absent, in the group of that name.
    pub fn add(&mut self, id: &str, group: &str, counts: Counts) {
        let group = self.group(group);
        // Cases of one unit stand together in most files.
        let found = self
            .units
            .iter()
            .rposition(|unit| unit.id == id && unit.group == group);
        match found {
            Some(at) => add(&mut self.units[at].counts, &counts),
            None => self.units.push(Unit {
                id: id.to_owned(),
                group,
                counts,
            }),
        }
    }

    /// Notes a case that went wrong, while there is room.
    pub fn miss(&mut self, id: &str, what: impl Into<String>) {
        if self.misses.len() < Self::MISSES_MAX {
            self.misses.push(Miss {
                id: id.to_owned(),
                what: what.into(),
            });
        }
    }

    /// A number beside the metrics.
    pub fn detail(&mut self, label: impl Into<String>, value: f64, n: usize) {
        self.details.push(Detail {
            label: label.into(),
            value,
            n,
        });
    }

    fn group(&mut self, name: &str) -> usize {
        let found = self.groups.iter().position(|known| known == name);
        found.unwrap_or_else(|| {
            self.groups.push(name.to_owned());
            self.groups.len() - 1
        })
    }

    /// Sums of each group over some of the units, each as often as it is drawn.
    pub fn sums(&self, drawn: impl IntoIterator<Item = usize>) -> Vec<Counts> {
        let mut sums = vec![Counts::default(); self.groups.len().max(1)];
        for at in drawn {
            let unit = &self.units[at];
            add(&mut sums[unit.group], &unit.counts);
        }
        sums
    }

    /// Sums of each group over all units.
    pub fn all(&self) -> Vec<Counts> {
        self.sums(0..self.units.len())
    }
}

/// Adds `more` to `sum`, place by place.
pub fn add(sum: &mut Counts, more: &Counts) {
    for (sum, more) in sum.iter_mut().zip(more) {
        *sum += more;
    }
}

/// One sum over all groups.
pub fn whole(groups: &[Counts]) -> Counts {
    let mut sum = Counts::default();
    for group in groups {
        add(&mut sum, group);
    }
    sum
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(first: f64) -> Counts {
        let mut counts = Counts::default();
        counts[0] = first;
        counts
    }

    #[test]
    fn counts_of_one_unit_add_up() {
        let mut tally = Tally::new("cases");
        tally.add("a", "x", counts(1.0));
        tally.add("b", "y", counts(2.0));
        tally.add("a", "x", counts(3.0));
        assert_eq!(tally.units.len(), 2);
        assert_eq!(tally.all(), [counts(4.0), counts(2.0)]);
        assert_eq!(tally.sums([1, 1]), [counts(0.0), counts(4.0)]);
    }

    #[test]
    fn misses_have_an_end() {
        let mut tally = Tally::new("cases");
        for at in 0..100 {
            tally.miss(&at.to_string(), "wrong");
        }
        assert_eq!(tally.misses.len(), Tally::MISSES_MAX);
    }
}
