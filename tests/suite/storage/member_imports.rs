//! Members from sheets, under two instances of the service that die amid it: nobody is entered
//! twice, the figures are those of a recount, and an undo leaves what was before.

use std::collections::BTreeMap;

use anyhow::{Result, ensure};
use sea_orm::{FromQueryResult, Value};
use unionhall_kit::{
    civil::CivilDate,
    db::{Db, sql},
    figures::{
        MetricId,
        read::{self, Question},
    },
    ledger::sequencer::Sequencer,
    path::{Line, Path},
};
use unionhall_registry::{
    rules::{
        member::{MemberFacts, MemberId, contribution::contributions},
        steps::Leaf,
        union::UnionId,
    },
    services,
    store::members::{
        Wanted, count_unconfirmed, load, longest_unconfirmed, read_grounds, unconfirmed_unions,
    },
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines, samples};
use uuid::Uuid;

use super::instances::{Instances, number};

const UNION: &str = "西什库社区联合工会";
const HOME: &str = "110102012004";
const MEMBERS: u32 = 1_200;
const DAYS: [&str; 5] = ["2013-01-14", "2013-06-30", "2014-02-27", "2024-05-03", "2024-06-03"];

type Counts = BTreeMap<(MetricId, Leaf), i64>;

async fn members(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    books.clock.set("2024-05-03T02:00:00Z".parse()?);
    let mut instances = Instances::over(&books).await?;
    let db = books.ledger.db();
    let unions = format!(
        "工会名称,组织类型,组织形式,组织层级,所辖区域,住所所在社区,建会日期\n\
         {UNION},社区联合工会,联合工会委员会,社区,{HOME},{HOME},2012-05-01\n"
    );
    let batch = instances.check("unions", unions.as_bytes()).await?.name;
    instances.apply(&batch).await?;

    // A few rows are of nobody: their numbers are mistyped, or a person comes twice.
    let mut sheet = samples::member_csv(0..MEMBERS, UNION, ("高中", ""));
    let good = sheet.clone();
    sheet.push_str(&samples::member_csv(7..9, UNION, ("", "")).replacen(
        samples::MEMBER_HEADER,
        "",
        1,
    ));
    sheet.push_str("某某,110102188808080010,,,,某某工会,,\n");
    let entered = instances.check("members", sheet.as_bytes()).await?;
    ensure!(entered.valid_row_count == i64::from(MEMBERS), "{entered:?}");
    let deaths = instances.deaths;
    let applied = instances.apply(&entered.name).await?;
    ensure!(applied.applied_row_count == i64::from(MEMBERS), "{applied:?}");
    ensure!(instances.deaths > deaths, "nobody died amid it");
    for question in [
        "SELECT COUNT(*) FROM member WHERE version = 1 AND state = 2",
        "SELECT COUNT(*) FROM member_key",
        "SELECT COUNT(*) FROM member_document",
        "SELECT COUNT(*) FROM member_mobile",
        "SELECT COUNT(*) FROM member_unit",
        "SELECT COUNT(*) FROM event WHERE record LIKE 'members/%'",
    ] {
        let found = number(db, question).await?;
        ensure!(found == i64::from(MEMBERS), "{question}: {found}");
    }
    let first = recounted(&books).await?;

    behind(db).await?;

    // The same sheet again changes nothing.
    let again = instances.check("members", good.as_bytes()).await?;
    ensure!(again.unchanged_row_count == i64::from(MEMBERS), "{again:?}");
    instances.apply(&again.name).await?;
    ensure!(recounted(&books).await? == first, "a repetition moved figures");

    books.clock.set("2024-06-03T02:00:00Z".parse()?);
    let renewed = samples::member_csv(0..MEMBERS, UNION, ("大专", "是"));
    let renewed = instances.check("members", renewed.as_bytes()).await?.name;
    let applied = instances.apply(&renewed).await?;
    ensure!(applied.applied_row_count == i64::from(MEMBERS), "{applied:?}");
    let confirmed = "SELECT COUNT(*) FROM member WHERE version = 2 AND confirmed_on = '2024-06-03'";
    ensure!(number(db, confirmed).await? == i64::from(MEMBERS), "not everybody was confirmed");
    ensure!(recounted(&books).await? != first, "a confirmation moves figures");

    let undone = instances.undo(&renewed).await?;
    ensure!(undone.refused_undo_count == 0, "{undone:?}");
    ensure!(recounted(&books).await? == first, "an undo leaves what was before");
    // Everybody has changed since the first sheet: the last undo comes first, and did.
    let undone = instances.undo(&entered.name).await?;
    ensure!(undone.refused_undo_count == i64::from(MEMBERS), "{undone:?}");
    Ok(())
}

/// Who is to be confirmed, as the work list and the calls that confirm find it.
async fn behind(db: &Db) -> Result<()> {
    let (day, all) = ("2024-06-01".parse()?, Path::parse("11")?);
    let list = unconfirmed_unions(db.reader(), (Line::Area, &all, &[]), day, (None, 10)).await?;
    let [one] = list.as_slice() else { anyhow::bail!("{list:?}") };
    ensure!((one.waiting, one.active) == (i64::from(MEMBERS), i64::from(MEMBERS)), "{one:?}");
    let (after, union) = (Some((one.path.as_str(), one.id)), UnionId(one.id));
    let more = unconfirmed_unions(db.reader(), (Line::Area, &all, &[]), day, (after, 10)).await?;
    let root = Path::parse("u")?;
    let shown = (Line::Affiliation, &root, std::slice::from_ref(&all));
    let other = unconfirmed_unions(db.reader(), shown, day, (None, 10)).await?;
    ensure!(more.is_empty() && other.is_empty(), "{more:?} {other:?}");
    let some = longest_unconfirmed(db.reader(), union, day, (&[], 3)).await?;
    let left = count_unconfirmed(db.reader(), union, day, &some).await?;
    ensure!(some.len() == 3 && left == i64::from(MEMBERS) - 3, "{left}");
    let others = longest_unconfirmed(db.reader(), union, day, (&some, 3)).await?;
    ensure!(others.iter().all(|id| !some.contains(id)), "an exception was confirmed");
    Ok(())
}

/// What the members themselves say of every figure on each day, which the books must say too.
async fn recounted(books: &Books) -> Result<BTreeMap<CivilDate, Counts>> {
    Sequencer::new(books.ledger.clone(), services::ancestors()).drain().await?;
    let db = books.ledger.db();
    let all = everybody(db).await?;
    let grounds = read_grounds(db.reader(), &Wanted::of(all.iter())).await?;
    let steps: Vec<_> = all.iter().flat_map(|facts| contributions(facts, &grounds)).collect();
    let mut days = BTreeMap::new();
    for day in DAYS {
        let day: CivilDate = day.parse()?;
        let mut counts = Counts::new();
        for step in &steps {
            let count = counts.entry((step.metric, step.leaf.clone())).or_default();
            *count += if step.day <= day { step.delta } else { 0 };
        }
        for ((metric, leaf), count) in &counts {
            let question =
                Question { metric: *metric, line: leaf.line, node: leaf.node.clone(), day };
            let told = read::values(db, &[question]).await?[0];
            ensure!(told == *count, "{metric:?} at {leaf:?} on {day}: {told}, not {count}");
        }
        ensure!(counts.len() > 4, "nothing was counted");
        days.insert(day, counts);
    }
    Ok(days)
}

async fn everybody(db: &Db) -> Result<Vec<MemberFacts>> {
    #[derive(FromQueryResult)]
    struct Row {
        id: Uuid,
    }
    let text = "SELECT id FROM member WHERE deleted_at IS NULL ORDER BY id";
    let statement = sql(db.reader(), text, Vec::<Value>::new());
    let rows = Row::find_by_statement(statement).all(db.reader()).await?;
    let ids: Vec<MemberId> = rows.into_iter().map(|row| MemberId(row.id)).collect();
    Ok(load(db.reader(), &ids).await?.into_values().map(|record| record.facts).collect())
}

on_both_engines!(members);
