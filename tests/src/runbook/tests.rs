use std::os::unix::process::ExitStatusExt;
use std::process::ExitStatus;

use super::*;

const PAGE: &str = r#"
Text with `grpcurl` in it.

```sh
# a comment
grpcurl -plaintext localhost:1 list
cargo run --release
grpcurl -d '{
  "name": "areas/11"
}' localhost:1 a.B/Get
```

```console
$ grpcurl -plaintext \
>   localhost:1 list
unionhall.registry.v1.AreaService
...
$ grpcurl localhost:1 a.B/Get
{
  "name": "areas/11",
  ...
}
```

```json
grpcurl never
```
"#;

fn ended(code: i32, stdout: &str, stderr: &str) -> Output {
    Output { status: ExitStatus::from_raw(code << 8), stdout: stdout.into(), stderr: stderr.into() }
}

fn step(expected: &str) -> Step {
    Step { line: 1, text: "grpcurl".into(), expected: expected.into() }
}

#[test]
fn finds_the_commands_of_both_kinds_of_block() {
    let found = steps(PAGE, "grpcurl");
    let texts: Vec<(usize, &str)> = found.iter().map(|s| (s.line, s.text.as_str())).collect();
    assert_eq!(
        texts,
        [
            (6, "grpcurl -plaintext localhost:1 list"),
            (8, "grpcurl -d '{\n  \"name\": \"areas/11\"\n}' localhost:1 a.B/Get"),
            (14, "grpcurl -plaintext \\\n  localhost:1 list"),
            (18, "grpcurl localhost:1 a.B/Get"),
        ]
    );
    assert_eq!(found[2].expected, "unionhall.registry.v1.AreaService\n...\n");
    assert_eq!(found[3].expected, "{\n  \"name\": \"areas/11\",\n  ...\n}\n");
    assert_eq!(steps(PAGE, "cargo").len(), 1);
}

#[test]
fn a_command_is_open_inside_quotes_and_after_a_backslash() {
    for open in ["a '", "a \"", "a \\", "a \"it's", "a '\\"] {
        assert!(is_open(open), "{open}");
    }
    for closed in ["a", "a 'b'", "a \"it's\"", "a \\' b", "a '\\'", r#"a "\"" b"#] {
        assert!(!is_open(closed), "{closed}");
    }
}

#[test]
fn json_is_compared_by_keys_and_types() {
    let documented = step("{\n \"name\": \"areas/11\",\n \"count\": 3,\n ...\n}\n");
    let check = |stdout: &str| documented.compare(&ended(0, stdout, ""));
    assert!(check(r#"{"name": "areas/1101", "count": 0, "more": true}"#).is_ok());
    assert!(check(r#"{"name": "areas/1101"}"#).is_err(), "a key is missing");
    assert!(check(r#"{"name": 1, "count": 0}"#).is_err(), "a type differs");
    assert!(check("").is_err(), "nothing was printed");
    assert!(check("plain").is_err());
}

#[test]
fn lists_show_the_shape_of_their_first_item() {
    let documented = step("{\"areas\": [\n{\"name\": \"areas/11\"},\n...\n]}\n");
    let check = |stdout: &str| documented.compare(&ended(0, stdout, ""));
    assert!(check(r#"{"areas": [{"name": "areas/1"}, {"name": "areas/2"}]}"#).is_ok());
    assert!(check(r#"{"areas": []}"#).is_err());
    assert!(check(r#"{"areas": [{"id": "1"}]}"#).is_err());
}

#[test]
fn text_is_compared_line_by_line_in_order() {
    let documented = step("first\n...\nlast of ...\n");
    let check = |stdout: &str| documented.compare(&ended(0, stdout, ""));
    assert!(check("first\nsecond\nlast of 3\n").is_ok());
    assert!(check("last of 3\nfirst\n").is_err());
    assert!(check("first\n").is_err());
    assert!(check("something else\nfirst\nlast of 3\n").is_err(), "nothing is left out here");
    assert!(check("first\nlast of 3\nsomething else\n").is_err());
}

#[test]
fn the_exit_code_is_part_of_the_document() {
    let refused = step("ERROR:\n  Code: NotFound\n  Message: ...\n");
    let printed = "ERROR:\n  Code: NotFound\n  Message: no such area\n";
    assert!(refused.compare(&ended(69, "", printed)).is_ok());
    assert!(refused.compare(&ended(0, printed, "")).is_err());
    assert!(step("").compare(&ended(69, "", printed)).is_err());
    assert!(step("").compare(&ended(0, "anything", "")).is_ok());
}

#[tokio::test]
async fn words_and_variables_of_the_desk_reach_the_command() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let mut desk = Desk {
        folder: folder.path().to_path_buf(),
        variables: vec![("TOKEN".into(), "secret".into())],
        words: vec![("localhost:50051".into(), "127.0.0.1:7".into())],
    };
    let step =
        |text: &str, expected: &str| Step { line: 1, text: text.into(), expected: expected.into() };
    step("echo \"$TOKEN localhost:50051\"", "secret 127.0.0.1:7\n").check(&mut desk).await?;
    assert!(step("false", "").check(&mut desk).await.is_err());
    Ok(())
}
