//! Which union covers an employer.

use unionhall_kit::{
    figures::read::{Question, values},
    ledger::EventKind,
    path::{Line, Path},
};
use unionhall_proto::registry::v1::{
    Approval, CloseEmployerRequest, CoverEmployerRequest, CreateUnionRequest,
    DeleteEmployerRequest, DissolveUnionRequest, GetUnionRequest, ListCoveredEmployersRequest,
    UncoverEmployerRequest, Union, UnionDecision, UpdateUnionRequest,
    coverage::Kind as CoverageKind, coverage_service_server::CoverageService, union,
    union_service_server::UnionService,
};

use super::*;
use crate::{api::unions::Unions, rules::contribution::Metric};

/// The services over one register.
struct Hall {
    desk: Desk,
    unions: Unions,
}

async fn hall() -> Hall {
    let desk = desk().await;
    let unions = Unions::over(desk.rig.register.clone());
    Hall { desk, unions }
}

impl Hall {
    async fn union(&self, kind: &str, change: impl FnOnce(&mut Union)) -> Union {
        let mut union = Union {
            display_name: format!("北京某某{kind}工会"),
            union_type: kind.to_owned(),
            union_form: "COMMITTEE".to_owned(),
            union_level: "BASIC".to_owned(),
            seat: Some(at(HOME)),
            ..Default::default()
        };
        change(&mut union);
        let message = CreateUnionRequest {
            union: Some(union),
            effective_date: date("2013-01-01"),
            ..Default::default()
        };
        inner(self.unions.create_union(call(message)).await).unwrap()
    }

    async fn joint(&self) -> Union {
        self.union("JOINT", |_| {}).await
    }

    async fn cover(&self, name: &str, union: &str, from: &str) -> Result<Employer, Status> {
        self.take_over(name, union, "", from).await
    }

    async fn take_over(
        &self,
        name: &str,
        union: &str,
        previous_union: &str,
        from: &str,
    ) -> Result<Employer, Status> {
        let message = CoverEmployerRequest {
            name: name.to_owned(),
            union: union.to_owned(),
            previous_union: previous_union.to_owned(),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.desk.service.cover_employer(call(message)).await)
    }

    async fn uncover(&self, name: &str, from: &str) -> Result<Employer, Status> {
        let message = UncoverEmployerRequest {
            name: name.to_owned(),
            effective_date: date(from),
            ..Default::default()
        };
        inner(self.desk.service.uncover_employer(call(message)).await)
    }

    /// A figure of a node on a day.
    async fn figure(&self, metric: Metric, (line, node): (Line, &str), day: &str) -> i64 {
        let question = Question {
            metric: metric.id(),
            line,
            node: Path::parse(node).unwrap(),
            day: crate::testing::day(day),
        };
        let db = self.desk.rig.register.ledger.db();
        values(db, &[question]).await.unwrap()[0]
    }
}

#[tokio::test]
async fn an_employer_leaves_a_joint_union_to_stand_alone() {
    let hall = hall().await;
    let name = hall.desk.create(employer(1)).await.unwrap().name;
    let joint = hall.joint().await;
    let own = hall.union("SINGLE_EMPLOYER", |union| union.employer = name.clone()).await;

    let covered = hall.cover(&name, &joint.name, "2014-07-01").await.unwrap();
    let coverage = covered.coverage.unwrap();
    assert_eq!((coverage.kind(), coverage.union.as_str()), (CoverageKind::Joint, &*joint.name));
    // The rig stands on the day of the first coverage, so that the second is of the same day.
    assert_eq!(refused(hall.cover(&name, &own.name, "2014-07-01").await), "EMPLOYER_COVERED");
    let alone = hall.take_over(&name, &own.name, &joint.name, "2014-07-01").await.unwrap();
    assert_eq!(alone.coverage.unwrap().kind(), CoverageKind::Own);

    let home = (Line::Area, HOME);
    let today = "2014-07-01";
    assert_eq!(hall.figure(Metric::CoveredByOwn, home, today).await, 1);
    assert_eq!(hall.figure(Metric::CoveredByJoint, home, today).await, 0);
    assert_eq!(hall.figure(Metric::NewlyCovered, home, today).await, 1);
    assert_eq!(hall.figure(Metric::NewlyCoveredByOwn, home, today).await, 1);
    let at_own = (Line::Affiliation, own.affiliation.as_str());
    let at_joint = (Line::Affiliation, joint.affiliation.as_str());
    assert_eq!(hall.figure(Metric::CoveredEmployees, at_own, today).await, 20);
    assert_eq!(hall.figure(Metric::CoveredEmployers, at_joint, today).await, 0);
}

#[tokio::test]
async fn coverage_is_new_when_it_begins_and_not_when_it_changes_hands() {
    let hall = hall().await;
    let given = Employer { established_on: date("2010-03-01"), ..employer(1) };
    let message = CreateEmployerRequest {
        employer: Some(given),
        effective_date: date("2013-02-01"),
        ..Default::default()
    };
    let name = inner(hall.desk.service.create_employer(call(message)).await).unwrap().name;
    let first = hall.joint().await;
    let second = hall.union("INDUSTRY", |_| {}).await;
    hall.cover(&name, &first.name, "2013-03-01").await.unwrap();
    hall.take_over(&name, &second.name, &first.name, "2013-06-01").await.unwrap();
    hall.uncover(&name, "2013-09-01").await.unwrap();
    hall.cover(&name, &second.name, "2014-02-01").await.unwrap();
    let home = (Line::Area, HOME);
    let new = async |day| hall.figure(Metric::NewlyCovered, home, day).await;
    assert_eq!(new("2013-02-28").await, 0);
    assert_eq!(new("2013-12-31").await, 1);
    assert_eq!(new("2014-07-01").await, 2);
    let covered = async |day| hall.figure(Metric::CoveredEmployers, home, day).await;
    assert_eq!(covered("2013-08-31").await, 1);
    assert_eq!(covered("2013-09-01").await, 0);
    let first = (Line::Affiliation, first.affiliation.as_str());
    assert_eq!(hall.figure(Metric::CoveredEmployers, first, "2013-05-31").await, 1);
    assert_eq!(hall.figure(Metric::CoveredEmployers, first, "2013-06-01").await, 0);
    assert_eq!(refused(hall.uncover(&name, "2013-10-01").await), "EMPLOYER_NOT_COVERED");
}

#[tokio::test]
async fn only_a_union_that_can_may_cover() {
    let hall = hall().await;
    let name = hall.desk.create(employer(1)).await.unwrap().name;
    let other = hall.desk.create(employer(2)).await.unwrap().name;
    let others = hall.union("SINGLE_EMPLOYER", |union| union.employer = other.clone()).await;
    let federation = hall.union("AREA_FEDERATION", |_| {}).await;
    for union in [&others, &federation] {
        assert_eq!(refused(hall.cover(&name, &union.name, "2014-07-01").await), "COVER_INVALID");
    }
    let joint = hall.joint().await;
    let message = DissolveUnionRequest { name: joint.name.clone(), ..Default::default() };
    inner(hall.unions.dissolve_union(call(message)).await).unwrap();
    let ended = hall.cover(&name, &joint.name, "2014-07-01").await;
    assert_eq!(refused(ended), "COVER_INVALID", "it ended on the day");
    let nobody = "unions/00000000-0000-7000-8000-000000000001";
    assert_eq!(refused(hall.cover(&name, nobody, "2014-07-01").await), "NOT_FOUND");
    let early = hall.cover(&name, &others.name, "2010-02-28").await;
    assert_eq!(refused(early), "EMPLOYER_DATE_INVALID", "before the record begins");
}

#[tokio::test]
async fn a_union_that_covers_somebody_does_not_end_and_tells_whom_it_covers() {
    let hall = hall().await;
    let joint = hall.joint().await;
    let mut names = Vec::new();
    for serial in 1..=5 {
        let name = hall.desk.create(employer(serial)).await.unwrap().name;
        hall.cover(&name, &joint.name, "2014-07-01").await.unwrap();
        names.push(name);
    }
    let message = DissolveUnionRequest { name: joint.name.clone(), ..Default::default() };
    let refusal = hall.unions.dissolve_union(call(message)).await.unwrap_err();
    let info = refusal.get_error_details().error_info().unwrap().clone();
    assert_eq!(
        (info.reason.as_str(), info.metadata["employers"].as_str()),
        ("UNION_NOT_EMPTY", "5")
    );
    let (mut listed, mut page_token) = (Vec::new(), String::new());
    loop {
        let message = ListCoveredEmployersRequest {
            parent: joint.name.clone(),
            page_size: 2,
            page_token,
            ..Default::default()
        };
        let page = inner(hall.desk.service.list_covered_employers(call(message)).await).unwrap();
        listed.extend(page.employers.into_iter().map(|employer| employer.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    names.sort();
    assert_eq!(listed, names);
    // The union's own line shows them, whatever their area.
    let request = crate::testing::call_on_both_lines(
        NEIGHBOUR,
        &joint.affiliation,
        GetEmployerRequest { name: names[0].clone(), day: None },
    );
    inner(hall.desk.service.get_employer(request).await).unwrap();
}

#[tokio::test]
async fn an_employer_that_ended_holds_no_union_back() {
    let hall = hall().await;
    let joint = hall.joint().await;
    let name = hall.desk.create(employer(1)).await.unwrap().name;
    hall.cover(&name, &joint.name, "2014-01-01").await.unwrap();
    let retyped = Union { union_type: "INDUSTRY".to_owned(), ..joint.clone() };
    let message = UpdateUnionRequest {
        union: Some(retyped),
        update_mask: Some(prost_types::FieldMask { paths: vec!["union_type".to_owned()] }),
        effective_date: date("2014-02-01"),
        ..Default::default()
    };
    let retyped = inner(hall.unions.update_union(call(message)).await);
    assert_eq!(refused(retyped), "UNION_NOT_EMPTY", "a cover would be of another kind");

    let close = CloseEmployerRequest {
        name: name.clone(),
        effective_date: date("2014-05-01"),
        ..Default::default()
    };
    inner(hall.desk.service.close_employer(call(close)).await).unwrap();
    let covered = async |day| {
        let message = ListCoveredEmployersRequest {
            parent: joint.name.clone(),
            day: date(day),
            ..Default::default()
        };
        let page = hall.desk.service.list_covered_employers(call(message)).await;
        inner(page).unwrap().employers.len()
    };
    assert_eq!((covered("2014-04-30").await, covered("2014-05-01").await), (1, 0));
    let message = DissolveUnionRequest {
        name: joint.name.clone(),
        effective_date: date("2014-05-01"),
        ..Default::default()
    };
    inner(hall.unions.dissolve_union(call(message)).await).unwrap();
}

#[tokio::test]
async fn who_follows_a_union_is_told_when_an_employer_leaves_it() {
    let hall = hall().await;
    let name = hall.desk.create(employer(1)).await.unwrap().name;
    let joint = hall.joint().await;
    hall.cover(&name, &joint.name, "2014-07-01").await.unwrap();
    hall.uncover(&name, "2014-07-01").await.unwrap();
    let events = hall.desk.rig.events_below(&joint.affiliation).await;
    let told: Vec<(i16, i64)> = events
        .iter()
        .filter(|event| event.record == name)
        .map(|event| (event.kind, event.version))
        .collect();
    assert_eq!(told, [(EventKind::Updated as i16, 2), (EventKind::Left as i16, 3)]);
}

#[tokio::test]
async fn an_employer_that_ends_ends_its_own_union() {
    let hall = hall().await;
    let name = hall.desk.create(employer(1)).await.unwrap().name;
    let own = hall.union("SINGLE_EMPLOYER", |union| union.employer = name.clone()).await;
    hall.cover(&name, &own.name, "2014-07-01").await.unwrap();
    let below = hall.union("JOINT", |union| union.superior = own.name.clone()).await;
    let close = || CloseEmployerRequest {
        name: name.clone(),
        effective_date: date("2014-07-01"),
        ..Default::default()
    };
    let refused_ = hall.desk.service.close_employer(call(close())).await;
    assert_eq!(refused(inner(refused_)), "UNION_NOT_EMPTY");
    let kept = hall.desk.rig.events().await.len();
    let end = DissolveUnionRequest {
        name: below.name,
        effective_date: date("2014-07-01"),
        ..Default::default()
    };
    hall.unions.dissolve_union(call(end)).await.unwrap();
    let trial = CloseEmployerRequest { validate_only: true, ..close() };
    hall.desk.service.close_employer(call(trial)).await.unwrap();
    let at_own = (Line::Affiliation, own.affiliation.as_str());
    assert_eq!(hall.figure(Metric::CoveredEmployers, at_own, "2014-07-01").await, 1);
    hall.desk.service.close_employer(call(close())).await.unwrap();
    assert_eq!(hall.figure(Metric::CoveredEmployers, at_own, "2014-07-01").await, 0);
    let events = hall.desk.rig.events().await;
    let last: Vec<_> = events[kept..].iter().map(|event| event.record.as_str()).collect();
    assert_eq!(last[1..], [own.name.as_str(), name.as_str()], "the union, then the employer");
    let ended = GetUnionRequest { name: own.name.clone(), day: None };
    let ended = hall.unions.get_union(call(ended)).await.unwrap().into_inner();
    assert_eq!(ended.state(), union::State::Dissolved);
    assert_eq!(ended.end_reason(), union::EndReason::EmployerEnded);
    assert_eq!(ended.established_on, own.established_on);
    // The report to the union above comes afterwards, once.
    let report = DissolveUnionRequest {
        name: own.name.clone(),
        effective_date: date("2014-07-01"),
        decision: Some(UnionDecision {
            approval: Some(Approval {
                body: "某某总工会".into(), number: "报〔2014〕1号".into()
            }),
            decided_on: date("2014-07-01"),
            ..Default::default()
        }),
        ..Default::default()
    };
    let filed = inner(hall.unions.dissolve_union(call(report.clone())).await).unwrap();
    assert_eq!((filed.end_reason(), filed.etag.as_str()), (union::EndReason::EmployerEnded, "3"));
    assert_eq!(filed.decision, report.decision);
    assert_eq!(refused(inner(hall.unions.dissolve_union(call(report)).await)), "UNION_ENDED");
}

#[tokio::test]
async fn nobody_comes_under_a_union_after_the_end() {
    let hall = hall().await;
    let joint = hall.joint().await;
    let name = hall.desk.create(employer(1)).await.unwrap().name;
    hall.cover(&name, &joint.name, "2014-03-01").await.unwrap();
    let home = (Line::Area, HOME);
    assert_eq!(hall.figure(Metric::NewlyCovered, home, "2014-07-01").await, 1);
    let close = |from: &str, withdraw_later_coverage| CloseEmployerRequest {
        name: name.clone(),
        effective_date: date(from),
        withdraw_later_coverage,
        ..Default::default()
    };
    for day in ["2014-02-01", "2014-02-28"] {
        let refusal = hall.desk.service.close_employer(call(close(day, false))).await.unwrap_err();
        let info = refusal.get_error_details().error_info().cloned().unwrap();
        assert_eq!(info.reason, "EMPLOYER_COVERED_LATER");
        let told = (info.metadata["day"].as_str(), info.metadata["union"].as_str());
        assert_eq!(told, ("2014-03-01", joint.name.as_str()));
    }
    let closed = hall.desk.service.close_employer(call(close("2014-02-01", true))).await;
    assert_eq!(inner(closed).unwrap().coverage, None);
    let there = (Line::Affiliation, joint.affiliation.as_str());
    for metric in [Metric::NewlyCovered, Metric::CoveredEmployers] {
        for node in [home, there] {
            assert_eq!(hall.figure(metric, node, "2014-07-01").await, 0, "{metric:?} {node:?}");
        }
    }
    hall.desk
        .figures_equal_a_recount(
            &hall.desk.records(&[Some(name.clone()), None, None, None, None, None]).await,
        )
        .await;
    let again = hall.desk.service.close_employer(call(close("2014-05-01", true))).await;
    assert_eq!(refused(inner(again)), "EMPLOYER_CLOSED");
}

#[tokio::test]
async fn coverage_from_before_the_end_stays_when_later_coverage_is_withdrawn() {
    let hall = hall().await;
    let joint = hall.joint().await;
    let name = hall.desk.create(employer(1)).await.unwrap().name;
    hall.cover(&name, &joint.name, "2014-01-01").await.unwrap();
    hall.uncover(&name, "2014-02-01").await.unwrap();
    hall.cover(&name, &joint.name, "2014-06-01").await.unwrap();
    let close = CloseEmployerRequest {
        name: name.clone(),
        effective_date: date("2014-05-01"),
        withdraw_later_coverage: true,
        ..Default::default()
    };
    inner(hall.desk.service.close_employer(call(close)).await).unwrap();
    let home = (Line::Area, HOME);
    assert_eq!(hall.figure(Metric::NewlyCovered, home, "2014-07-01").await, 1);
    assert_eq!(hall.figure(Metric::CoveredEmployers, home, "2014-01-15").await, 1);
}

#[tokio::test]
async fn an_employer_with_its_own_union_is_not_withdrawn() {
    let hall = hall().await;
    let name = hall.desk.create(employer(1)).await.unwrap().name;
    hall.union("SINGLE_EMPLOYER", |union| union.employer = name.clone()).await;
    let message = DeleteEmployerRequest { name, ..Default::default() };
    let answer = hall.desk.service.delete_employer(call(message)).await;
    assert_eq!(refused(inner(answer)), "EMPLOYER_HAS_UNION");
}
