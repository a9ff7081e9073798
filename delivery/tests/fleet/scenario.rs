//! What happens to a fleet.

use std::time::Duration;

use super::xray::{QUOTA, Weather, XRay};

/// What happens to a fleet.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Its name in the table.
    pub name: &'static str,
    /// How many agents there are.
    pub agents: u32,
    /// The agents boot one by one within this time.
    pub boot: Duration,
    /// Spans of each boot; the first is kept longest.
    pub boot_spans: u32,
    /// Moments at which each agent has as many spans again, within a second.
    pub phases: Vec<Duration>,
    /// Spans a second of each agent from its boot on.
    pub steady: f64,
    /// What happens to the back end.
    pub weather: Weather,
    /// When one agent in ten has notice that it ends two minutes later.
    pub notice: Option<Duration>,
    /// How long it is looked at.
    pub horizon: Duration,
    /// From then on the back end could work off what waits.
    pub from: Duration,
    /// What was made up to then is to be drained.
    pub until: Duration,
}

/// Time between a notice and the end.
pub const GRACE: Duration = Duration::from_secs(120);
/// Time before the end in which a host that has notice does no more work.
pub const DONE: Duration = Duration::from_secs(15);

const fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

impl Scenario {
    fn boot(name: &'static str, boot: u64) -> Self {
        Self {
            name,
            agents: 10_000,
            boot: seconds(boot),
            boot_spans: 40,
            phases: vec![],
            steady: 0.05,
            weather: Weather::default(),
            notice: None,
            horizon: seconds(900),
            from: Duration::ZERO,
            until: seconds(boot),
        }
    }

    /// All there are.
    pub fn all() -> Vec<Self> {
        let outage = seconds(120)..seconds(720);
        vec![
            Self::boot("boot in 1 s", 1),
            Self::boot("boot in 60 s", 60),
            Self { boot_spans: 2, from: seconds(60), until: seconds(600), ..Self::boot("steady", 60) },
            Self {
                weather: Weather { outage: Some(outage.clone()), ..Weather::default() },
                horizon: seconds(1_500),
                from: outage.end,
                until: outage.end,
                ..Self::boot("outage 120 to 720 s", 60)
            },
            Self {
                weather: Weather { outage: Some(seconds(400)..seconds(1_000)), ..Weather::default() },
                horizon: seconds(1_700),
                from: seconds(1_000),
                until: seconds(1_000),
                ..Self::boot("outage 400 to 1000 s", 60)
            },
            Self {
                weather: Weather { outage: Some(seconds(3_600)..seconds(4_200)), ..Weather::default() },
                horizon: seconds(4_700),
                from: seconds(4_200),
                until: seconds(4_200),
                ..Self::boot("outage after an hour", 60)
            },
            Self {
                weather: Weather { outage: Some(seconds(400)..seconds(1_900)), ..Weather::default() },
                horizon: seconds(2_900),
                from: seconds(1_900),
                until: seconds(1_900),
                ..Self::boot("outage of 25 minutes", 60)
            },
            Self {
                weather: Weather { brown_out: Some(seconds(60)..seconds(360)), ..Weather::default() },
                ..Self::boot("brown-out 60 to 360 s", 60)
            },
            Self {
                weather: Weather { halved: Some(seconds(60)), ..Weather::default() },
                horizon: seconds(1_500),
                ..Self::boot("quota halved at 60 s", 1)
            },
            Self { notice: Some(seconds(90)), ..Self::boot("a tenth lost at 90 s", 60) },
            Self {
                phases: (1..6).map(|phase| seconds(phase * 300)).collect(),
                horizon: seconds(2_100),
                from: seconds(1_500),
                until: seconds(1_501),
                ..Self::boot("phases of 300 s", 1)
            },
        ]
    }

    /// The one of that name.
    pub fn named(name: &str) -> Self {
        Self::all().into_iter().find(|scenario| scenario.name == name).expect("it is in the list")
    }

    /// When work would be drained at best: all that has come and all that comes, at the full quota, without a pause.
    pub fn ideal(&self) -> Duration {
        let step = Duration::from_millis(100);
        let (mut now, mut waiting) = (Duration::ZERO, 0.0);
        let (agents, per_agent) = (f64::from(self.agents), f64::from(self.boot_spans));
        loop {
            let passed = step.as_secs_f64();
            let booted = (now.as_secs_f64() / self.boot.as_secs_f64()).min(1.0);
            if now < self.boot {
                waiting += agents * per_agent * passed / self.boot.as_secs_f64();
            }
            let phased = self.phases.iter().filter(|phase| (**phase..**phase + seconds(1)).contains(&now)).count();
            waiting += agents * per_agent * passed * phased as f64 + agents * booted * self.steady * passed;
            waiting -= (XRay::capacity(&self.weather, now) * passed).min(waiting);
            now += step;
            if now > self.until && waiting <= QUOTA * passed {
                return now;
            }
        }
    }
}
