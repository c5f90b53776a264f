//! Lists and their filters.

use unionhall_proto::registry::v1::{
    CloseEmployerRequest, ListDuplicateCandidatesRequest, ListEmployersRequest,
};

use super::*;

impl Desk {
    /// The last characters of the phones of a list: which employers, in which order.
    async fn listed(&self, scope: &str, filter: &str, page_size: i32) -> Result<Vec<u32>, Status> {
        let mut found = Vec::new();
        let mut page_token = String::new();
        loop {
            let message = ListEmployersRequest { filter: filter.to_owned(), page_size, page_token };
            let page = inner(self.service.list_employers(call_within(scope, message)).await)?;
            assert!(page.employers.len() <= usize::try_from(page_size).unwrap());
            let serial = |employer: &Employer| employer.phone[5..].parse::<u32>().unwrap();
            found.extend(page.employers.iter().map(serial));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return Ok(found);
            }
        }
    }
}

async fn stocked() -> Desk {
    let desk = desk().await;
    for serial in 1..=7 {
        let mut given = employer(serial);
        if serial > 4 {
            given.actual_address = Some(at(NEIGHBOUR));
        }
        match serial {
            2 => given.ownership = "51".to_owned(),
            3 => given.industry = None,
            6 => given.display_name = "ＡＢ咨询有限公司".to_owned(),
            _ => {}
        }
        desk.create(given).await.unwrap();
    }
    let names = desk.service.list(unionhall_kit::call::Call::open(call(all())).unwrap()).await;
    let last = names.unwrap().employers.pop().unwrap().name;
    let close = CloseEmployerRequest { name: last, ..Default::default() };
    desk.service.close_employer(call(close)).await.unwrap();
    desk
}

fn all() -> ListEmployersRequest {
    ListEmployersRequest::default()
}

#[tokio::test]
async fn a_list_is_cut_to_the_scope_and_paged_without_gaps() {
    let desk = stocked().await;
    let sorted = |mut serials: Vec<u32>| {
        serials.sort_unstable();
        serials
    };
    for page_size in [1, 2, 3, 50] {
        let everything = desk.listed("11", "", page_size).await.unwrap();
        assert_eq!(sorted(everything[..3].to_vec()), [5, 6, 7], "by area first");
        assert_eq!(sorted(everything), [1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(sorted(desk.listed(HOME, "", page_size).await.unwrap()), [1, 2, 3, 4]);
    }
    assert_eq!(desk.listed("110101", "", 50).await.unwrap(), Vec::<u32>::new());
}

#[tokio::test]
async fn every_term_of_a_filter_is_obeyed() {
    let desk = stocked().await;
    for (filter, expected) in [
        ("area = 110102010", vec![5, 6, 7]),
        ("area = 110102 AND ownership = 51", vec![2]),
        ("industry = 2011:52", vec![1, 2, 4, 5, 6, 7]),
        ("industry = 2017:52", vec![]),
        ("valid = false", vec![3]),
        ("display_name = \"AB*\"", vec![6]),
        ("display_name = \"北京某某第2*\"", vec![2]),
        ("display_name = \"%*\"", vec![]),
    ] {
        for page_size in [1, 50] {
            let mut found = desk.listed("11", filter, page_size).await.unwrap();
            found.sort_unstable();
            assert_eq!(found, expected, "{filter}");
        }
    }
    let active = desk.listed("11", "state = ACTIVE", 2).await.unwrap();
    let closed = desk.listed("11", "state = CLOSED", 2).await.unwrap();
    assert_eq!((active.len(), closed.len()), (6, 1));
}

#[tokio::test]
async fn a_list_that_cannot_be_given_is_refused() {
    let desk = stocked().await;
    assert_eq!(refused(desk.listed("11", "colour = red", 5).await), "INVALID_FILTER");
    assert_eq!(refused(desk.listed("110101", "area = 110102", 5).await), "OUT_OF_SCOPE");
    let first = ListEmployersRequest { page_size: 2, ..all() };
    let page = inner(desk.service.list_employers(call(first)).await).unwrap();
    let token = page.next_page_token;
    let other = ListEmployersRequest {
        page_token: token.clone(),
        filter: "valid = true".to_owned(),
        page_size: 2,
    };
    let stranger = ListEmployersRequest { page_token: token, ..all() };
    for refusal in [
        desk.service.list_employers(call(other)).await,
        desk.service.list_employers(call_within("110102", stranger)).await,
    ] {
        assert_eq!(refused(refusal), "PAGE_TOKEN_INVALID");
    }
}

#[tokio::test]
async fn candidates_are_ranked_and_only_visible_ones_are_shown() {
    let desk = desk().await;
    let one = desk.create(employer(1)).await.unwrap();
    let mut same = employer(2);
    same.display_name = "某某第1商贸有限责任公司".to_owned();
    same.phone = one.phone.clone();
    let same = desk.create(same).await.unwrap();
    let mut like = employer(3);
    like.display_name = "北京某某第1商贸".to_owned();
    like.actual_address = Some(Address { line: "完全不同路9号".to_owned(), ..at(NEIGHBOUR) });
    let like = desk.create(like).await.unwrap();
    let mut unlike = employer(4);
    unlike.display_name = "甲乙丙丁".to_owned();
    unlike.actual_address = Some(Address { line: "完全不同路10号".to_owned(), ..at(HOME) });
    desk.create(unlike).await.unwrap();
    let ask = |page_token| ListDuplicateCandidatesRequest {
        parent: one.name.clone(),
        page_size: 1,
        page_token,
    };
    let first = desk.service.list_duplicate_candidates(call(ask(String::new()))).await;
    let first = inner(first).unwrap();
    let second = desk.service.list_duplicate_candidates(call(ask(first.next_page_token.clone())));
    let second = inner(second.await).unwrap();
    assert_eq!(second.next_page_token, "");
    let names: Vec<String> = [&first, &second]
        .iter()
        .flat_map(|page| &page.duplicate_candidates)
        .map(|found| found.employer.as_ref().unwrap().name.clone())
        .collect();
    assert_eq!(names, [same.name, like.name]);
    let best = &first.duplicate_candidates[0];
    assert!(best.reasons.contains(&"same_name".to_owned()) && best.score_bp > 5_000, "{best:?}");
    let narrow = call_within(&HOME[..9], ask(String::new()));
    let narrow = inner(desk.service.list_duplicate_candidates(narrow).await).unwrap();
    assert_eq!((narrow.duplicate_candidates.len(), narrow.next_page_token.as_str()), (1, ""));
}
