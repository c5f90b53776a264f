//! Lives of unions.

use unionhall_proto::registry::v1::{
    Approval, Contact, DeleteUnionRequest, ListUnionFactsRequest, ListUnionsRequest,
    LookupUnionRequest, RevealUnionContactRequest, union::State,
};

use super::*;

#[tokio::test]
async fn a_union_is_what_its_facts_say_of_the_day() {
    let desk = desk().await;
    let above = desk.federation().await;
    let given = Union {
        approval: Some(Approval {
            body: "某某总工会".into(), number: "总工发〔2014〕1号".into()
        }),
        ..joint(1, &above.name)
    };
    let entered = desk.create(given, "2014-02-27").await.unwrap();
    assert_eq!(entered.state(), State::Active);
    assert_eq!(entered.established_on, date("2014-02-27"));
    assert_eq!(entered.superior, above.name);
    assert!(entered.affiliation.starts_with(&above.affiliation));
    assert_eq!(entered.affiliation.len(), above.affiliation.len() + 10);
    assert_eq!(desk.get_on(&entered.name, "2014-02-26").await.state(), State::Unknown);

    let moved = Union { seat: at(NEIGHBOUR), ..entered.clone() };
    let moved = desk.update(moved, &["seat"], "2014-05-01").await.unwrap();
    assert_eq!((moved.seat, moved.etag.as_str()), (at(NEIGHBOUR), "2"));
    assert_eq!(desk.get_on(&entered.name, "2014-04-30").await.seat, at(HOME));

    let ended = desk.dissolve(&entered.name, "2014-06-01").await.unwrap();
    assert_eq!(ended.state(), State::Dissolved);
    assert_eq!(desk.get_on(&entered.name, "2014-05-31").await.state(), State::Active);
    let again = desk.update(ended, &["phone"], "2014-06-02").await;
    assert_eq!(refused(again), "UNION_ENDED");
}

#[tokio::test]
async fn marks_hold_from_day_to_day_and_two_of_them_are_one_integration() {
    let desk = desk().await;
    let above = desk.federation().await;
    let name = desk.create(joint(1, &above.name), "2013-01-01").await.unwrap().name;
    desk.mark(&name, "SERVICE_STATION", "2014-01-01").await.unwrap();
    let both = desk.mark(&name, "WORKERS_HOME", "2014-03-01").await.unwrap();
    let marks: Vec<&str> = both.marks.iter().map(|mark| mark.mark.as_str()).collect();
    assert_eq!(marks, ["SERVICE_STATION", "WORKERS_HOME"]);
    assert_eq!(both.marks[0].note, "某某");
    let one = desk.unmark(&name, "SERVICE_STATION", "2014-06-01").await.unwrap();
    assert_eq!(one.marks.len(), 1);
    assert_eq!(desk.get_on(&name, "2014-05-31").await.marks.len(), 2);
    assert_eq!(refused(desk.unmark(&name, "AWARD", "2014-06-01").await), "UNION_MARK_ABSENT");
}

#[tokio::test]
async fn a_contact_is_masked_and_every_look_at_it_is_in_the_audit() {
    let desk = desk().await;
    let contact =
        Contact {
            display_name: "某某".into(), mobile: "13800000001".into(), ..Default::default()
        };
    let given = Union { contact: Some(contact), ..federation() };
    let union = desk.create(given, "2010-01-01").await.unwrap();
    let shown = union.contact.clone().unwrap();
    assert_eq!((shown.mobile.as_str(), shown.masked_mobile.as_str()), ("", "138******01"));
    // A new name keeps the number.
    let renamed = Contact { display_name: "某".into(), ..Default::default() };
    let renamed = Union { contact: Some(renamed), ..union.clone() };
    let renamed = desk.update(renamed, &["contact"], "2014-01-01").await.unwrap();
    assert_eq!(renamed.contact.unwrap().masked_mobile, "138******01");
    let message = RevealUnionContactRequest {
        name: union.name.clone(),
        reason: "回访核实".into(),
        ..Default::default()
    };
    let revealed = inner(desk.service.reveal_union_contact(call(message)).await).unwrap();
    assert_eq!(revealed.mobile, "13800000001");
    for event in desk.rig.events().await {
        let text = String::from_utf8_lossy(&event.snapshot).into_owned();
        assert!(!text.contains("13800000001"));
    }
}

#[tokio::test]
async fn a_list_shows_areas_first_and_then_what_only_the_affiliation_shows() {
    let desk = desk().await;
    let above = desk.federation().await;
    let mut names = vec![above.name.clone()];
    for serial in 1..=7 {
        let area = if serial % 2 == 0 { NEIGHBOUR } else { HOME };
        let given = Union { seat: at(area), ..joint(serial, &above.name) };
        names.push(desk.create(given, "2013-01-01").await.unwrap().name);
    }
    let mut listed = Vec::new();
    let mut page_token = String::new();
    loop {
        let message =
            ListUnionsRequest { page_size: 3, page_token, ..ListUnionsRequest::default() };
        // A caller of one sub-district, and of the federation's line beside it.
        let request = crate::testing::call_on_both_lines(SUBDISTRICT, &above.affiliation, message);
        let page = inner(desk.service.list_unions(request).await).unwrap();
        listed.extend(page.unions);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let inside = |union: &&Union| union.seat == at(HOME);
    assert_eq!(listed.iter().take_while(inside).count(), 5, "what stands in the area first");
    let mut found: Vec<String> = listed.into_iter().map(|union| union.name).collect();
    found.sort();
    names.sort();
    assert_eq!(found, names, "each once");

    let filter = format!("superior = {} AND display_name = \"北京某某第3*\"", above.name);
    let message = ListUnionsRequest { filter, ..ListUnionsRequest::default() };
    let page = inner(desk.service.list_unions(call(message)).await).unwrap();
    assert_eq!(page.unions.len(), 1);
}

#[tokio::test]
async fn facts_are_told_the_latest_first_and_a_withdrawn_union_was_never_there() {
    let desk = desk().await;
    let above = desk.federation().await;
    let union = desk.create(joint(1, &above.name), "2013-01-01").await.unwrap();
    let renamed = Union { display_name: "北京某某联合工会".into(), ..union.clone() };
    desk.update(renamed, &["display_name"], "2014-01-01").await.unwrap();
    let message =
        ListUnionFactsRequest { parent: union.name.clone(), page_size: 2, ..Default::default() };
    let page = inner(desk.service.list_union_facts(call(message)).await).unwrap();
    let names: Vec<String> =
        page.union_facts.iter().map(|fact| fact.value.clone().unwrap().display_name).collect();
    assert_eq!(names, ["北京某某联合工会", "北京某某第1联合工会"]);
    assert_eq!(page.union_facts[0].field, "display_name");
    assert!(!page.next_page_token.is_empty());

    let code = union.credit_code.clone();
    let lookup = LookupUnionRequest { code, day: None };
    let found = inner(desk.service.lookup_union(call(lookup.clone())).await).unwrap();
    assert_eq!(found.name, union.name);
    let message = DeleteUnionRequest { name: union.name.clone(), ..Default::default() };
    inner(desk.service.delete_union(call(message)).await).unwrap();
    assert_eq!(refused(desk.get(&union.name).await), "NOT_FOUND");
    assert_eq!(refused(inner(desk.service.lookup_union(call(lookup)).await)), "NOT_FOUND");
    let again = desk.create(joint(1, &above.name), "2013-01-01").await;
    assert!(again.is_ok(), "the code is free again");
}
