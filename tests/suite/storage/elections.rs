//! Elections of unions: read as written, the latest first, and one under way to a term.

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use unionhall_kit::{civil::CivilDate, ledger::Ledger};
use unionhall_registry::{
    rules::{
        election::{Assembly, Broken, Contest, Election, ElectionKind, Plan, Stage},
        name::Name,
        office::{Committee, ElectionId, Position},
        union::{
            UnionId,
            approval::{Approval, DocumentNumber},
            mark::Note,
        },
    },
    store::{
        elections::{self, ElectionRecord, Taken},
        unions::{self, Reliance},
    },
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};
use uuid::Uuid;

use super::{employers::day, offices::union};

const WRITERS: usize = 12;

fn election(kind: ElectionKind, planned_on: CivilDate) -> Result<Election> {
    let plan = Plan {
        kind,
        assembly: Assembly::DelegateCongress,
        planned_on,
        venue: Note::parse("多功能厅")?,
        approval: Approval {
            body: Name::parse("某某总工会")?,
            number: DocumentNumber::parse("〔2014〕1号")?,
        },
        approved_on: day("2014-01-01"),
        contests: vec![Contest {
            committee: Committee::Union,
            position: Position::Member,
            standing: false,
            by_committee: false,
            seats: 7,
        }],
        removals: Vec::new(),
        term: None,
        own_accounts: true,
        proposal: None,
        postponement: None,
    };
    Ok(Election { plan, stage: Stage::Planned })
}

async fn call(
    ledger: &Ledger,
    union: UnionId,
    election: Election,
) -> Result<Result<ElectionRecord, Taken>> {
    let tx = ledger.db().begin().await?;
    let id = ElectionId(Uuid::now_v7());
    let called = elections::insert(tx.conn(), (id, union), election, ledger.clock().now()).await?;
    match called {
        Ok(_) => tx.commit().await?,
        Err(Taken) => tx.rollback().await?,
    }
    Ok(called)
}

async fn cancel(ledger: &Ledger, record: &ElectionRecord) -> Result<ElectionRecord> {
    let tx = ledger.db().begin().await?;
    let end = Broken { on: day("2014-02-01"), reason: Note::parse("改期")? };
    let cancelled = Election { stage: Stage::Cancelled(end), ..record.election.clone() };
    let saved = elections::save(tx.conn(), record, cancelled, ledger.clock().now()).await?;
    tx.commit().await?;
    Ok(saved)
}

/// What is written is read, in pages, the latest first.
async fn elections_are_read_as_written(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let ledger = &books.ledger;
    let union = union(ledger).await?;
    let relied = unions::reliance(ledger.db().reader(), union).await?;
    ensure!(!relied.any(), "{relied:?}: nobody knows it yet");
    let mut written = Vec::new();
    for number in 1..=5 {
        let kind = ElectionKind::ByElection;
        let election = election(kind, day(&format!("2014-0{}-01", 1 + number % 3)))?;
        written.push(call(ledger, union, election).await??);
    }
    written[2] = cancel(ledger, &written[2]).await?;
    ensure!(written[2].version == 2);
    let reader = ledger.db().reader();
    let found = elections::load(reader, union, written[2].id).await?;
    ensure!(found.as_ref() == Some(&written[2]));
    let elsewhere = elections::load(reader, UnionId(Uuid::now_v7()), written[2].id).await?;
    ensure!(elsewhere.is_none(), "an election stands below its own union only");
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = elections::list(reader, union, after, 2).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.election.day(), last.id));
        listed.extend(page);
    }
    written.sort_by_key(|record| std::cmp::Reverse((record.election.day(), record.id)));
    ensure!(listed == written);
    let stale = ElectionRecord { version: 7, ..written[0].clone() };
    ensure!(cancel(ledger, &stale).await.is_err(), "another version");
    ensure!(elections::last_filed(reader, union, day("2015-01-01")).await?.is_none());
    // One that came to nothing was called too: the union was there.
    let relied = unions::reliance(reader, union).await?;
    ensure!(relied == Reliance { elections: 5, ..Reliance::default() }, "{relied:?}");
    Ok(())
}

/// Of all who call a re-election at once, one succeeds; once it came to nothing, another can.
async fn one_re_election_is_under_way(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let union = union(&books.ledger).await?;
    for round in 1..=2 {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let founding = writer.is_multiple_of(2);
            let kind = if founding { ElectionKind::Founding } else { ElectionKind::ReElection };
            let election = election(kind, day("2014-02-27"))?;
            let ledger = books.ledger.clone();
            writers.spawn(async move { call(&ledger, union, election).await });
        }
        let mut called = Vec::new();
        while let Some(done) = writers.join_next().await {
            called.extend(done??.ok());
        }
        ensure!(called.len() == 1, "round {round}: {} elections", called.len());
        let open = called.pop().context("one election")?;
        let found = elections::find_open(books.ledger.db().reader(), union).await?;
        ensure!(found.as_ref() == Some(&open));
        cancel(&books.ledger, &open).await?;
        let found = elections::find_open(books.ledger.db().reader(), union).await?;
        ensure!(found.is_none());
    }
    Ok(())
}

on_both_engines!(elections_are_read_as_written);
on_both_engines!(one_re_election_is_under_way);
