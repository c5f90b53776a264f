use unionhall_proto::google::r#type::Date;

use super::*;
use crate::testing::{call, rig};

async fn service() -> Reference {
    Reference::new(rig().await.register)
}

#[tokio::test]
async fn lists_come_by_name_page_by_page() {
    let service = service().await;
    let mut names: Vec<String> = Vec::new();
    let mut page_token = String::new();
    loop {
        let ask = proto::ListCodeListsRequest { page_size: 4, page_token };
        let page = service.list_code_lists(call(ask)).await.unwrap().into_inner();
        assert!(page.code_lists.len() <= 4);
        names.extend(page.code_lists.into_iter().map(|list| list.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(names.len(), 18);
    assert!(names.is_sorted(), "{names:?}");
    assert!(names.contains(&"codeLists/industry_2011".to_owned()));
}

#[tokio::test]
async fn the_codes_of_a_day_are_those_in_use_on_it() {
    let service = service().await;
    let codes = async |day: Option<Date>| {
        let parent = "codeLists/worker_group".to_owned();
        let ask = proto::ListCodesRequest { parent, day, ..Default::default() };
        service.list_codes(call(ask)).await.unwrap().into_inner().codes
    };
    // The register's today is in 2014, before the groups were named.
    assert!(codes(None).await.iter().all(|code| code.value != "TRUCK_DRIVER"));
    let later = codes(Some(Date { year: 2018, month: 1, day: 1 })).await;
    let truck = later.iter().find(|code| code.value == "TRUCK_DRIVER").unwrap();
    assert_eq!(truck.valid_from, Some(Date { year: 2018, month: 1, day: 1 }));
    assert_eq!((truck.parent_code.as_str(), truck.valid_until), ("EIGHT_GROUPS", None));
}

#[tokio::test]
async fn a_page_token_belongs_to_its_list() {
    let service = service().await;
    let ask = |list: &str, page_token: String| {
        let parent = format!("codeLists/{list}");
        call(proto::ListCodesRequest { parent, page_size: 10, page_token, day: None })
    };
    let first = service.list_codes(ask("ethnicity", String::new())).await.unwrap().into_inner();
    assert_eq!(first.codes.len(), 10);
    let next = service.list_codes(ask("ethnicity", first.next_page_token.clone())).await.unwrap();
    assert!(first.codes[9].value < next.into_inner().codes[0].value);
    let refused = service.list_codes(ask("ownership", first.next_page_token)).await.unwrap_err();
    assert!(refused.message().contains("page token"), "{refused}");
}

#[tokio::test]
async fn a_code_is_found_by_itself_only() {
    let service = service().await;
    let get = async |name: &str| {
        service.get_code(call(proto::GetCodeRequest { name: name.to_owned() })).await
    };
    let han = get("codeLists/ethnicity/codes/01").await.unwrap().into_inner();
    assert_eq!(han.title.unwrap().zh, "汉族");
    assert_eq!(han.valid_from, None, "always in use");
    for name in ["codeLists/ethnicity/codes/Han", "codeLists/none/codes/01"] {
        assert_eq!(get(name).await.unwrap_err().code(), tonic::Code::NotFound, "{name}");
    }
}
