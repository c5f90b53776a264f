//! Reconciliation: what differs between the list and the register, each with the next step.

use std::collections::HashMap;

use unionhall_kit::{
    call::Call,
    civil::CivilDate,
    fault::{Fault, Outcome},
    paging::{Place as PagePlace, page_size},
    path::{Path, Prefixes, Scope},
    reasons,
};
use unionhall_proto::{
    common::v1::LocalizedText,
    registry::v1::{
        BaseRegisterFinding, ListBaseRegisterFindingsRequest, ListBaseRegisterFindingsResponse,
        base_register_finding::{Difference as DifferenceCode, Kind},
    },
};
use uuid::Uuid;

use super::{BaseRegisters, encode, read::id};
use crate::{
    api::wire,
    rules::{
        Refusal,
        area::AreaPath,
        base_register::{
            BaseRegisterId,
            finding::{Difference, Finding, compare, is_non_public},
        },
        employer::Status,
        organisation_code::OrganisationCode,
    },
    store::{
        base_registers::{self, EntryRecord},
        employers::{self, EmployerRecord, Place},
    },
};

/// Records of one statement; the comparison decides which of them are shown.
const RECORDS_A_SCAN: u64 = 500;
/// Scans of one call; a page that is not full by then ends early, with a token.
const SCANS_A_PAGE: u32 = 20;
/// The entries of the list are gone through first, then the employers that it lacks.
const ENTRIES: u8 = 0;
const EMPLOYERS: u8 = 1;

/// What is compared, and for whom.
struct Asked<'a> {
    register: BaseRegisterId,
    wanted: Kind,
    day: CivilDate,
    within: Vec<AreaPath>,
    scope: &'a Scope,
}

/// Where the comparison goes on.
struct At {
    phase: u8,
    place: Place,
}

impl BaseRegisters {
    pub(super) async fn findings(
        &self,
        call: Call<ListBaseRegisterFindingsRequest>,
    ) -> Outcome<ListBaseRegisterFindingsResponse> {
        let message = &call.message;
        let day = wire::day("day", message.day.as_ref())?.unwrap_or_else(|| self.today());
        // With the day filled in: over midnight, the pages of one list stay pages of one day.
        let query = ListBaseRegisterFindingsRequest {
            day: Some(day.into()),
            page_size: 0,
            page_token: String::new(),
            ..message.clone()
        };
        let binding = call.binding(&query);
        let place = self.register.pager.place(&binding, &message.page_token)?;
        let mut at = match place {
            Some(place) => Some(at(place)?),
            None => Some(beginning(ENTRIES)),
        };
        self.seen(&message.parent).await?;
        let scope = &call.caller.scope;
        let asked = Asked {
            register: id(&message.parent)?,
            wanted: message.kind(),
            day,
            within: within(scope, &message.area)?,
            scope,
        };
        let size = usize::try_from(page_size(message.page_size)).unwrap_or(usize::MAX);
        let mut findings = Vec::new();
        for _ in 0..SCANS_A_PAGE {
            let Some(from) = at.take_if(|_| findings.len() < size) else { break };
            at = self.scan(&asked, from, (&mut findings, size)).await?;
        }
        let next_page_token = match at {
            Some(At { phase, place }) => {
                let key = vec![place.area, place.id.to_string()];
                self.register.pager.token(&binding, &PagePlace { phase, key })?
            }
            None => String::new(),
        };
        Ok(ListBaseRegisterFindingsResponse { findings, next_page_token })
    }

    /// Goes through the next records, and answers where to go on.
    async fn scan(
        &self,
        asked: &Asked<'_>,
        from: At,
        (findings, size): (&mut Vec<BaseRegisterFinding>, usize),
    ) -> Outcome<Option<At>> {
        let lists = asked.wanted != Kind::MissingThere;
        let lacks = matches!(asked.wanted, Kind::Unspecified | Kind::MissingThere);
        if from.phase == ENTRIES && !lists {
            return Ok(Some(beginning(EMPLOYERS)));
        }
        if from.phase == EMPLOYERS && !lacks {
            return Ok(None);
        }
        let (looked_at, ended) = if from.phase == ENTRIES {
            self.compared(asked, &from.place).await?
        } else {
            self.lacking(asked, &from.place).await?
        };
        for (place, finding) in looked_at {
            let wanted = finding
                .filter(|found| asked.wanted == Kind::Unspecified || asked.wanted == found.kind());
            findings.extend(wanted);
            if findings.len() == size {
                return Ok(Some(At { phase: from.phase, place }));
            }
        }
        match (ended, from.phase) {
            (Some(place), phase) => Ok(Some(At { phase, place })),
            (None, ENTRIES) => Ok(Some(beginning(EMPLOYERS))),
            (None, _) => Ok(None),
        }
    }

    /// The next entries, each compared with the employer that bears its code. Beside them where to
    /// go on; `None` behind the last.
    async fn compared(&self, asked: &Asked<'_>, after: &Place) -> Outcome<Looked> {
        let reader = self.register.ledger.db().reader();
        let mut entries: Vec<EntryRecord> = Vec::new();
        for area in &asked.within {
            let left = RECORDS_A_SCAN - entries.len() as u64;
            if left == 0 || after.area.as_str() >= area.path().range().until.as_str() {
                continue;
            }
            let some = base_registers::listed_in(reader, asked.register, area, after, left);
            entries.extend(some.await?);
        }
        let codes: Vec<OrganisationCode> =
            entries.iter().map(|one| one.entry.organisation_code.clone()).collect();
        let ids: Vec<Uuid> =
            employers::holders(reader, &codes).await?.iter().map(|holder| holder.id).collect();
        let bearers: HashMap<OrganisationCode, EmployerRecord> = employers::load(reader, &ids)
            .await?
            .into_values()
            .filter_map(|record| Some((record.facts.organisation_code()?, record)))
            .collect();
        let full = entries.len() as u64 == RECORDS_A_SCAN;
        let looked_at: Vec<_> = entries
            .iter()
            .map(|record| {
                let bearer = bearers.get(&record.entry.organisation_code);
                let place = Place { area: record.entry.area.to_string(), id: record.id };
                (place, Some(told(asked, Some(record), bearer)))
            })
            .collect();
        let next = looked_at.last().filter(|_| full).map(|(place, _)| place.clone());
        Ok((looked_at, next))
    }

    /// The next employers that may be missing in the list.
    async fn lacking(&self, asked: &Asked<'_>, after: &Place) -> Outcome<Looked> {
        let reader = self.register.ledger.db().reader();
        let mut records: Vec<EmployerRecord> = Vec::new();
        for area in &asked.within {
            let left = RECORDS_A_SCAN - records.len() as u64;
            if left == 0 || after.area.as_str() >= area.path().range().until.as_str() {
                continue;
            }
            let some = employers::not_listed(reader, asked.register, area, after, left);
            records.extend(some.await?);
        }
        let full = records.len() as u64 == RECORDS_A_SCAN;
        let belongs = |record: &EmployerRecord| {
            let facts = &record.facts;
            facts.status_on(asked.day) == Some(Status::Active)
                && facts.ownerships.on(asked.day).is_some_and(is_non_public)
        };
        let looked_at: Vec<_> = records
            .iter()
            .map(|record| {
                let place = Place { area: record.area.to_string(), id: record.id };
                (place, belongs(record).then(|| told(asked, None, Some(record))))
            })
            .collect();
        let next = looked_at.last().filter(|_| full).map(|(place, _)| place.clone());
        Ok((looked_at, next))
    }
}

/// Records in their order, with what was found of them; and where to go on.
type Looked = (Vec<(Place, Option<BaseRegisterFinding>)>, Option<Place>);

/// A finding as the contract tells it.
fn told(
    asked: &Asked<'_>,
    entry: Option<&EntryRecord>,
    employer: Option<&EmployerRecord>,
) -> BaseRegisterFinding {
    let facts = employer.map(|record| &record.facts);
    let found = entry.map(|record| compare(&record.entry, facts, asked.day));
    let (kind, differences) = match found {
        None => (Kind::MissingThere, Vec::new()),
        Some(Finding::Matched) => (Kind::Matched, Vec::new()),
        Some(Finding::MissingHere) => (Kind::MissingHere, Vec::new()),
        Some(Finding::Conflicting(differences)) => (Kind::Conflicting, differences),
    };
    let seen = employer.filter(|record| {
        let affiliation = record.affiliation.as_ref().map(|path| path.path());
        asked.scope.sees(Some(record.area.path()), affiliation)
    });
    // Of an employer that the caller does not see, nothing tells whether a union covers it.
    let covered = seen.is_some_and(|record| record.facts.covers.on(asked.day).is_some());
    let name = seen.and_then(|record| record.facts.names.on(asked.day));
    BaseRegisterFinding {
        kind: kind.into(),
        entry: entry.map(encode::entry),
        employer: match (employer, seen) {
            (_, Some(record)) => record.name(),
            (Some(_), None) => "-".to_owned(),
            (None, None) => String::new(),
        },
        employer_display_name: name.map(ToString::to_string).unwrap_or_default(),
        differences: differences.iter().map(|one| difference(*one).into()).collect(),
        covered,
        next_step: Some(next_step(
            kind,
            &differences,
            (covered, employer.is_some() && seen.is_none()),
        )),
    }
}

fn difference(difference: Difference) -> DifferenceCode {
    match difference {
        Difference::Name => DifferenceCode::Name,
        Difference::CreditCode => DifferenceCode::CreditCode,
        Difference::Area => DifferenceCode::Area,
        Difference::Ownership => DifferenceCode::Ownership,
        Difference::Ended => DifferenceCode::Ended,
    }
}

/// What an officer does about it.
fn next_step(
    kind: Kind,
    differences: &[Difference],
    (covered, hidden): (bool, bool),
) -> LocalizedText {
    let (zh, en) = match kind {
        Kind::MissingHere => (
            "核实后登记该单位，或反馈底册来源予以删除",
            "verify the enterprise, then enter it, or report it to the source of the list",
        ),
        Kind::MissingThere => (
            "反馈底册来源予以补充；如单位性质有误，请更正登记",
            "report it to the source of the list; correct its ownership here if that is wrong",
        ),
        Kind::Conflicting if differences.contains(&Difference::Ended) => (
            "核实单位是否已注销：已注销的反馈底册来源，未注销的更正登记",
            "verify whether it has ended: report that to the source, or correct the register",
        ),
        Kind::Conflicting => (
            "与证照核对后更正登记，或反馈底册来源",
            "compare both with the certificate; correct the register, or report to the source",
        ),
        _ if covered || hidden => ("无需处理", "nothing to do"),
        _ => ("信息一致，尚未建会：列入建会工作", "it agrees, but no union covers it: form one"),
    };
    LocalizedText { zh: zh.to_owned(), en: en.to_owned() }
}

/// The areas that are gone through: those of the scope, as far as they lie in the one asked for.
fn within(scope: &Scope, area: &str) -> Outcome<Vec<AreaPath>> {
    let prefixes = match area.strip_prefix("areas/") {
        None => scope.area.clone(),
        Some(label) => {
            let area = AreaPath::parse(label).map_err(|fault| fault.to_fault())?;
            let below: Prefixes = scope.area.below(area.path());
            if below.is_empty() {
                return Err(Fault::new(&reasons::OUT_OF_SCOPE).with("node", area));
            }
            below
        }
    };
    let area = |path: &Path| AreaPath::parse(path.as_str()).map_err(|fault| fault.to_fault());
    prefixes.iter().map(area).collect()
}

fn beginning(phase: u8) -> At {
    At { phase, place: Place { area: String::new(), id: Uuid::nil() } }
}

fn at(place: PagePlace) -> Outcome<At> {
    let read = || {
        let [area, id] = <[String; 2]>::try_from(place.key).ok()?;
        let place_ = Place { area, id: Uuid::try_parse(&id).ok()? };
        Some(At { phase: place.phase, place: place_ })
    };
    read().ok_or_else(|| Fault::new(&reasons::PAGE_TOKEN_INVALID))
}
