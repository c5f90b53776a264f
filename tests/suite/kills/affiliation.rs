//! The register is killed while a change of affiliation is carried out. Whoever is left behind
//! follows after the restart: every path, and every figure of both unions above, is as a recount
//! finds it.

use anyhow::{Context, Result, ensure};
use unionhall_proto::{
    common::v1::BatchGetFiguresRequest,
    registry::v1::{
        Address, AffiliateUnionRequest, CoverEmployerRequest, CreateEmployerRequest,
        CreateUnionRequest, GetStructureChangeRequest, ListUnionsRequest, StructureChange, Union,
        structure_change::State,
    },
};
use unionhall_tests::{
    client::Clients,
    engine::Engine,
    on_both_engines, patience,
    policy::{Policy, UNBOUNDED},
    samples, soak,
    suite::{Layout, Plan},
};

const CYCLES: i32 = 6;
/// Unions directly below the one that moves, and unions below each of these: several chunks.
const BRANCHES: usize = 9;
const TWIGS: usize = 14;
const UNIONS: i64 = (1 + BRANCHES + BRANCHES * TWIGS) as i64;
/// One is covered by every so many unions.
const EMPLOYERS: u32 = 30;

on_both_engines!(soak_kill_amid_affiliation);

async fn soak_kill_amid_affiliation(engine: Engine) -> Result<()> {
    let policy = Policy::administrator(UNBOUNDED).text();
    let mut suite = Plan::new(engine, Layout::All).policy(policy).start().await?;
    let line = Line::plant(&suite.connect().await?).await?;
    let mut interrupted = 0;
    for cycle in 1..=CYCLES {
        let (from, to) = line.way(cycle);
        let change = affiliate(&suite.connect().await?, &line.root, to, cycle).await?;
        suite.kill().await?;
        suite.start_again().await?;
        let clients = suite.connect().await?;
        let found = look(&clients, &change.name).await?;
        interrupted += usize::from(found.moved_union_count < UNIONS);
        let done = patience::until("the last union to follow", || async {
            let change = look(&clients, &change.name).await.ok()?;
            (change.state() == State::Done).then_some(change)
        });
        let done = done.await.with_context(|| suite.logs())?;
        ensure!(done.moved_union_count == UNIONS, "cycle {cycle}: {done:?}");
        ensure!(done.moved_employer_count == i64::from(EMPLOYERS), "cycle {cycle}: {done:?}");
        line.recount(&clients, (from, to), cycle).await.with_context(|| suite.logs())?;
    }
    ensure!(interrupted > 0, "every change was done before the register was killed");
    soak::record(
        &format!("kill -9 while unions follow, {engine:?}"),
        &format!(
            "{CYCLES} kills, {interrupted} amid {UNIONS} unions and {EMPLOYERS} employers on their \
             way: nobody left behind, figures as counted"
        ),
    )
}

/// A union with many below it, and two that are above it in turn.
struct Line {
    above: [Union; 2],
    root: String,
}

impl Line {
    async fn plant(clients: &Clients) -> Result<Self> {
        let above = [
            enter(clients, "SUBDISTRICT_FEDERATION", "", "110102010").await?,
            enter(clients, "SUBDISTRICT_FEDERATION", "", "110102012").await?,
        ];
        let root = enter(clients, "JOINT", &above[0].name, "").await?.name;
        let mut all = vec![root.clone()];
        for _ in 0..BRANCHES {
            let branch = enter(clients, "JOINT", &root, "").await?.name;
            for _ in 0..TWIGS {
                all.push(enter(clients, "JOINT", &branch, "").await?.name);
            }
            all.push(branch);
        }
        for (number, union) in (1..=EMPLOYERS).zip(all.iter().step_by(4)) {
            cover(clients, number, union).await?;
        }
        Ok(Self { above, root })
    }

    /// From where and to where it moves in a cycle.
    fn way(&self, cycle: i32) -> (&Union, &Union) {
        let [first, second] = &self.above;
        if cycle % 2 == 1 { (first, second) } else { (second, first) }
    }

    /// What both unions above count on the day of the change and on the day before, and where
    /// everybody stands.
    async fn recount(
        &self,
        clients: &Clients,
        (from, to): (&Union, &Union),
        cycle: i32,
    ) -> Result<()> {
        let figures = async |month, day| -> Result<Vec<i64>> {
            let request = BatchGetFiguresRequest {
                metrics: vec!["metrics/unions".into(), "metrics/covered_employers".into()],
                nodes: vec![from.name.clone(), to.name.clone()],
                day: Some(samples::day(2022, month, day)),
                from_day: None,
            };
            let answer = clients.metrics.clone().batch_get_figures(request).await?.into_inner();
            Ok(answer.figures.into_iter().map(|figure| figure.value).collect())
        };
        let (gone, here) = ([1, 0], [1 + UNIONS, i64::from(EMPLOYERS)]);
        let (before, after) = (figures(cycle, 28).await?, figures(cycle + 1, 1).await?);
        ensure!(before == [here, gone].concat(), "the day before cycle {cycle}: {before:?}");
        ensure!(after == [gone, here].concat(), "the day of cycle {cycle}: {after:?}");
        let request = ListUnionsRequest { page_size: 1_000, ..ListUnionsRequest::default() };
        let listed = clients.unions.clone().list_unions(request).await?.into_inner().unions;
        let stand = listed.iter().filter(|union| union.affiliation.starts_with(&to.affiliation));
        let stand = i64::try_from(stand.count())?;
        ensure!(stand == 1 + UNIONS, "{stand} stand below {}", to.name);
        Ok(())
    }
}

async fn enter(clients: &Clients, kind: &str, superior: &str, area: &str) -> Result<Union> {
    let territory = if area.is_empty() { String::new() } else { format!("areas/{area}") };
    let level = if area.is_empty() { "BASIC" } else { "SUBDISTRICT" };
    let union = Union {
        display_name: format!("北京某某{area}工会"),
        union_type: kind.to_owned(),
        union_form: "COMMITTEE".to_owned(),
        union_level: level.to_owned(),
        superior: superior.to_owned(),
        territory,
        seat: Some(Address { area: "areas/110102010002".to_owned(), line: String::new() }),
        ..Union::default()
    };
    let request = CreateUnionRequest {
        union: Some(union),
        effective_date: Some(samples::day(2010, 1, 1)),
        ..CreateUnionRequest::default()
    };
    Ok(clients.unions.clone().create_union(request).await?.into_inner())
}

async fn cover(clients: &Clients, number: u32, union: &str) -> Result<()> {
    let employer = Some(samples::employer(number));
    let request = CreateEmployerRequest { employer, ..CreateEmployerRequest::default() };
    let name = clients.employers.clone().create_employer(request).await?.into_inner().name;
    let request = CoverEmployerRequest {
        name,
        union: union.to_owned(),
        effective_date: Some(samples::day(2021, 1, 1)),
        ..CoverEmployerRequest::default()
    };
    clients.coverage.clone().cover_employer(request).await?;
    Ok(())
}

/// From the first day of the month after the cycle's on.
async fn affiliate(
    clients: &Clients,
    root: &str,
    to: &Union,
    cycle: i32,
) -> Result<StructureChange> {
    let request = AffiliateUnionRequest {
        name: root.to_owned(),
        superior: to.name.clone(),
        effective_date: Some(samples::day(2022, cycle + 1, 1)),
        ..AffiliateUnionRequest::default()
    };
    Ok(clients.unions.clone().affiliate_union(request).await?.into_inner())
}

async fn look(clients: &Clients, name: &str) -> Result<StructureChange> {
    let request = GetStructureChangeRequest { name: name.to_owned() };
    Ok(clients.areas.clone().get_structure_change(request).await?.into_inner())
}
