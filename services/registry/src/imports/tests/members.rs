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
    工作单位,就业状态,职工群体,是否农民工,所在工会,入会方式,入会日期,申请入会日期,信息确认,生效日期";
const COLUMNS: [&str; 20] = [
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
async fn a_number_is_nowhere_in_what_is_stored() {
    let desk = stocked().await;
    let rows = [person(0, &[("手机号码", "13812345601")]), person(1, &[("姓名", NUMBERS[2])])];
    let name = desk.upload("members", &file(&rows)).await;
    let asked = ValidateImportBatchRequest { name: name.clone(), ..Default::default() };
    desk.imports.validate(desk.call(asked)).await.unwrap();
    let batch = desk.rest(&name, |_| false).await;
    desk.begin_commit(&batch.name).await;
    let batch = desk.rest(&batch.name, |_| false).await;
    assert_eq!((batch.applied_row_count, batch.fault_count), (1, 1));
    let confirmed = [person(0, &[("手机号码", "13812345602"), ("信息确认", "是")])];
    desk.applied(&confirmed).await;
    let folder = std::fs::read_dir(desk.rig.folder.path()).unwrap();
    let mut bytes = 0;
    for entry in folder {
        let stored = std::fs::read(entry.unwrap().path()).unwrap();
        bytes += stored.len();
        for number in NUMBERS.iter().copied().chain(["13812345601", "13812345602"]) {
            let found = stored.windows(number.len()).any(|window| window == number.as_bytes());
            assert!(!found, "{number} lies open");
        }
    }
    assert!(bytes > 100_000, "the database was not looked at");
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
    let batch = desk.applied(&[confirmed.clone()]).await;
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
    let batch = desk.applied(&[changed.clone()]).await;
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
async fn every_fault_of_every_row_is_told_and_no_number() {
    let desk = stocked().await;
    let found = desk
        .refused(&[
            row(&[
                ("姓名", "甲1"),
                ("证件号码", "110102188808080010"),
                ("证件有效期至", "不详"),
                ("性别", "其他"),
                ("出生日期", "1888-02-30"),
                ("民族", "火星族"),
                ("学历", "不详"),
                ("手机号码", "01066001234"),
                ("居住地", "不存在"),
                ("工作单位", "无此公司"),
                ("就业状态", "不详"),
                ("职工群体", "八大群体"),
                ("是否农民工", "也许"),
                ("所在工会", "无名工会"),
                ("入会方式", "随便"),
                ("入会日期", "2999-01-01"),
            ]),
            person(1, &[("性别", "男"), ("出生日期", "1888-08-09")]),
            person(2, &[("入会日期", ""), ("工作单位", "91110102T000000448")]),
            person(3, &[("入会日期", "1880-01-01"), ("生效日期", "1879-01-01")]),
        ])
        .await;
    expect(
        &found,
        &[
            (2, "姓名", "PERSON_NAME_INVALID"),
            (2, "证件号码", "DOCUMENT_INVALID"),
            (2, "证件有效期至", "DOCUMENT_VALIDITY_INVALID"),
            (2, "性别", "UNKNOWN_CODE"),
            (2, "出生日期", "IMPOSSIBLE_DATE"),
            (2, "民族", "UNKNOWN_CODE"),
            (2, "学历", "UNKNOWN_CODE"),
            (2, "手机号码", "MOBILE_INVALID"),
            (2, "居住地", "AREA_UNKNOWN"),
            (2, "工作单位", "EMPLOYER_NAME_UNKNOWN"),
            (2, "就业状态", "UNKNOWN_CODE"),
            (2, "职工群体", "UNKNOWN_CODE"),
            (2, "是否农民工", "UNKNOWN_CODE"),
            (2, "所在工会", "UNION_UNKNOWN"),
            (2, "入会方式", "UNKNOWN_CODE"),
            (2, "入会日期", "MEMBER_DATE_INVALID"),
            (3, "出生日期", "DOCUMENT_CONTRADICTED"),
            (4, "工作单位", "EMPLOYER_UNKNOWN"),
            (4, "入会日期", "MISSING_VALUE"),
            (5, "所在工会", "MEMBERSHIP_UNION_INVALID"),
            (5, "生效日期", "VALUE_INVALID"),
            (5, "生效日期", "MEMBER_DATE_INVALID"),
        ],
    );
}

#[tokio::test]
async fn one_person_has_one_row() {
    let desk = stocked().await;
    let rows = file(&[person(0, &[]), person(1, &[]), person(0, &[])]);
    let batch = desk.validate("members", &rows).await;
    let faults = desk.faults(&batch.name).await;
    assert_eq!(told(&faults), [(4, "证件号码", "DUPLICATE_IN_FILE")]);
    assert!(faults[0].remedy.as_ref().unwrap().en.contains("line 2"), "{:?}", faults[0]);
    assert_eq!(faults[0].value, "****************17");

    // The 15 digits of old are the same person, and so is another document of a known one.
    let now = person(3, &[("证件号码", "110102190008080011")]);
    let old = person(3, &[("证件号码", "110102000808001")]);
    expect(&desk.refused(&[now, old]).await, &[(3, "证件号码", "DUPLICATE_IN_FILE")]);
    desk.applied(&[person(0, &[])]).await;
    let twice = [
        person(0, &[("学历", "大专")]),
        person(0, &[("证件类型", "临时居民身份证"), ("学历", "大专")]),
    ];
    expect(&desk.refused(&twice).await, &[(3, "证件号码", "DUPLICATE_IN_FILE")]);
    // A temporary card bears the number of the card that it stands for.
    assert_eq!(desk.applied(&twice[1..]).await.applied_row_count, 1);
    assert_eq!(desk.named("甲某").await.documents.len(), 2);
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
    expect(&found, &[(2, "入会日期", "MEMBER_DATE_INVALID")]);
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
async fn whom_the_sender_does_not_see_is_told_by_nothing() {
    let desk = stocked().await;
    desk.applied(&[person(0, &[])]).await;
    let outside = Desk { scope: "110105", ..desk };
    expect(
        &outside.refused(&[person(0, &[("工作单位", FACTORY)])]).await,
        &[
            (2, "工作单位", "EMPLOYER_UNKNOWN"),
            (2, "所在工会", "UNION_UNKNOWN"),
            (2, "所在工会", "MEMBER_ELSEWHERE"),
        ],
    );
}

#[tokio::test]
async fn what_is_not_collected_is_refused_with_its_column() {
    let desk = stocked().await;
    let text = format!(
        "姓名,证件号码,所在工会,入会日期,婚姻状况,政治面貌,备注\n\
         甲某,{},西什库社区联合工会,2014-03-01,已婚,群众,无\n",
        NUMBERS[0]
    );
    let batch = desk.validate("members", text.as_bytes()).await;
    assert_eq!(batch.state(), State::Rejected);
    let faults = desk.faults(&batch.name).await;
    assert_eq!(
        told(&faults),
        [
            (1, "婚姻状况", "NOT_COLLECTED"),
            (1, "政治面貌", "NOT_COLLECTED"),
            (1, "备注", "UNKNOWN_COLUMN"),
        ]
    );
    let remedy = faults[0].remedy.as_ref().unwrap();
    assert!(remedy.en.contains("marriage") && remedy.zh.contains("婚姻状况"), "{remedy:?}");
    assert!(desk.all().await.is_empty());
    // Nothing of the file is kept once the job looks after it.
    let worker = tokio::spawn(Arc::clone(&desk.imports).run());
    let reader = desk.rig.register.ledger.db().reader();
    let text = "SELECT COUNT(*) AS n FROM import_spool";
    loop {
        let statement = unionhall_kit::db::sql(reader, text, []);
        let row = sea_orm::ConnectionTrait::query_one_raw(reader, statement).await.unwrap();
        if row.unwrap().try_get::<i64>("", "n").unwrap() == 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    worker.abort();
}
