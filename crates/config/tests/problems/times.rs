//! Times of stages beside the schedule of their pipeline.

use crate::{DAILY, lines_of};

#[test]
fn a_stage_that_every_due_time_is_too_late_for_is_told() {
    let told = |schedule: &str, stage: &str| {
        let text = format!(
            "[pipeline]\nname = \"daily\"\nschedule = \"{schedule}\"\n\n[[stage]]\nagent = \"research\"\n{stage}\n"
        );
        lines_of(&[(DAILY, &text)])
    };
    assert_eq!(
        told("0 19 * * *", "worth_until = \"11:00\""),
        [
            "pipelines/daily.toml:7: the stage `research` is worth until 11:00, and `0 19 * * *` is due at 19:00 at the \
             earliest: it would be skipped each day; both are times of the same day: give the stage a later \
             `worth_until`, or take it away"
        ]
    );
    let both = "at = \"05:00\"\nworth_until = \"11:00\"";
    assert_eq!(told("30 11 * * 1-5", both).len(), 1, "with `at` too");
    for schedule in ["0 5 * * *", "0 5,19 * * *", "30 */2 29 2 *", "@daily"] {
        assert_eq!(told(schedule, "worth_until = \"11:00\""), [""; 0], "{schedule}");
    }
}
