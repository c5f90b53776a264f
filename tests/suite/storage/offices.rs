//! Offices of unions: read as written, in order, and one head a committee under concurrent writers.

use std::collections::BTreeSet;

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use unionhall_kit::{
    ledger::Ledger,
    path::{Line, Path, Prefixes, Scope},
};
use unionhall_registry::{
    rules::{
        area::AreaPath,
        employer::address::Address,
        name::Name,
        office::{Bar, Committee, End, Office, OfficeId, Position, WayIn, WayOut},
        union::{
            Status, UnionFacts, UnionId,
            affiliation::paths,
            kind::{UnionForm, UnionLevel, UnionType},
        },
    },
    store::{
        officers::{self, OfficeRecord, Taken, Want},
        unions::{self, NewUnion},
        vacancies,
    },
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};
use uuid::Uuid;

use super::employers::day;

const WRITERS: usize = 12;

pub(super) async fn union(ledger: &Ledger) -> Result<UnionId> {
    let id = UnionId(Uuid::now_v7());
    let since = day("2010-01-01");
    let mut facts = UnionFacts::default();
    facts.names.record(Some(Name::parse("北京某某联合工会")?), since);
    facts.types.record(Some(UnionType::Joint), since);
    facts.forms.record(Some(UnionForm::JointCommittee), since);
    facts.levels.record(Some(UnionLevel::Basic), since);
    let seat = Address::new(AreaPath::parse("110102012004")?, "某街1号")?;
    facts.seats.record(Some(seat), since);
    facts.statuses.record(Some(Status::Active), since);
    let paths = paths(id, &facts, |_| None)?;
    let tx = ledger.db().begin().await?;
    unions::insert(tx.conn(), NewUnion { id, facts, paths }, ledger.clock().now()).await??;
    tx.commit().await?;
    Ok(id)
}

fn office(position: Position, from: &str) -> Result<Office> {
    Ok(Office {
        holder: Name::parse("甲某")?,
        committee: Committee::Union,
        position,
        full_time: true,
        term: std::num::NonZeroU16::new(2),
        way_in: WayIn::Elected,
        bars: BTreeSet::from([Bar::PersonnelManager, Bar::Partner]),
        election: None,
        from: day(from),
        end: None,
    })
}

async fn fill(
    ledger: &Ledger,
    union: UnionId,
    offices: Vec<Office>,
) -> Result<Result<Vec<OfficeRecord>, Taken>> {
    let tx = ledger.db().begin().await?;
    let new = offices.into_iter().map(|office| (OfficeId(Uuid::now_v7()), office)).collect();
    let filled = officers::insert(tx.conn(), union, new, ledger.clock().now()).await?;
    match filled {
        Ok(_) => tx.commit().await?,
        Err(Taken) => tx.rollback().await?,
    }
    Ok(filled)
}

async fn leave(ledger: &Ledger, record: &OfficeRecord, on: &str) -> Result<OfficeRecord> {
    let tx = ledger.db().begin().await?;
    let end = Some(End { on: day(on), way: WayOut::Resigned, consent: None });
    let office = Office { end, ..record.office.clone() };
    let saved = officers::save(tx.conn(), record, office, ledger.clock().now()).await??;
    tx.commit().await?;
    Ok(saved)
}

/// What is written is read, by day and committee and in pages.
async fn offices_are_read_as_written(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let ledger = &books.ledger;
    let union = union(ledger).await?;
    let mut offices = vec![office(Position::Chair, "2013-01-01")?];
    for number in 1..=6 {
        offices.push(office(Position::Member, &format!("2013-0{number}-01"))?);
    }
    let mut written = fill(ledger, union, offices).await??;
    written[1] = leave(ledger, &written[1], "2013-03-01").await?;
    let reader = ledger.db().reader();
    ensure!(officers::of_union(reader, union).await? == written);
    let found = officers::load(reader, union, written[1].id).await?;
    ensure!(found.as_ref() == Some(&written[1]));
    let elsewhere = officers::load(reader, UnionId(Uuid::now_v7()), written[1].id).await?;
    ensure!(elsewhere.is_none(), "an office stands below its own union only");
    let want = Want { committee: Some(Committee::Union), day: Some(day("2013-03-01")) };
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = officers::list(reader, union, want, after, 2).await?;
        let Some(last) = page.last() else { break };
        after = Some((last.office.from, last.id));
        listed.extend(page.into_iter().map(|record| record.id));
    }
    let expected: Vec<OfficeId> = [0, 2, 3].map(|at| written[at].id).to_vec();
    ensure!(listed == expected, "the one who left on the day is not listed");
    let none = Want { committee: Some(Committee::Audit), day: None };
    ensure!(officers::list(reader, union, none, None, 10).await?.is_empty());
    let stale = OfficeRecord { version: 7, ..written[0].clone() };
    ensure!(leave(ledger, &stale, "2014-01-01").await.is_err(), "another version");
    Ok(())
}

/// Of all who enter a chair at once, one succeeds; when that office ends, another can.
async fn a_committee_has_one_open_head(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let union = union(&books.ledger).await?;
    for round in 1..=2 {
        let mut writers = JoinSet::new();
        for writer in 0..WRITERS {
            let ledger = books.ledger.clone();
            let organiser = writer.is_multiple_of(2);
            let position = if organiser { Position::Organiser } else { Position::Chair };
            let office = office(position, &format!("2013-0{round}-01"))?;
            writers.spawn(async move { fill(&ledger, union, vec![office]).await });
        }
        let mut entered = Vec::new();
        while let Some(done) = writers.join_next().await {
            entered.extend(done??.into_iter().flatten());
        }
        ensure!(entered.len() == 1, "round {round}: {} heads", entered.len());
        let head = entered.pop().context("one head")?;
        leave(&books.ledger, &head, &format!("2013-0{}-01", round + 1)).await?;
    }
    Ok(())
}

async fn listed(ledger: &Ledger, want: unions::Want) -> Result<usize> {
    let area = Prefixes::normalised(vec![Path::parse("11")?]);
    let scope = Scope { area, affiliation: Prefixes::default() };
    let reader = ledger.db().reader();
    let page = unions::list(reader, &scope, (Line::Area, None), &want, 10).await?;
    Ok(page.records.len())
}

async fn keep(ledger: &Ledger, union: UnionId) -> Result<i64> {
    let tx = ledger.db().begin().await?;
    let held = unions::load_for_update(tx.conn(), &[union]).await?.pop().context("the union")?;
    vacancies::keep(tx.conn(), union, &held.facts).await?;
    tx.commit().await?;
    Ok(held.version)
}

/// The day by which the first vacancy is to be filled is found, and is no change of the union.
async fn vacancies_are_found_by_their_day(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let ledger = &books.ledger;
    let union = union(ledger).await?;
    let by = |on: &str| unions::Want { vacancy_due_by: Some(day(on)), ..unions::Want::default() };
    let overdue =
        |is, on: &str| unions::Want { vacancy_overdue: Some((is, day(on))), ..Default::default() };
    let offices =
        vec![office(Position::Chair, "2013-01-01")?, office(Position::Member, "2013-01-01")?];
    let held = fill(ledger, union, offices).await??;
    keep(ledger, union).await?;
    ensure!(listed(ledger, by("2019-01-01")).await? == 0, "nobody left");
    leave(ledger, &held[1], "2014-01-15").await?;
    leave(ledger, &held[0], "2014-03-01").await?;
    let version = keep(ledger, union).await?;
    ensure!(listed(ledger, by("2014-06-01")).await? == 1, "the chair comes first");
    ensure!(listed(ledger, by("2014-05-31")).await? == 0);
    ensure!(listed(ledger, overdue(true, "2014-06-02")).await? == 1);
    ensure!(listed(ledger, overdue(true, "2014-06-01")).await? == 0, "the last day");
    ensure!(listed(ledger, overdue(false, "2014-06-01")).await? == 1);
    fill(ledger, union, vec![office(Position::Chair, "2014-04-01")?]).await??;
    ensure!(keep(ledger, union).await? == version, "the record stays");
    ensure!(listed(ledger, by("2014-07-14")).await? == 0);
    ensure!(listed(ledger, by("2014-07-15")).await? == 1, "the member is still missing");
    Ok(())
}

on_both_engines!(offices_are_read_as_written);
on_both_engines!(vacancies_are_found_by_their_day);
on_both_engines!(a_committee_has_one_open_head);
