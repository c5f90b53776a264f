//! The two database engines, and the macros that run one body on each.

use anyhow::Result;

use crate::cluster::TestDatabase;

/// A database engine on which the suite must behave alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// A file per service under the data folder.
    Sqlite,
    /// A database of the private cluster.
    Postgres,
}

impl Engine {
    /// A new, empty database.
    ///
    /// # Errors
    /// When the private cluster refuses.
    pub async fn database(self) -> Result<Database> {
        Ok(match self {
            Self::Sqlite => Database::Sqlite,
            Self::Postgres => Database::Postgres(TestDatabase::create().await?),
        })
    }
}

/// The database of one test; dropped with the value.
#[derive(Debug)]
pub enum Database {
    /// The server makes its files itself.
    Sqlite,
    /// Dropped from the private cluster at the end.
    Postgres(TestDatabase),
}

impl Database {
    /// What `--database-url` gets; `None` leaves the server its default.
    #[must_use]
    pub fn url(&self) -> Option<&str> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(database) => Some(database.url()),
        }
    }
}

/// Makes two tests, `NAME::sqlite` and `NAME::postgres`, of one
/// `async fn NAME(engine: Engine) -> anyhow::Result<()>`.
#[macro_export]
macro_rules! on_both_engines {
    ($body:ident) => {
        mod $body {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() -> anyhow::Result<()> {
                super::$body($crate::engine::Engine::Sqlite).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() -> anyhow::Result<()> {
                super::$body($crate::engine::Engine::Postgres).await
            }
        }
    };
}

/// Makes two tests on SQLite, `NAME::all` and `NAME::split`, of one
/// `async fn NAME(layout: Layout) -> anyhow::Result<()>`.
#[macro_export]
macro_rules! on_both_layouts {
    ($body:ident) => {
        mod $body {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn all() -> anyhow::Result<()> {
                super::$body($crate::suite::Layout::All).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn split() -> anyhow::Result<()> {
                super::$body($crate::suite::Layout::Split).await
            }
        }
    };
}

/// Makes four tests, both engines in both layouts, of one
/// `async fn NAME(engine: Engine, layout: Layout) -> anyhow::Result<()>`.
#[macro_export]
macro_rules! on_every_layout {
    ($body:ident) => {
        mod $body {
            use $crate::engine::Engine::{Postgres, Sqlite};
            use $crate::suite::Layout::{All, Split};

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn all_sqlite() -> anyhow::Result<()> {
                super::$body(Sqlite, All).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn all_postgres() -> anyhow::Result<()> {
                super::$body(Postgres, All).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn split_sqlite() -> anyhow::Result<()> {
                super::$body(Sqlite, Split).await
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn split_postgres() -> anyhow::Result<()> {
                super::$body(Postgres, Split).await
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::execute;
    use crate::suite::Layout;

    async fn a_body_gets_its_engine(engine: Engine) -> Result<()> {
        let database = engine.database().await?;
        assert_eq!(database.url().is_some(), engine == Engine::Postgres);
        match database.url() {
            Some(url) => execute(url, "SELECT 1").await,
            None => Ok(()),
        }
    }
    on_both_engines!(a_body_gets_its_engine);

    static RUNS: parking_lot::Mutex<Vec<(Engine, Layout)>> = parking_lot::Mutex::new(Vec::new());

    async fn no_combination_runs_twice(engine: Engine, layout: Layout) -> Result<()> {
        let mut runs = RUNS.lock();
        assert!(!runs.contains(&(engine, layout)));
        runs.push((engine, layout));
        Ok(())
    }
    on_every_layout!(no_combination_runs_twice);
}
