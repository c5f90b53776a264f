//! What is refused, and why.

use unionhall_proto::registry::v1::{
    CreateEmployerRequest, Employer, employer_service_server::EmployerService,
};

use super::*;
use crate::api::employers::Employers;

#[tokio::test]
async fn what_does_not_fit_together_is_refused_with_its_reason() {
    let desk = desk().await;
    let above = desk.federation().await;
    let good = joint(1, &above.name);
    let below = desk.create(joint(2, &above.name), "2010-01-01").await.unwrap();
    let nobody = "unions/00000000-0000-7000-8000-000000000001";
    let cases = [
        (Union { union_type: "UNION_OF_ALL".into(), ..good.clone() }, "CODE_UNKNOWN"),
        (Union { union_level: "STREET".into(), ..good.clone() }, "CODE_UNKNOWN"),
        (Union { credit_code: "91110102T0000001XJ".into(), ..good.clone() }, "UNION_CODE_CATEGORY"),
        (Union { credit_code: "81110102T0000001XJ".into(), ..good.clone() }, "CREDIT_CODE_INVALID"),
        (Union { union_type: "SINGLE_EMPLOYER".into(), ..good.clone() }, "UNION_KIND_INVALID"),
        (Union { union_type: "COMMUNITY_JOINT".into(), ..good.clone() }, "UNION_KIND_INVALID"),
        (Union { territory: format!("areas/{SUBDISTRICT}"), ..good.clone() }, "UNION_KIND_INVALID"),
        (Union { seat: at("110102999999"), ..good.clone() }, "AREA_NOT_OPEN"),
        (Union { superior: nobody.into(), ..good.clone() }, "SUPERIOR_INVALID"),
        (
            Union { union_level: "DISTRICT".into(), superior: below.name, ..good.clone() },
            "SUPERIOR_INVALID",
        ),
        (federation(), "UNION_PLACE_TAKEN"),
        (joint(2, &above.name), "UNION_EXISTS"),
        (Union { display_name: "北京\u{202E}工会".into(), ..good.clone() }, "INVALID_FIELD"),
    ];
    for (union, reason) in cases {
        let told = format!("{union:?}");
        assert_eq!(refused(desk.create(union, "2014-01-01").await), reason, "{told}");
    }
    assert_eq!(refused(desk.create(good.clone(), "2014-07-02").await), "UNION_DATE_INVALID");
    let early = desk.create(good.clone(), "1999-12-31").await;
    assert_eq!(refused(early), "SUPERIOR_INVALID", "the union above is younger");
    let elsewhere = desk.create_as(NEIGHBOUR, good, "2014-01-01").await;
    assert_eq!(refused(elsewhere), "OUT_OF_SCOPE");
}

#[tokio::test]
async fn nobody_is_left_without_the_union_above() {
    let desk = desk().await;
    let above = desk.federation().await;
    let below = desk.create(joint(1, &above.name), "2010-01-01").await.unwrap();
    assert_eq!(refused(desk.dissolve(&above.name, "2014-01-01").await), "UNION_NOT_EMPTY");
    desk.dissolve(&below.name, "2014-01-01").await.unwrap();
    assert_eq!(refused(desk.dissolve(&above.name, "2013-12-31").await), "UNION_NOT_EMPTY");
    desk.dissolve(&above.name, "2014-01-01").await.unwrap();
    desk.create(federation(), "2014-01-01").await.expect("the place is free again");
}

#[tokio::test]
async fn the_union_above_is_not_changed_in_passing() {
    let desk = desk().await;
    let above = desk.federation().await;
    let union = desk.create(joint(1, &above.name), "2010-01-01").await.unwrap();
    let alone = Union { superior: String::new(), ..union };
    let status = desk.update(alone, &["superior"], "2014-01-01").await.unwrap_err();
    assert!(status.get_error_details().bad_request().is_some(), "{status:?}");
}

#[tokio::test]
async fn an_employer_has_one_union_of_its_own() {
    let desk = desk().await;
    let above = desk.federation().await;
    let employers = Employers::over(desk.rig.register.clone());
    let employer = Employer {
        display_name: "北京某某商贸有限公司".into(),
        organisation_code: "T00000028".into(),
        ownership: "57".into(),
        actual_address: at(HOME),
        ..Default::default()
    };
    let message = CreateEmployerRequest { employer: Some(employer), ..Default::default() };
    let employer = employers.create_employer(call(message)).await;
    let employer = inner(employer).unwrap().name;
    let own = |serial| Union {
        union_type: "SINGLE_EMPLOYER".into(),
        union_form: "COMMITTEE".into(),
        employer: employer.clone(),
        ..joint(serial, &above.name)
    };
    let first = desk.create(own(1), "2014-01-01").await.unwrap();
    let second = desk.create(own(2), "2014-01-01").await.unwrap_err();
    let info = second.get_error_details().error_info().unwrap().clone();
    assert_eq!(
        (info.reason.as_str(), &info.metadata["union"]),
        ("EMPLOYER_HAS_UNION", &first.name)
    );
    let unknown =
        Union { employer: "employers/00000000-0000-7000-8000-000000000001".into(), ..own(3) };
    assert_eq!(refused(desk.create(unknown, "2014-01-01").await), "NOT_FOUND");
}
