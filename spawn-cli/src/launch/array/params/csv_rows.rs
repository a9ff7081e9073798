//! Parameters as CSV: the first line names them, each further one is a set.

use super::{Cell, Fault, Place, Row, Value};
use csv::{ErrorKind, Position, ReaderBuilder, StringRecord, Trim};

pub(super) fn rows(text: &str, separator: u8) -> Result<Vec<Row>, Fault> {
    let mut reader = ReaderBuilder::new().delimiter(separator).trim(Trim::Headers).from_reader(text.as_bytes());
    let names = reader.headers().map_err(fault)?.clone();
    if let Some(twice) =
        names.iter().enumerate().find(|(at, name)| names.iter().take(*at).any(|before| before == *name))
    {
        let problem = format!("the column `{}` stands there twice: rename one of the two", super::shortened(twice.1));
        return Err((Place { line: 1, column: 0 }, problem));
    }
    reader.records().map(|record| Ok(row(&names, &record.map_err(fault)?))).collect()
}

fn row(names: &StringRecord, record: &StringRecord) -> Row {
    let place = place(record.position());
    let cell =
        |(name, value): (&str, &str)| Cell { place, name: name.to_owned(), value: Value::Text(value.to_owned()) };
    Row { place, cells: names.iter().zip(record).map(cell).collect() }
}

fn place(position: Option<&Position>) -> Place {
    Place { line: position.map(Position::line).unwrap_or_default(), column: 0 }
}

fn fault(error: csv::Error) -> Fault {
    let problem = match error.kind() {
        ErrorKind::UnequalLengths { expected_len, len, .. } => {
            format!("{len} values, and the first line names {expected_len}: quote values that hold the separator")
        }
        _ => error.to_string(),
    };
    (place(error.position()), problem)
}
