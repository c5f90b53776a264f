//! Tokens that are none of ours: one answer to all of them.

use anyhow::{Result, ensure};
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};
use tonic::{Code, Request};
use unionhall_kit::{
    clock::{Clock, SystemClock},
    ids::SystemRandomness,
    keys::SigningKey,
};
use unionhall_proto::registry::v1::{GetAreaRequest, area_service_client::AreaServiceClient};
use unionhall_tests::{
    client::{self, Clients},
    engine::Engine,
    on_both_layouts, patience,
    refusals::{refused, unharmed},
    suite::{Layout, Suite},
};
use uuid::Uuid;

/// Seconds that a token may be old and yet be taken, for clocks that differ.
const SKEW: i64 = 60;

fn request() -> GetAreaRequest {
    GetAreaRequest { name: "areas/11".into(), day: None }
}

/// The claims of a token that is taken.
fn claims() -> Value {
    let now = SystemClock.now().timestamp();
    json!({
        "iss": "unionhall",
        "aud": "unionhall",
        "sub": "administrator",
        "iat": now,
        "nbf": now,
        "exp": now + 600,
        "jti": Uuid::from_u128(rand::random()).to_string(),
    })
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims();
    claims[name] = value.into();
    claims
}

fn signed(claims: &Value, key: &SigningKey) -> Result<String> {
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(key.id().as_str().to_owned());
    Ok(jsonwebtoken::encode(&header, claims, key.encoding())?)
}

fn own_key(suite: &Suite) -> Result<SigningKey> {
    Ok(SigningKey::open(&suite.data().join("keys/token.pem"))?)
}

async fn try_token(suite: &Suite, token: &str) -> Result<Result<(), tonic::Status>> {
    let clients = Clients::connect(suite.address(), token).await?;
    Ok(clients.areas.clone().get_area(request()).await.map(|_| ()))
}

on_both_layouts!(a_token_of_our_own_making_is_taken);

/// What the other tests change is really what makes the difference.
async fn a_token_of_our_own_making_is_taken(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let token = signed(&claims(), &own_key(&suite)?)?;
    try_token(&suite, &token).await??;
    Ok(())
}

on_both_layouts!(a_token_that_is_not_ours_is_refused);

async fn a_token_that_is_not_ours_is_refused(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let key = own_key(&suite)?;
    let now = SystemClock.now().timestamp();
    let (early, late) = (now - 2 * SKEW, now + 10 * SKEW);
    let mut ended = claims();
    (ended["iat"], ended["nbf"], ended["exp"]) =
        ((early - 600).into(), (early - 600).into(), early.into());
    let mut to_come = claims();
    (to_come["iat"], to_come["nbf"], to_come["exp"]) =
        (late.into(), late.into(), (late + 600).into());
    let bad = [
        ("expired", ended),
        ("not begun", to_come),
        ("for another audience", with("aud", "elsewhere")),
        ("of another issuer", with("iss", "elsewhere")),
        ("for nobody of the policy", with("sub", "nobody")),
        ("of too long a life", with("exp", now + 13 * 3_600)),
        ("without a name", with("jti", "")),
        ("without an end", with("exp", Value::Null)),
    ];
    let mut answers = Vec::new();
    for (what, claims) in bad {
        let answer = try_token(&suite, &signed(&claims, &key)?).await?;
        ensure!(answer.is_err(), "a token {what} was taken");
        answers.push(answer);
    }
    for token in forgeries(&key)? {
        answers.push(try_token(&suite, &token).await?);
    }
    // One text for every cause: why a token is bad is nobody's business.
    let mut texts = std::collections::BTreeSet::new();
    for answer in answers {
        let status = refused(answer, Code::Unauthenticated, "UNAUTHENTICATED")?;
        texts.insert((status.message().to_owned(), status.details().to_vec()));
    }
    ensure!(texts.len() == 1, "{texts:?}");
    unharmed(&suite)
}

/// Tokens of the right claims that are not signed as they must be.
fn forgeries(key: &SigningKey) -> Result<Vec<String>> {
    let good = signed(&claims(), key)?;
    let parts: Vec<&str> = good.split('.').collect();
    let stranger = SigningKey::generate(&SystemRandomness)?;
    // A stranger who claims to be the key that is known.
    let mut header = Header::new(Algorithm::EdDSA);
    header.kid = Some(key.id().as_str().to_owned());
    let impostor = jsonwebtoken::encode(&header, &claims(), stranger.encoding())?;
    // The public name as a shared secret.
    let mut symmetric = Header::new(Algorithm::HS256);
    symmetric.kid = header.kid.clone();
    let secret = EncodingKey::from_secret(key.id().as_str().as_bytes());
    let shared = jsonwebtoken::encode(&symmetric, &claims(), &secret)?;
    // {"alg":"none","typ":"JWT"}
    let none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0";
    // The claims of one token under the signature of another.
    let other = signed(&with("sub", "somebody"), key)?;
    let claims_of_other = other.split('.').nth(1).unwrap_or_default();
    Ok(vec![
        signed(&claims(), &stranger)?,
        impostor,
        shared,
        format!("{none}.{}.", parts[1]),
        format!("{}.{}.", parts[0], parts[1]),
        format!("{}.{claims_of_other}.{}", parts[0], parts[2]),
        parts[..2].join("."),
        "no.token.atall".to_owned(),
        "x".repeat(5_000),
        String::new(),
    ])
}

on_both_layouts!(without_a_token_only_health_and_the_contract_answer);

async fn without_a_token_only_health_and_the_contract_answer(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let channel = client::channel(suite.address()).await?;
    let mut areas = AreaServiceClient::new(channel);
    let answer = areas.get_area(request()).await;
    refused(answer, Code::Unauthenticated, "UNAUTHENTICATED")?;
    for value in ["Basic YTpi", "Bearer", "bearer  ", suite.token()] {
        let mut odd = Request::new(request());
        odd.metadata_mut().insert("authorization", value.parse()?);
        refused(areas.get_area(odd).await, Code::Unauthenticated, "UNAUTHENTICATED")?;
    }
    // Two tokens: two readers could believe different ones.
    let mut twice = Request::new(request());
    for _ in 0..2 {
        let value = format!("Bearer {}", suite.token()).parse()?;
        twice.metadata_mut().append("authorization", value);
    }
    refused(areas.get_area(twice).await, Code::Unauthenticated, "UNAUTHENTICATED")?;
    client::until_serving(suite.address(), "").await?;
    unharmed(&suite)
}

on_both_layouts!(a_client_that_is_taken_out_is_out);

async fn a_client_that_is_taken_out_is_out(layout: Layout) -> Result<()> {
    let suite = Suite::start(Engine::Sqlite, layout).await?;
    let policy = suite.data().join("policy.toml");
    let first = std::fs::read_to_string(&policy)?;
    let data = suite.data().display().to_string();
    let words = ["client", "clerk", "--permission", "registry.areas.read", "--data", &data];
    let output = suite.command_line(&words).await?;
    ensure!(output.status.success(), "{}", output.stderr);
    let token = suite.token_of("clerk").await?;
    let clients = Clients::connect(suite.address(), &token).await?;
    let ask = || clients.areas.clone();
    patience::until("the clerk to be let in", || async { ask().get_area(request()).await.ok() })
        .await?;
    std::fs::write(&policy, first)?;
    patience::until("the clerk to be out", || async {
        let code = ask().get_area(request()).await.err()?.code();
        (code == Code::Unauthenticated).then_some(())
    })
    .await?;
    unharmed(&suite)
}
