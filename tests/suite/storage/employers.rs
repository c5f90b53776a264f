//! Employers in bulk, in order and under concurrent writers.

use anyhow::{Context, Result, ensure};
use tokio::task::JoinSet;
use unionhall_kit::{
    civil::CivilDate,
    db::Db,
    ledger::Ledger,
    path::{Path, Prefixes},
};
use unionhall_registry::{
    rules::{
        area::AreaPath,
        credit_code::CreditCode,
        employer::{
            EmployerFacts, Status,
            address::{Address, Phone},
            code::OwnershipCode,
            identifier::Identifier,
        },
        name::Name,
    },
    store::{
        dated::FactValue,
        employers::{
            EmployerRecord, NewEmployer, Place, Taken, Want, facts, insert_many, list, load,
            load_for_update, past_facts, save,
        },
    },
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};
use uuid::Uuid;

const AREAS: [&str; 5] =
    ["110101010001", "110102010002", "110102012004", "110102012005", "110105001001"];
const WRITERS: u32 = 12;
const WRITES: u32 = 6;

pub(super) fn day(text: &str) -> CivilDate {
    text.parse().expect("a day")
}

pub(super) fn facts_of(serial: u32) -> Result<EmployerFacts> {
    let since = day("2014-01-01");
    let code = CreditCode::compose('9', '1', "110102", &format!("{serial:08}"))?;
    let area = AreaPath::parse(AREAS[serial as usize % AREAS.len()])?;
    let name = format!("{}某某{serial}号公司", if serial.is_multiple_of(3) { "甲" } else { "乙" });
    let mut facts = EmployerFacts::default();
    facts.names.record(Some(Name::parse(&name)?), since);
    facts.identifiers.record(Some(Identifier::Organisation(code.organisation_code())), since);
    facts.ownerships.record(Some(OwnershipCode::parse("57")?), since);
    facts.actual_addresses.record(Some(Address::new(area, "某街1号")?), since);
    facts.statuses.record(Some(Status::Active), since);
    Ok(facts)
}

async fn enter(ledger: &Ledger, new: &[NewEmployer]) -> Result<Result<Vec<EmployerRecord>, Taken>> {
    let tx = ledger.db().begin().await?;
    let entered = insert_many(tx.conn(), new, ledger.clock().now()).await?;
    match entered {
        Ok(_) => tx.commit().await?,
        Err(Taken) => tx.rollback().await?,
    }
    Ok(entered)
}

async fn listed(db: &Db, subtrees: &Prefixes, want: &Want, limit: u64) -> Result<Vec<Place>> {
    let mut places = Vec::new();
    loop {
        let page = list(db.reader(), subtrees, want, places.last(), limit).await?;
        let place =
            |record: &EmployerRecord| Place { area: record.area.to_string(), id: record.id };
        places.extend(page.records.iter().map(place));
        if page.ended {
            return Ok(places);
        }
    }
}

/// A thousand employers at once; every listing has each of its employers once, in order.
async fn lists_are_whole_and_in_order(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let new = |serial| Ok(NewEmployer { id: Uuid::now_v7(), facts: facts_of(serial)?, rules: 1 });
    let many = (0..1_000).map(new).collect::<Result<Vec<_>>>()?;
    let records = enter(&books.ledger, &many).await?.context("fresh codes")?;
    let prefixes = |labels: &[&str]| -> Result<Prefixes> {
        let paths: Result<Vec<_>, _> = labels.iter().map(|label| Path::parse(label)).collect();
        Ok(Prefixes::normalised(paths?))
    };
    for scope in [&["11"][..], &["110101", "110102012"], &["110102010", "110105", "12"], &["13"]] {
        let subtrees = prefixes(scope)?;
        for prefix in [None, Some("甲某某")] {
            let want = Want { name_prefix: prefix.map(str::to_owned), ..Want::default() };
            let named = |record: &&EmployerRecord| {
                let name = record.facts.names.on(day("2014-02-01"));
                name.is_some_and(|name| name.as_str().starts_with(prefix.unwrap_or_default()))
            };
            let mut expected: Vec<Place> = records
                .iter()
                .filter(|record| subtrees.cover(record.area.path()))
                .filter(named)
                .map(|record| Place { area: record.area.to_string(), id: record.id })
                .collect();
            expected.sort();
            for limit in [7, 333, 1_000] {
                let found = listed(books.ledger.db(), &subtrees, &want, limit).await?;
                ensure!(found == expected, "{scope:?} {prefix:?} in pages of {limit}");
            }
        }
    }
    Ok(())
}

async fn call_again(ledger: Ledger, id: Uuid, writer: u32) -> Result<()> {
    for write in 0..WRITES {
        let tx = ledger.db().begin().await?;
        let held = load_for_update(tx.conn(), &[id]).await?;
        let before = held.first().context("the employer")?;
        let mut after = before.facts.clone();
        let phone = Phone::parse(&format!("010-{writer:04}{write:04}"))?;
        after.phones.record(Some(phone), day("2014-02-01"));
        save(tx.conn(), before, after, ledger.clock().now()).await??;
        tx.commit().await?;
    }
    Ok(())
}

/// Writers of one employer follow each other, and both records of its facts stay one.
async fn writers_of_one_employer_follow_each_other(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let new = NewEmployer { id: Uuid::now_v7(), facts: facts_of(1)?, rules: 1 };
    let id = new.id;
    enter(&books.ledger, &[new]).await?.context("a fresh code")?;
    let mut writers = JoinSet::new();
    for writer in 0..WRITERS {
        writers.spawn(call_again(books.ledger.clone(), id, writer));
    }
    while let Some(done) = writers.join_next().await {
        done??;
    }
    let reader = books.ledger.db().reader();
    let record = load(reader, &[id]).await?.remove(&id).context("the employer")?;
    ensure!(record.version == i64::from(1 + WRITERS * WRITES), "version {}", record.version);
    let past = past_facts(reader, id, None, 1_000).await?;
    let standing = past.iter().filter(|fact| fact.superseded_at.is_none());
    ensure!(facts(standing.map(|fact| fact.dated.clone()))? == record.facts, "two records");
    let phones = past.iter().filter(|fact| fact.dated.fact.field() == "phone").count();
    ensure!(phones == (WRITERS * WRITES) as usize, "{phones} telephones were recorded");
    Ok(())
}

/// Of all that enter one code at once, one succeeds.
async fn one_code_is_entered_once(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let mut writers = JoinSet::new();
    for _ in 0..WRITERS {
        let ledger = books.ledger.clone();
        let new = [NewEmployer { id: Uuid::now_v7(), facts: facts_of(1)?, rules: 1 }];
        writers.spawn(async move { enter(&ledger, &new).await });
    }
    let mut entered = 0;
    while let Some(done) = writers.join_next().await {
        entered += u32::from(done??.is_ok());
    }
    ensure!(entered == 1, "{entered} were entered");
    Ok(())
}

on_both_engines!(lists_are_whole_and_in_order);
on_both_engines!(writers_of_one_employer_follow_each_other);
on_both_engines!(one_code_is_entered_once);
