//! A small contract that follows every rule, and the ways in which to break it.

use std::path::Path;

use prost_reflect::DescriptorPool;
use protox::{
    Compiler,
    file::{ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver},
};

const FILE: &str = "unionhall/sample/v1/sample.proto";

struct Source(String);

impl FileResolver for Source {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        if name == FILE {
            File::from_source(name, &self.0)
        } else {
            Err(protox::Error::file_not_found(name))
        }
    }
}

/// The descriptors of a contract in memory; its imports come from this crate.
pub(crate) fn compile(source: &str) -> DescriptorPool {
    let mut files = ChainFileResolver::new();
    files.add(Source(source.to_owned()));
    files.add(IncludeFileResolver::new(Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()));
    files.add(GoogleFileResolver::new());
    let mut compiler = Compiler::with_file_resolver(files);
    compiler.include_imports(true).include_source_info(true).open_file(FILE).unwrap();
    DescriptorPool::decode(compiler.encode_file_descriptor_set().as_slice()).unwrap()
}

/// Replacing the first text by the second has exactly the third as its fault.
pub(crate) const BROKEN: &[(&str, &str, &str)] = &[
    (
        r#"option (unionhall.common.v1.access) = {permission: "sample.things.read" scope: SCOPE_SOURCE_RECORD};"#,
        "",
        "unionhall.sample.v1.Things.GetThing: access needs a permission and a scope",
    ),
    (
        r#"permission: "sample.things.create" scope"#,
        "scope",
        "unionhall.sample.v1.Things.CreateThing: access needs a permission and a scope",
    ),
    (
        r#""sample.things.create" scope: SCOPE_SOURCE_NODE"#,
        r#""sample.things.create""#,
        "unionhall.sample.v1.Things.CreateThing: access needs a permission and a scope",
    ),
    (
        r#""sample.things.create""#,
        r#""other.things.create""#,
        "unionhall.sample.v1.Things.CreateThing: the permission is no <package>.<collection>.<verb>",
    ),
    (
        r#""sample.things.create""#,
        r#""sample.create""#,
        "unionhall.sample.v1.Things.CreateThing: the permission is no <package>.<collection>.<verb>",
    ),
    (
        r#"option (google.api.http) = {get: "/v1/{name=things/*}:watch"};"#,
        "",
        "unionhall.sample.v1.Things.WatchThing: no http rule",
    ),
    (
        "/v1/{name=things/*}:watch",
        "/v1/{nome=things/*}:watch",
        "unionhall.sample.v1.Things.WatchThing: the http rule names a field that the request does not have",
    ),
    (
        "option idempotency_level = NO_SIDE_EFFECTS; // watch",
        "",
        "unionhall.sample.v1.Things.WatchThing: what only reads must be NO_SIDE_EFFECTS",
    ),
    (
        r#""sample.things.create""#,
        r#""sample.things.read""#,
        "unionhall.sample.v1.Things.CreateThing: what only reads must be NO_SIDE_EFFECTS",
    ),
    (
        "// Page.",
        "// Id.
        string request_id = 7 [(google.api.field_behavior) = OPTIONAL, (buf.validate.field).string.uuid = true];
        // Page.",
        "unionhall.sample.v1.Things.ListThings: it takes a request_id, yet is NO_SIDE_EFFECTS",
    ),
    (
        "int32 page_size = 1",
        "int32 size = 1",
        "unionhall.sample.v1.Things.ListThings: a List needs page_size, a token either way and its items first",
    ),
    (
        "string next_page_token = 2",
        "string next = 2",
        "unionhall.sample.v1.Things.ListThings: a List needs page_size, a token either way and its items first",
    ),
    (
        "repeated Thing things = 1",
        "Thing things = 1",
        "unionhall.sample.v1.Things.ListThings: a List needs page_size, a token either way and its items first",
    ),
    (
        "string request_id = 2",
        "string id = 2",
        "unionhall.sample.v1.Things.CreateThing: it needs a request_id, or NO_SIDE_EFFECTS if it changes nothing",
    ),
    (
        "string request_id = 9",
        "string id = 9",
        "unionhall.sample.v1.Things.UploadThing: it needs a request_id, or NO_SIDE_EFFECTS if it changes nothing",
    ),
    (
        "string page_token = 2 [(google.api.field_behavior) = OPTIONAL, ",
        "string page_token = 2 [",
        "unionhall.sample.v1.ListThingsRequest.page_token: no field_behavior",
    ),
    (
        "string title = 1 [(google.api.field_behavior) = REQUIRED, ",
        "string title = 1 [",
        "unionhall.sample.v1.Inner.title: no field_behavior",
    ),
    (
        ", (buf.validate.field).string.max_len = 20]",
        "]",
        "unionhall.sample.v1.Inner.title: no upper bound",
    ),
    ("max_items: 3", "min_items: 3", "unionhall.sample.v1.Thing.inner: no upper bound"),
    (
        "string etag = 3",
        "string version = 3",
        "unionhall.sample.v1.Thing: a mutable resource needs an etag",
    ),
    ("// A service.", "", "unionhall.sample.v1.Things: no comment"),
    ("// One thing. Errors: NOT_FOUND.", "", "unionhall.sample.v1.Things.GetThing: no comment"),
    ("// A message.", "", "unionhall.sample.v1.Inner: no comment"),
    ("// A field.", "", "unionhall.sample.v1.Inner.title: no comment"),
    ("// A oneof.", "", "unionhall.sample.v1.UploadThingRequest.piece: no comment"),
    ("// An enum.", "", "unionhall.sample.v1.Thing.Kind: no comment"),
    ("// A value.", "", "unionhall.sample.v1.Thing.KIND_UNSPECIFIED: no comment"),
    (
        "One thing. Errors: NOT_FOUND.",
        "One thing.",
        "unionhall.sample.v1.Things.GetThing: the comment names no errors",
    ),
];

/// Follows every rule.
pub(crate) const GOOD: &str = r#"
syntax = "proto3";
package unionhall.sample.v1;
import "buf/validate/validate.proto";
import "google/api/annotations.proto";
import "google/api/field_behavior.proto";
import "google/api/resource.proto";
import "unionhall/common/v1/access.proto";

// A service.
service Things {
  // One thing. Errors: NOT_FOUND.
  rpc GetThing(GetThingRequest) returns (Thing) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {get: "/v1/{name=things/*}"};
    option (unionhall.common.v1.access) = {permission: "sample.things.read" scope: SCOPE_SOURCE_RECORD};
  }
  // Things. Errors: none.
  rpc ListThings(ListThingsRequest) returns (ListThingsResponse) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {get: "/v1/things"};
    option (unionhall.common.v1.access) = {permission: "sample.things.list" scope: SCOPE_SOURCE_ANSWER};
  }
  // Follows. Errors: NOT_FOUND.
  rpc WatchThing(GetThingRequest) returns (stream Thing) {
    option idempotency_level = NO_SIDE_EFFECTS; // watch
    option (google.api.http) = {get: "/v1/{name=things/*}:watch"};
    option (unionhall.common.v1.access) = {permission: "sample.things.watch" scope: SCOPE_SOURCE_RECORD};
  }
  // Enters. Errors: none.
  rpc CreateThing(CreateThingRequest) returns (Thing) {
    option (google.api.http) = {post: "/v1/things" body: "thing"};
    option (unionhall.common.v1.access) = {permission: "sample.things.create" scope: SCOPE_SOURCE_NODE};
  }
  // Uploads. Errors: none.
  rpc UploadThing(stream UploadThingRequest) returns (Thing) {
    option (unionhall.common.v1.access) = {permission: "sample.things.upload" scope: SCOPE_SOURCE_OWNER};
  }
  // Health. Errors: none.
  rpc Ping(GetThingRequest) returns (Inner) {
    option idempotency_level = NO_SIDE_EFFECTS;
    option (google.api.http) = {get: "/v1/{name=things/*}:ping"};
    option (unionhall.common.v1.access) = {public: true};
  }
}

// Asks.
message GetThingRequest {
  // Name.
  string name = 1 [(google.api.field_behavior) = REQUIRED, (buf.validate.field).string.pattern = "^things/[0-9]{1,9}$"];
}

// Asks.
message ListThingsRequest {
  // Size.
  int32 page_size = 1 [(google.api.field_behavior) = OPTIONAL];
  // Page.
  string page_token = 2 [(google.api.field_behavior) = OPTIONAL, (buf.validate.field).string.max_len = 9];
}

// Answers; fields of an answer need no behavior.
message ListThingsResponse {
  // Things.
  repeated Thing things = 1;
  // Token.
  string next_page_token = 2;
}

// Enters.
message CreateThingRequest {
  // The thing.
  Thing thing = 1 [(google.api.field_behavior) = REQUIRED];
  // Id.
  string request_id = 2 [(google.api.field_behavior) = OPTIONAL, (buf.validate.field).string.uuid = true];
}

// Uploads.
message UploadThingRequest {
  // A oneof.
  oneof piece {
    // Header.
    Header header = 1 [(google.api.field_behavior) = OPTIONAL];
    // Chunk.
    bytes chunk = 2 [(google.api.field_behavior) = OPTIONAL, (buf.validate.field).bytes.max_len = 9];
  }
  // Header.
  message Header {
    // Id.
    string request_id = 9 [(google.api.field_behavior) = OPTIONAL, (buf.validate.field).string.uuid = true];
  }
}

// A thing.
message Thing {
  option (google.api.resource) = {type: "unionhall/Thing" pattern: "things/{thing}"};
  // Name.
  string name = 1 [(google.api.field_behavior) = IDENTIFIER];
  // What it holds.
  repeated Inner inner = 2 [(google.api.field_behavior) = OPTIONAL, (buf.validate.field).repeated = {max_items: 3}];
  // Version.
  string etag = 3 [(google.api.field_behavior) = OUTPUT_ONLY];
  // Told by the service; its fields are no request fields.
  Told told = 4 [(google.api.field_behavior) = OUTPUT_ONLY];
  // An enum.
  enum Kind {
    // A value.
    KIND_UNSPECIFIED = 0;
  }
}

// A message.
message Inner {
  // A field.
  string title = 1 [(google.api.field_behavior) = REQUIRED, (buf.validate.field).string.max_len = 20];
}

// Told.
message Told {
  // Text.
  string text = 1;
}
"#;
