//! The wish to stop: set by whoever hears Ctrl-C, seen between steps, and passed to the server while a
//! step runs. Knows nothing of signals or of steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Asks the server to cancel the session's running statement; sent from another thread, perhaps often.
pub type Cancel = Arc<dyn Fn() + Send + Sync>;

/// Whether somebody asked to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Shares a flag that a signal handler sets.
    pub fn new(flag: Arc<AtomicBool>) -> Stop {
        Stop(flag)
    }

    /// Asks to stop.
    pub fn ask(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody asked.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    /// Waits, or until somebody asks.
    pub(crate) fn sleep(&self, time: Duration) {
        let end = Instant::now() + time;
        while !self.is_asked() && Instant::now() < end {
            std::thread::sleep(end.saturating_duration_since(Instant::now()).min(TICK));
        }
    }
}

const TICK: Duration = Duration::from_millis(20);

/// How many ticks pass before a statement that still runs is cancelled again: the first request may have
/// come before the server began.
const AGAIN: u32 = 10;

/// Cancels what runs once somebody asks to stop, for as long as it lives.
pub(crate) struct Watch {
    running: Arc<AtomicBool>,
    ended: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Watch {
    pub(crate) fn start(stop: &Stop, cancel: Option<&Cancel>) -> Watch {
        let (running, ended) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let thread = cancel.map(|cancel| {
            let (stop, cancel) = (stop.clone(), Arc::clone(cancel));
            let (running, ended) = (Arc::clone(&running), Arc::clone(&ended));
            std::thread::spawn(move || watch(&stop, &cancel, &running, &ended))
        });
        Watch { running, ended, thread }
    }

    /// Does what may be cancelled.
    pub(crate) fn during<T>(&self, what: impl FnOnce() -> T) -> T {
        self.running.store(true, Ordering::SeqCst);
        let done = what();
        self.running.store(false, Ordering::SeqCst);
        done
    }
}

fn watch(stop: &Stop, cancel: &Cancel, running: &AtomicBool, ended: &AtomicBool) {
    let mut ticks = 0;
    while !ended.load(Ordering::SeqCst) {
        if stop.is_asked() && running.load(Ordering::SeqCst) {
            if ticks % AGAIN == 0 {
                cancel();
            }
            ticks += 1;
        }
        std::thread::park_timeout(TICK);
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        if let Some(thread) = self.thread.take() {
            thread.thread().unpark();
            // A panic of the watcher has been told already, and nothing depends on it.
            let _ = thread.join();
        }
    }
}
