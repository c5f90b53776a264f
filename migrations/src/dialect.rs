//! The few words in which the two engines differ.

use sea_orm::{ConnectionTrait, DatabaseBackend, DbErr, Statement};
use sea_orm_migration::SchemaManager;

/// Runs statements separated by `;`, with these words replaced:
/// `{serial}` an ascending key that is never reused, `{bytes}`, `{instant}`, `{json}`, `{uuid}`,
/// and `{path}`: text that compares byte by byte, so that a subtree is one range.
pub(crate) async fn run(manager: &SchemaManager<'_>, script: &str) -> Result<(), DbErr> {
    let engine = manager.get_database_backend();
    let words: &[(&str, &str)] = match engine {
        DatabaseBackend::Postgres => &[
            ("{serial}", "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"),
            ("{bytes}", "BYTEA"),
            ("{instant}", "TIMESTAMPTZ"),
            ("{json}", "JSONB"),
            ("{uuid}", "UUID"),
            ("{path}", "TEXT COLLATE \"C\""),
        ],
        _ => &[
            ("{serial}", "INTEGER PRIMARY KEY AUTOINCREMENT"),
            ("{bytes}", "BLOB"),
            ("{instant}", "TEXT"),
            ("{json}", "TEXT"),
            ("{uuid}", "BLOB"),
            ("{path}", "TEXT"),
        ],
    };
    let script =
        words.iter().fold(script.to_owned(), |sql, (word, means)| sql.replace(word, means));
    for statement in script.split(';').map(str::trim).filter(|sql| !sql.is_empty()) {
        let statement = Statement::from_string(engine, statement.to_owned());
        manager.get_connection().execute_raw(statement).await?;
    }
    Ok(())
}

/// Runs statements that only one engine needs.
pub(crate) async fn run_on(
    manager: &SchemaManager<'_>,
    engine: DatabaseBackend,
    script: &str,
) -> Result<(), DbErr> {
    if manager.get_database_backend() == engine { run(manager, script).await } else { Ok(()) }
}
