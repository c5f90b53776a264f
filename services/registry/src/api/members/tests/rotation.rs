//! Keys of members under a rotation.

use sea_orm::ConnectionTrait;
use unionhall_kit::{
    db::sql,
    rotation::{Indexed, Sealed},
};

use super::*;
use crate::store::members::{MemberKeys, MemberNumbers};

/// What a rotation of keys does: digests come from what is sealed, and every key is gone over.
#[tokio::test]
async fn digests_are_made_again_from_what_is_sealed() {
    let desk = desk().await;
    let union = desk.union("第一", HOME).await;
    for at in 0..3 {
        desk.create(person(at), &union, "2014-02-27").await.unwrap();
    }
    let register = &desk.rig.register;
    let tx = register.ledger.db().begin().await.unwrap();
    for table in ["member_document", "member_mobile"] {
        let text = format!("DELETE FROM {table}");
        tx.conn().execute_raw(sql(tx.conn(), &text, [])).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert!(desk.lookup_as("11", NUMBERS[0]).await.is_empty());

    let tx = register.ledger.db().begin().await.unwrap();
    let (conn, vault) = (tx.conn(), &register.vault);
    let (mut after, mut seen) = (String::new(), 0);
    loop {
        let chunk = MemberNumbers.index_after(conn, vault, &after, 2).await.unwrap();
        seen += chunk.renewed;
        let Some(last) = chunk.last else { break };
        after = last;
    }
    assert_eq!((seen, MemberNumbers.count_indexed(conn, 1).await.unwrap()), (3, 6));
    // Nothing lies under another version than the current one.
    let chunk = MemberKeys.reseal_after(conn, vault, "", 10).await.unwrap();
    assert_eq!((chunk.renewed, chunk.last.is_some()), (0, true));
    assert_eq!(MemberKeys.count_sealed(conn, 1).await.unwrap(), 3);
    assert_eq!(MemberNumbers.forget_before(conn, 1, 10).await.unwrap(), 0);
    tx.commit().await.unwrap();
    for number in &NUMBERS[..3] {
        assert_eq!(desk.lookup_as("11", number).await.len(), 1, "{number}");
    }
    let message = LookupMembersRequest { mobile: "13800000001".to_owned(), ..Default::default() };
    let answer = inner(desk.service.lookup_members(call(message)).await).unwrap();
    assert_eq!(answer.members.len(), 1);
}
