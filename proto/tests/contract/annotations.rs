//! The generator refuses what it does not know; here it reads contracts that hold such things.

use crate::sample;

#[path = "../../build"]
mod build {
    pub(super) mod generator;
}

use build::generator;

const FIELD: &str = "(buf.validate.field).string.max_len = 20";

#[test]
fn the_sample_is_generated() {
    let source = generator::generate(&sample::compile(sample::GOOD)).unwrap();
    assert!(source.contains("impl Validate for crate::unionhall::sample::v1::Inner"));
    assert!(!source.contains("::Told"), "what clients do not send is not validated");
}

#[test]
fn unknown_annotations_fail_the_build() {
    let rules = [
        ("(buf.validate.field).string.email = true", "unknown rule 'string.email'"),
        ("(buf.validate.field).string.const = \"a\"", "unknown rule 'string.const'"),
        ("(buf.validate.field).string.pattern = \"^(?=a)$\"", "look-around"),
        ("(buf.validate.field).string.pattern = \"a\"", "not anchored"),
        ("(buf.validate.field).string.uuid = false", "'uuid: false' asks for nothing"),
        ("(buf.validate.field).int32.gte = 1", "unknown rule 'int32' for this type"),
        ("(buf.validate.field).repeated.max_items = 1", "unknown rule 'repeated' for this type"),
        ("(buf.validate.field).ignore = IGNORE_ALWAYS", "unknown ignore IGNORE_ALWAYS"),
        (
            "(buf.validate.field).cel = {id: \"a\" expression: \"true\"}",
            "unknown rule 'cel' for this type",
        ),
        ("(google.api.field_behavior) = IMMUTABLE", "unknown field behavior IMMUTABLE"),
    ];
    for (rule, fault) in rules {
        let source = sample::GOOD.replace(FIELD, rule);
        refused(&source, "unionhall.sample.v1.Inner.title: ", fault);
    }
}

#[test]
fn unknown_places_and_types_fail_the_build() {
    let changes = [
        (
            "oneof piece {",
            "oneof piece { option (buf.validate.oneof).required = false;",
            "unionhall.sample.v1.UploadThingRequest.piece: ",
            "the only known rule of a oneof",
        ),
        (
            "message Inner {",
            "message Inner { option (buf.validate.message).cel = {id: \"a\" expression: \"true\"};",
            "unionhall.sample.v1.Inner: ",
            "rules of a message are unknown",
        ),
        ("string title = 1", "double title = 1", "unionhall.sample.v1.Inner.title: ", "double"),
        (
            "string title = 1",
            "map<string, string> title = 1",
            "unionhall.sample.v1.Inner.title: ",
            "a request has no maps",
        ),
    ];
    for (find, replace, place, fault) in changes {
        let source = sample::GOOD.replace(find, replace);
        // A rule of texts would be refused first.
        let other = find.starts_with("string");
        let source = if other { source.replace(&format!(", {FIELD}"), "") } else { source };
        refused(&source, place, fault);
    }
}

#[test]
fn a_rule_of_an_answer_is_read_too() {
    let source = sample::GOOD
        .replace("string text = 1;", "string text = 1 [(buf.validate.field).string.email = true];");
    refused(&source, "unionhall.sample.v1.Told.text: ", "unknown rule 'string.email'");
}

#[test]
fn a_mask_needs_exactly_one_resource() {
    let source = sample::GOOD
        .replace(
            "import \"google/api/resource.proto\";",
            "import \"google/api/resource.proto\"; import \"google/protobuf/field_mask.proto\";",
        )
        .replace(
            "Thing thing = 1 [",
            "google.protobuf.FieldMask update_mask = 3; Thing other = 4; Thing thing = 1 [",
        );
    refused(&source, "unionhall.sample.v1.CreateThingRequest: ", "exactly one resource");
}

fn refused(source: &str, place: &str, fault: &str) {
    let error = generator::generate(&sample::compile(source)).unwrap_err();
    assert!(error.starts_with(place) && error.contains(fault), "{error}");
}
