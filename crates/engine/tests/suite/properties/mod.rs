//! What holds over years and zones, whatever the schedule.

mod drawn;
mod due_times;
mod rows;
mod world;
mod years;
