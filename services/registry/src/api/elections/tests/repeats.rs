//! One filing has one effect.

use super::*;

#[tokio::test]
async fn a_repeated_filing_has_one_effect() {
    let desk = desk().await;
    let union = desk.union(None).await;
    let called = desk.call(&union, election(Kind::Founding)).await.unwrap();
    desk.hold(&called.name, record()).await.unwrap();
    let ids = Ids::new(desk.rig.clock.clone(), std::sync::Arc::new(SystemRandomness));
    let request_id = ids.fresh().to_string();
    let message = FileElectionRequest { request_id, ..filing(&called.name, "2014-03-10") };
    for _ in 0..2 {
        let filed = inner(desk.service.file_election(call(message.clone())).await).unwrap();
        assert_eq!((filed.state(), filed.etag.as_str()), (State::Filed, "3"));
    }
    assert_eq!(desk.committee(&union, "2014-07-01").await.len(), 3);
    let other = FileElectionRequest { filed_on: date("2014-03-11"), ..message };
    let other = desk.service.file_election(call(other)).await;
    assert_eq!(refused(inner(other)), "REQUEST_ID_REUSED");
}
