use super::*;

const MINIMAL: &str = r#"
    version = 3
    [[roles]]
    name = "reader"
    permissions = ["registry.employers.get", "registry.areas.*"]
    [[clients]]
    id = "tax-office"
    roles = ["reader"]
    area = ["110102"]
"#;

#[test]
fn absent_entries_have_documented_values() {
    let policy = PolicyFile::parse(MINIMAL).unwrap();
    let client = &policy.clients[0];
    assert_eq!((client.max_token_minutes, client.rate.get(), client.burst), (15, 200, None));
    assert!(client.affiliation.is_empty());
}

#[test]
fn contradictions_are_refused_by_name() {
    let role = "[[roles]]\nname = \"reader\"\npermissions = []\n";
    let client = "[[clients]]\nid = \"tax-office\"\nroles = []\n";
    let cases = [
        (MINIMAL.replace("version = 3", ""), "version"),
        (MINIMAL.replace("area =", "areas ="), "areas"),
        (MINIMAL.replace("\"110102\"", "\"11%\""), "path"),
        (MINIMAL.replace("roles = [\"reader\"]", "roles = [\"writer\"]"), "writer"),
        (MINIMAL.replace("registry.areas.*", "registry.*.areas"), "registry.*.areas"),
        (MINIMAL.replace("registry.areas.*", "registry.Areas"), "registry.Areas"),
        (MINIMAL.replace("registry.areas.*", ""), "''"),
        (MINIMAL.replace("registry.areas.*", ".*"), "'.*'"),
        (MINIMAL.replace("tax-office", "tax office"), "client id"),
        (format!("{MINIMAL}\nmax_token_minutes = 721"), "720"),
        (format!("{MINIMAL}\nmax_token_minutes = 0"), "720"),
        (format!("{MINIMAL}\nrate = 0"), "rate"),
        (format!("{MINIMAL}\n{role}"), "reader"),
        (format!("{MINIMAL}\n{client}"), "tax-office"),
    ];
    for (text, part) in cases {
        let error = PolicyFile::parse(&text).unwrap_err().to_string();
        assert!(error.contains(part), "{error} should name {part}");
    }
}

#[test]
fn a_written_policy_reads_the_same() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("policy.toml");
    let mut policy = PolicyFile::first(vec![path::Path::parse("11").unwrap()], vec![]).unwrap();
    policy.write(&path).unwrap();
    assert_eq!(PolicyFile::read(&path).unwrap(), policy);

    policy.put_role(RoleEntry { name: "reader".into(), permissions: vec![] });
    let mut client = PolicyFile::parse(MINIMAL).unwrap().clients.remove(0);
    policy.put_client(client.clone());
    client.max_token_minutes = 5;
    policy.put_client(client);
    policy.write(&path).unwrap();
    let read = PolicyFile::read(&path).unwrap();
    assert_eq!((read.version, read.clients.len()), (4, 2));
    assert_eq!(read.clients[1].max_token_minutes, 5);
}

#[test]
fn an_invalid_policy_never_replaces_a_valid_one() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("policy.toml");
    let good = PolicyFile::first(vec![], vec![]).unwrap();
    good.write(&path).unwrap();
    let mut bad = good.clone();
    bad.clients[0].roles.push("nobody".into());
    assert!(bad.write(&path).is_err());
    assert_eq!(PolicyFile::read(&path).unwrap(), good);
}
