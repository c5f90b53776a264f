//! The services over one register, and what all who use them know.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use anyhow::{Context, Result, bail};
use parking_lot::Mutex;
use tonic::{Response, Status};
use unionhall_kit::{civil::CivilDate, ids::SystemRandomness, imports::Imports, keys::KeyRing};
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        Address, CreateUnionRequest, ListAreasRequest, Union, area_service_server::AreaService,
        union_service_server::UnionService,
    },
};
use unionhall_registry::{
    Register,
    api::{
        areas::Areas, base_registers::BaseRegisters, elections::Elections, employers::Employers,
        formations::Formations, members::Members, unions::Unions,
    },
    imports::imports,
    rules::quality::RuleSet,
};
use unionhall_tests::{books::Books, client};

use crate::storage::restructure::{call, day};

/// Unions that writers want beside each other.
const UNIONS: usize = 40;
/// Employers that they want.
const EMPLOYERS: usize = 60;
/// Members that they want.
const MEMBERS: usize = 300;
/// Communities at which somebody stands, of each sub-district.
const COMMUNITIES: usize = 6;
/// As many times that they exist beside each other at most.
const MOST: usize = 4;
/// Tries to merge two of them or to move one.
const MERGES: usize = 16;
/// What a newer program asks of an employer from some day on.
const NEWER: &str = "2013-10-01,,MANDATORY,registered_address,required,,enter it,请填写,test";
const SUBDISTRICTS: [&str; 2] = ["110102010", "110102012"];
/// Whatever happens, happens on one of so many days, so that much of it happens on the same.
const DAYS: i32 = 24;
/// From one of them to the next.
const STEP: i32 = 17;

/// What became of the operations.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Told {
    pub(super) done: usize,
    pub(super) refused: usize,
    /// Of the refused, those to which the database did not answer in time.
    pub(super) away: usize,
}

#[derive(Debug, Default)]
struct Pool {
    unions: Vec<String>,
    federations: Vec<String>,
    employers: Vec<String>,
    members: Vec<String>,
    communities: Vec<String>,
    lists: Vec<String>,
    /// How spreadsheets name unions and employers.
    titles: HashMap<String, String>,
    serial: u32,
    turns: usize,
    merges: usize,
    told: Told,
    /// How often a deed was refused, by what it was and by the reason.
    refusals: BTreeMap<(String, String), usize>,
}

/// What a database that does not answer in time is called.
const AWAY: &str = "STORAGE_UNAVAILABLE";

/// The services over one register. The pool is everybody's.
#[derive(Clone)]
pub(in crate::storage) struct Hall {
    pub(super) register: Register,
    pub(in crate::storage) unions: Unions,
    pub(super) employers: Employers,
    pub(in crate::storage) members: Members,
    pub(super) areas: Areas,
    pub(super) formations: Formations,
    pub(super) elections: Elections,
    pub(super) lists: BaseRegisters,
    pub(super) imports: Arc<Imports>,
    keys: Arc<KeyRing>,
    pool: Arc<Mutex<Pool>>,
}

impl Hall {
    pub(super) async fn open(books: &Books) -> Result<Self> {
        let keys = KeyRing::generate(day("2014-01-01"), &SystemRandomness)?;
        let keys = Arc::new(keys);
        let register = Register::open(books.ledger.clone(), Arc::clone(&keys)).await?;
        Ok(Self::over(register, keys))
    }

    /// A newer program beside this one, by whose quality rules everybody is recounted.
    pub(super) async fn newer(&self, books: &Books) -> Result<Self> {
        let quality = &self.register.quality;
        let text = format!("{}Q99,{},{NEWER}\n", quality.text(), quality.revision() + 1);
        let (ledger, rules) = (books.ledger.clone(), RuleSet::parse(&text)?);
        let newer = Register::open_with(ledger, Arc::clone(&self.keys), &rules).await?;
        let pool = Arc::clone(&self.pool);
        Ok(Self { pool, ..Self::over(newer, Arc::clone(&self.keys)) })
    }

    pub(super) fn over(mut register: Register, keys: Arc<KeyRing>) -> Self {
        // Hours do not pass here, so nobody's looks of the last hour ever become fewer.
        register.looks_an_hour = u32::MAX;
        Self {
            unions: Unions::over(register.clone()),
            employers: Employers::over(register.clone()),
            members: Members::over(register.clone()),
            areas: Areas::new(register.clone()),
            formations: Formations::over(register.clone()),
            elections: Elections::new(register.clone()),
            lists: BaseRegisters::new(register.clone()),
            imports: imports(&register),
            register,
            keys,
            pool: Arc::default(),
        }
    }

    /// The federations, which stand from long ago.
    pub(super) async fn furnish(&self) -> Result<()> {
        for subdistrict in SUBDISTRICTS {
            let request = ListAreasRequest {
                parent: format!("areas/{subdistrict}"),
                ..ListAreasRequest::default()
            };
            let areas = self.areas.list_areas(call(request)).await?.into_inner().areas;
            let names = areas.into_iter().take(COMMUNITIES).map(|area| area.name);
            self.pool.lock().communities.extend(names);
        }
        let district = self.federation("DISTRICT", "110102", "").await?;
        for subdistrict in SUBDISTRICTS {
            self.federation("SUBDISTRICT", subdistrict, &district).await?;
        }
        self.furnish_lists().await
    }

    async fn federation(&self, level: &str, territory: &str, superior: &str) -> Result<String> {
        let community = self.pool.lock().communities.first().cloned().context("a community")?;
        let union = Union {
            display_name: format!("北京某某{territory}总工会"),
            union_type: format!("{level}_FEDERATION"),
            union_form: "GENERAL_FEDERATION".to_owned(),
            union_level: level.to_owned(),
            territory: format!("areas/{territory}"),
            superior: superior.to_owned(),
            seat: Some(Address { area: community, line: String::new() }),
            ..Union::default()
        };
        let request = CreateUnionRequest {
            union: Some(union),
            effective_date: Some(day("2000-01-01").into()),
            ..CreateUnionRequest::default()
        };
        let union = self.unions.create_union(call(request)).await?.into_inner();
        self.came(union.name.clone(), union.display_name);
        self.pool.lock().federations.push(union.name.clone());
        Ok(union.name)
    }

    /// One of the days, the last of which is today.
    pub(in crate::storage) fn date(&self, number: i32) -> Option<Date> {
        self.date_before(number, 0)
    }

    /// A day so many days before one of them.
    pub(super) fn date_before(&self, number: i32, days: i32) -> Option<Date> {
        let today = self.register.clock().today();
        let days = days + STEP * (number % DAYS);
        CivilDate::from_epoch_day(today.epoch_day() - days).map(Into::into)
    }

    /// A union that stands on all of the days.
    pub(super) fn federation_at(&self, at: usize) -> String {
        let pool = self.pool.lock();
        pool.federations[at % pool.federations.len()].clone()
    }

    /// Counts up, so that whoever takes turns leaves none out.
    pub(super) fn turn(&self) -> usize {
        let mut pool = self.pool.lock();
        pool.turns += 1;
        pool.turns
    }

    pub(in crate::storage) fn union(&self, at: usize) -> Option<String> {
        let pool = self.pool.lock();
        pool.unions.get(at % pool.unions.len().max(1)).cloned()
    }

    /// A union that may end: without the federations nobody could be founded any more.
    pub(super) fn mortal(&self, at: usize) -> Option<String> {
        self.union(at).filter(|name| !self.stays(name))
    }

    pub(super) fn stays(&self, name: &str) -> bool {
        self.pool.lock().federations.iter().any(|federation| federation == name)
    }

    pub(in crate::storage) fn employer(&self, at: usize) -> Option<String> {
        let pool = self.pool.lock();
        pool.employers.get(at % pool.employers.len().max(1)).cloned()
    }

    pub(in crate::storage) fn member(&self, at: usize) -> Option<String> {
        let pool = self.pool.lock();
        pool.members.get(at % pool.members.len().max(1)).cloned()
    }

    pub(in crate::storage) fn wants_members(&self) -> bool {
        self.pool.lock().members.len() < MEMBERS
    }

    pub(in crate::storage) fn has_members(&self) -> bool {
        self.pool.lock().members.len() > MOST * MEMBERS
    }

    pub(in crate::storage) fn member_came(&self, name: String) {
        self.pool.lock().members.push(name);
    }

    pub(super) fn community(&self, at: usize) -> String {
        let pool = self.pool.lock();
        pool.communities[at % pool.communities.len()].clone()
    }

    pub(in crate::storage) fn serial(&self) -> u32 {
        let mut pool = self.pool.lock();
        pool.serial += 1;
        pool.serial
    }

    /// Whether another two areas may become one: not so many that none is left.
    pub(super) fn merges(&self) -> bool {
        let mut pool = self.pool.lock();
        pool.merges += 1;
        pool.merges <= MERGES
    }

    pub(in crate::storage) fn wants_unions(&self) -> bool {
        self.pool.lock().unions.len() < UNIONS
    }

    pub(super) fn wants_employers(&self) -> bool {
        self.pool.lock().employers.len() < EMPLOYERS
    }

    pub(super) fn has_unions(&self) -> bool {
        self.pool.lock().unions.len() > MOST * UNIONS
    }

    pub(super) fn has_employers(&self) -> bool {
        self.pool.lock().employers.len() > MOST * EMPLOYERS
    }

    pub(super) fn came(&self, name: String, title: String) {
        let mut pool = self.pool.lock();
        let names =
            if name.starts_with("unions/") { &mut pool.unions } else { &mut pool.employers };
        names.push(name.clone());
        pool.titles.insert(name, title);
    }

    pub(super) fn area_came(&self, name: String) {
        self.pool.lock().communities.push(name);
    }

    pub(super) fn lists_came(&self, name: String) {
        self.pool.lock().lists.push(name);
    }

    pub(super) fn list(&self, at: usize) -> String {
        let pool = self.pool.lock();
        pool.lists[at % pool.lists.len()].clone()
    }

    pub(super) fn title(&self, name: &str) -> String {
        self.pool.lock().titles.get(name).cloned().unwrap_or_default()
    }

    pub(in crate::storage) fn went(&self, name: &str) {
        let mut pool = self.pool.lock();
        pool.unions.retain(|known| known != name);
        pool.employers.retain(|known| known != name);
        pool.members.retain(|known| known != name);
    }

    pub(super) fn told(&self) -> Told {
        self.pool.lock().told
    }

    /// What was refused, and why, the most frequent first.
    pub(super) fn refusals(&self) -> String {
        let pool = self.pool.lock();
        let mut refusals: Vec<_> = pool.refusals.iter().collect();
        refusals.sort_by_key(|(_, count)| std::cmp::Reverse(**count));
        let line = |((what, reason), count): (&(String, String), &usize)| {
            format!("\n{count} times refused to {what}: {reason}")
        };
        refusals.into_iter().map(line).collect()
    }

    /// Counts an answer. A refusal is as good as a success, a failure is not.
    pub(in crate::storage) fn answered<T>(
        &self,
        what: &str,
        answer: Result<Response<T>, Status>,
    ) -> Result<Option<T>> {
        let mut pool = self.pool.lock();
        match answer {
            Ok(response) => {
                pool.told.done += 1;
                Ok(Some(response.into_inner()))
            }
            Err(status) => {
                let reason = client::reason(&status).unwrap_or_default();
                if !passing(&reason) && !refusal(status.code()) {
                    bail!("{what}: {reason} {status}");
                }
                pool.told.refused += 1;
                *pool.refusals.entry((what.to_owned(), reason.clone())).or_default() += 1;
                pool.told.away += usize::from(reason == AWAY);
                Ok(None)
            }
        }
    }
}

/// Whether another try may succeed. On a machine that is short of breath a database does not always
/// answer in time, which is no failure; how often is told.
pub(super) fn passing(reason: &str) -> bool {
    reason == "CONFLICT" || reason == AWAY
}

fn refusal(code: tonic::Code) -> bool {
    use tonic::Code::{AlreadyExists, FailedPrecondition, InvalidArgument, NotFound};
    matches!(code, AlreadyExists | FailedPrecondition | InvalidArgument | NotFound)
}
