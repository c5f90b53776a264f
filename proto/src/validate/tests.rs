use prost_types::{Duration, FieldMask, Timestamp};

use super::*;
use crate::{
    common::v1::{
        BatchGetFiguresRequest, ListChangesRequest, UploadImportRequest,
        upload_import_request::{Piece, UploadHeader},
    },
    google::r#type::Date,
    registry::v1::{
        Address, CreateEmployerRequest, Employer, GetEmployerRequest, ListAreasRequest,
        MergeAreasRequest, RecordWorkforceRequest, UpdateEmployerRequest, Validity, Workforce,
    },
};

const NAME: &str = "employers/0190163d-8694-739b-aea5-966c26f8ad91";

fn employer() -> Employer {
    Employer {
        display_name: "北京市西城区某单位".into(),
        ownership: "110".into(),
        actual_address: Some(Address { area: "areas/110102012003".into(), line: String::new() }),
        ..Employer::default()
    }
}

fn create(employer: Employer) -> CreateEmployerRequest {
    CreateEmployerRequest { employer: Some(employer), ..CreateEmployerRequest::default() }
}

fn fields(message: &mut impl Validate) -> Vec<String> {
    message.check().into_iter().map(|violation| violation.field).collect()
}

#[test]
fn a_good_request_has_no_violations() {
    assert_eq!(create(employer()).check(), []);
    assert_eq!(GetEmployerRequest { name: NAME.into(), day: None }.check(), []);
}

#[test]
fn a_missing_required_field_is_named_where_it_stands() {
    assert_eq!(fields(&mut CreateEmployerRequest::default()), ["employer"]);
    assert_eq!(
        fields(&mut create(Employer::default())),
        ["employer.display_name", "employer.ownership", "employer.actual_address"]
    );
    let workforce = Some(Workforce { employee_count: -1, ..Workforce::default() });
    let mut request = RecordWorkforceRequest { name: NAME.into(), workforce, ..Default::default() };
    assert_eq!(fields(&mut request), ["workforce.counted_on", "workforce.employee_count"]);
}

#[test]
fn patterns_and_lengths_are_checked_in_characters_after_composition() {
    let mut request = create(Employer { display_name: "好".repeat(120), ..employer() });
    assert_eq!(request.check(), []);
    request.employer.as_mut().unwrap().display_name.push('好');
    assert_eq!(fields(&mut request), ["employer.display_name"]);
    // 240 code points that compose to 120 characters.
    request.employer.as_mut().unwrap().display_name = "e\u{301}".repeat(120);
    assert_eq!(request.check(), []);
    assert_eq!(request.employer.unwrap().display_name, "é".repeat(120));
    assert_eq!(fields(&mut GetEmployerRequest { name: "employers/1".into(), day: None }), ["name"]);
}

#[test]
fn a_forbidden_character_is_named() {
    let violations =
        create(Employer { display_name: "好\u{202E}单位".into(), ..employer() }).check();
    assert_eq!(violations[0].field, "employer.display_name");
    assert!(violations[0].description.contains("U+202E"), "{}", violations[0]);
}

#[test]
fn an_optional_identifier_is_looked_at_only_when_given() {
    let with = |id: &str| CreateEmployerRequest { request_id: id.into(), ..create(employer()) };
    assert_eq!(with("").check(), []);
    assert_eq!(with("0190163D-8694-739b-aea5-966c26f8ad91").check(), []);
    for id in ["0190163d8694739baea5966c26f8ad91", "0190163d-8694-739b-aea5-966c26f8ad9g", "x"] {
        assert_eq!(fields(&mut with(id)), ["request_id"], "{id}");
    }
}

#[test]
fn dates_exist_or_are_absent() {
    let day = |year, month, day| Some(Date { year, month, day });
    for (date, good) in [
        (None, true),
        (day(2014, 2, 28), true),
        (day(2014, 2, 29), false),
        (day(2014, 2, 0), false),
        (day(0, 2, 1), false),
    ] {
        let mut request = GetEmployerRequest { name: NAME.into(), day: date };
        let expected: &[&str] = if good { &[] } else { &["day"] };
        assert_eq!(fields(&mut request), expected, "{date:?}");
    }
    let established_on = day(2014, 13, 1);
    let mut request = create(Employer { established_on, ..employer() });
    assert_eq!(fields(&mut request), ["employer.established_on"]);
}

#[test]
fn unknown_enum_numbers_are_violations() {
    assert_eq!(fields(&mut ListAreasRequest { level: 99, ..Default::default() }), ["level"]);
    assert_eq!(ListAreasRequest { level: 3, ..Default::default() }.check(), []);
}

#[test]
fn elements_are_counted_compared_and_named_by_index() {
    let mut request = MergeAreasRequest { name: "areas/110102".into(), ..Default::default() };
    assert_eq!(fields(&mut request), ["sources"]);
    request.sources = ["areas/110101", "x", "areas/110101"].map(str::to_owned).to_vec();
    assert_eq!(fields(&mut request), ["sources[2]", "sources[1]"]);
    let mut board = BatchGetFiguresRequest {
        metrics: vec!["metrics/employers".into(); 51],
        nodes: vec!["areas/11".into()],
        ..Default::default()
    };
    assert_eq!(fields(&mut board), ["metrics"]);
}

#[test]
fn one_member_of_a_oneof_is_required_and_looked_at() {
    assert_eq!(fields(&mut UploadImportRequest { piece: None }), ["piece"]);
    let header = |file_name: &str| UploadImportRequest {
        piece: Some(Piece::Header(UploadHeader {
            kind: "employers".into(),
            file_name: file_name.into(),
            ..UploadHeader::default()
        })),
    };
    let mut composed = header("e\u{301}.csv");
    assert_eq!(composed.check(), []);
    assert_eq!(composed, header("é.csv"));
    assert_eq!(fields(&mut header("")), ["header.file_name"]);
    let chunk = |size| UploadImportRequest { piece: Some(Piece::Chunk(vec![0; size].into())) };
    assert_eq!(chunk(1 << 20).check(), []);
    assert_eq!(fields(&mut chunk((1 << 20) + 1)), ["chunk"]);
}

#[test]
fn what_only_the_service_sets_is_cleared_at_every_depth() {
    let sent = Employer {
        name: NAME.into(),
        state: 99,
        validity: Some(Validity::default()),
        create_time: Some(Timestamp { seconds: 1, nanos: -1 }),
        etag: "e".into(),
        ..employer()
    };
    let mut request = create(sent);
    assert_eq!(request.check(), []);
    assert_eq!(request.employer, Some(Employer { name: NAME.into(), ..employer() }));
}

fn update(employer: Employer, mask: &[&str]) -> UpdateEmployerRequest {
    UpdateEmployerRequest {
        employer: Some(employer),
        update_mask: Some(FieldMask { paths: mask.iter().map(|path| (*path).into()).collect() }),
        ..UpdateEmployerRequest::default()
    }
}

#[test]
fn an_update_looks_at_masked_fields_only() {
    let sent = Employer { name: NAME.into(), phone: "abc".into(), ..Employer::default() };
    assert_eq!(update(sent.clone(), &["credit_code"]).check(), []);
    assert_eq!(fields(&mut update(sent.clone(), &["phone"])), ["employer.phone"]);
    // `phone` is no prefix of another field, and `display` no field at all.
    assert_eq!(update(sent.clone(), &["phon", "display"]).check(), []);
    assert_eq!(
        fields(&mut update(sent.clone(), &["actual_address", "display_name"])),
        ["employer.display_name", "employer.actual_address"]
    );
    for whole in [&["*"][..], &[]] {
        assert_eq!(fields(&mut update(sent.clone(), whole)).len(), 4);
    }
}

#[test]
fn an_update_with_a_nested_path_looks_at_that_path() {
    let address = Address { area: "x".into(), line: "好".repeat(201) };
    let sent = Employer { name: NAME.into(), actual_address: Some(address), ..Employer::default() };
    let request = |path| update(sent.clone(), &[path]);
    assert_eq!(fields(&mut request("actual_address.line")), ["employer.actual_address.line"]);
    assert_eq!(
        fields(&mut request("actual_address")),
        ["employer.actual_address.area", "employer.actual_address.line"]
    );
}

#[test]
fn an_update_names_its_resource_whatever_the_mask() {
    for name in ["", "employers/", "employers/1/x", "unions/1", "employers/\u{0}"] {
        let sent = Employer { name: name.into(), ..Employer::default() };
        assert_eq!(fields(&mut update(sent, &["credit_code"])), ["employer.name"], "{name:?}");
    }
}

#[test]
fn the_etag_of_an_updated_resource_serves_as_the_etag_of_the_request() {
    let sent = Employer { name: NAME.into(), etag: "inner".into(), ..Employer::default() };
    let mut request = update(sent.clone(), &["credit_code"]);
    assert_eq!(request.check(), []);
    assert_eq!(request.etag, "inner");
    let mut request = UpdateEmployerRequest { etag: "outer".into(), ..update(sent, &["phone"]) };
    assert_eq!(request.check(), []);
    assert_eq!(request.etag, "outer");
    assert_eq!(request.employer.unwrap().etag, "");
}

#[test]
fn spans_of_time_stay_in_their_bounds() {
    let wait = |seconds, nanos| {
        let wait = Some(Duration { seconds, nanos });
        fields(&mut ListChangesRequest { wait, ..Default::default() })
    };
    assert!(wait(20, 0).is_empty());
    assert!(wait(0, 1).is_empty());
    assert_eq!(wait(20, 1), ["wait"]);
    assert_eq!(wait(-1, 0), ["wait"]);
    assert_eq!(wait(0, -1), ["wait"]);
    assert_eq!(wait(1, -1), ["wait.nanos"]);
    assert_eq!(wait(1, 1_000_000_000), ["wait.nanos"]);
}

#[test]
fn a_report_stops_at_its_capacity() {
    let mut board = BatchGetFiguresRequest {
        metrics: vec!["metrics/employers".into()],
        nodes: vec!["x".into(); 500],
        ..Default::default()
    };
    assert_eq!(board.check().len(), Report::CAPACITY);
}
