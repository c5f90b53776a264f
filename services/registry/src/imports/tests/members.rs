//! Members from a spreadsheet. Names are made up, persons are born 1880-1899.

use unionhall_proto::registry::v1::{
    DeleteMemberRequest, EndMembershipRequest, ListMembersRequest, Member, Union, WayOut,
    member::State as Standing, member_service_server::MemberService,
    membership_service_server::MembershipService, union_service_server::UnionService,
};

use super::*;
use crate::{
    api::{members::Members as Service, unions::Unions},
    rules::member::metric::MemberMetric::{Employed, Joined, Members, Migrants, Women},
    testing::{call, day},
};

mod faults;

const HOME: &str = "110102012004";
const FACTORY: &str = "91110102T00000028J";
/// Synthetic numbers of the domain reference.
const NUMBERS: [&str; 5] = [
    "110102188808080017",
    "110102188808080025",
    "110104188703150034",
    "110104188703150042",
    "110101188505010058",
];
const HEADER: &str = "姓名,证件类型,证件号码,证件有效期至,性别,出生日期,民族,学历,手机号码,居住地,\
    工作单位,就业状态,职工群体,是否农民工,所在工会,入会方式,入会日期,申请入会日期,离会方式,离会日期,\
    离会说明,信息确认,生效日期";
const COLUMNS: [&str; 23] = [
    "姓名",
    "证件类型",
    "证件号码",
    "证件有效期至",
    "性别",
    "出生日期",
    "民族",
    "学历",
    "手机号码",
    "居住地",
    "工作单位",
    "就业状态",
    "职工群体",
    "是否农民工",
    "所在工会",
    "入会方式",
    "入会日期",
    "申请入会日期",
    "离会方式",
    "离会日期",
    "离会说明",
    "信息确认",
    "生效日期",
];

/// A row by what some of its columns say.
fn row(cells: &[(&str, &str)]) -> String {
    for (column, _) in cells {
        assert!(COLUMNS.contains(column), "{column}");
    }
    let cell = |column: &&str| {
        let found = cells.iter().rev().find(|(named, _)| named == column);
        found.map_or("", |(_, value)| *value).to_owned()
    };
    COLUMNS.iter().map(cell).collect::<Vec<_>>().join(",")
}

/// A row that enters somebody, with more cells.
fn person<'a>(at: usize, more: &[(&'a str, &'a str)]) -> String {
    let names = ["甲某", "乙某", "丙某", "丁某", "戊某"];
    let mut cells = vec![
        ("姓名", names[at]),
        ("证件号码", NUMBERS[at]),
        ("所在工会", "西什库社区联合工会"),
        ("入会日期", "2014-03-01"),
    ];
    cells.extend(more);
    row(&cells)
}

fn file(rows: &[String]) -> Vec<u8> {
    format!("{HEADER}\n{}\n", rows.join("\n")).into_bytes()
}

/// An employer, and unions of which two have one name.
async fn stocked() -> Desk {
    let desk = desk().await;
    let employers = format!(
        "单位名称,统一社会信用代码,单位性质,实际所在社区,成立日期\n\
         北京青松印务有限公司,{FACTORY},57,{HOME},2012-03-01\n"
    );
    assert_eq!(desk.import("employers", employers.as_bytes()).await.applied_row_count, 1);
    let unions = format!(
        "工会名称,组织类型,组织形式,组织层级,所辖区域,住所所在社区,建会日期\n\
         西什库社区联合工会,社区联合工会,联合工会委员会,社区,{HOME},{HOME},2012-05-01\n\
         某某联合工会,联合基层工会,联合工会委员会,基层,,{HOME},2012-05-01\n"
    );
    assert_eq!(desk.import("unions", unions.as_bytes()).await.applied_row_count, 2);
    desk
}

impl Desk {
    fn members(&self) -> Service {
        Service::over(self.rig.register.clone())
    }

    async fn all(&self) -> Vec<Member> {
        let message = ListMembersRequest { page_size: 100, ..Default::default() };
        self.members().list_members(call(message)).await.unwrap().into_inner().members
    }

    async fn named(&self, name: &str) -> Member {
        let all = self.all().await;
        all.into_iter().find(|member| member.display_name == name).unwrap()
    }

    async fn union(&self, name: &str) -> Union {
        let service = Unions::over(self.rig.register.clone());
        let message = unionhall_proto::registry::v1::ListUnionsRequest {
            page_size: 100,
            ..Default::default()
        };
        let all = service.list_unions(call(message)).await.unwrap().into_inner().unions;
        all.into_iter().find(|union| union.display_name == name).unwrap()
    }

    async fn end(&self, name: &str, on: &str) {
        let message = EndMembershipRequest {
            name: name.to_owned(),
            way_out: WayOut::Withdrawn.into(),
            effective_date: Some(day(on).into()),
            ..Default::default()
        };
        self.members().end_membership(call(message)).await.unwrap();
    }

    /// Commits rows that must be without fault, and tells how many changed something.
    async fn applied(&self, rows: &[String]) -> ImportBatch {
        let checked = self.validate("members", &file(rows)).await;
        let faults = self.faults(&checked.name).await;
        assert!(faults.is_empty(), "{faults:?}");
        self.begin_commit(&checked.name).await;
        let batch = self.rest(&checked.name, |_| false).await;
        assert_eq!(batch.state(), State::Applied);
        assert_eq!(batch.unchanged_row_count, checked.unchanged_row_count, "the dry run erred");
        batch
    }

    /// Line, column and code of the faults of rows.
    async fn refused(&self, rows: &[String]) -> Vec<(i32, String, String)> {
        let batch = self.validate("members", &file(rows)).await;
        let faults = self.faults(&batch.name).await;
        for fault in &faults {
            let text = format!("{fault:?}");
            assert!(!NUMBERS.iter().any(|number| text.contains(number)), "{text}");
        }
        let told = told(&faults).into_iter();
        told.map(|(line, column, code)| (line, column.to_owned(), code.to_owned())).collect()
    }
}

fn expect(found: &[(i32, String, String)], expected: &[(i32, &str, &str)]) {
    let found: Vec<(i32, &str, &str)> =
        found.iter().map(|(line, column, code)| (*line, &**column, &**code)).collect();
    assert_eq!(found, expected);
}

#[tokio::test]
async fn a_review_counts_the_members_of_the_register_before_any_election() {
    use unionhall_proto::registry::v1::{
        GetCommitteeReviewRequest, committee_review::Standing,
        officer_service_server::OfficerService,
    };
    let desk = stocked().await;
    let name = desk.union("西什库社区联合工会").await.name;
    let officers = crate::api::officers::Officers::new(desk.rig.register.clone());
    let review = async |on: &str| {
        desk.rig.sequencer.drain().await.unwrap();
        let message = GetCommitteeReviewRequest {
            name: name.clone(),
            day: Some(day(on).into()),
            ..Default::default()
        };
        officers.get_committee_review(call(message)).await.unwrap().into_inner()
    };
    assert_eq!(review("2014-03-01").await.counts, None);
    desk.applied(&[person(0, &[]), person(1, &[]), person(3, &[])]).await;
    let counted = review("2014-03-01").await;
    let counts = counted.counts.unwrap();
    assert_eq!((counts.member_count, counts.women_count), (3, 2));
    assert_eq!(counted.counts_election, "");
    let standing = |rule: &str| {
        counted.items.iter().find(|item| item.rule == rule).map(|item| item.standing())
    };
    assert_eq!(standing("R06"), Some(Standing::Unknown), "nobody told of accounts");
    assert_eq!(review("2014-02-28").await.counts, None, "nobody was a member yet");
}

#[tokio::test]
async fn a_sheet_of_members_is_entered_figured_and_taken_back() {
    let desk = stocked().await;
    let rows = [
        person(
            0,
            &[
                ("证件有效期至", "1908.08.08-长期"),
                ("民族", "汉族"),
                ("学历", "大学本科"),
                ("手机号码", "138 0000 0001"),
                ("居住地", HOME),
                ("工作单位", FACTORY),
                ("就业状态", "在岗"),
                ("职工群体", "快递员"),
                ("是否农民工", "是"),
                ("申请入会日期", "2014/2/20"),
            ],
        ),
        person(1, &[("工作单位", "北京青松印务有限公司"), ("入会方式", "转入")]),
        person(2, &[("入会方式", "申请入会"), ("性别", "男")]),
        row(&[
            ("姓名", "JANE ROE"),
            ("证件类型", "普通护照"),
            ("证件号码", "E00000001"),
            ("性别", "女"),
            ("出生日期", "1890-01-02"),
            ("所在工会", "西什库社区联合工会"),
            ("入会日期", "2014年3月1日"),
        ]),
    ];
    let batch = desk.applied(&rows).await;
    assert_eq!((batch.applied_row_count, batch.unchanged_row_count), (4, 0));
    let all = desk.all().await;
    assert_eq!(all.len(), 4);
    let shown = format!("{all:?}");
    assert!(!NUMBERS.iter().any(|number| shown.contains(number)), "{shown}");
    let first = desk.named("甲某").await;
    assert_eq!((first.sex.as_str(), first.masked_mobile.as_str()), ("1", "138******01"));
    assert_eq!(first.birth_date, Some(day("1888-08-08").into()));
    assert_eq!((first.ethnicity.as_str(), first.worker_group.as_str()), ("01", "COURIER"));
    assert_eq!(first.migrant_worker, Some(true));
    assert!(first.documents[0].long_term, "{:?}", first.documents);
    assert_eq!(first.documents[0].issued_on, Some(day("1908-08-08").into()));
    assert!(first.employer.starts_with("employers/"));
    assert_eq!(first.passages.len(), 2, "applied and admitted");
    assert_eq!(first.membership.as_ref().unwrap().joined_on, Some(day("2014-03-01").into()));
    assert_eq!(desk.named("丙某").await.state(), Standing::Applicant);
    assert_eq!(desk.named("乙某").await.passages[0].kind, "TRANSFERRED_IN");
    assert_eq!(desk.named("JANE ROE").await.sex, "2");
    for (metric, count) in [(Members, 3), (Women, 2), (Migrants, 1), (Employed, 2), (Joined, 3)] {
        assert_eq!(desk.figure_of(metric.id(), HOME, "2014-03-01").await, count, "{metric:?}");
        assert_eq!(desk.figure_of(metric.id(), HOME, "2014-02-28").await, 0, "{metric:?}");
    }
    let events = desk.rig.events().await;
    let of_members = events.iter().filter(|event| event.record.starts_with("members/"));
    assert_eq!(of_members.count(), 4);

    let again = desk.applied(&rows).await;
    assert_eq!((again.applied_row_count, again.unchanged_row_count), (0, 4));
    let undone = desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 0, "{:?}", desk.faults(&batch.name).await);
    assert!(desk.all().await.is_empty());
    assert_eq!(desk.figure_of(Members.id(), HOME, "2024-06-03").await, 0);
    // The documents are free again.
    assert_eq!(desk.applied(&rows).await.applied_row_count, 4);
}

#[tokio::test]
async fn a_known_member_is_changed_confirmed_and_given_back() {
    let desk = stocked().await;
    desk.rig.clock.set("2024-05-03T02:00:00Z".parse().unwrap());
    let rows = [person(0, &[("手机号码", "13800000001"), ("证件有效期至", "2034-08-08")])];
    desk.applied(&rows).await;
    desk.rig.clock.set("2024-06-03T02:00:00Z".parse().unwrap());

    // Nothing new is said, and nothing is confirmed by the way.
    assert_eq!(desk.applied(&rows).await.unchanged_row_count, 1);
    let confirmed = person(0, &[("信息确认", "是")]);
    let batch = desk.applied(std::slice::from_ref(&confirmed)).await;
    assert_eq!(batch.applied_row_count, 1);
    assert_eq!(desk.named("甲某").await.confirmed_on, Some(day("2024-06-03").into()));
    assert_eq!(desk.applied(&[confirmed]).await.unchanged_row_count, 1, "today it is confirmed");
    desk.undo(&batch.name).await;
    assert_eq!(desk.named("甲某").await.confirmed_on, Some(day("2024-05-03").into()));

    let changed = person(
        0,
        &[
            ("手机号码", "13800000002"),
            ("证件有效期至", "长期"),
            ("工作单位", FACTORY),
            ("学历", "大专"),
            ("生效日期", "2024-05-20"),
        ],
    );
    let batch = desk.applied(std::slice::from_ref(&changed)).await;
    let member = desk.named("甲某").await;
    assert_eq!(member.masked_mobile, "138******02");
    assert!(member.documents[0].long_term && !member.employer.is_empty());
    assert_eq!(desk.applied(&[changed]).await.unchanged_row_count, 1);
    let undone = desk.undo(&batch.name).await;
    assert_eq!(undone.refused_undo_count, 0);
    let member = desk.named("甲某").await;
    assert_eq!(member.masked_mobile, "138******01");
    assert!(!member.documents[0].long_term && member.employer.is_empty());
    for (mobile, count) in [("13800000001", 1), ("13800000002", 0)] {
        let message = unionhall_proto::registry::v1::LookupMembersRequest {
            mobile: mobile.to_owned(),
            ..Default::default()
        };
        let found = desk.members().lookup_members(call(message)).await.unwrap().into_inner();
        assert_eq!(found.members.len(), count, "{mobile}");
    }

    let changed = desk.applied(&[person(0, &[("学历", "大专")])]).await;
    desk.end(&desk.named("甲某").await.name, "2024-06-02").await;
    let undone = desk.undo(&changed.name).await;
    assert_eq!(undone.refused_undo_count, 1);
    let faults = desk.faults(&changed.name).await;
    let member = desk.named("甲某").await;
    assert_eq!(
        (faults[0].code.as_str(), faults[0].value.as_str()),
        ("CHANGED_SINCE", &*member.name)
    );
}

#[tokio::test]
async fn nobody_becomes_a_member_twice() {
    let desk = stocked().await;
    desk.applied(&[person(0, &[]), person(1, &[("入会方式", "申请入会")])]).await;
    let other = ("所在工会", "某某联合工会");
    let found =
        desk.refused(&[person(0, &[other]), person(1, &[other, ("入会日期", "2014-04-01")])]).await;
    expect(
        &found,
        &[(2, "所在工会", "MEMBER_ELSEWHERE"), (3, "入会方式", "MEMBERSHIP_STEP_INVALID")],
    );
    let found = desk
        .refused(&[person(
            0,
            &[("姓名", "某甲"), ("入会日期", "2014-03-02"), ("出生日期", "1888-08-08")],
        )])
        .await;
    expect(&found, &[(2, "姓名", "MEMBER_NAME_DIFFERS"), (2, "入会日期", "MEMBER_DIFFERS")]);

    // The application is decided by a row of the union itself.
    assert_eq!(
        desk.applied(&[person(1, &[("入会日期", "2014-05-01")])]).await.applied_row_count,
        1
    );
    assert_eq!(desk.named("乙某").await.state(), Standing::Active);

    let first = desk.named("甲某").await.name;
    desk.end(&first, "2015-01-01").await;
    let found = desk.refused(&[person(0, &[("入会日期", "")])]).await;
    expect(&found, &[(2, "入会日期", "MEMBER_LEFT")]);
    let found = desk.refused(&[person(0, &[])]).await;
    expect(&found, &[(2, "入会日期", "MEMBER_LEFT")]);
    let back = desk.applied(&[person(0, &[other, ("入会日期", "2016-01-01")])]).await;
    let member = desk.named("甲某").await;
    let membership = member.membership.clone().unwrap();
    assert_eq!((membership.number, membership.union), (2, desk.union("某某联合工会").await.name));
    let undone = desk.undo(&back.name).await;
    assert_eq!(undone.refused_undo_count, 0);
    assert_eq!(desk.named("甲某").await.state(), Standing::Former);

    let message = DeleteMemberRequest { name: first, ..Default::default() };
    desk.members().delete_member(call(message)).await.unwrap();
    assert_eq!(desk.applied(&[person(0, &[])]).await.applied_row_count, 1);
}

#[tokio::test]
async fn a_membership_that_has_ended_is_entered_whole() {
    let desk = stocked().await;
    let left = |way| [("入会日期", "2013-01-01"), ("离会方式", way), ("离会日期", "2015-06-30")];
    let expelled = [left("开除会籍").as_slice(), &[("离会说明", "某某决定")]].concat();
    let rows = [person(0, &left("自动退会")), person(1, &left("RETIRED")), person(2, &expelled)];
    assert_eq!(desk.applied(&rows).await.applied_row_count, 3);
    let states = ["甲某", "乙某", "丙某"].map(|name| desk.named(name));
    let states = futures::future::join_all(states).await;
    let states: Vec<Standing> = states.iter().map(Member::state).collect();
    assert_eq!(states, [Standing::Former, Standing::Retained, Standing::Former]);
    for (day, count) in [("2012-12-31", 0), ("2013-01-01", 3), ("2015-06-30", 0)] {
        assert_eq!(desk.figure_of(Members.id(), HOME, day).await, count, "{day}");
    }
    assert_eq!(desk.applied(&rows).await.unchanged_row_count, 3, "the same once more");
    // Who came back is told of by another sheet; the first one stays what it was.
    let back = [person(0, &[("入会日期", "2016-01-01")])];
    assert_eq!(desk.applied(&back).await.applied_row_count, 1);
    assert_eq!(desk.applied(&rows).await.unchanged_row_count, 3);
    // A member of today leaves by a row.
    let gone = [("入会日期", "2016-01-01"), ("离会方式", "退会"), ("离会日期", "2020-01-01")];
    let batch = desk.applied(&[person(0, &gone)]).await;
    assert_eq!((batch.applied_row_count, desk.named("甲某").await.state()), (1, Standing::Former));

    let other = |name, number, way| {
        row(&[
            ("姓名", name),
            ("证件号码", number),
            ("所在工会", "西什库社区联合工会"),
            ("入会日期", "2014-03-01"),
            ("离会方式", way),
            ("离会日期", "2014-02-28"),
        ])
    };
    let found = desk
        .refused(&[
            person(3, &[("离会方式", "退会")]),
            person(4, &[("离会日期", "2015-01-01")]),
            other("己某", "110102189602290072", "开除会籍"),
            other("庚某", "130102188812120126", "退会"),
        ])
        .await;
    expect(
        &found,
        &[
            (2, "离会方式", "NEEDS_COLUMN"),
            (3, "离会日期", "NEEDS_COLUMN"),
            (4, "离会方式", "NEEDS_COLUMN"),
            (5, "离会日期", "MEMBER_DATE_INVALID"),
        ],
    );
}
