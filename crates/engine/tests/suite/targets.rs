//! Places that payloads go to, each with what it can do after a doubt and a list of faults to come.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use copydesk_domain::{ChannelName, Instant};
use copydesk_journal::{AfterDoubt, Approved, Channel, ChannelError, Delivery, Found, PayloadBytes};
use tokio::sync::{Notify, watch};

/// What goes wrong with one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// It says no.
    Refused,
    /// No connection: certainly nothing happened.
    NoConnection,
    /// Cut on the way there: nothing happened, and nobody knows.
    CutBefore,
    /// Cut on the way back: it happened, and nobody knows.
    CutAfter,
    /// Cut, and it happens only after the first look.
    CutAndLate,
    /// The process dies with the call on its way there.
    DeathBefore,
    /// The process dies between the effect and its receipt.
    DeathAfter,
}

/// One place.
pub struct Target {
    pub name: ChannelName,
    pub kind: AfterDoubt,
    /// What it took, by key: a reader sees each of these.
    taken: Mutex<Vec<String>>,
    faults: Mutex<VecDeque<Fault>>,
    fired: Mutex<Vec<Fault>>,
    late: Mutex<Option<String>>,
    pub calls: AtomicU64,
    pub looks: watch::Sender<u64>,
    /// While true, a look at it fails.
    pub is_dark: AtomicBool,
    pub patience_ms: AtomicU64,
    /// A call that its process will not live to see the end of.
    pub dying: Notify,
}

impl Target {
    pub fn new(name: &str, kind: AfterDoubt, faults: &[Fault]) -> Arc<Self> {
        Arc::new(Self {
            name: ChannelName::new(name),
            kind,
            taken: Mutex::default(),
            faults: Mutex::new(faults.iter().copied().collect()),
            fired: Mutex::default(),
            late: Mutex::default(),
            calls: AtomicU64::new(0),
            looks: watch::Sender::default(),
            is_dark: AtomicBool::new(false),
            patience_ms: AtomicU64::new(1),
            dying: Notify::new(),
        })
    }

    /// How often readers got the issue.
    pub fn effects(&self) -> usize {
        self.taken.lock().expect("no holder panics").len()
    }

    /// What goes wrong with the next call.
    pub fn break_next(&self, fault: Fault) {
        self.faults.lock().expect("no holder panics").push_back(fault);
    }

    /// Keys that readers got more than once.
    pub fn doubled(&self) -> Vec<String> {
        let mut taken = self.taken.lock().expect("no holder panics").clone();
        taken.sort();
        let pairs = taken.windows(2).filter(|pair| pair[0] == pair[1]);
        pairs.map(|pair| pair[0].clone()).collect()
    }

    /// The faults that came true.
    pub fn fired(&self) -> Vec<Fault> {
        self.fired.lock().expect("no holder panics").clone()
    }

    fn take(&self, key: &str) {
        let mut taken = self.taken.lock().expect("no holder panics");
        let honours_it = self.kind == AfterDoubt::SameKey;
        if !(honours_it && taken.iter().any(|known| known == key)) {
            taken.push(key.to_owned());
        }
    }

    fn next_fault(&self) -> Option<Fault> {
        let fault = self.faults.lock().expect("no holder panics").pop_front()?;
        self.fired.lock().expect("no holder panics").push(fault);
        Some(fault)
    }

    /// The process hangs here until the test has it die.
    async fn die(&self) -> Result<Delivery, ChannelError> {
        self.dying.notify_one();
        std::future::pending().await
    }
}

/// A channel to a target, as each process opens one.
pub struct TargetChannel(pub Arc<Target>);

#[async_trait]
impl Channel for TargetChannel {
    fn name(&self) -> &ChannelName {
        &self.0.name
    }

    fn after_doubt(&self) -> AfterDoubt {
        self.0.kind
    }

    fn patience(&self) -> Duration {
        Duration::from_millis(self.0.patience_ms.load(Ordering::SeqCst))
    }

    async fn publish(&self, _payload: &Approved<PayloadBytes>, key: &str) -> Result<Delivery, ChannelError> {
        let target = &self.0;
        target.calls.fetch_add(1, Ordering::SeqCst);
        let unknown = Err(ChannelError::Unknown {
            reason: "cut off".to_owned(),
        });
        match target.next_fault() {
            None => {
                target.take(key);
                Ok(Delivery { location: None })
            }
            Some(Fault::Refused) => Err(ChannelError::Refused {
                reason: "no".to_owned(),
            }),
            Some(Fault::NoConnection) => Err(ChannelError::NotTaken {
                reason: "nobody listens".to_owned(),
            }),
            Some(Fault::CutBefore) => unknown,
            Some(Fault::CutAfter) => {
                target.take(key);
                unknown
            }
            Some(Fault::CutAndLate) => {
                *target.late.lock().expect("no holder panics") = Some(key.to_owned());
                unknown
            }
            Some(Fault::DeathBefore) => target.die().await,
            Some(Fault::DeathAfter) => {
                target.take(key);
                target.die().await
            }
        }
    }

    async fn find(
        &self,
        _payload: &Approved<PayloadBytes>,
        key: &str,
        _since: Instant,
    ) -> Result<Found, ChannelError> {
        let target = &self.0;
        target.looks.send_modify(|looks| *looks += 1);
        if target.is_dark.load(Ordering::SeqCst) {
            return Err(ChannelError::Unknown {
                reason: "no answer".to_owned(),
            });
        }
        let is_there = target
            .taken
            .lock()
            .expect("no holder panics")
            .iter()
            .any(|known| known == key);
        if let Some(late) = target.late.lock().expect("no holder panics").take() {
            target.take(&late);
        }
        Ok(if is_there {
            Found::Yes(Delivery { location: None })
        } else {
            Found::No
        })
    }
}
