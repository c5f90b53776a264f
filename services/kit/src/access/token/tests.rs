use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD as B64};
use jsonwebtoken::EncodingKey;
use serde_json::{Value, json};

use super::*;
use crate::{
    access::{ClientId, policy_file::ClientEntry, testing::Rig},
    clock::Clock,
    ids::SystemRandomness,
};

const JTI: &str = "01446f5c-3400-7000-8000-000000000001";

impl Rig {
    fn good(&self) -> Value {
        let now = self.clock.now().timestamp();
        json!({ "iss": "unionhall", "aud": "unionhall", "sub": "tax-office",
                "iat": now, "nbf": now, "exp": now + 900, "jti": JTI })
    }

    /// A good token but for what `change` does to its claims.
    fn claims(&self, change: impl FnOnce(&mut Value)) -> String {
        let mut claims = self.good();
        change(&mut claims);
        sign(&claims, &self.key).unwrap()
    }

    /// A token whose header is `header`, rightly signed.
    fn header(&self, header: &Value) -> String {
        let message = format!("{}.{}", part(header), part(&self.good()));
        let signature =
            jsonwebtoken::crypto::sign(message.as_bytes(), self.key.encoding(), Algorithm::EdDSA);
        format!("{message}.{}", signature.unwrap())
    }

    fn kid(&self) -> &str {
        self.key.id().as_str()
    }
}

fn part(value: &Value) -> String {
    B64.encode(value.to_string())
}

fn set(key: &'static str, value: Value) -> impl FnOnce(&mut Value) {
    move |claims| claims[key] = value
}

fn drop_claim(key: &'static str) -> impl FnOnce(&mut Value) {
    move |claims| {
        claims.as_object_mut().unwrap().remove(key);
    }
}

/// An HMAC token keyed with what a stranger knows: the public key.
fn hmac(rig: &Rig, algorithm: Algorithm, secret: &[u8]) -> String {
    let mut header = Header::new(algorithm);
    header.kid = Some(rig.kid().to_owned());
    jsonwebtoken::encode(&header, &rig.good(), &EncodingKey::from_secret(secret)).unwrap()
}

fn bad_claims(rig: &Rig) -> Vec<(&'static str, String)> {
    let now = rig.clock.now().timestamp();
    let shifted = |by: i64| {
        move |claims: &mut Value| {
            for (key, offset) in [("iat", 0), ("nbf", 0), ("exp", 900)] {
                claims[key] = json!(now + offset + by);
            }
        }
    };
    vec![
        ("expired by skew and nothing", rig.claims(shifted(-960))),
        ("expired long ago", rig.claims(shifted(-86_400))),
        ("begins after the skew", rig.claims(set("nbf", json!(now + 61)))),
        ("issued after the skew", rig.claims(shifted(61))),
        ("valid before it was issued", rig.claims(set("nbf", json!(now - 1)))),
        ("ends before it begins", rig.claims(set("exp", json!(now - 1)))),
        ("ends as it begins", rig.claims(set("exp", json!(now)))),
        ("lives a second too long", rig.claims(set("exp", json!(now + 901)))),
        ("lives twelve hours", rig.claims(set("exp", json!(now + 43_200)))),
        ("lives for ever", rig.claims(set("exp", json!(i64::MAX)))),
        ("begins at the dawn of time", rig.claims(set("iat", json!(i64::MIN)))),
        ("ends at the last instant", rig.claims(set("exp", json!(8_210_266_876_799_i64)))),
        ("no exp", rig.claims(drop_claim("exp"))),
        ("no nbf", rig.claims(drop_claim("nbf"))),
        ("no iat", rig.claims(drop_claim("iat"))),
        ("no iss", rig.claims(drop_claim("iss"))),
        ("no aud", rig.claims(drop_claim("aud"))),
        ("no sub", rig.claims(drop_claim("sub"))),
        ("no jti", rig.claims(drop_claim("jti"))),
        ("exp as text", rig.claims(set("exp", json!((now + 900).to_string())))),
        ("exp with a fraction", rig.claims(set("exp", json!(900.5)))),
        ("exp is null", rig.claims(set("exp", Value::Null))),
        ("another issuer", rig.claims(set("iss", json!("unionha11")))),
        ("another audience", rig.claims(set("aud", json!("payroll")))),
        ("several audiences", rig.claims(set("aud", json!(["unionhall", "payroll"])))),
        ("an unknown client", rig.claims(set("sub", json!("nobody")))),
        ("an empty client", rig.claims(set("sub", json!("")))),
        ("a client in capitals", rig.claims(set("sub", json!("Tax-Office")))),
        ("a jti that is no id", rig.claims(set("jti", json!("1")))),
        ("claims that are a list", sign(&json!([1]), &rig.key).unwrap()),
    ]
}

fn bad_signatures(rig: &Rig) -> Vec<(&'static str, String)> {
    let good = rig.claims(|_| {});
    let parts: Vec<&str> = good.split('.').collect();
    let (header, claims, signature) = (parts[0], parts[1], parts[2]);
    let stranger = SigningKey::generate(&SystemRandomness).unwrap();
    let pem = rig.key.verifying().unwrap().to_pem();
    let der = rig.verifier.keys.get(rig.kid()).unwrap().try_get_as_bytes().unwrap().to_vec();
    let none = |alg: &str| part(&json!({ "alg": alg, "typ": "JWT", "kid": rig.kid() }));
    let mut administrator = rig.good();
    administrator["sub"] = json!("administrator");
    let stolen_name = {
        let message = format!("{}.{claims}", part(&json!({ "alg": "EdDSA", "kid": rig.kid() })));
        let forged =
            jsonwebtoken::crypto::sign(message.as_bytes(), stranger.encoding(), Algorithm::EdDSA);
        format!("{message}.{}", forged.unwrap())
    };
    vec![
        ("unsigned", format!("{}.{claims}.", none("none"))),
        ("unsigned, other case", format!("{}.{claims}.", none("nOnE"))),
        ("none with a signature", format!("{}.{claims}.{signature}", none("none"))),
        (
            "header cut off its algorithm",
            format!("{}.{claims}.", part(&json!({ "kid": rig.kid() }))),
        ),
        ("HS256 with the public key's bytes", hmac(rig, Algorithm::HS256, &der)),
        ("HS256 with the public key's PEM", hmac(rig, Algorithm::HS256, pem.as_bytes())),
        ("HS384 with the public key's bytes", hmac(rig, Algorithm::HS384, &der)),
        ("HS512 with the public key's bytes", hmac(rig, Algorithm::HS512, &der)),
        ("HS256 with an empty key", hmac(rig, Algorithm::HS256, b"")),
        ("a stranger's key", sign(&rig.good(), &stranger).unwrap()),
        ("a stranger's key under our name", stolen_name),
        (
            "other claims under the signature",
            format!("{header}.{}.{signature}", part(&administrator)),
        ),
        ("no signature", format!("{header}.{claims}.")),
        ("half a signature", format!("{header}.{claims}.{}", &signature[..42])),
        ("a signature of zeros", format!("{header}.{claims}.{}", B64.encode([0_u8; 64]))),
        ("a padded signature", format!("{good}==")),
    ]
}

fn bad_forms(rig: &Rig) -> Vec<(&'static str, String)> {
    let good = rig.claims(|_| {});
    let header = |name: &str, value: Value| {
        let mut header = json!({ "alg": "EdDSA", "typ": "JWT", "kid": rig.kid() });
        header[name] = value;
        rig.header(&header)
    };
    vec![
        ("nothing", String::new()),
        ("one word", "token".to_owned()),
        ("only dots", "..".to_owned()),
        ("cut short", good[..good.len() - 1].to_owned()),
        ("without its end", good[..good.rfind('.').unwrap()].to_owned()),
        ("with a fourth part", format!("{good}.more")),
        ("twice", format!("{good}{good}")),
        ("with a space in front", format!(" {good}")),
        ("with a line feed behind", format!("{good}\n")),
        ("in capitals", good.to_uppercase()),
        ("not ASCII", format!("令牌.{good}")),
        ("5,000 characters", "a".repeat(5000)),
        ("an unknown kid", header("kid", json!("0000000000000000"))),
        ("no kid", header("kid", Value::Null)),
        ("a kid in capitals", header("kid", json!(rig.kid().to_uppercase()))),
        ("a kid that is a number", header("kid", json!(1))),
        ("a kid that is a path", header("kid", json!("../../dev/null"))),
        ("a critical extension", header("crit", json!(["exp"]))),
        ("RS256 in the header", header("alg", json!("RS256"))),
        ("ES256 in the header", header("alg", json!("ES256"))),
    ]
}

#[test]
fn every_bad_token_gets_the_same_answer() {
    let rig = Rig::new();
    assert!(rig.verifier.verify(&rig.claims(|_| {})).is_ok(), "the control must be good");
    let control = json!({ "alg": "EdDSA", "typ": "JWT", "kid": rig.kid() });
    assert!(rig.verifier.verify(&rig.header(&control)).is_ok(), "the control must be good");

    let cases = [bad_claims(&rig), bad_signatures(&rig), bad_forms(&rig)].concat();
    assert!(cases.len() >= 40, "{}", cases.len());
    let expected = unauthenticated().to_status();
    for (name, token) in cases {
        let status = rig.verifier.verify(&token).expect_err(name).to_status();
        assert_eq!(status.code(), expected.code(), "{name}");
        assert_eq!(status.message(), expected.message(), "{name}");
        assert_eq!(status.details(), expected.details(), "{name}");
    }
}

#[test]
fn a_minted_token_names_its_client_and_lives_as_its_policy_says() {
    let rig = Rig::new();
    for (id, minutes) in [("tax-office", 15), ("administrator", 720)] {
        let caller = rig.verifier.verify(&rig.token(id)).unwrap();
        assert_eq!(caller.client.as_str(), id);
        assert_eq!(caller.expires_at, rig.clock.now() + TimeDelta::minutes(minutes));
    }
}

#[test]
fn the_edges_of_the_skew_hold() {
    let rig = Rig::new();
    let now = rig.clock.now().timestamp();
    let early = rig.claims(|claims| {
        for (key, at) in [("iat", now + 60), ("nbf", now + 60), ("exp", now + 960)] {
            claims[key] = json!(at);
        }
    });
    assert!(rig.verifier.verify(&early).is_ok());

    let token = rig.claims(|_| {});
    for (seconds, valid) in [(0, true), (899, true), (1, true), (59, true), (1, false)] {
        rig.wait(seconds);
        assert_eq!(rig.verifier.verify(&token).is_ok(), valid, "at {}", rig.clock.now());
    }
}

#[test]
fn nothing_is_remembered_past_its_end() {
    let rig = Rig::new();
    let token = rig.claims(|_| {});
    rig.verifier.verify(&token).unwrap();
    rig.verifier.cache.run_pending_tasks();
    assert_eq!(rig.verifier.cache.entry_count(), 1);
    rig.wait(900);
    assert!(rig.verifier.verify(&token).is_ok(), "the skew is judged anew");
    rig.verifier.cache.run_pending_tasks();
    assert_eq!(rig.verifier.cache.entry_count(), 0);
}

#[test]
fn a_remembered_token_follows_the_policy() {
    let rig = Rig::new();
    let token = rig.claims(|_| {});
    assert!(rig.verifier.verify(&token).unwrap().may("registry.employers.read"));
    rig.change_policy(|client| client.roles.clear());
    assert!(!rig.verifier.verify(&token).unwrap().may("registry.employers.read"));
    rig.change_policy(|client| client.max_token_minutes = 14);
    assert!(rig.verifier.verify(&token).is_err());
    rig.change_policy(|client| client.id = ClientId::parse("another").unwrap());
    assert!(rig.verifier.verify(&token).is_err());
}

#[test]
fn a_stale_policy_lets_nobody_in() {
    let rig = Rig::new();
    let token = rig.claims(|_| {});
    rig.verifier.verify(&token).unwrap();
    rig.clock.advance(TimeDelta::seconds(6));
    for token in [token.as_str(), "bad"] {
        assert_eq!(rig.verifier.verify(token).unwrap_err().reason(), &reasons::POLICY_STALE);
    }
}

#[test]
fn a_recheck_finds_what_has_changed() {
    let permission = Some("registry.employers.read");
    type Change = fn(&mut ClientEntry);
    let cases: [(Change, Option<&crate::fault::Reason>); 6] = [
        (|client| client.rate = std::num::NonZeroU32::MIN, None),
        (|client| client.max_token_minutes = 720, None),
        (|client| client.max_token_minutes = 14, Some(&reasons::UNAUTHENTICATED)),
        (|client| client.id = ClientId::parse("another").unwrap(), Some(&reasons::UNAUTHENTICATED)),
        (|client| client.roles.clear(), Some(&reasons::PERMISSION_DENIED)),
        (|client| client.area.clear(), Some(&reasons::SCOPE_CHANGED)),
    ];
    for (change, expected) in cases {
        let rig = Rig::new();
        let caller = rig.verifier.verify(&rig.claims(|_| {})).unwrap();
        rig.change_policy(change);
        let found = rig.verifier.recheck(&caller, permission).err();
        assert_eq!(found.map(|fault| fault.reason()), expected);
    }
    let rig = Rig::new();
    let caller = rig.verifier.verify(&rig.claims(|_| {})).unwrap();
    rig.wait(959);
    assert!(rig.verifier.recheck(&caller, permission).is_ok());
    rig.wait(1);
    let fault = rig.verifier.recheck(&caller, permission).unwrap_err();
    assert_eq!(fault.reason(), &reasons::UNAUTHENTICATED);
}
