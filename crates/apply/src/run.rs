//! Runs the steps, segment by segment, and knows at every moment what is committed. Knows no SQL.

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use plan::{Line, Segment, Step};
use postgres::Client;

use crate::secret::Secrets;
use crate::stop::Watch;
use crate::{Cancel, Error, Failure, Refusal, Stop, guard, residue, validate};

/// How a plan is carried out.
#[derive(Clone)]
pub struct Options {
    /// How long a step waits for a lock where it does not say so itself.
    pub lock_timeout: Option<Duration>,
    /// How often a transaction is tried again after it waited too long or was the victim of a deadlock.
    pub retries: u32,
    /// How long to wait before the first of these; each next one is twice as long, up to half a minute.
    pub backoff: Duration,
    /// `Facts::lock_slots` of the server.
    pub lock_slots: u64,
    /// Each routine made goes to its language's validator before its transaction is committed.
    pub validate: bool,
    /// Seen between steps.
    pub stop: Stop,
    /// Sent while a step runs, once `stop` is asked for.
    pub cancel: Option<Cancel>,
}

/// What happens while a plan is carried out.
#[derive(Clone, Debug)]
pub enum Event<'a> {
    /// A step begins.
    Step {
        /// Its number, from 1.
        number: usize,
        /// How many there are.
        total: usize,
        /// The step.
        step: &'a Step,
    },
    /// A transaction, or a step outside any, was committed.
    Committed {
        /// How many steps are committed by now.
        steps: usize,
        /// How many there are.
        total: usize,
    },
    /// A transaction was rolled back and will be tried again.
    Retry {
        /// Which of its steps had to wait too long, from 1.
        number: usize,
        /// Which attempt comes next, from 2.
        attempt: u32,
        /// How long until then.
        wait: Duration,
    },
}

const LONGEST_WAIT: Duration = Duration::from_secs(30);

impl Default for Options {
    fn default() -> Options {
        Options {
            lock_timeout: Some(Duration::from_secs(3)),
            retries: 5,
            backoff: Duration::from_secs(1),
            lock_slots: 0,
            validate: true,
            stop: Stop::default(),
            cancel: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Options { lock_timeout, retries, backoff, lock_slots, validate, stop, cancel } = self;
        f.debug_struct("Options")
            .field("lock_timeout", lock_timeout)
            .field("retries", retries)
            .field("backoff", backoff)
            .field("lock_slots", lock_slots)
            .field("validate", validate)
            .field("stop", stop)
            .field("cancel", &cancel.is_some())
            .finish()
    }
}

/// For people: `[3/17] create table public.users`.
impl fmt::Display for Event<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Event::Step { number, total, step } => {
                write!(f, "[{number}/{total}] {} {}", step.verb.word(), step.id.shown())
            }
            Event::Committed { steps, total } => write!(f, "committed: {steps} of {total}"),
            Event::Retry { number, attempt, wait } => write!(
                f,
                "step {number} waited too long for a lock; its transaction was rolled back, attempt {attempt} \
                 in {:.1} s",
                wait.as_secs_f64()
            ),
        }
    }
}

/// Carries the steps out, under the advisory lock. Returns how many were committed: all of them.
///
/// # Errors
/// When not all of them were; the failure says what was.
pub fn run(
    client: &mut Client,
    steps: &[Step],
    options: &Options,
    mut progress: impl FnMut(Event<'_>),
) -> Result<usize, Box<Failure>> {
    let before = |it| Box::new(Failure::before(it, steps.len()));
    let segments = plan::segments(steps, options.lock_slots).map_err(|it| before(it.into()))?;
    let secrets = Secrets::read(steps).map_err(before)?;
    guard::lock(client).map_err(before)?;
    let watch = Watch::start(&options.stop, options.cancel.as_ref());
    let mut run = Run {
        client,
        steps,
        options,
        secrets,
        progress: &mut progress,
        watch,
        committed: 0,
        last: segments.iter().rposition(|it| !it.outside),
        postponed: Vec::new(),
    };
    let done = segments.iter().enumerate().try_for_each(|(at, it)| run.segment(at, it));
    drop(run);
    // Where this fails the session has ended, and the lock with it.
    let _ = guard::unlock(client);
    done.map(|()| steps.len())
}

struct Run<'a> {
    client: &'a mut Client,
    steps: &'a [Step],
    options: &'a Options,
    secrets: Secrets,
    progress: &'a mut dyn FnMut(Event<'_>),
    watch: Watch,
    committed: usize,
    /// The last segment that is a transaction.
    last: Option<usize>,
    /// Steps whose routines name what only later transactions make.
    postponed: Vec<usize>,
}

/// Where an attempt ended.
struct Stumble {
    error: Error,
    /// One past the last step that was sent.
    sent: usize,
    /// COMMIT was sent.
    committing: bool,
}

impl Run<'_> {
    fn segment(&mut self, place: usize, segment: &Segment) -> Result<(), Box<Failure>> {
        let postponed = self.postponed.clone();
        let mut attempt = 1;
        loop {
            let is_last = Some(place) == self.last;
            let Err(stumble) = self.attempt(segment, is_last) else {
                self.committed = segment.steps.end;
                (self.progress)(Event::Committed { steps: self.committed, total: self.steps.len() });
                return Ok(());
            };
            self.postponed.clone_from(&postponed);
            let left = self.clean(segment);
            let is_passing = stumble.error.refusal().is_some_and(Refusal::is_passing);
            if !is_passing || attempt > self.options.retries || self.options.stop.is_asked() {
                return Err(Box::new(self.failure(segment, *stumble, left)));
            }
            attempt += 1;
            self.wait(stumble.sent, attempt);
            if let Some(index) = left
                && let Err(error) = residue::remove(self.client, &index)
            {
                let error = Error::control("DROP INDEX CONCURRENTLY", error);
                let stumble = Stumble { error, ..*stumble };
                return Err(Box::new(self.failure(segment, stumble, Some(index))));
            }
        }
    }

    fn wait(&mut self, number: usize, attempt: u32) {
        let doubled = self.options.backoff.saturating_mul(1 << (attempt - 2).min(16));
        let wait = doubled.min(LONGEST_WAIT);
        (self.progress)(Event::Retry { number, attempt, wait });
        self.options.stop.sleep(wait);
    }

    /// Says the lines of a segment, one after the other.
    fn attempt(&mut self, segment: &Segment, is_last: bool) -> Result<(), Box<Stumble>> {
        let timeout = self.options.lock_timeout.map(|it| u64::try_from(it.as_millis()).unwrap_or(u64::MAX));
        let mut sent = segment.steps.start;
        for line in plan::lines(self.steps, segment, timeout) {
            let done = match line {
                Line::Say(text) => say(self.client, &text),
                Line::Step(_) if self.options.stop.is_asked() => Err(Error::Stopped),
                Line::Step(place) => {
                    sent = place + 1;
                    self.step(place)
                }
                Line::Commit => {
                    let bodies = self.bodies(segment.steps.clone(), is_last);
                    bodies.map_err(|error| Box::new(Stumble { error, sent, committing: false }))?;
                    let done = self.watch.during(|| say(self.client, "COMMIT"));
                    done.map_err(|error| Box::new(Stumble { error, sent, committing: true }))?;
                    return Ok(());
                }
            };
            done.map_err(|error| Box::new(Stumble { error, sent, committing: false }))?;
        }
        Ok(())
    }

    fn step(&mut self, place: usize) -> Result<(), Error> {
        let (step, number) = (&self.steps[place], place + 1);
        (self.progress)(Event::Step { number, total: self.steps.len(), step });
        let sql = self.secrets.fill(step);
        let done = self.watch.during(|| self.client.batch_execute(&sql));
        done.map_err(|source| {
            // Where a secret is in it the place in the statement is not shown.
            let refusal = Refusal::new(source, if step.secrets.is_empty() { &sql } else { "" });
            match refusal.is_cancelled() && self.options.stop.is_asked() {
                true => Error::Stopped,
                false => Error::Step { number, id: step.id.clone(), refusal },
            }
        })
    }

    /// Validates the routines of a transaction before it is committed, and what earlier ones left open.
    fn bodies(&mut self, range: Range<usize>, is_last: bool) -> Result<(), Error> {
        if !self.options.validate {
            return Ok(());
        }
        let own = range.filter(|it| validate::has_body(&self.steps[*it]));
        let due: Vec<usize> = self.postponed.iter().copied().chain(own).collect();
        let mut open = Vec::new();
        for (place, call) in validate::calls(self.client, self.steps, &due)? {
            let step = &self.steps[place];
            match self.watch.during(|| validate::validate(self.client, step, &call)) {
                Ok(()) => (),
                Err(refusal) if !is_last && validate::may_come_right(&refusal) => open.push(place),
                Err(refusal) if refusal.is_cancelled() && self.options.stop.is_asked() => {
                    return Err(Error::Stopped);
                }
                Err(refusal) => return Err(Error::Body { number: place + 1, id: step.id.clone(), refusal }),
            }
        }
        self.postponed = open;
        Ok(())
    }

    /// Ends what the attempt left open. Returns the invalid index a build outside a transaction left.
    fn clean(&mut self, segment: &Segment) -> Option<model::QualName> {
        if segment.outside {
            // On a lost connection nothing can be asked, and the failure says that it is lost.
            let _ = self.client.batch_execute("RESET search_path");
            let _ = self.client.batch_execute("RESET lock_timeout");
            return residue::invalid_index(self.client, &self.steps[segment.steps.start]);
        }
        // Where this fails the session has ended, and the server rolls back by itself.
        let _ = self.client.batch_execute("ROLLBACK");
        None
    }

    fn failure(&self, segment: &Segment, stumble: Stumble, left: Option<model::QualName>) -> Failure {
        let Stumble { error, sent, committing } = stumble;
        let is_lost = error.refusal().is_some_and(Refusal::is_lost);
        let ran = segment.steps.start..sent;
        let in_doubt = is_lost && !ran.is_empty() && (committing || segment.outside);
        let nothing = segment.steps.start..segment.steps.start;
        Failure {
            total: self.steps.len(),
            committed: self.committed,
            rolled_back: if in_doubt || segment.outside { nothing.clone() } else { ran.clone() },
            in_doubt: if in_doubt { ran } else { nothing },
            residue: left.map(|it| residue::sentence(&it)),
            error,
        }
    }
}

fn say(client: &mut Client, text: &str) -> Result<(), Error> {
    client.batch_execute(text).map_err(|it| Error::control(text, it))
}
