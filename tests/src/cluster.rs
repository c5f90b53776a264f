//! Databases of the private PostgreSQL cluster that `tests/run` started.

use std::sync::atomic::{AtomicU32, Ordering};

use anyhow::{Context, Result};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection, postgres::PgConnectOptions};

use crate::{patience, tools};

static NUMBER: AtomicU32 = AtomicU32::new(0);

/// A database of its own for one test. Dropped, with whoever is still connected, with the value.
#[derive(Debug)]
pub struct TestDatabase {
    name: String,
    url: String,
}

impl TestDatabase {
    /// Creates an empty database.
    ///
    /// # Errors
    /// When the cluster is missing or refuses.
    pub async fn create() -> Result<Self> {
        Self::copy_of("template0").await
    }

    /// Creates a copy of `template`, a database to which nobody is connected.
    ///
    /// # Errors
    /// When the cluster is missing or refuses.
    pub async fn copy_of(template: &str) -> Result<Self> {
        let admin = tools::setting(tools::TEST_POSTGRES)?;
        // Several test binaries share the cluster; the process id keeps their names apart.
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("test_{}_{number}", std::process::id());
        let (server, _) = admin.rsplit_once('/').context("the URL names no database")?;
        let url = format!("{server}/{name}");
        execute(&admin, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await?;
        Ok(Self { name, url })
    }

    /// Its URL, as the cluster's superuser.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Its name, for [`Self::copy_of`].
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        // A drop inside a runtime cannot wait for a future of that runtime.
        let dropping = std::thread::spawn(move || -> Result<()> {
            let admin = tools::setting(tools::TEST_POSTGRES)?;
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            runtime.block_on(execute(&admin, &statement))
        });
        if !matches!(dropping.join(), Ok(Ok(()))) {
            eprintln!("{} stays until the cluster goes", self.name);
        }
    }
}

/// Runs one statement on a connection of its own.
///
/// # Errors
/// What the server answers.
pub async fn execute(url: &str, statement: &str) -> Result<()> {
    let mut connection = connect(url).await?;
    // Test code: names are made here, nothing comes from outside.
    sqlx::raw_sql(AssertSqlSafe(statement)).execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

/// Opens one connection.
///
/// # Errors
/// When the server refuses.
pub async fn connect(url: &str) -> Result<PgConnection> {
    let options: PgConnectOptions = url.parse()?;
    options.connect().await.context("the test cluster refuses")
}

/// How many rings of waiting transactions the server had to break in a database, once everybody
/// who was connected to it has gone: a connection tells what it saw when it ends.
///
/// # Errors
/// When the cluster refuses, or somebody stays connected.
pub async fn deadlocks(database: &str) -> Result<i64> {
    let mut connection = connect(&tools::setting(tools::TEST_POSTGRES)?).await?;
    let gone = async {
        let here = "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = $1";
        while sqlx::query_scalar::<_, i64>(here).bind(database).fetch_one(&mut connection).await?
            > 0
        {
            tokio::task::yield_now().await;
        }
        let seen = "SELECT deadlocks FROM pg_stat_database WHERE datname = $1";
        let seen = sqlx::query_scalar(seen).bind(database).fetch_one(&mut connection).await?;
        anyhow::Ok(seen)
    };
    patience::within("everybody to leave the database", gone).await?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_database_lives_as_long_as_its_value() -> Result<()> {
        let first = TestDatabase::create().await?;
        execute(first.url(), "CREATE TABLE kept (a int)").await?;
        let copy = TestDatabase::copy_of(first.name()).await?;
        execute(copy.url(), "INSERT INTO kept VALUES (1)").await?;

        let url = copy.url().to_owned();
        // An open connection must not keep the database alive.
        let connection = connect(&url).await?;
        drop(copy);
        assert!(connect(&url).await.is_err());
        drop(connection);
        Ok(())
    }
}
