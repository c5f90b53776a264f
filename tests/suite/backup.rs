//! Backup and restore through the real binary: taken while writers run, restored into an empty place,
//! and whole or not at all whatever happens meanwhile.

mod damage;
mod killed;
mod newer;
mod place;
mod register;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use tonic::Code;
use unionhall_kit::ledger::audit::head::Head;
use unionhall_proto::common::v1::ListChangesRequest;
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    on_both_engines,
    policy::{Policy, UNBOUNDED},
    refusals::refused,
    suite::{Layout, Plan, Suite},
};

use self::{
    place::{Place, backup, sums},
    register::People,
};
use crate::kills::{Desk, Follower, agree, history::Outcome};

const WRITERS: usize = 4;

on_both_engines!(a_register_stands_up_again);

async fn a_register_stands_up_again(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let mut suite = Plan::new(engine, Layout::All).policy(policy).start().await?;
    let mut people = People::enter(&suite).await?;
    let (desk, mut writers) = (Desk::new(), JoinSet::new());
    for _ in 0..WRITERS {
        writers.spawn(desk.clone().write_on(suite.connect().await?));
    }
    desk.until_acknowledged(40).await?;
    // Rows under both versions, amid the writes.
    rotate(&suite, "vault").await?;
    rotate(&suite, "blind_index").await?;
    people.add(&suite).await?;
    let before = cursor(&suite.connect().await?).await?;
    let kept = desk.operations();
    let file = suite.folder().join("register.backup");
    let taken = backup(&suite, &file).await?;
    desk.until_acknowledged(desk.acknowledged() + 20).await?;
    let after = cursor(&suite.connect().await?).await?;
    ensure!(writers.try_join_next().is_none(), "a writer gave up");
    writers.shutdown().await;
    suite.kill().await?;
    let place = Place::new(engine, &file).await?;
    // Nothing of it is left but the file.
    drop(suite);
    let told = place.restore(&[]).await?;
    let head = Head::all_in(&taken.stdout).pop().context("a head of the backup")?;
    ensure!(Head::all_in(&told.stdout) == [head.clone()], "{} {}", taken.stdout, told.stdout);
    let verified = place.run(&["audit", "verify", "--head", &head.to_string()]).await?;
    ensure!(verified.status.success(), "{}{}", verified.stdout, verified.stderr);
    ensure!(Head::all_in(&verified.stdout) == [head], "{}", verified.stdout);

    let suite = place.start().await?;
    let clients = suite.connect().await?;
    people.are_there(&suite).await?;
    agree(&clients).await?;
    for cursor in [before, after] {
        let request = ListChangesRequest { cursor, ..ListChangesRequest::default() };
        let answer = clients.changes.clone().list_changes(request).await;
        refused(answer, Code::InvalidArgument, "CURSOR_INVALID")?;
    }
    let old = Follower::anew(&clients).await?;
    for operation in &kept {
        let Outcome::Acknowledged { record, version, .. } = &operation.outcome else { continue };
        let there =
            old.seen().iter().any(|seen| seen.record == *record && seen.version >= *version);
        ensure!(there, "{operation:?} was acknowledged before the backup and is gone");
    }
    // It goes on: new writes, and positions behind the old ones.
    people.add(&suite).await?;
    let new = Follower::anew(&clients).await?;
    let last = old.seen().last().context("an event")?.position;
    ensure!(new.seen().len() > old.seen().len() && new.seen()[..old.seen().len()] == *old.seen());
    ensure!(new.seen()[old.seen().len()..].iter().all(|seen| seen.position > last));
    agree(&clients).await.map(|_| ())
}

on_both_engines!(every_row_comes_back);

async fn every_row_comes_back(engine: Engine) -> Result<()> {
    let mut suite = Suite::start(engine, Layout::All).await?;
    People::enter(&suite).await?;
    suite.stop().await?;
    let original = sums(suite.data(), suite.database_url()).await?;
    let file = suite.folder().join("register.backup");
    backup(&suite, &file).await?;
    let place = Place::new(engine, &file).await?;
    place.restore(&[]).await?;
    let mut restored = place.sums().await?;
    // The one row that differs is the feed's.
    let mut expected = original;
    ensure!(expected.remove("feed") != restored.remove("feed"), "the epoch is the old one");
    ensure!(expected == restored, "{expected:#?}\n{restored:#?}");
    // A second backup of it is the same too.
    let again = place.folder().join("again.backup");
    let path = again.display().to_string();
    let taken = place.run(&["backup", "--out", &path]).await?;
    ensure!(taken.status.success(), "{}", taken.stderr);
    Ok(())
}

/// Where a reader of the feed stands after everything so far.
async fn cursor(clients: &Clients) -> Result<String> {
    let mut request = ListChangesRequest { page_size: 1_000, ..ListChangesRequest::default() };
    loop {
        let page = clients.changes.clone().list_changes(request.clone()).await?.into_inner();
        request.cursor = page.next_cursor;
        if page.changes.is_empty() {
            return Ok(request.cursor);
        }
    }
}

async fn rotate(suite: &Suite, purpose: &str) -> Result<()> {
    let data = suite.data().display().to_string();
    let words = ["keys", "rotate", purpose, "--active-in", "0", "--data", &data];
    let rotated = suite.command_line(&words).await?;
    ensure!(rotated.status.success(), "{}", rotated.stderr);
    Ok(())
}
