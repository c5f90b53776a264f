//! A release beside the next one's schema: this release serves it, reads, writes and backs it up; and
//! refuses to restore what it does not know.

use anyhow::{Result, ensure};
use unionhall_kit::db::{Db, DbConfig};
use unionhall_migrations::registry::SCHEMA;
use unionhall_tests::{
    client::Clients,
    cluster,
    engine::Engine,
    on_both_engines,
    suite::{Layout, Suite},
};

use super::{
    place::{Place, backup},
    register::People,
};
use crate::kills::{Desk, agree};

/// What a migration of the next release may do: it only adds, and what it adds may be left out.
const NEXT: [&str; 6] = [
    "ALTER TABLE employer ADD COLUMN later TEXT",
    "ALTER TABLE member ADD COLUMN later BIGINT NOT NULL DEFAULT 7",
    "ALTER TABLE event ADD COLUMN later TEXT",
    "ALTER TABLE audit_entry ADD COLUMN later TEXT NOT NULL DEFAULT ''",
    "CREATE TABLE later (id BIGINT PRIMARY KEY, employer TEXT)",
    "INSERT INTO seaql_migrations (version, applied_at) VALUES ('registry_9999_later', 0)",
];

on_both_engines!(an_older_release_runs_on_a_newer_schema);

async fn an_older_release_runs_on_a_newer_schema(engine: Engine) -> Result<()> {
    let mut suite = Suite::start(engine, Layout::All).await?;
    let mut people = People::enter(&suite).await?;
    suite.stop().await?;
    expand(&suite).await?;
    // Its own migrate finds nothing to do, and its server starts.
    let data = suite.data().display().to_string();
    let mut words = vec!["migrate", "--data", &data];
    words.extend(suite.database_url().iter().flat_map(|url| ["--database-url", url]));
    let migrated = suite.command_line(&words).await?;
    ensure!(migrated.status.success(), "{}", migrated.stderr);
    suite.start_again().await?;
    people.are_there(&suite).await?;
    people.add(&suite).await?;
    let clients = suite.connect().await?;
    write(&clients).await?;
    people.are_there(&suite).await?;
    agree(&clients).await?;

    let file = suite.folder().join("register.backup");
    let taken = backup(&suite, &file).await?;
    ensure!(taken.stderr.contains("later: 0 rows"), "{}", taken.stderr);
    let place = Place::new(engine, &file).await?;
    let restore = ["restore", "--from", "register.backup"];
    place.is_refused(&restore, "it has the migration registry_9999_later").await?;
    place.is_refused(&restore, "restore it with release").await
}

/// Changes and new records of every kind that the writers know.
async fn write(clients: &Clients) -> Result<()> {
    let desk = Desk::new();
    let writing = tokio::spawn(desk.clone().write_on(clients.clone()));
    desk.until_acknowledged(40).await?;
    writing.abort();
    // The last write may still be on its way.
    let _ = writing.await;
    desk.resolve(clients).await.map(|_| ())
}

/// Brings the schema where the next release would.
async fn expand(suite: &Suite) -> Result<()> {
    if let Some(url) = suite.database_url() {
        let text = format!("SET search_path = {SCHEMA}; {}", NEXT.join("; "));
        return cluster::execute(url, &text).await;
    }
    let url = format!("sqlite://{}", suite.data().join("registry.db").display());
    let db = Db::open(&DbConfig::new(url, SCHEMA)).await?;
    for statement in NEXT {
        sea_orm::ConnectionTrait::execute_unprepared(db.migrator(), statement).await?;
    }
    db.close().await;
    Ok(())
}
