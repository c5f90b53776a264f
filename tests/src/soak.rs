//! How long the crash tests run, and where they note their figures.

use std::{io::Write, str::FromStr};

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
    number(name).map(|asked| asked.unwrap_or(default))
}

/// Operations of the test of unions, coverage and affiliation, and of that of members: 3,000 each,
/// unless `tests/soak` asks for more.
///
/// # Errors
/// When the variable holds no number.
pub fn operations() -> Result<usize> {
    number("UNIONHALL_SOAK_OPERATIONS").map(|asked| asked.unwrap_or(3_000))
}

/// Operations on members of a register that is killed amid them: 700, unless `tests/soak` asks for
/// more.
///
/// # Errors
/// When the variable holds no number.
pub fn operations_amid_kills() -> Result<usize> {
    number("UNIONHALL_SOAK_OPERATIONS").map(|asked| asked.unwrap_or(700))
}

/// Members of the register whose keys rotate: 2,000, unless `tests/soak` asks for more.
///
/// # Errors
/// When the variable holds no number.
pub fn members() -> Result<u32> {
    number("UNIONHALL_SOAK_MEMBERS").map(|asked| asked.unwrap_or(2_000))
}

/// What chance begins with: another number each time, unless one is asked for to see a failure
/// again, as far as writers side by side let it be seen.
///
/// # Errors
/// When the variable holds no number.
pub fn seed() -> Result<u64> {
    number("UNIONHALL_SOAK_SEED").map(|asked| asked.unwrap_or_else(rand::random))
}

fn number<T: FromStr<Err: std::error::Error + Send + Sync + 'static>>(
    name: &str,
) -> Result<Option<T>> {
    let value = std::env::var(name).ok();
    value.map(|value| value.parse().with_context(|| format!("{name}={value}"))).transpose()
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
