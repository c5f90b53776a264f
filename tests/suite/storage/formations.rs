//! Formation cases: read as written, one open case each under concurrent writers, and the list of
//! those without a union in its order.

use anyhow::{Context, Result, ensure};
use sea_orm::ConnectionTrait;
use tokio::task::JoinSet;
use unionhall_kit::{
    civil::CivilDate,
    db::sql,
    ledger::Ledger,
    path::{Line, Path, Prefixes, Scope},
};
use unionhall_registry::{
    rules::{
        area::AreaPath,
        formation::{
            CaseId, Subject,
            filter::CaseFilter,
            journal::Journal,
            plan::Plan,
            step::{Deed, Document, DocumentKind, Words},
        },
        union::{EmployerId, kind::UnionType},
    },
    store::{
        employers::{NewEmployer, UncoveredPlace, insert_many, uncovered_now, uncovered_then},
        formations::{self, CaseRecord, CaseWant, NewCase, Taken},
    },
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};
use uuid::Uuid;

use super::{
    employers::{day, facts_of},
    offices::union,
};

const WRITERS: usize = 12;
const TODAY: &str = "2014-02-27";

async fn employers(ledger: &Ledger, count: u32) -> Result<Vec<Uuid>> {
    let new = |serial| {
        let mut facts = facts_of(serial)?;
        // Some have been without a union longer than others.
        let since = CivilDate::from_epoch_day(16_000 + i32::try_from(serial % 7)?);
        facts.established_on = since;
        Ok(NewEmployer { id: Uuid::now_v7(), facts, rules: 1 })
    };
    let new: Vec<NewEmployer> = (0..count).map(new).collect::<Result<_>>()?;
    let tx = ledger.db().begin().await?;
    insert_many(tx.conn(), &new, ledger.clock().now()).await??;
    tx.commit().await?;
    Ok(new.into_iter().map(|employer| employer.id).collect())
}

async fn open(ledger: &Ledger, subject: Subject, plan: Plan) -> Result<Result<CaseRecord, Taken>> {
    let journal = Journal::open(plan, day("2014-01-06"), day(TODAY))?;
    let new = NewCase { id: CaseId(Uuid::now_v7()), subject, journal };
    let tx = ledger.db().begin().await?;
    let opened = formations::insert(tx.conn(), new, ledger.clock().now()).await?;
    match opened {
        Ok(_) => tx.commit().await?,
        Err(Taken) => tx.rollback().await?,
    }
    Ok(opened)
}

async fn keep(ledger: &Ledger, before: &CaseRecord, journal: &Journal) -> Result<CaseRecord> {
    let tx = ledger.db().begin().await?;
    let saved = formations::save(tx.conn(), before, journal, ledger.clock().now()).await??;
    tx.commit().await?;
    Ok(saved)
}

async fn step(ledger: &Ledger, before: &CaseRecord, deed: Deed, on: &str) -> Result<CaseRecord> {
    let mut journal = before.journal.clone();
    journal.add(deed, day(on), day(TODAY))?;
    keep(ledger, before, &journal).await
}

fn application(number: &str) -> Result<Deed> {
    let number = Some(number.to_owned().try_into()?);
    let kind = DocumentKind::Application;
    Ok(Deed::Application(Document { kind, number, date: None, issuer: None }))
}

/// Of all who open a case for one employer, or one area and type, at once, one succeeds; when that
/// case has ended, another can.
async fn each_has_one_open_case(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let employer = EmployerId(employers(&books.ledger, 1).await?[0]);
    let area = AreaPath::parse("110102010")?;
    let workers = Plan { union_type: Some(UnionType::CommunityWorkers), ..Plan::default() };
    for (subject, plan) in
        [(Subject::Employer(employer), Plan::default()), (Subject::Area(area), workers)]
    {
        for round in 1..=2 {
            let mut writers = JoinSet::new();
            for _ in 0..WRITERS {
                let ledger = books.ledger.clone();
                let (subject, plan) = (subject.clone(), plan.clone());
                writers.spawn(async move { open(&ledger, subject, plan).await });
            }
            let mut opened = Vec::new();
            while let Some(done) = writers.join_next().await {
                opened.extend(done??);
            }
            ensure!(opened.len() == 1, "round {round}: {} cases", opened.len());
            let end = Deed::Abandonment(Words::parse("作罢")?);
            step(&books.ledger, &opened[0], end, "2014-01-07").await?;
        }
    }
    Ok(())
}

/// What is written is read, with what was corrected, and a version is written once.
async fn cases_are_read_as_written(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let ledger = &books.ledger;
    let reader = ledger.db().reader();
    let above = union(ledger).await?;
    let employer = EmployerId(employers(ledger, 1).await?[0]);
    let plan = Plan { superior: Some(above), ..Plan::default() };
    let opened = open(ledger, Subject::Employer(employer), plan).await??;
    ensure!(opened.affiliation.is_some(), "the union above shows it");
    let filed = step(ledger, &opened, application("某〔2014〕1号")?, "2014-01-07").await?;
    let by = Some((application("某〔2014〕2号")?, day("2014-01-08")));
    let corrected = filed.journal.correct(2, by, day(TODAY)).expect("it stands")?;
    let after = keep(ledger, &filed, &corrected).await?;
    let found = formations::load(reader, &[opened.id]).await?.remove(&opened.id);
    ensure!(found.as_ref() == Some(&after) && after.version == 3);
    ensure!(keep(ledger, &filed, &corrected).await.is_err(), "another version");
    let past = formations::past_steps(reader, opened.id, None, 10).await?;
    let told: Vec<_> =
        past.iter().map(|past| (past.step.number, past.superseded_at.is_some())).collect();
    ensure!(told == [(3, false), (2, true), (1, false)], "{told:?}");
    ensure!(past[0].step.corrects == Some(2) && past[0].step.place == 2);
    Ok(())
}

/// What workers wish stands beside the steps that a server of the release before knows: it reads the
/// case, writes its own steps anew, and neither stumbles nor loses the wish.
async fn a_wish_outlives_a_server_of_the_release_before(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let ledger = &books.ledger;
    let reader = ledger.db().reader();
    let employer = EmployerId(employers(ledger, 1).await?[0]);
    let opened = open(ledger, Subject::Employer(employer), Plan::default()).await??;
    let wish = |how: &str| Ok::<_, anyhow::Error>(Deed::Wish { how: Words::parse(how)? });
    let wished = step(ledger, &opened, wish("职工联名信")?, "2014-01-07").await?;
    let filed = step(ledger, &wished, application("某〔2014〕1号")?, "2014-01-08").await?;
    ensure!(filed.journal.wish_on(day(TODAY)) == Some(day("2014-01-07")));
    let numbers: Vec<u32> = filed.journal.steps().iter().map(|step| step.number).collect();
    ensure!(numbers == [1, 2, 3], "in their order: {numbers:?}");

    let CaseId(id) = opened.id;
    let known = "SELECT steps AS value FROM formation_case WHERE id = $1
                 UNION ALL SELECT value FROM formation_step WHERE formation_case = $1";
    let rows = reader.query_all_raw(sql(reader, known, [id.into()])).await?;
    for row in &rows {
        let value: String = row.try_get("", "value")?;
        ensure!(!value.contains("wish"), "what it would stumble over: {value}");
    }
    ensure!(rows.len() == 3, "the steps that stand, and two that it knows");
    let tx = ledger.db().begin().await?;
    let ended = "UPDATE formation_case SET version = version + 1, numbers = 4, steps = '[]'
                 WHERE id = $1";
    tx.conn().execute_raw(sql(tx.conn(), ended, [id.into()])).await?;
    tx.commit().await?;
    let after = formations::load(reader, &[opened.id]).await?.remove(&opened.id);
    let after = after.context("the case")?;
    ensure!(after.journal.wish_on(day(TODAY)) == Some(day("2014-01-07")), "{after:?}");

    let by = Some((wish("职工座谈")?, day("2014-01-09")));
    let corrected = after.journal.correct(2, by, day(TODAY)).expect("it stands")?;
    let kept = keep(ledger, &after, &corrected).await?;
    let gone = kept.journal.correct(5, None, day(TODAY)).expect("it stands")?;
    let kept = keep(ledger, &kept, &gone).await?;
    ensure!(kept.journal.wish_on(day(TODAY)).is_none());
    let past = formations::past_steps(reader, opened.id, None, 10).await?;
    let told: Vec<_> =
        past.iter().map(|past| (past.step.number, past.superseded_at.is_some())).collect();
    ensure!(told == [(5, true), (3, false), (2, true), (1, false)], "{told:?}");
    let page = formations::past_steps(reader, opened.id, Some(5), 2).await?;
    let page: Vec<u32> = page.iter().map(|past| past.step.number).collect();
    ensure!(page == [3, 2], "{page:?}");
    Ok(())
}

/// The case of an area that goes into another goes along, unless the other has one of the type.
async fn cases_go_with_their_area(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let ledger = &books.ledger;
    let area = |label: &str| AreaPath::parse(label);
    let (one, two, into) = (area("110102010")?, area("110102011")?, area("110102012")?);
    let plan = Plan { union_type: Some(UnionType::CommunityWorkers), ..Plan::default() };
    let first = open(ledger, Subject::Area(one.clone()), plan.clone()).await??;
    let second = open(ledger, Subject::Area(two.clone()), plan.clone()).await??;
    let tx = ledger.db().begin().await?;
    let mut carried = Vec::new();
    for from in [&one, &two] {
        carried.push(formations::relocate(tx.conn(), (from, &into), ledger.clock().now()).await?);
    }
    tx.commit().await?;
    ensure!(carried == [1, 0], "{carried:?}");
    let mut found = formations::load(ledger.db().reader(), &[first.id, second.id]).await?;
    let mut at = |id| found.remove(&id).map(|case| (case.subject, case.version));
    ensure!(at(first.id) == Some((Subject::Area(into.clone()), 2)));
    ensure!(at(second.id) == Some((Subject::Area(two), 1)), "it stays behind");
    ensure!(open(ledger, Subject::Area(into), plan.clone()).await?.is_err(), "one is open there");
    ensure!(open(ledger, Subject::Area(one), plan).await?.is_ok(), "and none is open here");
    Ok(())
}

fn areas(prefixes: &[&str]) -> Result<Prefixes> {
    let paths: Result<Vec<_>, _> = prefixes.iter().map(|prefix| Path::parse(prefix)).collect();
    Ok(Prefixes::normalised(paths?))
}

/// Every case that either line shows is listed once, whatever the size of a page.
async fn lists_of_cases_are_whole(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let ledger = &books.ledger;
    let above = union(ledger).await?;
    let mut all = Vec::new();
    for (id, at) in employers(ledger, 30).await?.into_iter().zip(0..) {
        let superior = (at % 3 == 0).then_some(above);
        let plan = Plan { superior, ..Plan::default() };
        all.push(open(ledger, Subject::Employer(EmployerId(id)), plan).await??);
    }
    let line = all[0].affiliation.clone().expect("below the union");
    let scope = Scope {
        area: areas(&["110102012", "110105"])?,
        affiliation: Prefixes::normalised(vec![line]),
    };
    let seen = |case: &&CaseRecord| scope.sees(Some(&case.area), case.affiliation.as_ref());
    let mut expected: Vec<Uuid> =
        all.iter().filter(seen).map(|CaseRecord { id, .. }| id.0).collect();
    expected.sort_unstable();
    ensure!(expected.len() > 15 && expected.len() < 30, "{}", expected.len());
    let filter = CaseFilter::default();
    let want = CaseWant { filter: &filter, today: day(TODAY) };
    for limit in [1, 4, 100] {
        let mut listed: Vec<Uuid> = Vec::new();
        loop {
            let after = listed.last().copied();
            let page = formations::list(ledger.db().reader(), &scope, want, after, limit).await?;
            if page.is_empty() {
                break;
            }
            listed.extend(page.into_iter().map(|case| case.id.0));
        }
        ensure!(listed == expected, "pages of {limit}");
    }
    Ok(())
}

/// Today's list ascends by area, since when, and id; an earlier day's by area and id. Pages neither
/// lose nor repeat anybody.
async fn those_without_a_union_are_listed_in_order(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let ledger = &books.ledger;
    let all = employers(ledger, 200).await?;
    let scope = Scope { area: areas(&["1101"])?, affiliation: Prefixes::default() };
    for limit in [7, 64, 1_000] {
        for today in [true, false] {
            let mut places: Vec<UncoveredPlace> = Vec::new();
            loop {
                let (reader, after) = (ledger.db().reader(), places.last());
                let stretch = if today {
                    uncovered_now(reader, &scope.area, after, limit).await?
                } else {
                    let at = (Line::Area, after);
                    uncovered_then(reader, &scope, at, day("2014-02-01"), limit).await?
                };
                places.extend(stretch.records.into_iter().map(|(_, place)| place));
                if stretch.ended {
                    break;
                }
            }
            let keys: Vec<_> =
                places.iter().map(|place| (place.path.clone(), place.from, place.id)).collect();
            ensure!(keys.is_sorted() && keys.len() == all.len(), "pages of {limit}, {today}");
            ensure!(keys.iter().all(|(_, from, _)| from.is_some() == today));
        }
    }
    Ok(())
}

on_both_engines!(each_has_one_open_case);
on_both_engines!(cases_are_read_as_written);
on_both_engines!(a_wish_outlives_a_server_of_the_release_before);
on_both_engines!(lists_of_cases_are_whole);
on_both_engines!(those_without_a_union_are_listed_in_order);
on_both_engines!(cases_go_with_their_area);
