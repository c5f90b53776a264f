//! The service on a register of its own. Names are made up.

use sea_orm::FromQueryResult;
use tonic::{Request, Response, Status};
use tonic_types::StatusExt;
use unionhall_kit::{
    db::sql,
    ids::{Ids, SystemRandomness},
};
use unionhall_proto::{
    google::r#type::Date,
    registry::v1::{
        Address, AppointOfficerRequest, Approval, CommitteeKind, CreateUnionRequest,
        DissolveUnionRequest, EndOfficeRequest, GetOfficerRequest, ListOfficersRequest,
        OfficePosition, Officer, Term, Union,
        officer::{Bar, WayIn, WayOut},
        officer_service_server::OfficerService,
        union_service_server::UnionService,
    },
};

use super::Officers;
use crate::{
    api::unions::Unions,
    testing::{Rig, call, call_within, rig},
};

const HOME: &str = "110102012004";
const ELSEWHERE: &str = "110102010";

#[derive(FromQueryResult)]
struct Audited {
    detail: String,
}

struct Desk {
    rig: Rig,
    unions: Unions,
    service: Officers,
}

async fn desk() -> Desk {
    let rig = rig().await;
    let unions = Unions::over(rig.register.clone());
    let service = Officers::new(rig.register.clone());
    Desk { rig, unions, service }
}

impl Desk {
    /// A joint union in its second term, which began in 2013.
    async fn union(&self) -> String {
        let union = Union {
            display_name: "北京某某联合工会".to_owned(),
            union_type: "JOINT".to_owned(),
            union_form: "JOINT_COMMITTEE".to_owned(),
            union_level: "BASIC".to_owned(),
            seat: Some(Address { area: format!("areas/{HOME}"), line: "某某街1号".to_owned() }),
            term: Some(Term {
                number: 2,
                years: 3,
                begins_on: date("2013-01-01"),
                ..Default::default()
            }),
            ..Default::default()
        };
        let message = CreateUnionRequest {
            union: Some(union),
            effective_date: date("2010-01-01"),
            ..Default::default()
        };
        inner(self.unions.create_union(call(message)).await).unwrap().name
    }

    async fn appoint(&self, union: &str, officer: Officer) -> Result<Officer, Status> {
        inner(self.service.appoint_officer(call(appointment(union, officer))).await)
    }

    async fn get(&self, name: &str) -> Result<Officer, Status> {
        let message = GetOfficerRequest { name: name.to_owned() };
        inner(self.service.get_officer(call(message)).await)
    }

    async fn end(&self, name: &str, way: WayOut, on: &str) -> Result<Officer, Status> {
        inner(self.service.end_office(call(ending(name, way, on))).await)
    }

    /// Everybody listed, by pages of one.
    async fn list(&self, mut request: ListOfficersRequest) -> Vec<String> {
        request.page_size = 1;
        let mut listed = Vec::new();
        loop {
            let page = inner(self.service.list_officers(call(request.clone())).await).unwrap();
            listed.extend(page.officers.into_iter().map(|officer| officer.display_name));
            if page.next_page_token.is_empty() {
                return listed;
            }
            request.page_token = page.next_page_token;
        }
    }
}

fn appointment(union: &str, officer: Officer) -> AppointOfficerRequest {
    AppointOfficerRequest { parent: union.to_owned(), officer: Some(officer), ..Default::default() }
}

fn ending(name: &str, way: WayOut, on: &str) -> EndOfficeRequest {
    EndOfficeRequest {
        name: name.to_owned(),
        way_out: way.into(),
        effective_date: date(on),
        ..Default::default()
    }
}

fn officer(holder: &str, position: OfficePosition, from: &str) -> Officer {
    Officer {
        display_name: holder.to_owned(),
        committee: CommitteeKind::Union.into(),
        position: position.into(),
        way_in: WayIn::Elected.into(),
        valid_from: date(from),
        ..Default::default()
    }
}

fn inner<T>(answer: Result<Response<T>, Status>) -> Result<T, Status> {
    answer.map(Response::into_inner)
}

fn date(text: &str) -> Option<Date> {
    Some(crate::testing::day(text).into())
}

fn refused<T: std::fmt::Debug>(answer: Result<T, Status>) -> String {
    let status = answer.unwrap_err();
    status.get_error_details().error_info().map(|info| info.reason.clone()).unwrap_or_default()
}

#[tokio::test]
async fn an_office_is_filled_and_left() {
    let desk = desk().await;
    let union = desk.union().await;
    let chair = officer("甲某", OfficePosition::Chair, "2013-01-01");
    let chair = desk.appoint(&union, chair).await.unwrap();
    assert!(chair.name.starts_with(&format!("{union}/officers/")));
    assert_eq!((chair.term_number, chair.etag.as_str()), (2, "1"));
    let second = desk.appoint(&union, officer("乙某", OfficePosition::Chair, "2014-01-01")).await;
    assert_eq!(refused(second), "OFFICE_TAKEN");
    desk.appoint(&union, officer("丙某", OfficePosition::Member, "2013-06-01")).await.unwrap();
    let on = |day: &str| ListOfficersRequest {
        parent: union.clone(),
        day: date(day),
        ..Default::default()
    };
    assert_eq!(desk.list(on("2013-05-31")).await, ["甲某"]);
    assert_eq!(desk.list(on("2013-06-01")).await, ["甲某", "丙某"]);
    let audit = CommitteeKind::Audit.into();
    let audit = ListOfficersRequest { committee: audit, ..on("2014-01-01") };
    assert!(desk.list(audit).await.is_empty());

    assert_eq!(refused(desk.end(&chair.name, WayOut::Moved, "2014-02-01").await), "OFFICE_INVALID");
    assert_eq!(
        refused(desk.end(&chair.name, WayOut::Removed, "2014-02-01").await),
        "OFFICE_INVALID"
    );
    let consent = Approval { body: "某某总工会".into(), number: "1号".into() };
    let moved = EndOfficeRequest {
        committee_consents: true,
        move_consent: Some(consent.clone()),
        ..ending(&chair.name, WayOut::Moved, "2014-02-01")
    };
    let left = inner(desk.service.end_office(call(moved)).await).unwrap();
    assert_eq!((left.way_out(), left.valid_until), (WayOut::Moved, date("2014-02-01")));
    assert_eq!((left.move_consent, left.etag.as_str()), (Some(consent), "2"));
    assert_eq!(refused(desk.end(&chair.name, WayOut::Death, "2014-03-01").await), "OFFICE_ENDED");
    let next = desk.appoint(&union, officer("乙某", OfficePosition::Chair, "2014-02-01")).await;
    desk.end(&next.unwrap().name, WayOut::Corrected, "2014-02-01").await.unwrap();
    assert_eq!(desk.list(on("2014-02-01")).await, ["丙某"]);
    let all = ListOfficersRequest { show_ended: true, ..on("2014-02-01") };
    assert_eq!(desk.list(all).await.len(), 3);
}

#[tokio::test]
async fn offices_end_with_their_union() {
    let desk = desk().await;
    let union = desk.union().await;
    let chair = officer("甲某", OfficePosition::Chair, "2013-01-01");
    let chair = desk.appoint(&union, chair).await.unwrap();
    let message = DissolveUnionRequest {
        name: union.clone(),
        effective_date: date("2014-06-01"),
        ..Default::default()
    };
    inner(desk.unions.dissolve_union(call(message)).await).unwrap();
    let shown = desk.get(&chair.name).await.unwrap();
    assert_eq!((shown.way_out(), shown.valid_until), (WayOut::UnionEnded, date("2014-06-01")));
    assert_eq!(shown.etag, "1", "nothing was written");
    let today = ListOfficersRequest { parent: union.clone(), ..Default::default() };
    assert!(desk.list(today).await.is_empty());
    assert_eq!(refused(desk.end(&chair.name, WayOut::Death, "2014-03-01").await), "OFFICE_ENDED");
    let late = desk.appoint(&union, officer("乙某", OfficePosition::Member, "2014-06-01")).await;
    assert_eq!(refused(late), "UNION_ENDED");
}

#[tokio::test]
async fn a_barred_person_is_refused_with_the_law() {
    let desk = desk().await;
    let union = desk.union().await;
    let barred = Officer {
        bars: vec![Bar::RelativeOfPrincipal.into()],
        ..officer("甲某", OfficePosition::Member, "2014-01-01")
    };
    let status = desk.appoint(&union, barred).await.unwrap_err();
    assert!(status.message().contains("B01") && status.message().contains("art. 10"));
    assert!(!status.message().contains("甲某"));
    assert_eq!(refused::<()>(Err(status)), "OFFICER_BARRED");
    let unknown =
        Officer { bars: vec![99], ..officer("甲某", OfficePosition::Member, "2014-01-01") };
    assert_eq!(refused(desk.appoint(&union, unknown).await), "INVALID_FIELD");
}

#[tokio::test]
async fn requests_are_checked_before_anything_is_written() {
    let desk = desk().await;
    let union = desk.union().await;
    let given = officer("甲某", OfficePosition::Chair, "2013-01-01");
    let bare = Officer { committee: 0, ..given.clone() };
    assert_eq!(refused(desk.appoint(&union, bare).await), "INVALID_FIELD");
    let wrong = Officer { term_number: 3, ..given.clone() };
    assert_eq!(refused(desk.appoint(&union, wrong).await), "OFFICE_INVALID");
    let late = Officer { valid_from: date("2014-07-02"), ..given.clone() };
    assert_eq!(refused(desk.appoint(&union, late).await), "UNION_DATE_INVALID");
    let nobody = "unions/01a204d5-25b9-7d7e-9853-7563e6b3ca98";
    assert_eq!(refused(desk.appoint(nobody, given.clone()).await), "NOT_FOUND");
    let outside = appointment(&union, given.clone());
    let outside = desk.service.appoint_officer(call_within(ELSEWHERE, outside)).await;
    assert_eq!(refused(inner(outside)), "NOT_FOUND");
    let only = AppointOfficerRequest { validate_only: true, ..appointment(&union, given.clone()) };
    let checked = inner(desk.service.appoint_officer(call(only)).await).unwrap();
    assert_eq!(refused(desk.get(&checked.name).await), "NOT_FOUND");

    let kept = desk.appoint(&union, given).await.unwrap();
    let hidden = GetOfficerRequest { name: kept.name.clone() };
    let hidden = desk.service.get_officer(call_within(ELSEWHERE, hidden)).await;
    assert_eq!(refused(inner(hidden)), "NOT_FOUND");
    let stale =
        EndOfficeRequest { etag: "7".into(), ..ending(&kept.name, WayOut::Resigned, "2014-01-01") };
    assert_eq!(refused(inner(desk.service.end_office(call(stale)).await)), "ETAG_MISMATCH");
    let only = EndOfficeRequest {
        validate_only: true,
        ..ending(&kept.name, WayOut::Resigned, "2014-01-01")
    };
    inner(desk.service.end_office(call(only)).await).unwrap();
    assert_eq!(desk.get(&kept.name).await.unwrap().way_out(), WayOut::Unspecified);
}

#[tokio::test]
async fn a_repeated_request_has_one_effect_and_no_name_is_in_the_audit() {
    let desk = desk().await;
    let union = desk.union().await;
    let ids = Ids::new(desk.rig.clock.clone(), std::sync::Arc::new(SystemRandomness));
    let request_id = ids.fresh().to_string();
    let given = officer("甲某", OfficePosition::Chair, "2013-01-01");
    let message = AppointOfficerRequest { request_id, ..appointment(&union, given) };
    let repeat = async || -> Result<Officer, Status> {
        let request: Request<AppointOfficerRequest> = call(message.clone());
        inner(desk.service.appoint_officer(request).await)
    };
    let first = repeat().await.unwrap();
    assert_eq!(repeat().await.unwrap().name, first.name);
    let of_union = ListOfficersRequest { parent: union, show_ended: true, ..Default::default() };
    assert_eq!(desk.list(of_union).await.len(), 1);
    let events = desk.rig.events().await;
    let told: Vec<_> = events.iter().filter(|event| event.record == first.name).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].snapshot_type, "unionhall.registry.v1.Officer");
    let reader = desk.rig.register.ledger.db().reader();
    let text = "SELECT detail FROM audit_entry WHERE record = $1";
    let audited = Audited::find_by_statement(sql(reader, text, [first.name.into()]));
    let details = audited.all(reader).await.unwrap();
    assert_eq!(details.len(), 1);
    assert_eq!(details[0].detail, "appointed: UNION CHAIR");
}
