//! A fleet in virtual time: agents that make spans and send them, on one heap of events, the same again for the same seed.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use spawn_delivery::pacing::{Hurry, Queue, Step};
use spawn_delivery::spool::Place;

use super::kept::Kept;
use super::measure::{End, Measure, Report};
use super::scenario::{DONE, GRACE, Scenario};
use super::senders::{Kind, Sender};
use super::xray::{Reply, XRay};

/// A span that waits.
#[derive(Clone, Copy, Debug)]
struct Span {
    number: u32,
    made: Duration,
    is_kept: bool,
    /// Where it is on disk, for those who have one.
    place: Option<Place>,
}

/// One of the fleet.
struct Agent {
    sender: Box<dyn Sender>,
    waiting: VecDeque<Span>,
    disk: Option<Kept>,
    kept: usize,
    made: u32,
    under_way: Option<(Vec<Span>, Reply, usize)>,
    /// When it is to be asked again; other times that it was to be asked are void.
    wake: Duration,
    hurry: Hurry,
    /// When its work is over.
    works_until: Duration,
    is_gone: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Burst(u32),
    Arrival,
    Wake,
    Answer,
    Notice,
    End,
}

struct Simulation<'a> {
    scenario: &'a Scenario,
    agents: Vec<Agent>,
    events: BinaryHeap<Reverse<(Duration, u32, Event)>>,
    xray: XRay,
    chance: fastrand::Rng,
    measure: Measure,
}

/// Runs the fleet to the end of the scenario.
pub fn run(scenario: &Scenario, kind: Kind, seed: u64) -> Report {
    let mut chance = fastrand::Rng::with_seed(seed);
    let agents = (0..scenario.agents).map(|index| Agent {
        sender: kind.sender(scenario.agents, index, chance.u64(..)),
        waiting: VecDeque::new(),
        disk: kind.is_durable.then(|| Kept::new(u64::from(index))),
        kept: 0,
        made: 0,
        under_way: None,
        wake: Duration::MAX,
        hurry: Hurry::No,
        works_until: Duration::MAX,
        is_gone: false,
    });
    let agents = agents.collect();
    let mut simulation = Simulation {
        agents,
        events: BinaryHeap::new(),
        xray: XRay::new(scenario.weather.clone(), chance.u64(..)),
        measure: Measure::new(scenario),
        scenario,
        chance,
    };
    simulation.prepare();
    simulation.play();
    let ends: Vec<_> = simulation.agents.iter().map(Agent::end).collect();
    simulation.measure.report(kind.name, &ends)
}

impl Simulation<'_> {
    fn prepare(&mut self) {
        let Scenario { boot, boot_spans, phases, notice, agents, .. } = self.scenario.clone();
        for agent in 0..agents {
            let booted = boot.mul_f64(self.chance.f64());
            self.at(booted, agent, Event::Burst(boot_spans));
            for phase in &phases {
                let begun = *phase + Duration::from_secs_f64(self.chance.f64());
                self.at(begun, agent, Event::Burst(boot_spans));
            }
            let first = booted + self.until_arrival();
            self.at(first, agent, Event::Arrival);
            if let Some(notice) = notice.filter(|_| self.chance.u8(..10) == 0) {
                // Notices are seen when they are looked for, every 5 s.
                let seen = notice + Duration::from_secs_f64(5.0 * self.chance.f64());
                self.agents[agent as usize].works_until = notice + GRACE - DONE;
                self.at(seen, agent, Event::Notice);
                self.at(notice + GRACE, agent, Event::End);
            }
        }
    }

    fn play(&mut self) {
        while let Some(Reverse((now, index, event))) = self.events.pop() {
            if now > self.scenario.horizon {
                break;
            }
            self.happens(now, index, event);
        }
    }

    fn happens(&mut self, now: Duration, index: u32, event: Event) {
        let agent = &mut self.agents[index as usize];
        if agent.is_gone {
            return;
        }
        match event {
            Event::Burst(spans) => self.make(now, index, spans, true),
            Event::Arrival if now > agent.works_until => return,
            Event::Arrival => {
                self.make(now, index, 1, false);
                let next = now + self.until_arrival();
                self.at(next, index, Event::Arrival);
            }
            Event::Wake if agent.wake != now => return,
            Event::Wake => agent.wake = Duration::MAX,
            Event::Answer => self.answer(now, index),
            Event::Notice => agent.hurry = Hurry::Spot,
            Event::End => {
                agent.is_gone = true;
                let left = agent.killed();
                self.measure.lost(index, left);
                return;
            }
        }
        self.ask(now, index);
    }

    fn make(&mut self, now: Duration, index: u32, spans: u32, root: bool) {
        let agent = &mut self.agents[index as usize];
        self.measure.made(now, index, spans, agent.waiting.is_empty());
        for place in 0..spans {
            let is_kept = root && place + 1 == spans;
            let place = agent.disk.as_mut().map(|disk| disk.append(agent.made, is_kept));
            agent.waiting.push_back(Span { number: agent.made, made: now, is_kept, place });
            agent.kept += usize::from(is_kept);
            agent.made += 1;
            if agent.waiting.len() > agent.sender.room() {
                let oldest = agent.waiting.pop_front().into_iter().collect::<Vec<_>>();
                agent.kept -= oldest.iter().filter(|span| span.is_kept).count();
                self.measure.dropped(now, index, oldest.iter().map(|span| (span.number, span.made)));
            }
        }
    }

    /// Asks the agent what it does now, and does it.
    fn ask(&mut self, now: Duration, index: u32) {
        let agent = &mut self.agents[index as usize];
        if agent.under_way.is_some() {
            return;
        }
        let queue = Queue { waiting: agent.waiting.len(), kept: agent.kept, hurry: agent.hurry };
        match agent.sender.next(now, queue) {
            Step::Idle => agent.wake = Duration::MAX,
            Step::WaitUntil(then) => {
                assert!(then > now, "agent {index} is to wait for what is over");
                if agent.wake != then {
                    agent.wake = then;
                    self.at(then, index, Event::Wake);
                }
            }
            Step::Send { most, kept_first } => {
                let spans = agent.take(most, kept_first);
                let (took, reply, latency) = self.xray.put(now, spans.len());
                self.measure.sent(now, index, spans.len(), took, reply);
                spans[..took].iter().for_each(|span| self.measure.delivered(now, index, span.number, span.made));
                self.agents[index as usize].under_way = Some((spans, reply, took));
                self.at(now + latency, index, Event::Answer);
            }
        }
    }

    fn answer(&mut self, now: Duration, index: u32) {
        let agent = &mut self.agents[index as usize];
        let Some((spans, reply, _)) = agent.under_way.take() else { return };
        let verdict = agent.sender.replied(now, spans.len(), reply);
        let (done, dropped) = (verdict.done, verdict.dropped);
        if let Some(disk) = &mut agent.disk {
            disk.delivered(&spans[..done].iter().filter_map(|span| span.place).collect::<Vec<_>>());
        }
        let given_up = &spans[done..done + dropped];
        self.measure.dropped(now, index, given_up.iter().map(|span| (span.number, span.made)));
        for span in spans.into_iter().skip(done + dropped).rev() {
            agent.kept += usize::from(span.is_kept);
            agent.waiting.push_front(span);
        }
        self.measure.answered(now, index, agent.waiting.len());
    }

    fn at(&mut self, then: Duration, agent: u32, event: Event) {
        self.events.push(Reverse((then, agent, event)));
    }

    fn until_arrival(&mut self) -> Duration {
        Duration::from_secs_f64(-(1.0 - self.chance.f64()).ln() / self.scenario.steady)
    }
}

impl Agent {
    /// Its own account at the end.
    fn end(&self) -> End {
        let under_way = self.under_way.as_ref().map_or(0, |(spans, ..)| spans.len());
        let queued = if self.is_gone { 0 } else { (self.waiting.len() + under_way) as u64 };
        let on_disk = self.disk.as_ref().filter(|_| !self.is_gone).map(Kept::account);
        End { made: u64::from(self.made), queued, on_disk }
    }

    /// It is killed: how many spans are left on its host. Where it had a disk, the next process finds just those.
    fn killed(&mut self) -> u64 {
        let under_way = self.under_way.iter().flat_map(|(spans, ..)| spans);
        let mut waiting: Vec<u32> = self.waiting.iter().chain(under_way).map(|span| span.number).collect();
        waiting.sort_unstable();
        if let Some(disk) = &mut self.disk {
            assert_eq!(disk.killed(), waiting, "the spool has what the agent has not delivered");
        }
        waiting.len() as u64
    }

    /// Takes spans out of the queue, oldest first or the kept ones first.
    fn take(&mut self, most: usize, kept_first: bool) -> Vec<Span> {
        let mut spans = Vec::with_capacity(most.min(self.waiting.len()));
        if kept_first && self.kept > 0 {
            self.waiting.retain(|span| {
                let goes = span.is_kept && spans.len() < most;
                if goes {
                    spans.push(*span);
                }
                !goes
            });
        }
        let rest = (most - spans.len()).min(self.waiting.len());
        spans.extend(self.waiting.drain(..rest));
        self.kept -= spans.iter().filter(|span| span.is_kept).count();
        spans
    }
}
