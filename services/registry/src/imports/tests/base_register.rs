//! From the outside list to the establishment rate, and back.

mod unions;

use std::collections::HashSet;

use tonic::{Response, Status};
use tonic_types::StatusExt;
use unionhall_kit::civil::CivilDate;
use unionhall_proto::{
    common::v1::ExplainRequest,
    google::r#type::Date,
    registry::v1::{
        ActivateBaseRegisterRequest, Address, BaseRegister, BaseRegisterFinding,
        CloseEmployerRequest, CoverEmployerRequest, CreateBaseRegisterRequest,
        CreateEmployerRequest, CreateUnionRequest, DeactivateBaseRegisterRequest,
        DeleteBaseRegisterRequest, Employer, EstablishmentRate, GetBaseRegisterRequest,
        GetEstablishmentRateRequest, ListBaseRegisterFindingsRequest, ListBaseRegistersRequest,
        MergeAreasRequest, RetireBaseRegisterRequest, UncoverEmployerRequest, Union,
        area_service_server::AreaService, base_register_finding::Kind,
        base_register_service_server::BaseRegisterService,
        coverage_service_server::CoverageService, employer_service_server::EmployerService,
        metrics_server::Metrics as MetricsService, union_service_server::UnionService,
    },
};

use super::{demo_unions::csv, *};
use crate::{
    api::{
        areas::Areas, base_registers::BaseRegisters, employers::Employers, metrics::Figures,
        unions::Unions,
    },
    demo::{
        DEMO_EDITION, DirtShares, generate_base_register, generate_coverage, generate_employers,
        generate_unions,
    },
    jobs::{base_register::Lister, structure::Carrier},
    rules::{base_register::contribution::LISTED_ENTERPRISES, organisation_code::OrganisationCode},
    testing::call,
};

const HEADER: &str = "底册版本,单位名称,统一社会信用代码,组织机构代码,单位性质,所属地区\n";
const HOME: &str = "110102012004";
const NEIGHBOUR: &str = "110102010002";

/// A register, its base register, and the job behind it.
struct Hall {
    desk: Desk,
    lists: BaseRegisters,
    employers: Employers,
    unions: Unions,
    joint: Union,
}

fn date(day: &str) -> Option<Date> {
    Some(day.parse::<CivilDate>().unwrap().into())
}

fn inner<T>(answer: Result<Response<T>, Status>) -> Result<T, Status> {
    answer.map(Response::into_inner)
}

fn reason<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.unwrap_err();
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// The organisation code of the enterprise with this number.
fn code(number: usize) -> String {
    OrganisationCode::compose(&format!("T{number:07}")).unwrap().as_str().to_owned()
}

fn rows(edition: &str, numbers: &[usize], area: &str) -> Vec<u8> {
    let row = |number: &usize| format!("{edition},某某企业{number},,{},57,{area}\n", code(*number));
    format!("{HEADER}{}", numbers.iter().map(row).collect::<String>()).into_bytes()
}

async fn hall() -> Hall {
    let desk = desk().await;
    let register = desk.rig.register.clone();
    let unions = Unions::over(register.clone());
    let union = Union {
        display_name: "某某联合工会".to_owned(),
        union_type: "JOINT".to_owned(),
        union_form: "JOINT_COMMITTEE".to_owned(),
        union_level: "BASIC".to_owned(),
        seat: Some(Address { area: format!("areas/{HOME}"), line: String::new() }),
        ..Default::default()
    };
    let message = CreateUnionRequest {
        union: Some(union),
        effective_date: date("2010-01-01"),
        ..Default::default()
    };
    let joint = inner(unions.create_union(call(message)).await).unwrap();
    let employers = Employers::over(register.clone());
    Hall { lists: BaseRegisters::new(register), employers, unions, joint, desk }
}

impl Hall {
    async fn draft(&self, edition: &str, as_of: &str) -> Result<BaseRegister, Status> {
        let base_register = BaseRegister {
            edition: edition.to_owned(),
            source: "某某局".to_owned(),
            as_of: date(as_of),
            area: "areas/110102".to_owned(),
            ..Default::default()
        };
        let base_register = Some(base_register);
        let message = CreateBaseRegisterRequest { base_register, ..Default::default() };
        inner(self.lists.create_base_register(call(message)).await)
    }

    async fn listed(&self, edition: &str, as_of: &str, numbers: &[usize]) -> BaseRegister {
        let draft = self.draft(edition, as_of).await.unwrap();
        let batch = self.desk.import("base_register", &rows(edition, numbers, HOME)).await;
        let faults = self.desk.faults(&batch.name).await;
        assert_eq!(batch.applied_row_count, numbers.len() as i64, "{faults:?}");
        self.get(&draft.name).await
    }

    async fn get(&self, name: &str) -> BaseRegister {
        let message = GetBaseRegisterRequest { name: name.to_owned() };
        inner(self.lists.get_base_register(call(message)).await).unwrap()
    }

    async fn activate(&self, name: &str, from: &str) -> Result<BaseRegister, Status> {
        let message = ActivateBaseRegisterRequest {
            name: name.to_owned(),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.lists.activate_base_register(call(message)).await)
    }

    async fn deactivate(&self, name: &str) -> Result<BaseRegister, Status> {
        let name = name.to_owned();
        let message = DeactivateBaseRegisterRequest { name, ..Default::default() };
        inner(self.lists.deactivate_base_register(call(message)).await)
    }

    async fn settle(&self) {
        let job = Lister::new(self.desk.rig.register.clone());
        while job.step().await.unwrap() {}
    }

    async fn employer(&self, number: usize, covered_from: Option<&str>) -> String {
        let employer = Employer {
            display_name: format!("某某企业{number}"),
            organisation_code: code(number),
            ownership: "57".to_owned(),
            actual_address: Some(Address { area: format!("areas/{HOME}"), line: String::new() }),
            ..Default::default()
        };
        let message = CreateEmployerRequest {
            employer: Some(employer),
            effective_date: date("2012-01-01"),
            ..Default::default()
        };
        let name = inner(self.employers.create_employer(call(message)).await).unwrap().name;
        if let Some(from) = covered_from {
            self.cover(&name, from).await;
        }
        name
    }

    async fn cover(&self, name: &str, from: &str) {
        let message = CoverEmployerRequest {
            name: name.to_owned(),
            union: self.joint.name.clone(),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.employers.cover_employer(call(message)).await).unwrap();
    }

    async fn uncover(&self, name: &str, from: &str) {
        let message = UncoverEmployerRequest {
            name: name.to_owned(),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.employers.uncover_employer(call(message)).await).unwrap();
    }

    async fn rate(&self, area: &str, day: &str) -> EstablishmentRate {
        let message = GetEstablishmentRateRequest {
            area: format!("areas/{area}"),
            day: date(day),
            ..Default::default()
        };
        inner(self.lists.get_establishment_rate(call(message)).await).unwrap()
    }

    /// The pair of integers.
    async fn pair(&self, area: &str, day: &str) -> (i64, i64) {
        let rate = self.rate(area, day).await;
        (rate.numerator, rate.denominator)
    }

    async fn findings(&self, parent: &str, kind: Kind, page_size: i32) -> Vec<BaseRegisterFinding> {
        let mut all = Vec::new();
        let mut page_token = String::new();
        loop {
            let message = ListBaseRegisterFindingsRequest {
                parent: parent.to_owned(),
                kind: kind.into(),
                page_size,
                page_token,
                ..Default::default()
            };
            let page = inner(self.lists.list_base_register_findings(call(message)).await).unwrap();
            all.extend(page.findings);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return all;
            }
        }
    }

    /// Every figure of the base register, counted again from the records that Explain tells.
    async fn explained(&self, area: &str, day: &str) -> (i64, i64) {
        let figures = Figures::new(self.desk.rig.register.clone());
        let mut sums = [0, 0];
        for (sum, metric) in
            sums.iter_mut().zip(["listed_covered_enterprises", "listed_enterprises"])
        {
            let message = ExplainRequest {
                metric: format!("metrics/{metric}"),
                node: format!("areas/{area}"),
                day: date(day),
                page_size: 1_000,
                ..Default::default()
            };
            let told = inner(figures.explain(call(message)).await).unwrap();
            let records: HashSet<_> = told.contributions.iter().map(|one| &one.record).collect();
            assert_eq!(records.len(), told.contributions.len(), "each record once");
            *sum = told.contributions.iter().map(|one| one.value).sum();
            assert_eq!(told.figure.unwrap().value, *sum, "{metric} {area} {day}");
        }
        (sums[0], sums[1])
    }
}

#[tokio::test]
async fn the_rate_begins_on_the_day_of_activation_and_follows_coverage() {
    let hall = hall().await;
    let covered = hall.employer(1, Some("2013-05-01")).await;
    let later = hall.employer(2, None).await;
    let list = hall.listed("2014-12", "2014-12-31", &[1, 2, 3]).await;
    assert_eq!((list.entry_count, list.state), (3, 1));
    assert!(hall.rate("110102", "2015-01-01").await.not_applicable, "a draft counts for nothing");

    let active = hall.activate(&list.name, "2015-01-01").await.unwrap();
    assert!(!active.settled);
    let early = hall.rate("110102", "2015-01-01").await;
    assert!(!early.settled && !early.not_applicable, "not yet is not never");
    hall.settle().await;
    assert!(hall.get(&list.name).await.settled);
    assert_eq!(hall.pair("110102", "2014-12-31").await, (0, 0));
    assert_eq!(hall.pair("110102", "2015-01-01").await, (1, 3));
    let rate = hall.rate("110102012", "2015-01-01").await;
    assert_eq!((rate.basis_points, rate.base_registers.as_slice()), (3_333, &[list.name][..]));
    assert!(rate.settled);

    hall.cover(&later, "2015-06-01").await;
    hall.uncover(&covered, "2015-09-01").await;
    assert_eq!(hall.pair("110102", "2015-05-31").await, (1, 3));
    assert_eq!(hall.pair("110102", "2015-06-01").await, (2, 3));
    assert_eq!(hall.pair("110102", "2015-09-01").await, (1, 3));
    // One that the list has and the register learns of only now.
    hall.employer(3, Some("2015-10-01")).await;
    assert_eq!(hall.pair(HOME, "2015-10-01").await, (2, 3));
    assert_eq!(hall.pair(NEIGHBOUR, "2015-10-01").await, (0, 0));
    let message = CloseEmployerRequest {
        name: later,
        effective_date: date("2016-01-01"),
        ..Default::default()
    };
    inner(hall.employers.close_employer(call(message)).await).unwrap();
    assert_eq!(hall.pair(HOME, "2016-01-01").await, (1, 3));
    for day in ["2014-12-31", "2015-01-01", "2015-06-01", "2015-09-01", "2016-01-01"] {
        assert_eq!(hall.explained("110102", day).await, hall.pair("110102", day).await, "{day}");
    }
}

#[tokio::test]
async fn editions_follow_each_other_and_an_activation_is_taken_back() {
    let hall = hall().await;
    hall.employer(1, Some("2013-05-01")).await;
    let first = hall.listed("2014-12", "2014-12-31", &[1, 2]).await;
    let second = hall.listed("2015-12", "2015-12-31", &[1, 2, 3, 4]).await;
    hall.activate(&first.name, "2015-01-01").await.unwrap();
    assert_eq!(reason(hall.activate(&second.name, "2015-12-30").await), "BASE_REGISTER_INVALID");
    assert_eq!(reason(hall.activate(&first.name, "2016-01-01").await), "BASE_REGISTER_STATE");
    // The second is activated while the entries of the first are on their way.
    hall.activate(&second.name, "2016-01-01").await.unwrap();
    hall.settle().await;
    assert_eq!(hall.pair("110102", "2015-12-31").await, (1, 2));
    assert_eq!(hall.pair("110102", "2016-01-01").await, (1, 4));
    let ended = hall.get(&first.name).await;
    assert_eq!((ended.state, ended.successor.as_str()), (3, second.name.as_str()));
    assert_eq!(hall.explained("110102", "2016-01-01").await, (1, 4));

    assert_eq!(reason(hall.deactivate(&first.name).await), "BASE_REGISTER_STATE");
    let draft = hall.deactivate(&second.name).await.unwrap();
    assert_eq!(draft.state, 1);
    hall.settle().await;
    assert_eq!(hall.pair("110102", "2016-01-01").await, (1, 2));
    assert_eq!(hall.get(&first.name).await.counts_until, None);

    let retire = |from: &str| RetireBaseRegisterRequest {
        name: first.name.clone(),
        effective_date: date(from),
        ..Default::default()
    };
    let refused = hall.lists.retire_base_register(call(retire("2015-01-01"))).await;
    assert_eq!(reason(refused), "BASE_REGISTER_INVALID");
    hall.lists.retire_base_register(call(retire("2017-01-01"))).await.unwrap();
    hall.settle().await;
    assert_eq!(hall.pair("110102", "2016-12-31").await, (1, 2));
    assert!(hall.rate("110102", "2017-01-01").await.not_applicable);
    let events = hall.desk.rig.events().await;
    let left = events.iter().filter(|found| found.record == second.name);
    assert!(left.count() >= 4, "entered, filled, activated, settled, deactivated");
}

#[tokio::test]
async fn only_a_draft_takes_rows_and_gives_them_back() {
    let hall = hall().await;
    let first = rows("2014-12", &[1, 2], HOME);
    let refused = hall.desk.validate("base_register", &first).await;
    let faults = hall.desk.faults(&refused.name).await;
    assert_eq!(told(&faults)[0], (2, "底册版本", "BASE_REGISTER_UNKNOWN"));
    let draft = hall.draft("2014-12", "2014-12-31").await.unwrap();
    assert_eq!(reason(hall.draft("2014-12", "2014-12-30").await), "BASE_REGISTER_EXISTS");
    assert_eq!(reason(hall.activate(&draft.name, "2015-01-01").await), "BASE_REGISTER_STATE");
    let batch = hall.desk.import("base_register", &first).await;
    let again = hall.desk.import("base_register", &first).await;
    assert_eq!((again.applied_row_count, again.unchanged_row_count), (0, 2));
    let elsewhere = hall.desk.validate("base_register", &rows("2014-12", &[1], NEIGHBOUR)).await;
    let faults = hall.desk.faults(&elsewhere.name).await;
    assert_eq!(told(&faults), [(2, "组织机构代码", "ALREADY_LISTED")]);
    let undone = hall.desk.undo(&batch.name).await;
    assert_eq!((undone.refused_undo_count, hall.get(&draft.name).await.entry_count), (0, 0));

    let batch = hall.desk.import("base_register", &first).await;
    hall.activate(&draft.name, "2015-01-01").await.unwrap();
    hall.settle().await;
    let undone = hall.desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 2);
    assert_eq!(hall.pair("110102", "2015-01-01").await, (0, 2));
    let message = DeleteBaseRegisterRequest { name: draft.name.clone(), ..Default::default() };
    let refused = hall.lists.delete_base_register(call(message.clone())).await;
    assert_eq!(reason(refused), "BASE_REGISTER_STATE");
    hall.deactivate(&draft.name).await.unwrap();
    hall.settle().await;
    hall.lists.delete_base_register(call(message)).await.unwrap();
    let left = hall.lists.list_base_registers(call(ListBaseRegistersRequest::default())).await;
    assert!(inner(left).unwrap().base_registers.is_empty());
}

#[tokio::test]
async fn list_and_register_are_reconciled_each_with_its_next_step() {
    let hall = hall().await;
    hall.employer(1, Some("2013-05-01")).await;
    hall.employer(2, None).await;
    let renamed = hall.employer(3, None).await;
    hall.employer(4, None).await;
    let draft = hall.draft("2014-12", "2014-12-31").await.unwrap();
    let mut file = rows("2014-12", &[1, 2, 5], HOME);
    file.extend(format!("2014-12,另一名称,,{},57,{HOME}\n", code(3)).bytes());
    let batch = hall.desk.import("base_register", &file).await;
    assert_eq!(batch.applied_row_count, 4);
    let kinds = |found: &[BaseRegisterFinding]| {
        let mut kinds: Vec<i32> = found.iter().map(|one| one.kind).collect();
        kinds.sort_unstable();
        kinds
    };
    for page_size in [1, 2, 50] {
        let all = hall.findings(&draft.name, Kind::Unspecified, page_size).await;
        assert_eq!(kinds(&all), [1, 1, 2, 3, 4], "pages of {page_size}");
        assert!(all.iter().all(|one| !one.next_step.as_ref().unwrap().zh.is_empty()));
    }
    let conflicting = hall.findings(&draft.name, Kind::Conflicting, 50).await;
    assert_eq!(conflicting[0].employer, renamed);
    assert_eq!(conflicting[0].differences, [1]);
    let lacking = hall.findings(&draft.name, Kind::MissingThere, 50).await;
    assert_eq!(lacking[0].employer_display_name, "某某企业4");
    let matched = hall.findings(&draft.name, Kind::Matched, 50).await;
    assert_eq!(matched.iter().filter(|one| one.covered).count(), 1);
    // A sub-district's officer is told of its own enterprises alone.
    let message =
        ListBaseRegisterFindingsRequest { parent: draft.name.clone(), ..Default::default() };
    let elsewhere = call_within("110102010", message);
    let found = inner(hall.lists.list_base_register_findings(elsewhere).await).unwrap();
    assert!(found.findings.is_empty());
    let message = GetBaseRegisterRequest { name: draft.name };
    let shown = hall.lists.get_base_register(call_within("110102010", message)).await;
    assert_eq!(inner(shown).unwrap().entry_count, 0);
}

#[tokio::test]
async fn listed_enterprises_follow_when_areas_merge() {
    let hall = hall().await;
    hall.employer(1, Some("2013-05-01")).await;
    let list = hall.listed("2014-12", "2014-12-31", &[1, 2]).await;
    hall.activate(&list.name, "2015-01-01").await.unwrap();
    hall.settle().await;
    let areas = Areas::new(hall.desk.rig.register.clone());
    let target = "110102012005";
    let message = MergeAreasRequest {
        name: format!("areas/{target}"),
        sources: vec![format!("areas/{HOME}")],
        effective_date: date("2016-01-01"),
        ..Default::default()
    };
    inner(areas.merge_areas(call(message)).await).unwrap();
    let job = Carrier::new(hall.desk.rig.register.clone());
    while job.step().await.unwrap() {}
    assert_eq!(hall.pair(HOME, "2015-12-31").await, (1, 2));
    assert_eq!(hall.pair(HOME, "2016-01-01").await, (0, 0));
    assert_eq!(hall.pair(target, "2015-12-31").await, (0, 0));
    assert_eq!(hall.pair(target, "2016-01-01").await, (1, 2));
    assert_eq!(hall.explained(target, "2016-01-01").await, (1, 2));
    assert_eq!(hall.explained("110102", "2015-06-01").await, (1, 2));
    let _ = &hall.unions;
}

#[tokio::test]
async fn a_change_needs_the_whole_district_and_repeats_have_one_effect() {
    let hall = hall().await;
    let list = hall.listed("2014-12", "2014-12-31", &[1]).await;
    let activate = |request_id: &str| ActivateBaseRegisterRequest {
        name: list.name.clone(),
        effective_date: date("2015-01-01"),
        request_id: request_id.to_owned(),
        ..Default::default()
    };
    let outside = call_within("110102012", activate(""));
    let refused = hall.lists.activate_base_register(outside).await;
    assert_eq!(reason(refused), "OUT_OF_SCOPE");
    let stale = ActivateBaseRegisterRequest { etag: "99".to_owned(), ..activate("") };
    let refused = hall.lists.activate_base_register(call(stale)).await;
    assert_eq!(reason(refused), "ETAG_MISMATCH");
    let trial = ActivateBaseRegisterRequest { validate_only: true, ..activate("") };
    let tried = inner(hall.lists.activate_base_register(call(trial)).await).unwrap();
    assert_eq!((tried.state, hall.get(&list.name).await.state), (2, 1));
    let id = "0192f0c1-6f00-7000-8000-000000000001";
    inner(hall.lists.activate_base_register(call(activate(id))).await).unwrap();
    let again = inner(hall.lists.activate_base_register(call(activate(id))).await).unwrap();
    assert_eq!(again.state, 2);
    hall.settle().await;
    assert_eq!(hall.pair("110102", "2015-01-01").await, (0, 1));
    let question = read::Question {
        metric: LISTED_ENTERPRISES,
        line: Line::Area,
        node: AreaPath::parse("11").unwrap().path().clone(),
        day: "2015-01-01".parse().unwrap(),
    };
    let db = hall.desk.rig.register.ledger.db();
    assert_eq!(read::values(db, &[question]).await.unwrap(), [1]);
}

/// The synthetic list beside the synthetic employers and coverage.
#[tokio::test]
async fn the_demo_list_is_taken_whole_and_shows_every_kind_of_finding() {
    let hall = hall().await;
    let (count, seed, shares) = (400, 7, DirtShares::none());
    let of = || (count, seed, shares);
    let employers = csv(generate_employers(count, seed, shares).unwrap());
    hall.desk.import("employers", &employers).await;
    hall.desk.import("unions", &csv(generate_unions(of()).unwrap())).await;
    hall.desk.import("coverage", &csv(generate_coverage(of()).unwrap())).await;
    let draft = hall.draft(DEMO_EDITION, "2023-12-31").await.unwrap();
    let rows: Vec<_> = generate_base_register(of()).unwrap().collect();
    assert!(rows.len() > 200, "{}", rows.len());
    let batch = hall.desk.import("base_register", &csv(rows.iter().cloned())).await;
    assert_eq!(batch.applied_row_count, rows.len() as i64);

    let count = async |kind| hall.findings(&draft.name, kind, 1_000).await.len();
    let kinds = [Kind::Matched, Kind::Conflicting, Kind::MissingHere];
    let [matched, conflicting, missing] =
        [count(kinds[0]).await, count(kinds[1]).await, count(kinds[2]).await];
    assert_eq!(matched + conflicting + missing, rows.len());
    assert!(conflicting > 2 && missing > 1, "{conflicting} {missing}");
    assert!(count(Kind::MissingThere).await > 2);
    hall.activate(&draft.name, "2024-01-01").await.unwrap();
    hall.settle().await;
    let rate = hall.rate("110102", "2024-01-01").await;
    assert_eq!(rate.denominator, rows.len() as i64);
    assert!((5_000..9_000).contains(&rate.basis_points), "{rate:?}");
}
