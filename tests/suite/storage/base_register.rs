//! The base register under concurrency: editions are activated and taken back by two instances
//! while employers come in, are covered and end. The rate equals a recount on every day.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::{Context, Result, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::ConnectionTrait;
use tokio::task::JoinSet;
use unionhall_kit::{
    db::sql,
    figures::read::{Question, values},
    ids::SystemRandomness,
    keys::KeyRing,
    ledger::{Done, sequencer::Sequencer},
    path::{Line, Path},
};
use unionhall_proto::registry::v1::{
    ActivateBaseRegisterRequest, DeactivateBaseRegisterRequest,
    base_register_service_server::BaseRegisterService,
};
use unionhall_registry::{
    Register,
    api::{base_registers::BaseRegisters, employers::effect},
    jobs::base_register::Lister,
    rules::{
        area::AreaPath,
        base_register::{
            BaseRegister, BaseRegisterId, Edition,
            contribution::{LISTED_ENTERPRISES, listed_at, listing},
            finding::Entry as Listed,
        },
        contribution::Metric,
        employer::{
            EmployerFacts, Status, address::Address, code::OwnershipCode, cover::Cover,
            identifier::Identifier,
        },
        name::Name,
        organisation_code::OrganisationCode,
        union::{UnionId, kind::CoverKind},
    },
    services,
    store::{
        base_registers::{self, EntryRecord, NewEntry},
        employers::{self, insert_many, load_for_update},
        grounds,
    },
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};
use uuid::Uuid;

use super::{
    explain::civil,
    restructure::{call, day},
};

const COMMUNITIES: [&str; 3] = ["110102010005", "110102010011", "110102012004"];
/// More than two chunks of the job.
const LISTED: usize = 1_100;
/// Those that the register knows from the beginning.
const KNOWN: usize = 700;
const WRITERS: usize = 4;
const CHANGES: usize = 150;

fn code(number: usize) -> Result<OrganisationCode> {
    Ok(OrganisationCode::compose(&format!("T{number:07}"))?)
}

fn community(number: usize) -> Result<AreaPath> {
    Ok(AreaPath::parse(COMMUNITIES[number % COMMUNITIES.len()])?)
}

async fn register(books: &Books) -> Result<Register> {
    let keys = KeyRing::generate(day("2014-01-01"), &SystemRandomness)?;
    Ok(Register::open(books.ledger.clone(), Arc::new(keys)).await?)
}

async fn enter(register: &Register, numbers: impl Iterator<Item = usize>) -> Result<Vec<Uuid>> {
    let mut entry = register.ledger.begin_own("c", "m").await?;
    let since = day("2010-01-01");
    let mut new = Vec::new();
    for number in numbers {
        let mut facts = EmployerFacts::default();
        let name = Name::parse(&format!("北京第{number}商店"))?;
        facts.names.record(Some(name), since);
        facts.statuses.record(Some(Status::Active), since);
        facts.identifiers.record(Some(Identifier::Organisation(code(number)?)), since);
        facts.ownerships.record(Some(OwnershipCode::parse("57")?), since);
        let at = Address::new(community(number)?, "")?;
        facts.actual_addresses.record(Some(at), since);
        new.push(register.new_employer(facts));
    }
    let entered = insert_many(entry.conn(), &new, entry.now()).await??;
    for record in &entered {
        let nothing = grounds::held(entry.conn(), [&record.facts]).await?;
        effect::note(register, &mut entry, None, record, &nothing).await?;
    }
    entry.commit(Done { record: "employers".to_owned(), version: 1 }).await?;
    Ok(entered.into_iter().map(|record| record.id).collect())
}

/// Covers, uncovers or ends an employer from some day on, as handlers do.
async fn change(register: &Register, id: Uuid, random: &mut StdRng) -> Result<()> {
    let mut entry = register.ledger.begin_own("c", "m").await?;
    let held = load_for_update(entry.conn(), &[id]).await?;
    let before = held.first().context("the employer")?;
    let mut facts = before.facts.clone();
    let from = civil(random.random_range(15_400..16_200));
    let cover = Cover { union: UnionId(Uuid::from_u128(7)), kind: CoverKind::Joint };
    match random.random_range(0..10) {
        0 => facts.statuses.record(Some(Status::Suspended), from),
        1..4 => facts.covers.record(None, from),
        _ => facts.covers.record(Some(cover), from),
    }
    let after = employers::save(entry.conn(), before, facts, entry.now()).await??;
    let grounds = grounds::held(entry.conn(), [&before.facts, &after.facts]).await?;
    effect::note(register, &mut entry, Some(before), &after, &grounds).await?;
    Ok(entry.commit(Done { record: after.name(), version: after.version }).await?)
}

async fn list(register: &Register, edition: &str, numbers: usize) -> Result<BaseRegisterId> {
    let entry = register.ledger.begin_own("c", "m").await?;
    let ids = register.ledger.ids();
    let id = BaseRegisterId(ids.fresh());
    let draft = BaseRegister {
        edition: Edition::parse(edition)?,
        source: Name::parse("某某局")?,
        as_of: day("2012-12-31"),
        area: AreaPath::parse("110102")?,
        entries: i64::try_from(numbers)?,
        counts: None,
        successor: None,
    };
    let record = base_registers::insert(entry.conn(), id, draft, entry.now()).await??;
    let listed = |number: usize| -> Result<NewEntry> {
        let entry = Listed {
            name: Name::parse(&format!("北京第{number}商店"))?,
            credit_code: None,
            organisation_code: code(number)?,
            ownership: None,
            // Listed elsewhere than it works.
            area: community(number + 1)?,
        };
        Ok(NewEntry { id: ids.fresh(), entry })
    };
    let new = (0..numbers).map(listed).collect::<Result<Vec<_>>>()?;
    base_registers::insert_entries(entry.conn(), &record, &new).await?;
    entry.commit(Done { record: record.name(), version: 1 }).await?;
    Ok(id)
}

/// Activates the second edition, takes it back, and activates it again, while the entries of the
/// first and of its own are on their way.
async fn turn(register: Register, [first, second]: [BaseRegisterId; 2]) -> Result<()> {
    let service = BaseRegisters::new(register);
    let activate = |id, from| {
        let name = base_registers::resource_name(id);
        let effective_date = Some(day(from).into());
        call(ActivateBaseRegisterRequest { name, effective_date, ..Default::default() })
    };
    let deactivate = |id| {
        let name = base_registers::resource_name(id);
        call(DeactivateBaseRegisterRequest { name, ..Default::default() })
    };
    service.activate_base_register(activate(first, "2013-01-01")).await?;
    service.activate_base_register(activate(second, "2014-01-01")).await?;
    tokio::task::yield_now().await;
    service.deactivate_base_register(deactivate(second)).await?;
    service.activate_base_register(activate(second, "2013-07-01")).await?;
    Ok(())
}

/// The job of one instance. A chunk that met an employer that was just coming in is tried again.
async fn works(register: Register, busy: Arc<AtomicUsize>) -> Result<()> {
    let job = Lister::new(register);
    loop {
        match job.step().await {
            Ok(false) if busy.load(Ordering::Acquire) == 0 => return Ok(()),
            Ok(_) => tokio::task::yield_now().await,
            Err(fault) => ensure!(fault.reason().name == "CONFLICT", "{fault}"),
        }
    }
}

async fn the_rate_equals_a_recount(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let (one, other) = (register(&books).await?, register(&books).await?);
    let ids = Arc::new(enter(&one, 0..KNOWN).await?);
    let editions = [list(&one, "2013", LISTED).await?, list(&one, "2014", LISTED - 300).await?];
    let busy = Arc::new(AtomicUsize::new(WRITERS + 1));
    let late = Arc::new(AtomicUsize::new(KNOWN));
    let mut tasks = JoinSet::new();
    for (writer, register) in (0_u64..).zip([&one, &other].into_iter().cycle().take(WRITERS)) {
        let (register, ids) = (register.clone(), Arc::clone(&ids));
        let (busy, late) = (Arc::clone(&busy), Arc::clone(&late));
        tasks.spawn(async move {
            let mut random = StdRng::seed_from_u64(2014 + writer);
            for step in 0..CHANGES {
                let id = if step % 3 == 0 {
                    // One that is listed, and that the register learns of only now.
                    let number = late.fetch_add(1, Ordering::Relaxed);
                    enter(&register, std::iter::once(number)).await?[0]
                } else {
                    ids[random.random_range(0..ids.len())]
                };
                change(&register, id, &mut random).await?;
            }
            busy.fetch_sub(1, Ordering::Release);
            anyhow::Ok(())
        });
    }
    for register in [&one, &other] {
        tasks.spawn(works(register.clone(), Arc::clone(&busy)));
    }
    turn(one.clone(), editions).await?;
    busy.fetch_sub(1, Ordering::Release);
    while let Some(task) = tasks.join_next().await {
        task??;
    }
    ensure!(base_registers::unsettled(one.ledger.db().reader()).await?.is_empty(), "settled");
    agree(&one).await
}

async fn agree(register: &Register) -> Result<()> {
    Sequencer::new(register.ledger.clone(), services::ancestors()).drain().await?;
    let conn = register.ledger.db().reader();
    let ids = async |table: &str| -> Result<Vec<Uuid>> {
        let rows = conn.query_all_raw(sql(conn, &format!("SELECT id FROM {table}"), [])).await?;
        Ok(rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?)
    };
    let entries = base_registers::entries(conn, &ids("base_register_entry").await?).await?;
    let employers: HashMap<OrganisationCode, EmployerFacts> =
        employers::load(conn, &ids("employer").await?)
            .await?
            .into_values()
            .filter_map(|record| Some((record.facts.organisation_code()?, record.facts)))
            .collect();
    let mut seen = 0;
    for on in (15_380..16_260).step_by(23).map(civil) {
        for node in ["11", "110102010", COMMUNITIES[0], COMMUNITIES[2]] {
            let node = Path::parse(node)?;
            let listed = |entry: &&EntryRecord| {
                let leaf = listed_at(&listing(&entry.places, entry.counts), on);
                leaf.is_some_and(|leaf| leaf.node.within(&node))
            };
            let covered = |entry: &&EntryRecord| {
                employers.get(&entry.entry.organisation_code).is_some_and(|facts| {
                    facts.counted_at(on).is_some() && facts.covers.on(on).is_some()
                })
            };
            let denominator = entries.iter().filter(listed).count() as i64;
            let numerator = entries.iter().filter(listed).filter(covered).count() as i64;
            let ask = |metric| Question { metric, line: Line::Area, node: node.clone(), day: on };
            let questions = [ask(Metric::ListedCovered.id()), ask(LISTED_ENTERPRISES)];
            let kept = values(register.ledger.db(), &questions).await?;
            ensure!(
                kept == [numerator, denominator],
                "{node} on {on}: {kept:?}, not {numerator} of {denominator}"
            );
            seen += numerator;
        }
    }
    ensure!(seen > 0, "nobody was ever listed and covered");
    Ok(())
}

on_both_engines!(the_rate_equals_a_recount);
