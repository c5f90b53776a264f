//! The whole door over the real contract: tokens, shares, deadlines, ids.

use std::{sync::Arc, time::Duration};

use tonic::Code;
use unionhall_gateway::Builder;
use unionhall_kit::{
    access::{ClientId, Minter, PolicyFile, PolicyStore, Verifier},
    clock::SystemClock,
    deadline::Longest,
    door,
    ids::SystemRandomness,
    keys::SigningKey,
    path::Path,
};

use crate::{
    client::Client,
    house::{BOTH, Front, Host, Place, ids, upstream},
    toy::{Toy, message},
};

const PACKAGE: &str = "unionhall.registry.v1";
const GET: &str = "unionhall.registry.v1.EmployerService/GetEmployer";

struct Door {
    toy: Toy,
    client: Client,
    bearer: String,
    _front: Front,
    _host: Option<Host>,
    _root: tempfile::TempDir,
}

impl Door {
    /// The administrator may call `burst` times at once.
    async fn open(place: Place, burst: u32) -> Self {
        let root = tempfile::tempdir().unwrap();
        let key = SigningKey::generate(&SystemRandomness).unwrap();
        let verifier = verifier(&root, &key, burst);
        let snapshot = verifier.policy().fresh().unwrap();
        let administrator = ClientId::parse("administrator").unwrap();
        let minter = Minter::new(&key, ids(), Arc::new(SystemClock));
        let token = minter.mint(snapshot.client(administrator.as_str()).unwrap()).unwrap();
        let longest = Longest { unary: Duration::from_secs(10), stream: Duration::from_secs(60) };
        let door = door::Door::new(unionhall_proto::DESCRIPTOR_SET, verifier, Arc::new(()));
        let door = door.unwrap().longest(longest);
        let toy = Toy::default();
        let (upstream, host) = upstream(place, &toy).await;
        let builder = Builder::new(unionhall_proto::DESCRIPTOR_SET).unwrap();
        let gateway = builder.route(PACKAGE, upstream).unwrap().build();
        let front = Front::with(&gateway, |server| door.guard(server)).await;
        let client = Client::connect(front.address).await;
        let bearer = format!("Bearer {token}");
        Self { toy, client, bearer, _front: front, _host: host, _root: root }
    }

    async fn get(&self, headers: &[(&str, &str)]) -> crate::client::Reply {
        let mut all = vec![("authorization", self.bearer.as_str())];
        all.extend(headers);
        self.client.call(GET, &all, message(b"")).await
    }
}

fn verifier(root: &tempfile::TempDir, key: &SigningKey, burst: u32) -> Arc<Verifier> {
    let path = root.path().join("policy.toml");
    let mut policy = PolicyFile::first(vec![Path::parse("11").unwrap()], vec![]).unwrap();
    policy.clients[0].rate = 1.try_into().unwrap();
    policy.clients[0].burst = Some(burst.try_into().unwrap());
    policy.write(&path).unwrap();
    let store = PolicyStore::open(&path, Arc::new(SystemClock)).unwrap();
    Arc::new(Verifier::new(key.verifying().unwrap(), store, Arc::new(SystemClock)))
}

#[tokio::test]
async fn only_a_token_opens_the_door_and_it_travels_on() {
    for place in BOTH {
        let door = Door::open(place, 100).await;
        let reply = door.client.call(GET, &[], message(b"")).await;
        assert_eq!(reply.code(), Code::Unauthenticated);
        let reply = door.client.call(GET, &[("authorization", "Bearer x")], message(b"")).await;
        assert_eq!(reply.code(), Code::Unauthenticated);
        assert_eq!(door.toy.calls(), 0);

        assert_eq!(door.get(&[]).await.code(), Code::Ok);
        assert_eq!(door.toy.header("authorization"), Some(door.bearer.clone()));
    }
}

#[tokio::test]
async fn what_a_caller_says_of_its_identity_is_not_heard() {
    for place in BOTH {
        let door = Door::open(place, 100).await;
        let claims =
            [("x-unionhall-client", "admin"), ("x-unionhall-scope", "11"), ("x-other", "kept")];
        assert_eq!(door.get(&claims).await.code(), Code::Ok);
        assert_eq!(door.toy.header("x-unionhall-client"), None);
        assert_eq!(door.toy.header("x-unionhall-scope"), None);
        assert_eq!(door.toy.header("x-other").as_deref(), Some("kept"));
    }
}

#[tokio::test]
async fn a_caller_beyond_its_share_is_refused() {
    for place in BOTH {
        let door = Door::open(place, 3).await;
        for _ in 0..3 {
            assert_eq!(door.get(&[]).await.code(), Code::Ok);
        }
        assert_eq!(door.get(&[]).await.code(), Code::ResourceExhausted);
        assert_eq!(door.toy.calls(), 3);
    }
}

#[tokio::test]
async fn the_request_id_goes_through_and_comes_back() {
    for place in BOTH {
        let door = Door::open(place, 100).await;
        let reply = door.get(&[("x-request-id", "agency-7/42")]).await;
        assert_eq!(reply.headers["x-request-id"], "agency-7/42");
        assert_eq!(door.toy.header("x-request-id").as_deref(), Some("agency-7/42"));
        let made = door.get(&[]).await.headers["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(door.toy.header("x-request-id"), Some(made));
    }
}

/// Milliseconds, as kit writes them.
fn timeout(toy: &Toy) -> u64 {
    let text = toy.header("grpc-timeout").expect("a deadline is passed on");
    text.strip_suffix('m').expect("in milliseconds").parse().unwrap()
}

#[tokio::test]
async fn a_remote_upstream_gets_what_is_left_of_the_deadline() {
    let door = Door::open(Place::Remote, 100).await;
    door.get(&[("grpc-timeout", "3S")]).await;
    assert!((1..=2_950).contains(&timeout(&door.toy)), "{}", timeout(&door.toy));
    // Without one, or with one that is too long, the longest holds.
    for headers in [&[][..], &[("grpc-timeout", "1H")]] {
        door.get(headers).await;
        assert!((3_000..=9_950).contains(&timeout(&door.toy)), "{}", timeout(&door.toy));
    }
}

#[tokio::test]
async fn a_remote_upstream_learns_the_trace() {
    let door = Door::open(Place::Remote, 100).await;
    let given = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    door.get(&[("traceparent", given)]).await;
    let trace = |toy: &Toy| toy.header("traceparent").unwrap()[3..35].to_owned();
    assert_eq!(trace(&door.toy), given[3..35]);
    door.get(&[]).await;
    let (one, _) = (trace(&door.toy), door.get(&[]).await);
    assert_ne!(one, trace(&door.toy));
}
