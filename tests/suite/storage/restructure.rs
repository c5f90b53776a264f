//! The tree of areas under concurrency: a merge against another one, against employers that are
//! being entered, and carried out by two instances at once.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use anyhow::{Result, ensure};
use sea_orm::FromQueryResult;
use tokio::task::JoinSet;
use tonic::{Code, Request};
use unionhall_kit::{
    access::{Caller, ClientId, MethodAccess, ScopeSource},
    civil::CivilDate,
    db::sql,
    figures::read::{self, Question},
    ids::SystemRandomness,
    keys::KeyRing,
    ledger::{Done, sequencer::Sequencer},
    path::{Line, Path, Prefixes, Scope},
};
use unionhall_proto::registry::v1::{
    CloseAreaRequest, ListAreaFactsRequest, ListStructureChangesRequest, MergeAreasRequest,
    RenameAreaRequest, area_service_server::AreaService, structure_change::State,
};
use unionhall_registry::{
    Register,
    api::{areas::Areas, employers::effect},
    jobs::structure::Carrier,
    rules::{
        area::AreaPath,
        contribution::{Counting, Grounds, Metric},
        employer::{
            EmployerFacts,
            address::Address,
            change::{EmployerChange, Surroundings, enter},
            code::OwnershipCode,
            identifier::Identifier,
        },
        name::Name,
        organisation_code::OrganisationCode,
    },
    services,
    store::employers::{hold_areas, insert_many},
};
use unionhall_tests::{books::Books, engine::Engine, on_both_engines};

const ENDING: &str = "110102010013";
const TARGETS: [&str; 2] = ["110102010005", "110102010011"];
const WRITERS: usize = 6;
/// Enough for more than one chunk of the job.
const AT_FIRST: usize = 600;
/// The merge takes effect on this day, most employers came before.
const ON: &str = "2014-02-01";

pub(super) fn day(text: &str) -> CivilDate {
    text.parse().expect("a day")
}

fn path(label: &str) -> AreaPath {
    AreaPath::parse(label).expect("a label")
}

pub(super) fn call<T>(message: T) -> Request<T> {
    called(message, Prefixes::default())
}

/// A call of somebody who sees every area and every union.
pub(crate) fn everywhere<T>(message: T) -> Request<T> {
    called(message, Prefixes::normalised(vec![Path::parse("u").expect("a path")]))
}

/// A call of somebody who sees all areas, and these unions.
fn called<T>(message: T, affiliation: Prefixes) -> Request<T> {
    let mut request = Request::new(message);
    let client = ClientId::parse("tester").expect("a client");
    let area = Prefixes::normalised(vec![Path::parse("11").expect("a path")]);
    let scope = Scope { area, affiliation };
    let expires_at = "2099-01-01T00:00:00Z".parse().expect("an instant");
    request.extensions_mut().insert(Caller::internal(client, &["*"], scope, expires_at));
    request.extensions_mut().insert(Arc::new(MethodAccess {
        path: "/test".to_owned(),
        permission: None,
        scope: ScopeSource::Node,
        client_streaming: false,
        server_streaming: false,
    }));
    request
}

async fn register(books: &Books) -> Result<Register> {
    let keys = KeyRing::generate(day("2014-01-01"), &SystemRandomness)?;
    Ok(Register::open(books.ledger.clone(), Arc::new(keys)).await?)
}

/// Enters an employer into the area that ends, as a handler does: on areas that it holds. Answers
/// whether the area was still open.
async fn put(register: &Register, number: usize) -> Result<bool> {
    let mut entry = register.ledger.begin_own("c", "m").await?;
    let areas = hold_areas(entry.conn(), &[path(ENDING)]).await?;
    let around = Surroundings { today: entry.today(), areas: &areas, lists: register.reference };
    let code = OrganisationCode::compose(&format!("T{number:07}"))?;
    let changes = [
        EmployerChange::Name(Name::parse(&format!("北京第{number}商店"))?),
        EmployerChange::Identifier(Identifier::Organisation(code)),
        EmployerChange::Ownership(OwnershipCode::parse("57")?),
        EmployerChange::ActualAddress(Address::new(path(ENDING), "")?),
    ];
    let Ok(facts) = enter(&changes, day("2014-01-15"), around) else {
        entry.discard().await?;
        return Ok(false);
    };
    let grounds = Grounds::default();
    let by = Counting { rules: &register.quality, grounds: &grounds };
    entry.figures(effect::figures(&EmployerFacts::default(), &facts, by));
    let new = register.new_employer(facts);
    insert_many(entry.conn(), &[new], entry.now()).await??;
    entry.commit(Done { record: "employers".to_owned(), version: 1 }).await?;
    Ok(true)
}

async fn restructure(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let (one, other) = (register(&books).await?, register(&books).await?);
    for number in 0..AT_FIRST {
        ensure!(put(&one, number).await?, "the area is open at first");
    }
    let numbers = Arc::new(AtomicUsize::new(AT_FIRST));
    let mut writers = JoinSet::new();
    for register in [&one, &other].into_iter().cycle().take(WRITERS) {
        let (register, numbers) = (register.clone(), Arc::clone(&numbers));
        writers.spawn(async move {
            let mut entered = 0;
            while put(&register, numbers.fetch_add(1, Ordering::Relaxed)).await? {
                entered += 1;
            }
            anyhow::Ok(entered)
        });
    }
    let target = merged_once(&one, &other).await?;
    let mut entered = AT_FIRST;
    while let Some(writer) = writers.join_next().await {
        entered += writer??;
    }
    let (_, _) = tokio::try_join!(carried(&one), carried(&other))?;
    ensure!(finished(&one).await?, "the change is done");
    everybody_is_there(&one, &target, entered).await
}

/// Two merges of one area at once: one is done, the other finds the area closed.
async fn merged_once(one: &Register, other: &Register) -> Result<String> {
    let merge = |target: &str| {
        call(MergeAreasRequest {
            name: format!("areas/{target}"),
            sources: vec![format!("areas/{ENDING}")],
            effective_date: Some(day(ON).into()),
            ..Default::default()
        })
    };
    let services = [Areas::new(one.clone()), Areas::new(other.clone())];
    let (first, second) = tokio::join!(
        services[0].merge_areas(merge(TARGETS[0])),
        services[1].merge_areas(merge(TARGETS[1])),
    );
    let (won, lost) = if first.is_ok() { (first, second) } else { (second, first) };
    let refused = lost.err().map(|status| status.code());
    ensure!(refused == Some(Code::FailedPrecondition), "both won, or {refused:?}");
    Ok(won?.into_inner().target)
}

/// Works as an instance does, beside another one.
async fn carried(register: &Register) -> Result<()> {
    let carrier = Carrier::new(register.clone());
    while !finished(register).await? {
        carrier.step().await?;
        tokio::task::yield_now().await;
    }
    Ok(())
}

async fn finished(register: &Register) -> Result<bool> {
    let areas = Areas::new(register.clone());
    let changes = areas.list_structure_changes(call(ListStructureChangesRequest::default()));
    let changes = changes.await?.into_inner().structure_changes;
    Ok(changes.iter().all(|change| change.state() == State::Done))
}

#[derive(FromQueryResult)]
struct Count {
    area: String,
    employers: i64,
    versions: i64,
}

async fn everybody_is_there(register: &Register, target: &str, entered: usize) -> Result<()> {
    let target = target.trim_start_matches("areas/");
    let entered = i64::try_from(entered)?;
    let conn = register.ledger.db().reader();
    let text = "SELECT area, COUNT(*) AS employers, CAST(SUM(version) AS BIGINT) AS versions
                FROM employer GROUP BY area";
    let counts = Count::find_by_statement(sql(conn, text, [])).all(conn).await?;
    ensure!(counts.len() == 1 && counts[0].area == target, "someone was left behind");
    ensure!(counts[0].employers == entered, "{} of {entered}", counts[0].employers);
    ensure!(counts[0].versions == 2 * entered, "each was carried exactly once");

    Sequencer::new(register.ledger.clone(), services::ancestors()).drain().await?;
    let value = async |node: &str, on: &str| -> Result<i64> {
        let node = Path::parse(node)?;
        let metric = Metric::Employers.id();
        let ask = [Question { metric, line: Line::Area, node, day: day(on) }];
        Ok(read::values(register.ledger.db(), &ask).await?[0])
    };
    let before = (value(ENDING, "2014-01-31").await?, value(target, "2014-01-31").await?);
    ensure!(before == (entered, 0), "before the merge: {before:?}");
    let after = (value(ENDING, ON).await?, value(target, ON).await?);
    ensure!(after == (0, entered), "after the merge: {after:?}");
    ensure!(value("110102", ON).await? == entered, "the district keeps its total");
    ensure!(value("110102", "2014-01-31").await? == entered, "on every day");
    Ok(())
}

on_both_engines!(restructure);

async fn one_area_through_its_life(engine: Engine) -> Result<()> {
    let books = Books::open(engine).await?;
    let register = register(&books).await?;
    let areas = Areas::new(register.clone());
    let renamed = RenameAreaRequest {
        name: format!("areas/{ENDING}"),
        display_name: "改名社区".to_owned(),
        effective_date: Some(day(ON).into()),
        ..Default::default()
    };
    areas.rename_area(call(renamed)).await?;
    let facts = ListAreaFactsRequest { parent: format!("areas/{ENDING}"), ..Default::default() };
    let facts = areas.list_area_facts(call(facts)).await?.into_inner().area_facts;
    let standing: Vec<bool> = facts.iter().map(|fact| fact.supersede_time.is_none()).collect();
    // The new name, the old one with its end, the code, the old name without an end.
    ensure!(standing == [true, true, true, false], "{facts:?}");
    ensure!(put(&register, 1).await?, "the area is open");
    let close = || {
        let name = format!("areas/{ENDING}");
        call(CloseAreaRequest { name, ..Default::default() })
    };
    let occupied = areas.close_area(close()).await.err().map(|status| status.message().to_owned());
    ensure!(occupied.is_some_and(|text| text.starts_with("1 employers")), "an employer is there");
    let merged = MergeAreasRequest {
        name: format!("areas/{}", TARGETS[0]),
        sources: vec![format!("areas/{ENDING}")],
        effective_date: Some(day(ON).into()),
        ..Default::default()
    };
    areas.merge_areas(call(merged)).await?;
    carried(&register).await?;
    let again = areas.close_area(close()).await.err().map(|status| status.code());
    ensure!(again == Some(Code::FailedPrecondition), "it has ended");
    Ok(())
}

on_both_engines!(one_area_through_its_life);
