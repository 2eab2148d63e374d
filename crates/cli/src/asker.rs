//! Who asked for a command: it is told what is worth knowing before the command is done, and it may go away.

use tokio::sync::{mpsc, watch};

/// Lines that wait for a slow asker; further ones are dropped, since talk never holds up the work.
const LINES_MAX: usize = 16;

/// Whoever waits for a command.
#[derive(Debug, Clone)]
pub struct Asker {
    /// Where its lines go; stderr of this process where there is no other.
    lines: Option<mpsc::Sender<String>>,
    gone: watch::Receiver<bool>,
}

/// The other end of an asker in another process.
#[derive(Debug)]
pub struct Line {
    /// What it is to be told, in order.
    pub lines: mpsc::Receiver<String>,
    /// Set once it has gone.
    pub gone: watch::Sender<bool>,
}

impl Asker {
    /// The person before this process. `stopping` turns true when the process is to end.
    pub fn here(stopping: watch::Receiver<bool>) -> Self {
        Self {
            lines: None,
            gone: stopping,
        }
    }

    /// Somebody in another process.
    pub fn elsewhere() -> (Self, Line) {
        let (told, lines) = mpsc::channel(LINES_MAX);
        let (gone_now, gone) = watch::channel(false);
        let asker = Self {
            lines: Some(told),
            gone,
        };
        (
            asker,
            Line {
                lines,
                gone: gone_now,
            },
        )
    }

    /// Tells a line of talk now, before the command is done.
    pub fn tell(&self, line: &str) {
        match &self.lines {
            None => eprintln!("{line}"),
            // One that has gone, or that reads nothing, misses it.
            Some(lines) => _ = lines.try_send(line.to_owned()),
        }
    }

    /// Whether nobody waits for the command any more.
    pub fn has_gone(&self) -> bool {
        *self.gone.borrow()
    }

    /// Ends once nobody waits for the command any more.
    pub async fn gone(&mut self) {
        if self.gone.wait_for(|is_set| *is_set).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn an_asker_elsewhere_is_told_and_its_end_is_noticed() {
        let (mut asker, mut line) = Asker::elsewhere();
        for number in 0..LINES_MAX + 3 {
            asker.tell(&number.to_string());
        }
        assert_eq!(line.lines.recv().await.as_deref(), Some("0"));
        assert_eq!(
            line.lines.len(),
            LINES_MAX - 1,
            "what it does not read holds up nothing"
        );
        assert!(!asker.has_gone());
        line.gone.send(true).unwrap();
        asker.gone().await;
        assert!(asker.has_gone());
    }
}
