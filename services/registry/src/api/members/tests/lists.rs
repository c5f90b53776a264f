//! Lists: every filter, in pages of one, over two unions.

use super::*;

impl Desk {
    async fn listed(&self, area: &str, filter: &str) -> Vec<String> {
        let (mut names, mut page_token) = (Vec::new(), String::new());
        loop {
            let message =
                ListMembersRequest { filter: filter.to_owned(), page_size: 1, page_token };
            let answer = self.service.list_members(call_within(area, message)).await;
            let answer = inner(answer).unwrap();
            assert!(answer.members.len() <= 1);
            names.extend(answer.members.into_iter().map(|member| member.display_name));
            page_token = answer.next_page_token;
            if page_token.is_empty() {
                return names;
            }
        }
    }
}

#[tokio::test]
async fn members_are_listed_union_by_union_and_by_name() {
    let desk = desk().await;
    let (home, other) = (desk.union("第一", HOME).await, desk.union("第二", NEIGHBOUR).await);
    for (at, union) in [(3, &home), (0, &home), (2, &other), (1, &home)] {
        desk.create(person(at), union, "2014-02-27").await.unwrap();
    }
    let courier = Member {
        name: desk.lookup_as("11", NUMBERS[1]).await.remove(0).name,
        worker_group: "COURIER".to_owned(),
        ..Default::default()
    };
    desk.update(courier.clone(), &["worker_group"], "2014-03-01").await.unwrap();
    desk.end(&courier.name, WayOut::Withdrawn, "2014-04-01").await.unwrap();

    assert_eq!(desk.listed("11", "").await, ["乙某", "丁某", "丙某", "戊某"]);
    assert_eq!(desk.listed("110102012", "").await, ["丁某", "丙某", "戊某"]);
    assert_eq!(desk.listed("11", &format!("union = {home}")).await, ["丁某", "丙某", "戊某"]);
    assert_eq!(desk.listed("110102010", &format!("union = {home}")).await, [""; 0]);
    assert_eq!(desk.listed("11", "state = ACTIVE").await, ["乙某", "丁某", "戊某"]);
    assert_eq!(desk.listed("11", "state = FORMER").await, ["丙某"]);
    assert_eq!(desk.listed("11", "worker_group = COURIER").await, ["丙某"]);
    assert_eq!(desk.listed("11", "display_name = \"戊*\"").await, ["戊某"]);
    assert_eq!(desk.listed("11", "area = 110102010").await, ["乙某"]);
    assert_eq!(desk.listed("11", "confirmed_before = 2014-07-01").await, [""; 0]);
    let all = desk.listed("11", "confirmed_before = 2014-07-02").await;
    assert_eq!(all.len(), 3, "a former member is not to be confirmed: {all:?}");
    let name = desk.lookup_as("11", NUMBERS[0]).await.remove(0).name;
    desk.service.transfer_member(Desk::transfer(&name, &other, "2014-05-01")).await.unwrap();
    assert_eq!(desk.listed("110102010", &format!("transfer_to = {other}")).await, ["丁某"]);
    assert_eq!(desk.listed("110102011", &format!("transfer_to = {other}")).await, [""; 0]);
}
