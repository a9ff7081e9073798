//! Measured figures beside the gates that they have to pass.

use anyhow::{Result, ensure};

/// What has missed its gate so far.
#[derive(Debug, Default)]
pub(crate) struct Figures {
    missed: Vec<String>,
}

impl Figures {
    /// Shows a row whose value has a gate, and notes whether it passes.
    pub(crate) fn gated<T: PartialOrd>(&mut self, row: &str, value: T, most: T, gate: &str) {
        let verdict = if value <= most { "passed" } else { "MISSED" };
        let row = format!("{row}   {gate:<16} {verdict}");
        show(&format!("{row}\n"));
        if value > most {
            self.missed.push(row);
        }
    }

    /// The end of a measurement: an error if a gate was missed.
    pub(crate) fn verdict(self) -> Result<()> {
        ensure!(self.missed.is_empty(), "a gate was missed:\n{}", self.missed.join("\n"));
        Ok(())
    }
}

#[expect(clippy::print_stdout, reason = "the figures are the command's product")]
pub(crate) fn show(text: &str) {
    print!("{text}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_missed_gate_fails_the_measurement() {
        let mut figures = Figures::default();
        figures.gated("unsampled  +7999", 7_999, 8_000, "at most +8000");
        figures.gated("sampled  +15001", 15_001, 15_000, "at most +15000");
        let message = figures.verdict().unwrap_err().to_string();
        assert_eq!(message, "a gate was missed:\nsampled  +15001   at most +15000   MISSED");
    }

    #[test]
    fn a_figure_on_its_gate_passes() {
        let mut figures = Figures::default();
        figures.gated("unsampled  +8000", 8_000, 8_000, "at most +8000");
        assert!(figures.verdict().is_ok());
    }
}
