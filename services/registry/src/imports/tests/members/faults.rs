//! What is wrong with sheets of members, and what is told of it.

use super::*;

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
async fn a_note_tells_no_number() {
    let desk = stocked().await;
    let out = [("离会方式", "转出"), ("离会日期", "2015-01-01")];
    let rows = [
        person(0, &[&out[..], &[("离会说明", "身份证 110102 18880808 0025")]].concat()),
        person(1, &[&out[..], &[("离会说明", "护照E58213401")]].concat()),
        person(2, &[&out[..], &[("离会说明", "某区某某工会，2015年第3号")]].concat()),
    ];
    let batch = desk.validate("members", &file(&rows)).await;
    let faults = desk.faults(&batch.name).await;
    let expected = [(2, "离会说明", "MEMBER_TEXT_INVALID"), (3, "离会说明", "MEMBER_TEXT_INVALID")];
    assert_eq!(told(&faults), expected);
    assert_eq!(faults[0].value, "身份证 ****** ******** ****");
    assert_eq!(faults[1].value, "护照E********");
    let remedy = faults[0].remedy.as_ref().unwrap();
    assert!(remedy.zh.contains("证件号码") && remedy.en.contains("members/{member}"), "{remedy:?}");
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
async fn what_a_check_tells_of_documents_is_in_the_audit() {
    let desk = stocked().await;
    desk.applied(&[person(0, &[]), person(1, &[])]).await;
    let row = |at| person(at, &[("学历", "大专")]);
    desk.validate("members", &file(&[row(0), row(2), person(3, &[("证件号码", "")])])).await;
    let within = "asked for 2 documents: 1 members of the scope, 0 members elsewhere, 1 unknown";
    assert!(desk.rig.audit_details().await.iter().any(|detail| detail == within));
    let outside = Desk { scope: "110105", ..desk };
    outside.validate("members", &file(&[row(0), row(1), row(2)])).await;
    let elsewhere = "asked for 3 documents: 0 members of the scope, 2 members elsewhere, 1 unknown";
    assert!(outside.rig.audit_details().await.iter().any(|detail| detail == elsewhere));
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
