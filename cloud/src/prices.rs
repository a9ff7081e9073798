//! List prices of instances, from a table that is part of the program or from one of the user's own.
//!
//! The table is CSV with the columns `region,instance_type,usd_per_hour`; a comment `# As of: YYYY-MM-DD` says its date.
//! What it does not list has no price: nothing is guessed.

use std::collections::BTreeMap;
use std::time::Duration;

/// On-demand prices; its header says when and from where.
const EMBEDDED: &str = include_str!("prices/on_demand.csv");
const HEADER: &str = "region,instance_type,usd_per_hour";
const AS_OF: &str = "# As of: ";
/// Prices are whole millionths of a dollar: AWS's own have at most six decimals.
const MILLION: u64 = 1_000_000;

/// Prices by region and instance type, with the date of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prices {
    as_of: String,
    by_region: BTreeMap<String, BTreeMap<String, Usd>>,
}

/// An amount in US dollars, to the millionth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Usd {
    millionths: u64,
}

/// Why a table of prices cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the price table: {problem}")]
pub struct PriceTableError {
    /// From 1.
    pub line: usize,
    /// What is wrong, and what would do.
    pub problem: &'static str,
}

impl Prices {
    /// The table that is part of the program.
    pub fn embedded() -> Self {
        Self::read(EMBEDDED).expect("a test reads this very table")
    }

    /// Reads a table.
    ///
    /// # Errors
    /// At the first line that is no row, and where the date or the header is missing.
    pub fn read(text: &str) -> Result<Self, PriceTableError> {
        let mut prices = Self::default();
        let mut header_seen = false;
        for (number, line) in (1..).zip(text.lines()) {
            let refused = |problem| PriceTableError { line: number, problem };
            match line.strip_prefix(AS_OF) {
                Some(date) => prices.as_of = date.trim().to_owned(),
                None if line.trim().is_empty() || line.starts_with('#') => {}
                None if line.trim() == HEADER => header_seen = true,
                None if !header_seen => return Err(refused("expected the header region,instance_type,usd_per_hour")),
                None => {
                    let expected = "expected a row such as us-east-1,t3.micro,0.0104";
                    let (region, kind, usd) = row(line).ok_or_else(|| refused(expected))?;
                    prices.by_region.entry(region).or_default().insert(kind, usd);
                }
            }
        }
        match prices.as_of.is_empty() {
            true => Err(PriceTableError { line: 1, problem: "expected a line such as `# As of: 2026-07-20`" }),
            false => Ok(prices),
        }
    }

    /// Day of the list, for example `2026-07-20`.
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// What an hour of this type costs in this region on demand, if the table lists it.
    pub fn hour(&self, region: &str, instance_type: &str) -> Option<Usd> {
        self.by_region.get(region)?.get(instance_type).copied()
    }
}

impl Usd {
    /// The amount as a number, for programs.
    pub fn dollars(self) -> f64 {
        // Below 2^53 millionths, nine thousand million dollars, nothing is lost.
        self.millionths as f64 / MILLION as f64
    }

    /// What so long a time costs at this price an hour.
    pub fn over(self, time: Duration) -> Self {
        let millionths = u128::from(self.millionths) * u128::from(time.as_secs()) / 3600;
        Self { millionths: u64::try_from(millionths).unwrap_or(u64::MAX) }
    }
}

impl std::iter::Sum for Usd {
    fn sum<I: Iterator<Item = Self>>(amounts: I) -> Self {
        Self { millionths: amounts.map(|one| one.millionths).fold(0, u64::saturating_add) }
    }
}

impl std::str::FromStr for Usd {
    type Err = ();

    /// Reads dollars with at most six decimals, such as `0.0104`.
    fn from_str(text: &str) -> Result<Self, ()> {
        let (whole, decimals) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !digits(whole) || !digits(decimals) || decimals.len() > 6 {
            return Err(());
        }
        let whole: u64 = whole.parse().map_err(drop)?;
        let decimals: u64 = format!("{decimals:0<6}").parse().map_err(drop)?;
        let millionths = whole.checked_mul(MILLION).and_then(|whole| whole.checked_add(decimals)).ok_or(())?;
        Ok(Self { millionths })
    }
}

fn row(line: &str) -> Option<(String, String, Usd)> {
    let mut cells = line.split(',').map(str::trim);
    let (region, kind, usd) = (cells.next()?, cells.next()?, cells.next()?);
    let sound = cells.next().is_none() && !region.is_empty() && kind.contains('.');
    Some((region.to_owned(), kind.to_owned(), usd.parse().ok()?)).filter(|_| sound)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usd(text: &str) -> Usd {
        text.parse().unwrap()
    }

    #[test]
    fn the_embedded_table_has_a_date_and_the_prices_that_everybody_knows() {
        let prices = Prices::embedded();
        assert_eq!(prices.as_of(), "2026-07-20");
        for (kind, price) in
            [("t3.micro", "0.0104"), ("m5.large", "0.096"), ("c5.large", "0.085"), ("t4g.nano", "0.0042")]
        {
            assert_eq!(prices.hour("us-east-1", kind), Some(usd(price)), "{kind}");
        }
    }

    #[test]
    fn what_is_not_listed_has_no_price() {
        let prices = Prices::embedded();
        assert_eq!(prices.hour("us-east-1", "t3.giant"), None);
        assert_eq!(prices.hour("mars-north-1", "t3.micro"), None);
    }

    #[test]
    fn a_time_costs_its_share_of_the_hour() {
        assert_eq!(usd("0.0104").over(Duration::from_secs(5_400)), usd("0.0156"));
        assert_eq!(usd("32.7726").over(Duration::from_secs(86_400 * 365)).dollars(), 287_087.976);
        assert_eq!([usd("0.1"), usd("2.25")].into_iter().sum::<Usd>(), usd("2.35"));
    }

    #[test]
    fn a_table_that_is_none_is_refused_with_its_line() {
        let read = |text: &str| Prices::read(text).unwrap_err().to_string();
        let table = |row: &str| read(&format!("# As of: 2026-01-01\n{HEADER}\n{row}\n"));
        for wrong in
            ["us-east-1,t3.micro", "us-east-1,t3.micro,free", "us-east-1,t3.micro,-1", "us-east-1,t3,1", "a,b.c,1,2"]
        {
            assert_eq!(
                table(wrong),
                "line 3 of the price table: expected a row such as us-east-1,t3.micro,0.0104",
                "{wrong}"
            );
        }
        assert_eq!(
            read("us-east-1,t3.micro,1"),
            "line 1 of the price table: expected the header region,instance_type,usd_per_hour"
        );
        assert_eq!(read(HEADER), "line 1 of the price table: expected a line such as `# As of: 2026-07-20`");
    }
}
