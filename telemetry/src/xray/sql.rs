//! The `sql` block: a query to a relational database.

use super::facts::{Facts, whole};
use super::http::without_secrets;
use super::limits::{DETAIL, MESSAGE};
use super::pen::Pen;
use super::segment::Parts;
use super::table::Slot;

/// Databases that speak SQL, by the conventions' names of today and of yesterday.
const SYSTEMS: [&str; 27] = [
    "actian.ingres",
    "aws.redshift",
    "clickhouse",
    "cockroachdb",
    "db2",
    "derby",
    "firebirdsql",
    "gcp.spanner",
    "h2",
    "h2database",
    "hive",
    "hsqldb",
    "ibm.db2",
    "ibm.informix",
    "mariadb",
    "microsoft.sql_server",
    "mssql",
    "mysql",
    "oracle",
    "oracle.db",
    "other_sql",
    "postgresql",
    "redshift",
    "sap.hana",
    "sqlite",
    "teradata",
    "trino",
];

/// Whether the span is a query to a database that speaks SQL.
pub(super) fn is_sql(system: Option<&str>) -> bool {
    system.is_some_and(|system| SYSTEMS.contains(&system))
}

/// What was asked of which database, without values and passwords.
pub(super) fn write(pen: &mut Pen<'_>, parts: &Parts<'_>) {
    let facts = &parts.facts;
    let Some(system) = facts.text(Slot::DbSystem).filter(|system| is_sql(Some(system))) else { return };
    let block = pen.open("sql");
    match facts.text(Slot::DbConnection) {
        Some(url) if url.contains("://") => pen.field("url", &without_secrets(url), DETAIL),
        Some(connection) => pen.field("connection_string", &without_password(connection), DETAIL),
        None => {
            if let Some(url) = url_of_parts(system, facts) {
                pen.field("url", &url, DETAIL);
            }
        }
    }
    if let Some(query) = facts.text(Slot::DbQuery) {
        pen.field("sanitized_query", &sanitised(query), MESSAGE);
    }
    pen.field("database_type", system, DETAIL);
    if let Some(user) = facts.text(Slot::DbUser) {
        pen.field("user", user, DETAIL);
    }
    pen.close(block);
}

fn url_of_parts(system: &str, facts: &Facts<'_>) -> Option<String> {
    let host = facts.text(Slot::ServerAddress)?;
    let port = facts.get(Slot::ServerPort).and_then(whole).map_or_else(String::new, |port| format!(":{port}"));
    let database = facts.text(Slot::DbNamespace).map_or_else(String::new, |database| format!("/{database}"));
    Some(format!("{system}://{host}{port}{database}"))
}

/// `Server=db;Password=x;Database=y` without the password.
fn without_password(connection: &str) -> String {
    let is_secret = |part: &&str| {
        let key = part.split('=').next().unwrap_or_default().trim().to_ascii_lowercase();
        !matches!(key.as_str(), "password" | "pwd" | "secret" | "accesstoken")
    };
    connection.split(';').filter(is_secret).collect::<Vec<_>>().join(";")
}

/// The query with a `?` for each value: text in quotes and numbers.
fn sanitised(query: &str) -> String {
    let mut clean = String::with_capacity(query.len());
    let mut rest = query.chars().peekable();
    let mut in_word = false;
    while let Some(character) = rest.next() {
        let starts_value = character == '\'' || (character.is_ascii_digit() && !in_word);
        if character == '\'' {
            while let Some(inner) = rest.next() {
                // A quote twice is a quote within the text.
                if inner == '\'' && rest.next_if_eq(&'\'').is_none() {
                    break;
                }
            }
        } else if starts_value {
            while rest.next_if(|next| next.is_ascii_alphanumeric() || *next == '.').is_some() {}
        }
        clean.push(if starts_value { '?' } else { character });
        in_word = !starts_value && (character.is_alphanumeric() || matches!(character, '_' | '$' | '@' | '"'));
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_a_query_are_not_shown() {
        let cases = [
            ("SELECT * FROM t1 WHERE id = 42 AND name = 'O''Hara'", "SELECT * FROM t1 WHERE id = ? AND name = ?"),
            ("INSERT INTO a VALUES (1.5, 0x1F, $1, 'x')", "INSERT INTO a VALUES (?, ?, $1, ?)"),
            ("SELECT 'cut", "SELECT ?"),
        ];
        for (query, expected) in cases {
            assert_eq!(sanitised(query), expected);
        }
    }

    #[test]
    fn a_connection_string_is_shown_without_its_password() {
        assert_eq!(without_password("Server=db;User=kim; Password=x;Database=y"), "Server=db;User=kim;Database=y");
    }
}
