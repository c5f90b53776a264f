//! Several documents of one person.

use super::*;

fn of_kind(document_type: &str, number: &str) -> IdentityDocument {
    let document_type = document_type.to_owned();
    IdentityDocument { document_type, number: number.to_owned(), ..Default::default() }
}

#[tokio::test]
async fn a_number_may_stand_on_two_documents_of_one_person() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    let both =
        Member { documents: vec![document(NUMBERS[0]), of_kind("112", NUMBERS[0])], ..person(0) };
    let name = desk.create(both, &union, "2014-02-27").await.unwrap().name;
    // A permit is issued anew, with the number for life and another count behind it.
    for (number, on) in [("H12345678", "2014-03-01"), ("H1234567801", "2014-04-01")] {
        let renewed = Member {
            name: name.clone(),
            documents: vec![of_kind("516", number)],
            ..Default::default()
        };
        desk.update(renewed, &["documents"], on).await.unwrap();
    }
    let first = Member {
        name: name.clone(),
        documents: vec![of_kind("516", "H12345678")],
        ..Default::default()
    };
    desk.update(first, &["documents"], "2014-05-01").await.unwrap();
    assert_eq!(desk.lookup_as("11", NUMBERS[0]).await[0].name, name);
    // What is one person's is still no other's.
    let other = desk.create(person(1), &union, "2014-02-27").await.unwrap();
    let taken = Member {
        name: other.name,
        documents: vec![of_kind("516", "H1234567802")],
        ..Default::default()
    };
    let answer = desk.update(taken, &["documents"], "2014-06-01").await;
    assert_eq!(refused(answer), "MEMBER_EXISTS");
}
