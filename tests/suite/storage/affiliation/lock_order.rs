//! Writers who hold the same unions in opposite orders: none waits for ever, and while the line of
//! affiliation stands none is even a victim of the database's own search for such rings.

use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use sea_orm::ConnectionTrait;
use tokio::{sync::Barrier, task::JoinSet};
use unionhall_kit::db::sql;
use unionhall_proto::registry::v1::{
    Address, AffiliateUnionRequest, CloseEmployerRequest, CoverEmployerRequest,
    CreateEmployerRequest, CreateUnionRequest, Employer, GetEmployerRequest, Mark,
    MarkUnionRequest, MergeUnionsRequest, Union, UpdateUnionRequest,
    coverage_service_server::CoverageService, employer_service_server::EmployerService,
    union_service_server::UnionService,
};
use unionhall_registry::{jobs::structure::Carrier, rules::organisation_code::OrganisationCode};
use unionhall_tests::{books::Books, cluster, engine::Engine, on_both_engines, patience};

use super::{deeds::mask, hall::Hall, recount};
use crate::storage::restructure::{call, everywhere};

/// Half of them take each pair of unions the other way round.
const WRITERS: usize = 10;
const ROUNDS: usize = 12;
/// Unions in a row, each below the one before.
const CHAIN: usize = 4;
/// The oldest of the days.
const LONG_AGO: i32 = 23;

/// Whom the writers quarrel over.
struct Quarrel {
    /// From above downwards. They were entered the other way round, so that the order of their ids
    /// is not the one of the line.
    unions: Vec<String>,
    /// One that passes to and fro between two of them, for each pair of writers.
    employers: Vec<String>,
    /// Employers that end in a round, with their own unions below the last of the chain.
    ending: Vec<(String, String)>,
}

impl Hall {
    async fn joint(&self, superior: &str) -> Result<String> {
        let union = Union {
            display_name: format!("北京某某第{}工会", self.serial()),
            union_type: "JOINT".to_owned(),
            union_form: "COMMITTEE".to_owned(),
            union_level: "BASIC".to_owned(),
            superior: superior.to_owned(),
            seat: Some(self.at(0)),
            ..Union::default()
        };
        self.stand(union).await
    }

    async fn stand(&self, union: Union) -> Result<String> {
        let effective_date = self.date_before(LONG_AGO, 1);
        let union = Some(union);
        let request = CreateUnionRequest { union, effective_date, ..Default::default() };
        let union = self.unions.create_union(call(request)).await?.into_inner();
        self.came(union.name.clone(), union.display_name);
        Ok(union.name)
    }

    async fn shop(&self) -> Result<String> {
        let serial = self.serial();
        let employer = Employer {
            display_name: format!("北京第{serial}商店"),
            organisation_code: OrganisationCode::compose(&format!("T{serial:07}"))?.to_string(),
            ownership: "57".to_owned(),
            actual_address: Some(Address { area: self.community(0), line: String::new() }),
            ..Employer::default()
        };
        let effective_date = self.date_before(LONG_AGO, 2);
        let employer = Some(employer);
        let request = CreateEmployerRequest { employer, effective_date, ..Default::default() };
        Ok(self.employers.create_employer(call(request)).await?.into_inner().name)
    }

    async fn put_below(&self, name: &str, superior: &str, day: i32, trial: bool) -> Result<()> {
        let request = AffiliateUnionRequest {
            name: name.to_owned(),
            superior: superior.to_owned(),
            effective_date: self.date(day),
            validate_only: trial,
            ..AffiliateUnionRequest::default()
        };
        let answer = self.unions.affiliate_union(everywhere(request)).await;
        self.answered("affiliate a union", answer).map(drop)
    }

    async fn quarrel(&self) -> Result<Quarrel> {
        let federation = self.federation_at(1);
        let mut unions = Vec::new();
        for _ in 0..CHAIN {
            unions.push(self.joint(&federation).await?);
        }
        unions.reverse();
        for pair in unions.windows(2) {
            self.put_below(&pair[1], &pair[0], LONG_AGO, false).await?;
        }
        let (mut employers, mut ending) = (Vec::new(), Vec::new());
        for number in 0..WRITERS / 2 {
            employers.push(self.shop().await?);
            self.take(&employers[number], &unions[0], LONG_AGO).await?;
        }
        let last = unions.last().context("a chain")?;
        for _ in 0..ROUNDS {
            let employer = self.shop().await?;
            let union = Union {
                display_name: format!("北京某某第{}工会", self.serial()),
                union_type: "SINGLE_EMPLOYER".to_owned(),
                union_form: "COMMITTEE".to_owned(),
                union_level: "BASIC".to_owned(),
                superior: last.clone(),
                employer: employer.clone(),
                seat: Some(self.at(0)),
                ..Union::default()
            };
            let union = self.stand(union).await?;
            self.take(&employer, &union, LONG_AGO).await?;
            ending.push((employer, union));
        }
        Ok(Quarrel { unions, employers, ending })
    }

    /// The union covers the employer from the day on, whoever did before.
    async fn take(&self, employer: &str, union: &str, day: i32) -> Result<()> {
        let effective_date = self.date(day);
        let read = GetEmployerRequest { name: employer.to_owned(), day: effective_date };
        let read = self.employers.get_employer(everywhere(read)).await;
        let read = self.answered("read an employer", read)?;
        let coverage = read.and_then(|employer| employer.coverage);
        let request = CoverEmployerRequest {
            name: employer.to_owned(),
            union: union.to_owned(),
            previous_union: coverage.map(|coverage| coverage.union).unwrap_or_default(),
            effective_date,
            ..CoverEmployerRequest::default()
        };
        let answer = self.employers.cover_employer(everywhere(request)).await;
        self.answered("cover an employer", answer).map(drop)
    }

    async fn unite(&self, target: &str, source: &str, day: i32, trial: bool) -> Result<()> {
        let request = MergeUnionsRequest {
            name: target.to_owned(),
            sources: vec![source.to_owned()],
            decision: self.decision(),
            effective_date: self.date(day),
            validate_only: trial,
            ..MergeUnionsRequest::default()
        };
        let answer = self.unions.merge_unions(everywhere(request)).await;
        self.answered("merge unions", answer).map(drop)
    }

    /// Holds the union and the one above it.
    async fn reseat(&self, name: &str, day: i32, at: usize) -> Result<()> {
        let union = Union { name: name.to_owned(), seat: Some(self.at(at)), ..Union::default() };
        let request = UpdateUnionRequest {
            union: Some(union),
            update_mask: mask(&["seat"]),
            effective_date: self.date(day),
            ..UpdateUnionRequest::default()
        };
        let answer = self.unions.update_union(everywhere(request)).await;
        self.answered("move a union's seat", answer).map(drop)
    }

    async fn honour(&self, name: &str, day: i32) -> Result<()> {
        let request = MarkUnionRequest {
            name: name.to_owned(),
            mark: Some(Mark { mark: "WORKERS_HOME".to_owned(), ..Mark::default() }),
            effective_date: self.date(day),
            ..MarkUnionRequest::default()
        };
        let answer = self.unions.mark_union(everywhere(request)).await;
        self.answered("mark a union", answer).map(drop)
    }

    async fn shut(&self, employer: &str) -> Result<()> {
        let request = CloseEmployerRequest {
            name: employer.to_owned(),
            effective_date: self.date(0),
            ..CloseEmployerRequest::default()
        };
        let answer = self.employers.close_employer(everywhere(request)).await;
        self.answered("close an employer", answer).map(drop)
    }

    /// One round of one writer: both of a pair have the same unions, in opposite orders. On `trial`
    /// nobody comes to stand elsewhere, though everybody is held who would.
    async fn round_of(
        &self,
        quarrel: &Quarrel,
        (round, writer): (usize, usize),
        trial: bool,
    ) -> Result<()> {
        let (pair, swapped) = (writer / 2, !writer.is_multiple_of(2));
        let first = (round + pair) % CHAIN;
        let second = (first + 1 + round % (CHAIN - 1)) % CHAIN;
        let (one, other) = (&quarrel.unions[first], &quarrel.unions[second]);
        let (one, other) = if swapped { (other, one) } else { (one, other) };
        let day = i32::try_from(ROUNDS - round)?;
        let (employer, own) = &quarrel.ending[round];
        match (round + pair) % 5 {
            0 => self.put_below(one, other, day, trial).await?,
            1 => self.unite(one, other, 0, trial || round + 3 < ROUNDS).await?,
            2 => self.take(&quarrel.employers[pair], one, day).await?,
            3 => self.reseat(one, day, round).await?,
            _ if swapped => self.shut(employer).await?,
            _ => {
                self.honour(own, day).await?;
                self.put_below(own, one, day, trial).await?;
            }
        }
        self.reseat(other, day, writer).await?;
        self.take(&quarrel.employers[(pair + round) % quarrel.employers.len()], other, day).await
    }
}

/// All writers begin each round together; the jobs of two instances carry along what moves.
async fn quarrelled(books: &Books, hall: &Hall, trial: bool) -> Result<()> {
    let quarrel = Arc::new(hall.quarrel().await?);
    settle(hall).await?;
    let together = Arc::new(Barrier::new(WRITERS));
    let mut writers = JoinSet::new();
    let ended = Arc::default();
    let mut jobs = JoinSet::new();
    for _ in 0..2 {
        jobs.spawn(super::follow(hall.register.clone(), Arc::clone(&ended)));
    }
    jobs.spawn(super::fold(books.ledger.clone(), Arc::clone(&ended)));
    for writer in 0..WRITERS {
        let (hall, quarrel) = (hall.clone(), Arc::clone(&quarrel));
        let together = Arc::clone(&together);
        writers.spawn(async move {
            for round in 0..ROUNDS {
                together.wait().await;
                hall.round_of(&quarrel, (round, writer), trial).await?;
            }
            anyhow::Ok(())
        });
    }
    let writing = async {
        while let Some(writer) = writers.join_next().await {
            // One that failed would keep the others waiting.
            writer??;
        }
        anyhow::Ok(())
    };
    patience::within("every writer to come to an end", writing).await??;
    ended.store(true, std::sync::atomic::Ordering::Relaxed);
    while let Some(job) = jobs.join_next().await {
        job??;
    }
    Ok(())
}

async fn settle(hall: &Hall) -> Result<()> {
    let carrier = Carrier::new(hall.register.clone());
    while carrier.step().await? {}
    Ok(())
}

/// Answers how many rings the database had to break; SQLite, with its one writer, none.
async fn rings(books: Books) -> Result<i64> {
    let db = books.ledger.db().clone();
    if books.ledger.db().engine() == sea_orm::DatabaseBackend::Sqlite {
        return Ok(0);
    }
    let conn = db.reader();
    let row = conn.query_one_raw(sql(conn, "SELECT current_database()::text", [])).await?;
    let name: String = row.context("a name")?.try_get_by_index(0)?;
    // A connection that ends tells what it saw.
    db.close().await;
    cluster::deadlocks(&name).await
}

async fn unions_are_held_in_one_order(engine: Engine) -> Result<()> {
    for trial in [true, false] {
        let books = Books::open(engine).await?;
        let hall = Hall::open(&books).await?;
        hall.furnish().await?;
        quarrelled(&books, &hall, trial).await?;
        let told = hall.told();
        ensure!(told.done > WRITERS * ROUNDS, "{told:?}: most are refused");
        Box::pin(recount::agree(&hall)).await?;
        let rings = rings(books).await?;
        // Where a union comes to stand elsewhere in between, the order that was read is of before.
        ensure!(rings == 0 || !trial, "{rings} rings, {told:?}");
    }
    Ok(())
}

on_both_engines!(unions_are_held_in_one_order);
