//! How long the crash tests run, and where they note their figures.

use std::io::Write;

use anyhow::{Context, Result};

use crate::engine::Engine;

/// Cycles of a crash test: 100 on SQLite and 20 on PostgreSQL, unless `tests/soak` asks for more.
///
/// # Errors
/// When the variable holds no number.
pub fn cycles(engine: Engine) -> Result<usize> {
    let (name, default) = match engine {
        Engine::Sqlite => ("UNIONHALL_SOAK_CYCLES_SQLITE", 100),
        Engine::Postgres => ("UNIONHALL_SOAK_CYCLES_POSTGRES", 20),
    };
    match std::env::var(name) {
        Ok(value) => value.parse().with_context(|| format!("{name}={value}")),
        Err(_) => Ok(default),
    }
}

/// Adds a row to `docs/soak.md` when `tests/soak` runs; otherwise prints it.
///
/// # Errors
/// When the report cannot be written.
pub fn record(test: &str, figure: &str) -> Result<()> {
    let Some(path) = std::env::var_os("UNIONHALL_SOAK_REPORT") else {
        println!("{test}: {figure}");
        return Ok(());
    };
    let mut report = std::fs::OpenOptions::new().append(true).create(true).open(path)?;
    // One write, since tests record side by side.
    report.write_all(format!("| {test} | {figure} |\n").as_bytes())?;
    Ok(())
}
