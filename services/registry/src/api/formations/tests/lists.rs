//! Lists of cases, and of employers without a union.

use unionhall_proto::registry::v1::{
    GetCommitteeReviewRequest, GetFormationGuidanceRequest, ListFormationCasesRequest,
    ListUncoveredEmployersRequest, SuspendEmployerRequest, UncoveredEmployer, UpdateUnionRequest,
    committee_review::Standing, officer_service_server::OfficerService,
};

use super::*;
use crate::{api::officers::Officers, testing::call_on_both_lines};

impl Desk {
    async fn cases(&self, filter: &str) -> Result<Vec<String>, Status> {
        let mut names = Vec::new();
        let mut page_token = String::new();
        loop {
            let message =
                ListFormationCasesRequest { filter: filter.to_owned(), page_size: 2, page_token };
            let page = inner(self.service.list_formation_cases(call(message)).await)?;
            names.extend(page.formation_cases.into_iter().map(|case| case.name));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(names);
            }
        }
    }

    async fn uncovered(
        &self,
        parent: &str,
        day: &str,
        filter: &str,
    ) -> Result<Vec<UncoveredEmployer>, Status> {
        let mut found = Vec::new();
        let mut page_token = String::new();
        loop {
            let message = ListUncoveredEmployersRequest {
                parent: format!("areas/{parent}"),
                day: date(day),
                filter: filter.to_owned(),
                page_size: 2,
                page_token,
            };
            let page = inner(self.service.list_uncovered_employers(call(message)).await)?;
            found.extend(page.uncovered_employers);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(found);
            }
        }
    }
}

fn names(found: &[UncoveredEmployer]) -> Vec<&str> {
    found.iter().map(|row| row.employer.as_str()).collect()
}

#[tokio::test]
async fn cases_are_listed_by_what_they_are_and_where_they_stand() {
    let desk = desk().await;
    let mut all = Vec::new();
    for serial in 1..=5 {
        let area = if serial == 5 { ELSEWHERE } else { HOME };
        let employer = desk.employer(serial, area).await;
        all.push(desk.create(own(&employer, &desk.above), "2014-02-01").await.unwrap());
    }
    let area = desk.create(workers(&desk.above), "2014-02-01").await.unwrap();
    desk.lead(&all[0].name, 30).await;
    let name = |at: usize| all[at].name.clone();
    assert_eq!(desk.cases("").await.unwrap().len(), 6);
    assert_eq!(desk.cases("state = RESULT_FILED").await.unwrap(), [name(0)]);
    assert_eq!(desk.cases(&format!("area = {ELSEWHERE}")).await.unwrap(), [name(4)]);
    assert_eq!(desk.cases(&format!("area = {SUBDISTRICT}")).await.unwrap().len(), 5);
    assert_eq!(desk.cases(&format!("employer = {}", all[2].employer)).await.unwrap(), [name(2)]);
    assert_eq!(desk.cases("union_type = COMMUNITY_WORKERS").await.unwrap(), [area.name]);
    assert_eq!(desk.cases(&format!("superior = {}", desk.above.name)).await.unwrap().len(), 6);
    assert_eq!(desk.cases("assignee = \"某某街道总工会\"").await.unwrap().len(), 5);
    assert_eq!(desk.cases("overdue = true").await.unwrap().len(), 5, "since 2014-06-02");
    assert_eq!(desk.cases("overdue = false").await.unwrap().len(), 1);
    assert_eq!(refused(desk.cases("stage = 1").await), "INVALID_FILTER");
    let message = || ListFormationCasesRequest::default();
    let request = call_within(ELSEWHERE, message());
    let seen = inner(desk.service.list_formation_cases(request).await).unwrap();
    assert_eq!(seen.formation_cases.len(), 1);
    let request = call_on_both_lines(ELSEWHERE, &desk.above.affiliation, message());
    let seen = inner(desk.service.list_formation_cases(request).await).unwrap();
    assert_eq!(seen.formation_cases.len(), 6, "each once, on either line");
}

#[tokio::test]
async fn those_without_a_union_are_listed_the_longest_first_with_who_follows_up() {
    let desk = desk().await;
    let joint = desk.union(joint(&desk.above), "2010-01-01").await;
    let mut all = Vec::new();
    for serial in 1..=6 {
        all.push(desk.employer(serial, if serial == 6 { ELSEWHERE } else { HOME }).await);
    }
    desk.older(&all[4].name).await;
    let name = |at: usize| all[at].name.as_str();
    // The first is covered; the second was until June; the third has a case; the fourth rests.
    let first = FormationCase { employer: all[0].name.clone(), ..Default::default() };
    let first = desk.create(first, "2014-02-01").await.unwrap();
    desk.cover(&first.name, &joint.name, "2014-03-01").await.unwrap();
    desk.cover_and_leave(name(1), &joint.name).await;
    let case = desk.create(own(&all[2], &desk.above), "2014-02-01").await.unwrap();
    desk.lead(&case.name, 30).await;
    let rest = SuspendEmployerRequest {
        name: all[3].name.clone(),
        effective_date: date("2014-05-01"),
        ..Default::default()
    };
    inner(desk.service.employers.suspend_employer(call(rest)).await).unwrap();

    let today = desk.uncovered("110102", "2014-07-01", "").await.unwrap();
    assert_eq!(names(&today), [name(5), name(4), name(2), name(1)], "by area, then since when");
    let (third, second) = (&today[2], &today[3]);
    assert_eq!((third.uncovered_from, third.uncovered_days), (date("2010-03-01"), 1_584));
    assert_eq!(
        (third.formation_case.as_str(), third.case_state()),
        (&*case.name, State::ResultFiled)
    );
    assert_eq!(third.follow_up.as_ref().unwrap().assignee, "某某街道总工会");
    assert!(third.overdue && third.help_due_on.is_none(), "no rule of 2014 is known");
    assert_eq!((second.uncovered_from, second.uncovered_days), (date("2014-06-01"), 31));
    assert_eq!((second.employee_count, second.female_count), (30, 12));
    assert_eq!((second.formation_case.as_str(), second.follow_up.clone()), ("", None));

    let filtered = async |filter: &str| {
        let found = desk.uncovered(SUBDISTRICT, "2014-07-01", filter).await.unwrap();
        names(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(filtered("followed_up = true").await, [name(2)]);
    assert_eq!(filtered("followed_up = false").await, [name(4), name(1)]);
    assert_eq!(filtered("state = RESULT_FILED AND overdue = true").await, [name(2)]);
    assert_eq!(filtered("overdue = false").await.len(), 2);
    assert_eq!(filtered("assignee = 某某").await.len(), 0);

    let then = desk.uncovered("110102", "2014-02-28", "").await.unwrap();
    let mut expected = [name(0), name(2), name(3), name(4)];
    expected.sort_unstable();
    assert_eq!(names(&then)[0], name(5), "by area");
    assert_eq!(names(&then)[1..], expected, "before the first was covered, while the second was");
    let of = |at: usize| then.iter().find(|row| row.employer == name(at)).unwrap();
    assert_eq!(of(0).formation_case, first.name, "its case was open then");
    assert_eq!(of(2).case_state(), State::Prospect);
    assert_eq!(refused(desk.uncovered("110102", "2014-07-02", "").await), "INVALID_FIELD");
    assert_eq!(refused(desk.uncovered("110102", "2014-07-01", "open = 1").await), "INVALID_FILTER");
    let message = || ListUncoveredEmployersRequest {
        parent: "areas/-".into(),
        day: date("2014-02-28"),
        ..Default::default()
    };
    let request = call_within(ELSEWHERE, message());
    let seen = inner(desk.service.list_uncovered_employers(request).await).unwrap();
    assert_eq!(names(&seen.uncovered_employers), [name(5)]);
    let request = call_on_both_lines(ELSEWHERE, &joint.affiliation, message());
    let seen = inner(desk.service.list_uncovered_employers(request).await).unwrap();
    assert_eq!(names(&seen.uncovered_employers), [name(5), name(0)], "then what the union shows");
    let outside = ListUncoveredEmployersRequest {
        parent: format!("areas/{SUBDISTRICT}"),
        ..Default::default()
    };
    let request = call_within(ELSEWHERE, outside);
    assert_eq!(
        refused(inner(desk.service.list_uncovered_employers(request).await)),
        "OUT_OF_SCOPE"
    );
}

#[tokio::test]
async fn those_to_whom_help_is_due_are_told_apart_since_the_city_says_so() {
    let desk = desk().await;
    let first = desk.employer(1, HOME).await;
    desk.rig.clock.set("2016-07-01T02:00:00Z".parse().unwrap());
    let established_on = date("2016-01-01");
    let new = Employer { established_on, workforce: None, ..employer(2, HOME) };
    let message = CreateEmployerRequest { employer: Some(new), ..Default::default() };
    let second = inner(desk.service.employers.create_employer(call(message)).await).unwrap();
    let listed = async |day: &str, filter: &str| {
        let found = desk.uncovered(SUBDISTRICT, day, filter).await.unwrap();
        names(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let (first, second) = (first.name.as_str(), second.name.as_str());
    assert_eq!(listed("2016-07-01", "help_due = true").await, [first, second]);
    assert_eq!(listed("2016-07-01", "help_due = false").await, [""; 0]);
    // Of an earlier day the order is another.
    assert_eq!(listed("2015-12-31", "help_due = true").await, [""; 0], "the text is not at hand");
    assert_eq!(listed("2015-12-31", "help_due = false").await, [first]);
    assert_eq!(listed("2016-06-30", "help_due = true").await, [first], "a day short of six months");
    assert_eq!(listed("2016-06-30", "help_due = false").await, [second]);
    assert_eq!(
        refused(desk.uncovered(SUBDISTRICT, "2016-06-30", "help_due = 1").await),
        "INVALID_FILTER"
    );
}

#[tokio::test]
async fn help_that_is_due_is_told_from_help_that_may_be() {
    let desk = desk().await;
    let wanted = desk.employer(1, HOME).await;
    let silent = desk.employer(2, HOME).await;
    desk.rig.clock.set("2018-01-01T02:00:00Z".parse().unwrap());
    let case = desk.create(own(&wanted, &desk.above), "2017-03-01").await.unwrap();
    desk.record(&case.name, Content::Wish(wish("职工联名信")), "2017-05-04").await.unwrap();
    let listed = async |day: &str, filter: &str| {
        let found = desk.uncovered(SUBDISTRICT, day, filter).await.unwrap();
        names(&found).into_iter().map(str::to_owned).collect::<Vec<_>>()
    };
    let (wanted, silent) = (wanted.name.as_str(), silent.name.as_str());
    let today = "2018-01-01";
    assert_eq!(listed(today, "help_due = true AND wish = true").await, [wanted]);
    assert_eq!(listed(today, "help_due = true AND wish = false").await, [silent]);
    assert_eq!(listed(today, "help_due = true").await.len(), 2);
    assert_eq!(listed("2017-05-03", "wish = true").await, [""; 0], "the day before");
    assert_eq!(listed("2017-05-04", "wish = true").await, [wanted]);
    let unreadable = desk.uncovered(SUBDISTRICT, today, "wish = perhaps").await;
    assert_eq!(refused(unreadable), "INVALID_FILTER");

    let rows = desk.uncovered(SUBDISTRICT, today, "").await.unwrap();
    let of = |name: &str| rows.iter().find(|row| row.employer == name).unwrap();
    let told = |name: &str| (of(name).help_due_on, of(name).wish_on);
    let six_months_after = date("2010-09-01");
    assert_eq!(told(wanted), (date("2017-05-04"), date("2017-05-04")), "not before they wish it");
    assert_eq!(told(silent), (six_months_after, None), "the earliest day");
    let message = ListUncoveredEmployersRequest {
        parent: format!("areas/{SUBDISTRICT}"),
        ..Default::default()
    };
    let request = crate::testing::call_with(&["registry.employers.read"], "11", message);
    let blind = inner(desk.service.list_uncovered_employers(request).await).unwrap();
    let rows = blind.uncovered_employers;
    assert!(rows.iter().all(|row| row.wish_on.is_none()), "it is told by cases alone: {rows:?}");

    // The wish of a case that was given up is nobody's any more.
    desk.record(&case.name, Content::Abandonment(reason("作罢")), "2017-12-01").await.unwrap();
    assert_eq!(listed(today, "wish = true").await, [""; 0]);
    assert_eq!(listed("2017-11-30", "wish = true").await, [wanted]);
    for (day, wish) in [("2017-11-30", date("2017-05-04")), ("2017-12-01", None)] {
        let message = GetFormationGuidanceRequest { name: case.name.clone(), day: date(day) };
        let told = inner(desk.service.get_formation_guidance(call(message)).await).unwrap();
        assert_eq!(told.wish_on, wish, "{day}");
    }
}

#[tokio::test]
async fn a_joint_committee_of_one_employer_is_told_in_the_review() {
    let desk = desk().await;
    let joint = desk.union(joint(&desk.above), "2010-01-01").await;
    let officers = Officers::new(desk.rig.register.clone());
    let told = async |day: &str| {
        let message = GetCommitteeReviewRequest {
            name: joint.name.clone(),
            day: date(day),
            ..Default::default()
        };
        let review = inner(officers.get_committee_review(call(message)).await).unwrap();
        let item = review.items.into_iter().find(|item| item.rule == "R14").unwrap();
        (item.standing(), item.figures[0].value)
    };
    for (serial, from) in [(1, "2014-03-01"), (2, "2014-04-01")] {
        let employer = desk.employer(serial, HOME).await;
        let case = FormationCase { employer: employer.name, ..Default::default() };
        let case = desk.create(case, "2014-02-01").await.unwrap();
        desk.cover(&case.name, &joint.name, from).await.unwrap();
    }
    assert_eq!(told("2014-02-28").await, (Standing::NotMet, 0));
    assert_eq!(told("2014-03-31").await, (Standing::NotMet, 1));
    assert_eq!(told("2014-04-01").await, (Standing::Met, 2));
}

impl Desk {
    /// It was established a year before the others.
    async fn older(&self, name: &str) {
        use unionhall_proto::registry::v1::UpdateEmployerRequest;
        let employer = Employer {
            name: name.to_owned(),
            established_on: date("2009-03-01"),
            ..Default::default()
        };
        let paths = vec!["established_on".to_owned()];
        let update = UpdateEmployerRequest {
            employer: Some(employer),
            update_mask: Some(prost_types::FieldMask { paths }),
            effective_date: date("2014-01-01"),
            ..Default::default()
        };
        inner(self.service.employers.update_employer(call(update)).await).unwrap();
    }

    /// Covered from 2014-01-01 to the end of May.
    async fn cover_and_leave(&self, name: &str, union: &str) {
        use unionhall_proto::registry::v1::{
            CoverEmployerRequest, UncoverEmployerRequest, coverage_service_server::CoverageService,
        };
        let cover = CoverEmployerRequest {
            name: name.to_owned(),
            union: union.to_owned(),
            effective_date: date("2014-01-01"),
            ..Default::default()
        };
        inner(self.service.employers.cover_employer(call(cover)).await).unwrap();
        let leave = UncoverEmployerRequest {
            name: name.to_owned(),
            effective_date: date("2014-06-01"),
            ..Default::default()
        };
        inner(self.service.employers.uncover_employer(call(leave)).await).unwrap();
    }
}

#[tokio::test]
async fn an_old_approval_by_another_body_is_told_and_not_refused() {
    let desk = desk().await;
    let officers = Officers::new(desk.rig.register.clone());
    let approved = |body: &str| {
        let number = "某工发〔2010〕1号".to_owned();
        Some(Approval { body: body.to_owned(), number })
    };
    let old = Union { approval: approved("北京市某某区旧总工会"), ..joint(&desk.above) };
    let old = desk.union(old, "2010-01-01").await;
    let told = async || {
        let name = old.name.clone();
        let message = GetCommitteeReviewRequest { name, day: date("2014-07-01"), counts: None };
        let review = inner(officers.get_committee_review(call(message)).await).unwrap();
        let item = review.items.into_iter().find(|item| item.rule == "R15").unwrap();
        assert!(!item.mandatory);
        (item.standing(), item.next_step.is_some())
    };
    assert_eq!(told().await, (Standing::NotMet, true));
    let update = async |approval, from| {
        let message = UpdateUnionRequest {
            union: Some(Union { name: old.name.clone(), approval, ..Default::default() }),
            update_mask: Some(prost_types::FieldMask { paths: vec!["approval".to_owned()] }),
            effective_date: date(from),
            ..Default::default()
        };
        inner(desk.service.unions.update_union(call(message)).await).unwrap();
    };
    update(approved(&desk.above.display_name), "2010-01-01").await;
    assert_eq!(told().await, (Standing::Met, false));
    update(None, "2010-01-01").await;
    assert_eq!(told().await, (Standing::Unknown, false));
}
