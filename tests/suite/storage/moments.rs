//! The moment of a write is taken before it waits for its record, and clocks go back: what is
//! recorded of one record ascends all the same.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use chrono::TimeDelta;
use tokio::time::Instant;
use unionhall_kit::{
    ids::SystemRandomness,
    keys::KeyRing,
    ledger::{Done, Entry},
    path::{Path, Prefixes, Scope},
};
use unionhall_registry::{
    Register,
    api::employers::effect,
    rules::{contribution::Grounds, employer::address::Phone},
    store::employers::{insert_many, load_for_update, past_facts, remove, save},
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};
use uuid::Uuid;

use super::employers::{day, facts_of};

fn done() -> Done {
    Done { record: "employers".to_owned(), version: 1 }
}

/// Gives the employer another telephone, as a handler does.
async fn call(register: &Register, mut entry: Entry, id: Uuid, number: u32) -> Result<()> {
    let held = load_for_update(entry.conn(), &[id]).await?;
    let before = held.first().context("the employer")?;
    let mut after = before.facts.clone();
    after.phones.record(Some(Phone::parse(&format!("010-{number:08}"))?), day("2014-02-01"));
    let after = save(entry.conn(), before, after, entry.now()).await??;
    effect::note(register, &mut entry, Some(before), &after, &Grounds::default()).await?;
    Ok(entry.commit(done()).await?)
}

async fn withdraw(register: &Register, mut entry: Entry, id: Uuid) -> Result<()> {
    let held = load_for_update(entry.conn(), &[id]).await?;
    let before = held.first().context("the employer")?;
    let after = remove(entry.conn(), before, entry.now()).await?;
    effect::note_removal(register, &mut entry, before, &after, &Grounds::default()).await?;
    Ok(entry.commit(done()).await?)
}

async fn a_record_never_goes_back_in_time(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let keys = KeyRing::generate(day("2014-01-01"), &SystemRandomness)?;
    let register = Register::open(books.ledger.clone(), Arc::new(keys)).await?;
    let begin = || books.ledger.begin_own("c", "m");
    let mut entry = begin().await?;
    let new = [register.new_employer(facts_of(1)?)];
    let id = new[0].id;
    let entered = insert_many(entry.conn(), &new, entry.now()).await??;
    effect::note(&register, &mut entry, None, &entered[0], &Grounds::default()).await?;
    entry.commit(done()).await?;
    // Where two can begin at once, who began first may come to the record last.
    if engine == Engine::Postgres {
        let early = begin().await?;
        books.clock.advance(TimeDelta::minutes(1));
        call(&register, begin().await?, id, 1).await?;
        call(&register, early, id, 2).await?;
    }
    for number in 3..6 {
        books.clock.advance(TimeDelta::minutes(-7));
        call(&register, begin().await?, id, number).await?;
    }
    withdraw(&register, begin().await?, id).await?;

    let mut facts = past_facts(books.ledger.db().reader(), id, None, 100).await?;
    facts.reverse();
    let recorded = facts.iter().map(|fact| fact.recorded_at);
    ensure!(recorded.is_sorted(), "recorded before what it replaced: {facts:?}");
    let lived =
        facts.iter().all(|fact| fact.superseded_at.is_some_and(|at| at >= fact.recorded_at));
    ensure!(lived, "superseded before it was recorded: {facts:?}");

    books.sequencer().drain().await?;
    let area = Prefixes::normalised(vec![Path::parse("11")?]);
    let scope = Scope { area, affiliation: Prefixes::default() };
    let (start, never) = (books.ledger.feed_start().await?, std::future::pending());
    let page = books.ledger.changes(start, &scope, 5_000, Instant::now(), never).await?;
    let events: Vec<_> =
        page.events.into_iter().filter(|event| event.record.starts_with("employers/")).collect();
    let versions = events.windows(2).all(|pair| pair[0].version < pair[1].version);
    let moments = events.windows(2).all(|pair| pair[0].committed_at <= pair[1].committed_at);
    ensure!(events.len() >= 5 && versions && moments, "{events:?}");
    Ok(())
}

on_both_engines!(a_record_never_goes_back_in_time);
