//! Vacant offices, and the unions that are to fill them.

use unionhall_proto::registry::v1::{
    DissolveUnionRequest, EndOfficeRequest, GetVacanciesRequest, OfficeVacancies,
    UpdateUnionRequest,
};

use super::*;

impl Desk {
    async fn vacancies(&self, union: &str, day: &str) -> OfficeVacancies {
        let message = GetVacanciesRequest { name: union.to_owned(), day: date(day) };
        inner(self.officers.get_vacancies(call(message)).await).unwrap()
    }

    async fn leave(&self, union: &str, position: OfficePosition, on: &str) -> String {
        let list = ListOfficersRequest { parent: union.to_owned(), ..Default::default() };
        let seated = inner(self.officers.list_officers(call(list)).await).unwrap().officers;
        let name = seated.into_iter().find(|one| one.position() == position).unwrap().name;
        let ending = EndOfficeRequest {
            name: name.clone(),
            way_out: WayOut::Resigned.into(),
            effective_date: date(on),
            ..Default::default()
        };
        inner(self.officers.end_office(call(ending)).await).unwrap();
        name
    }
}

#[tokio::test]
async fn a_vacancy_tells_by_when_it_is_filled_and_its_union_is_found() {
    let desk = desk().await;
    let union = desk.union(None).await;
    let called = desk.call(&union, election(Kind::Founding)).await.unwrap();
    desk.hold(&called.name, record()).await.unwrap();
    desk.file(&called.name, "2014-03-10").await.unwrap();
    assert!(desk.vacancies(&union, "2014-07-01").await.vacancies.is_empty());
    assert_eq!(desk.found("vacancy_due_by = 2019-12-31").await, [""; 0]);
    let chair = desk.leave(&union, OfficePosition::Chair, "2014-03-31").await;
    let member = desk.leave(&union, OfficePosition::Member, "2014-05-15").await;
    let found = desk.vacancies(&union, "2014-07-01").await.vacancies;
    let told: Vec<_> = found
        .iter()
        .map(|one| (one.officer.clone(), one.vacant_since, one.fill_by, one.overdue))
        .collect();
    let expected = [
        (chair, date("2014-03-31"), date("2014-06-30"), true),
        (member.clone(), date("2014-05-15"), date("2014-11-15"), false),
    ];
    assert_eq!(told, expected);
    assert_eq!((found[0].position(), found[0].rule.as_str()), (OfficePosition::Chair, "R07"));
    assert!(!found[0].source.is_empty() && found[0].next_step.is_some());
    let in_time = desk.vacancies(&union, "2014-06-30").await.vacancies;
    assert!(!in_time[0].overdue, "the last day");
    let own = std::slice::from_ref(&union);
    assert_eq!(desk.found("vacancy_overdue = true").await, own);
    assert_eq!(desk.found("vacancy_due_by = 2014-06-30").await, own);
    assert_eq!(desk.found("vacancy_due_by = 2014-06-29").await, [""; 0]);
    assert_eq!(desk.found("vacancy_overdue = false").await, [""; 0]);

    let by_election = Election {
        contests: vec![contest(OfficePosition::Chair, 1)],
        planned_on: date("2014-06-15"),
        ..election(Kind::ByElection)
    };
    let by_election = desk.call(&union, by_election).await.unwrap();
    let chosen = ElectionRecord {
        held_on: date("2014-06-15"),
        results: vec![result(vec![candidate("戊某", 31, true), candidate("己某", 9, false)])],
        ..record()
    };
    desk.hold(&by_election.name, chosen).await.unwrap();
    desk.file(&by_election.name, "2014-06-20").await.unwrap();
    let left = desk.vacancies(&union, "2014-07-01").await.vacancies;
    assert_eq!(left.iter().map(|one| one.officer.clone()).collect::<Vec<_>>(), [member]);
    assert_eq!(desk.found("vacancy_overdue = true").await, [""; 0]);
    assert_eq!(desk.found("vacancy_overdue = false").await, own);
    assert_eq!(desk.found("vacancy_due_by = 2014-11-15").await, own);
    let hidden = GetVacanciesRequest { name: union.clone(), day: None };
    let hidden = desk.officers.get_vacancies(call_within(ELSEWHERE, hidden)).await;
    assert_eq!(refused(inner(hidden)), "NOT_FOUND");
}

#[tokio::test]
async fn what_becomes_of_the_union_becomes_of_its_vacancies() {
    let desk = desk().await;
    let union = desk.union(None).await;
    let called = desk.call(&union, election(Kind::Founding)).await.unwrap();
    desk.hold(&called.name, record()).await.unwrap();
    desk.file(&called.name, "2014-03-10").await.unwrap();
    desk.leave(&union, OfficePosition::Chair, "2014-03-31").await;
    let set = async |term: Option<Term>, day: &str| {
        let seen = desk.seen(&union, "2014-07-01").await;
        let message = UpdateUnionRequest {
            union: Some(Union { term, ..seen }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["term".to_owned()] }),
            effective_date: date(day),
            ..Default::default()
        };
        inner(desk.unions.update_union(call(message)).await).unwrap()
    };
    let own = std::slice::from_ref(&union);
    assert_eq!(desk.found("vacancy_due_by = 2014-06-30").await, own);
    // The next committee was elected, as somebody recorded by hand; and took it back.
    set(term(2, "2014-06-01"), "2014-06-01").await;
    assert_eq!(desk.found("vacancy_due_by = 2014-06-30").await, [""; 0]);
    set(None, "2014-06-01").await;
    assert_eq!(desk.found("vacancy_due_by = 2014-06-30").await, own);
    let end = DissolveUnionRequest {
        name: union.clone(),
        effective_date: date("2014-06-30"),
        ..Default::default()
    };
    inner(desk.unions.dissolve_union(call(end)).await).unwrap();
    assert_eq!(desk.found("vacancy_due_by = 2014-06-30").await, [""; 0]);
    assert!(desk.vacancies(&union, "2014-07-01").await.vacancies.is_empty());
}
