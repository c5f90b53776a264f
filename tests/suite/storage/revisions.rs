//! A new revision of the quality rules: the figures follow it in chunks, under writers of both
//! revisions and deaths between the chunks, and equal a recount all the way.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use anyhow::{Context, Result, ensure};
use rand::{Rng, SeedableRng, rngs::StdRng};
use sea_orm::ConnectionTrait;
use unionhall_kit::{
    db::sql,
    figures::{
        read::{Question, values},
        service::Stretch,
    },
    ids::SystemRandomness,
    keys::KeyRing,
    ledger::{Done, sequencer::Sequencer},
    path::{Line, Path},
};
use unionhall_registry::{
    Register,
    api::employers::effect,
    jobs::recount::Recounter,
    rules::{
        contribution::{Counting, Grounds, Metric, worth},
        employer::{EmployerFacts, address::Phone},
        quality::RuleSet,
    },
    services,
    store::{
        employers::{EmployerRecord, insert_many, load, load_for_update, save},
        explain::{Counted, employers::Asked},
    },
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};
use uuid::Uuid;

use super::explain::{DAYS, NODES, civil, figure, life, pages};

/// More than two chunks of the job.
const EMPLOYERS: usize = 1_200;
const A_TRANSACTION: usize = 400;
const HEADER: &str = "id,revision,valid_from,valid_until,severity,field,check,argument,remedy_en,\
    remedy_zh,source\n";
const OWNERSHIP: &str = "Q01,1,1900-01-01,,MANDATORY,ownership,required,,enter it,请填写,test\n";
const COUNTED: &str = "Q02,1,1900-01-01,,ADVISORY,workforce,required,,enter it,请填写,test\n";
/// What the second revision asks for, on the days from 2013 on.
const PHONE: &str = "Q03,2,2013-01-01,,MANDATORY,phone,required,,enter it,请填写,test\n";
/// Before and after that day.
const UNTOUCHED: i32 = 15_600;
const TOUCHED: i32 = 16_200;

fn table(rules: &[&str]) -> Result<RuleSet> {
    Ok(RuleSet::parse(&format!("{HEADER}{}", rules.concat()))?)
}

async fn instance(books: &Books, rules: &RuleSet) -> Result<Register> {
    let keys = KeyRing::generate("2014-01-01".parse()?, &SystemRandomness)?;
    Ok(Register::open_with(books.ledger.clone(), Arc::new(keys), rules).await?)
}

/// Half of the employers have a telephone.
fn facts(random: &mut StdRng, number: usize) -> Result<EmployerFacts> {
    let mut facts = life(random, number)?;
    if number.is_multiple_of(2) {
        let since = facts.first_day().context("a first day")?;
        facts.phones.record(Some(Phone::parse("010-12345678")?), since);
    }
    Ok(facts)
}

async fn enter(register: &Register, facts: Vec<EmployerFacts>) -> Result<Vec<Uuid>> {
    let mut entry = register.ledger.begin_own("c", "m").await?;
    let new: Vec<_> = facts.into_iter().map(|facts| register.new_employer(facts)).collect();
    let entered = insert_many(entry.conn(), &new, entry.now()).await??;
    for record in &entered {
        effect::note(register, &mut entry, None, record, &Grounds::default()).await?;
    }
    entry.commit(Done { record: "employers".to_owned(), version: 1 }).await?;
    Ok(entered.into_iter().map(|record| record.id).collect())
}

/// Gives an employer another life.
async fn change(register: &Register, id: Uuid, facts: EmployerFacts) -> Result<()> {
    let mut entry = register.ledger.begin_own("c", "m").await?;
    let held = load_for_update(entry.conn(), &[id]).await?;
    let before = held.first().context("the employer")?;
    let after = save(entry.conn(), before, facts, entry.now()).await??;
    effect::note(register, &mut entry, Some(before), &after, &Grounds::default()).await?;
    Ok(entry.commit(Done { record: after.name(), version: after.version }).await?)
}

/// Everybody, with the number of those who are counted under each revision.
async fn everybody(books: &Books) -> Result<(Vec<EmployerRecord>, BTreeMap<i32, usize>)> {
    let conn = books.ledger.db().reader();
    let rows = conn.query_all_raw(sql(conn, "SELECT id FROM employer", [])).await?;
    let ids: Vec<Uuid> = rows.iter().map(|row| row.try_get("", "id")).collect::<Result<_, _>>()?;
    let records: Vec<_> = load(conn, &ids).await?.into_values().collect();
    let mut counted = BTreeMap::new();
    for record in &records {
        *counted.entry(record.rules).or_default() += 1;
    }
    Ok((records, counted))
}

/// Every figure equals a count of the records, each by the rules of its own revision.
async fn agree(books: &Books, tables: &[&RuleSet]) -> Result<BTreeMap<i32, usize>> {
    Sequencer::new(books.ledger.clone(), services::ancestors()).drain().await?;
    let (records, counted) = everybody(books).await?;
    let tables: HashMap<i32, &RuleSet> =
        tables.iter().map(|rules| (rules.revision(), *rules)).collect();
    for day in DAYS.step_by(200).map(civil) {
        for metric in Metric::ALL {
            let node = |text: &str| Path::parse(text).map_err(anyhow::Error::from);
            let nodes = NODES.into_iter().map(node).collect::<Result<Vec<_>>>()?;
            let ask = |node: &Path| {
                let (metric, node) = (metric.id(), node.clone());
                Question { metric, line: Line::Area, node, day }
            };
            let questions: Vec<_> = nodes.iter().map(ask).collect();
            let kept = values(books.ledger.db(), &questions).await?;
            let counted = records
                .iter()
                .flat_map(|record| worth(metric, &record.facts, by(tables[&record.rules]), day));
            let worths: Vec<_> = counted.collect();
            for (node, kept) in nodes.iter().zip(kept) {
                let inside = worths.iter().filter(|(leaf, _)| leaf.node.within(node));
                let count: i64 = inside.map(|(_, value)| value).sum();
                ensure!(kept == count, "{metric:?} of {node} on {day}: {kept}, not {count}");
            }
        }
    }
    Ok(counted)
}

/// The figure of valid records, which the employers that explain it sum to.
async fn valid(register: &Register, day: i32) -> Result<i64> {
    let node = Path::parse("11")?;
    let metric = Metric::ValidRecords;
    let rules = &register.revisions;
    let stretches = [Stretch { path: node, day: civil(day), before: None }];
    let asked = Asked { metric, line: Line::Area, stretches: &stretches, rules };
    let figure = figure(&register.ledger, &asked).await?;
    let explained = pages(&register.ledger, &asked, 300).await?;
    let sum: i64 = explained.iter().map(|counted: &Counted<EmployerRecord>| counted.value).sum();
    ensure!(sum == figure, "explained as {sum}, kept as {figure}");
    Ok(figure)
}

async fn figures_follow_the_rules(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let mut random = StdRng::seed_from_u64(180);
    let (first, second) = (table(&[OWNERSHIP, COUNTED])?, table(&[OWNERSHIP, COUNTED, PHONE])?);
    let tables = [&first, &second];
    let old = instance(&books, &first).await?;
    let mut ids = Vec::new();
    for number in (0..EMPLOYERS).step_by(A_TRANSACTION) {
        let lives = (number..number + A_TRANSACTION).map(|number| facts(&mut random, number));
        ids.extend(enter(&old, lives.collect::<Result<_>>()?).await?);
    }
    ensure!(Recounter::new(old.clone()).step().await? == 0, "the first revision counts itself");
    agree(&books, &tables).await?;

    // The new program begins beside the old one and dies after a chunk, and within others.
    let new = instance(&books, &second).await?;
    ensure!(Recounter::new(new.clone()).step().await? > 0, "nothing was noticed");
    for polls in [1, 20, 400] {
        let job = Recounter::new(new.clone());
        tokio::select! {
            biased;
            step = job.step() => { step?; }
            () = async { for _ in 0..polls { tokio::task::yield_now().await; } } => {}
        }
        let counted = agree(&books, &tables).await?;
        ensure!(counted.len() == 2, "amid the recount: {counted:?}");
        valid(&new, TOUCHED).await?;
        valid(&old, TOUCHED).await?;
        for register in [&old, &new] {
            for _ in 0..20 {
                let which = random.random_range(0..ids.len());
                change(register, ids[which], facts(&mut random, which)?).await?;
            }
            let next = ids.len();
            ids.extend(enter(register, vec![facts(&mut random, next)?]).await?);
        }
    }
    let finish = |register: &Register| {
        let job = Recounter::new(register.clone());
        async move {
            while job.step().await? > 0 {}
            anyhow::Ok(())
        }
    };
    let other = instance(&books, &second).await?;
    tokio::try_join!(finish(&new), finish(&other))?;
    let counted = agree(&books, &tables).await?;
    ensure!(counted == BTreeMap::from([(2, ids.len())]), "{counted:?}");
    only_its_days_are_judged(&books, &new, tables).await
}

/// A rule that is in force from a day on leaves the days before as they were.
async fn only_its_days_are_judged(
    books: &Books,
    register: &Register,
    tables: [&RuleSet; 2],
) -> Result<()> {
    let (records, _) = everybody(books).await?;
    let count = |rules: &RuleSet, day| {
        let valid = |record: &&EmployerRecord| {
            !worth(Metric::ValidRecords, &record.facts, by(rules), civil(day)).is_empty()
        };
        i64::try_from(records.iter().filter(valid).count())
    };
    let untouched = valid(register, UNTOUCHED).await?;
    let counts = tables.map(|rules| count(rules, UNTOUCHED));
    ensure!(untouched > 0 && counts == [Ok(untouched); 2], "{untouched}, {counts:?}");
    let touched = valid(register, TOUCHED).await?;
    ensure!(touched == count(tables[1], TOUCHED)? && touched < count(tables[0], TOUCHED)?);
    Ok(())
}

/// Nobody is covered here.
fn by(rules: &RuleSet) -> Counting<'_> {
    static NONE: std::sync::LazyLock<Grounds> = std::sync::LazyLock::new(Grounds::default);
    Counting { rules, grounds: &NONE }
}

on_both_engines!(figures_follow_the_rules);

async fn a_table_is_told_by_its_revision(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let (first, second) = (table(&[OWNERSHIP])?, table(&[OWNERSHIP, PHONE])?);
    instance(&books, &first).await?;
    let reworded = OWNERSHIP.replace("enter it", "do enter it");
    instance(&books, &table(&[&reworded])?).await?;
    let silent = instance(&books, &table(&[OWNERSHIP, COUNTED])?).await;
    ensure!(silent.is_err(), "other rules under the same revision");
    instance(&books, &second).await?;
    let older = instance(&books, &first).await?;
    ensure!(older.quality.revision() == 2, "an older program goes on with the newest rules");
    Ok(())
}

on_both_engines!(a_table_is_told_by_its_revision);
