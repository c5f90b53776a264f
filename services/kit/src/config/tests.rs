use std::io::Write;

use super::*;

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Settings {
    server: ServerConfig,
    database: DatabaseConfig,
    telemetry: TelemetryConfig,
}

fn written(content: &str) -> tempfile::NamedTempFile {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(content.as_bytes()).unwrap();
    file
}

fn refused(sources: Sources) -> ConfigError {
    load::<Settings>(&sources).unwrap_err()
}

#[test]
fn without_sources_the_defaults_hold() {
    let settings: Settings = load(&Sources::new()).unwrap();
    assert_eq!(settings.server.limits.max_streams_per_connection.get(), 128);
    assert_eq!(settings.server.drain.cap().as_secs(), 20);
    assert!(settings.database.url.is_none());
}

#[test]
fn each_level_overrides_the_one_below() {
    let file = written("[server.drain]\ncap_ms = 2\npause_ms = 2\n[telemetry]\nlog_filter = 'b'");
    let settings: Settings = load(
        &Sources::new()
            .flags([("server.drain.cap_ms", "4")])
            .env([
                ("UNIONHALL__SERVER__DRAIN__CAP_MS", "3"),
                ("UNIONHALL__SERVER__DRAIN__PAUSE_MS", "3"),
                ("HOME", "elsewhere"),
            ])
            .file(file.path())
            .defaults([("telemetry.log_filter", "a"), ("telemetry.log_format", "json")]),
    )
    .unwrap();
    assert_eq!((settings.server.drain.cap_ms, settings.server.drain.pause_ms), (4, 3));
    assert_eq!(settings.telemetry.log_filter, "b");
    assert_eq!(settings.telemetry.log_format, LogFormat::Json);
}

#[test]
fn an_unknown_variable_is_named() {
    let fault = refused(Sources::new().env([
        ("UNIONHALL__SERVER__LISTEN__ADDRESS", "127.0.0.1:0"),
        ("UNIONHALL__SERVER__LISTEN__PORT", "1"),
    ]));
    assert_eq!(fault.key, "server.listen.port");
    assert_eq!(fault.origin, "environment variable UNIONHALL__SERVER__LISTEN__PORT");
    assert!(fault.problem.contains("unknown field"), "{fault}");
}

#[test]
fn a_value_of_the_wrong_kind_is_traced_to_its_file() {
    let file = written("[server.limits]\nwork_slots = 0\nwork_queue = 9");
    let fault = refused(Sources::new().file(file.path()));
    assert_eq!(fault.key, "server.limits.work_slots");
    assert!(fault.origin.contains(&*file.path().to_string_lossy()), "{fault}");
}

#[test]
fn a_file_that_is_no_toml_or_missing_is_refused() {
    let file = written("[server\n");
    assert!(refused(Sources::new().file(file.path())).problem.contains("TOML"));
    assert!(refused(Sources::new().file("/nonexistent.toml")).origin.contains("nonexistent"));
}

#[test]
fn a_mounted_secret_is_read_and_never_printed() {
    let secret = written("postgres://u:hush@h/d\n");
    let path = secret.path().to_string_lossy().into_owned();
    let sources = Sources::new().env([("UNIONHALL__DATABASE__URL_FILE", path)]);
    let settings: Settings = load(&sources).unwrap();
    assert_eq!(settings.database.url.as_ref().unwrap().expose(), "postgres://u:hush@h/d");
    assert!(!format!("{settings:?}").contains("hush"));
}

#[test]
fn a_secret_given_twice_on_one_level_is_refused() {
    let fault = refused(Sources::new().flags([("database.url", "a"), ("database.url_file", "b")]));
    assert_eq!(fault.key, "database.url_file");
}

#[test]
fn a_secret_file_that_cannot_be_read_is_named() {
    let fault = refused(Sources::new().flags([("database.url_file", "/nonexistent")]));
    assert_eq!(fault.key, "database.url_file");
    assert!(fault.problem.contains("/nonexistent"));
}
