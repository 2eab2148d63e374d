//! Days with a crash beside every kind of commit that a run makes.

use std::collections::BTreeMap;

use super::day::{Day, House, Left, Point};
use super::registry::{DAY, LEFT_OUT, assert_covered};
use crate::programs::is_long;

/// So many questions are asked at a time.
const CALLS_AT_ONCE: usize = 6;
/// Places of one command in a day that are tried in the long form, spread over it.
const PLACES: u32 = 4;
/// Where a day of one question at a time is crashed in the short form: as the run is taken up, about a call, and about what
/// goes out.
const ONE_BY_ONE: &[(&str, &str, u32)] = &[
    ("lease_run", "before", 1),
    ("reserve_spend", "after", 2),
    ("settle_spend", "before", 1),
    ("settle_spend", "after", 3),
    ("finish_stage", "before", 1),
    ("settle_intent", "before", 1),
];

/// How a day begins.
type Begin = fn(&House, Vec<Point>) -> Day;

/// What a day without a crash does.
struct Golden {
    left: Left,
    calls: usize,
    /// How often one of its processes committed each command at most.
    counts: BTreeMap<String, u32>,
}

impl Golden {
    fn of(house: &House, begin: Begin) -> Self {
        let mut day = begin(house, Vec::new());
        day.live();
        let mut counts = BTreeMap::new();
        for (command, count) in day.committed().flatten() {
            let most: &mut u32 = counts.entry(command).or_default();
            *most = count.max(*most);
        }
        Self {
            left: day.left(),
            calls: house.stub.calls().len(),
            counts,
        }
    }
}

/// A point, and how often in a row it is crashed at.
struct Case {
    point: Point,
    times: usize,
}

/// Where to crash: both sides of one commit of each kind, or of several in the long form.
fn points(counts: &BTreeMap<String, u32>) -> Vec<Point> {
    let mut points = Vec::new();
    for (number, command) in DAY.iter().enumerate() {
        let most = counts[*command];
        let places = if is_long() { PLACES.min(most) } else { 1 };
        for place in 0..places {
            // The short form takes one from the middle, where one process is sure to come by.
            let count = if is_long() {
                1 + place * most / places
            } else {
                1 + u32::from(number % 2 == 1 && most > 1)
            };
            for moment in ["before", "after"] {
                points.push(Point {
                    command,
                    moment,
                    count,
                });
            }
        }
    }
    points
}

/// Whether the process that goes on is sure to pass the point too: nothing of its command is durable yet.
fn recurs(point: &Point) -> bool {
    point.moment == "before" && point.count == 1
}

/// Every fifth point comes twice in a row; one that does not recur leaves it to the next that does.
fn cases(points: Vec<Point>) -> Vec<Case> {
    let (mut cases, mut owed) = (Vec::new(), 0);
    for (number, point) in (0..).zip(points) {
        owed += usize::from(number % 5 == 0);
        let is_double = owed > 0 && recurs(&point);
        owed -= usize::from(is_double);
        let times = 1 + usize::from(is_double);
        cases.push(Case { point, times });
    }
    assert!(owed <= 1, "{owed} points are still to come twice");
    cases
}

#[test]
fn a_crash_beside_every_kind_of_commit_loses_and_repeats_nothing() {
    let test = "a_crash_beside_every_kind_of_commit_loses_and_repeats_nothing";
    if crate::rig::shared(test).is_none() {
        return;
    }
    let houses = [House::new(test), House::new(test)];
    let goldens = houses.each_ref().map(|house| Golden::of(house, Day::new));
    let Golden { left, calls, counts } = &goldens[0];
    println!("a process commits at most {counts:?}, and a day asks {calls} times");
    assert_none_is_passed_over(counts);
    assert_eq!((left.entries, left.receipts), (1, 1));
    let cases = cases(points(counts));
    let (mine, theirs) = cases.split_at(cases.len() / 2);
    std::thread::scope(|scope| {
        for (half, cases) in [mine, theirs].into_iter().enumerate() {
            let (house, golden) = (&houses[half], &goldens[half]);
            scope.spawn(move || {
                for case in cases {
                    crash_at(house, case, golden);
                }
            });
        }
    });
    let twice = cases.iter().filter(|case| case.times == 2).count();
    println!("{} points, {twice} of them twice in a row", cases.len());
}

/// Each command that the day commits is crashed at in a day, wherever else it may be too.
fn assert_none_is_passed_over(counts: &BTreeMap<String, u32>) {
    assert_covered("a day", &counts.keys().cloned().collect(), DAY);
    let is_left_out = |name: &str| LEFT_OUT.iter().any(|(left_out, _)| *left_out == name);
    let elsewhere: Vec<&String> = counts
        .keys()
        .filter(|name| !DAY.contains(&name.as_str()) && !is_left_out(name))
        .collect();
    assert!(elsewhere.is_empty(), "a day commits {elsewhere:?} too");
}

/// One day with its crashes.
fn crash_at(house: &House, case: &Case, golden: &Golden) {
    let mut day = Day::new(house, vec![case.point.clone(); case.times]);
    live_through(&mut day, house, case, golden, CALLS_AT_ONCE);
}

/// Lives a day to its end: every crash of it fired, and but for `lost_max` calls of each nothing was lost or repeated.
fn live_through(day: &mut Day, house: &House, case: &Case, golden: &Golden, lost_max: usize) {
    day.live();
    let name = format!("{} × {}", case.point.text(), case.times);
    let asked = house.stub.calls().len();
    println!("{name}: {} fired, asked {asked} times", day.fired);
    assert_eq!(day.fired, case.times, "{name}: not every crash fired");
    assert_eq!(day.left(), golden.left, "{name}");
    day.assert_no_step_is_repeated(&name);
    assert!(
        asked <= golden.calls + day.fired * lost_max,
        "{name}: asked {asked} times, {} without a crash",
        golden.calls
    );
}

#[test]
fn with_one_call_at_a_time_a_crash_costs_one_call_and_leaves_no_process_behind() {
    let test = "with_one_call_at_a_time_a_crash_costs_one_call_and_leaves_no_process_behind";
    if crate::rig::shared(test).is_none() {
        return;
    }
    let house = House::new(test);
    let golden = Golden::of(&house, Day::one_by_one);
    let points = if is_long() {
        points(&golden.counts)
    } else {
        let named = ONE_BY_ONE.iter().map(|(command, moment, count)| Point {
            command,
            moment,
            count: *count,
        });
        named.collect()
    };
    let mut beside_a_server = 0;
    for case in cases(points) {
        let mut day = Day::one_by_one(&house, vec![case.point.clone(); case.times]);
        live_through(&mut day, &house, &case, &golden, 1);
        beside_a_server += day.fired_beside_a_server;
    }
    println!("{beside_a_server} crashes came while the tool server was there");
    assert!(
        beside_a_server >= 4,
        "the tool server was there for {beside_a_server}"
    );
}
