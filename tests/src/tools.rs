//! Where the tools are. `tests/run` finds or installs each and exports its place.

use std::path::PathBuf;

use anyhow::{Context, Result};

/// The connection of a superuser to the private cluster, on its `postgres` database.
pub const TEST_POSTGRES: &str = "UNIONHALL_TEST_POSTGRES";
/// The folder of `initdb`, `pg_ctl` and `postgres`.
pub const PG_BIN: &str = "UNIONHALL_PG_BIN";
/// The unprivileged account for clusters; empty when the tests are not run by root.
pub const PG_USER: &str = "UNIONHALL_PG_USER";
/// The grpcurl program.
pub const GRPCURL: &str = "UNIONHALL_GRPCURL";
/// The buf program.
pub const BUF: &str = "UNIONHALL_BUF";
/// A Python with grpcio, its reflection and its health checking.
pub const PYTHON: &str = "UNIONHALL_PYTHON";

/// The value of `name`. A missing one fails the test: nothing is skipped.
///
/// # Errors
/// When the variable is not set.
pub fn setting(name: &str) -> Result<String> {
    std::env::var(name)
        .with_context(|| format!("{name} is not set: start the tests with tests/run"))
}

/// The `unionhall` binary under test: `UNIONHALL_BIN`, or the one that cargo put beside this test.
///
/// # Errors
/// When it was not built.
pub fn unionhall() -> Result<PathBuf> {
    let path = match std::env::var_os("UNIONHALL_BIN") {
        Some(path) => PathBuf::from(path),
        None => build_folder()?.join("unionhall"),
    };
    anyhow::ensure!(path.is_file(), "{} is missing: cargo build -p unionhall", path.display());
    Ok(path)
}

/// Where logs of server processes stay after the run, one folder per test.
///
/// # Errors
/// When the folder cannot be made.
pub fn log_folder() -> Result<PathBuf> {
    // libtest names the thread after the test.
    let test = std::thread::current().name().unwrap_or("unnamed").replace("::", ".");
    let folder = build_folder()?.join("test-logs").join(test);
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// `target/debug`: a test binary lies in its `deps`.
fn build_folder() -> Result<PathBuf> {
    let own = std::env::current_exe()?;
    let folder = own.parent().and_then(|deps| deps.parent());
    Ok(folder.context("the test binary has no build folder")?.to_path_buf())
}
