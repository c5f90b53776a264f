//! What requests and resources must say.

use std::collections::BTreeSet;

use prost_reflect::{DescriptorPool, FieldDescriptor, Kind, MessageDescriptor};

use crate::lookup;

fn request_fields(pool: &DescriptorPool) -> Vec<FieldDescriptor> {
    let requests = lookup::requests(pool);
    requests.values().flat_map(|message| message.fields().collect::<Vec<_>>()).collect()
}

pub(super) fn request_fields_say_their_behavior(pool: &DescriptorPool) -> Vec<String> {
    let silent = |field: &FieldDescriptor| lookup::behaviors(field).is_empty();
    request_fields(pool)
        .into_iter()
        .filter(silent)
        .map(|field| format!("{}: no field_behavior", field.full_name()))
        .collect()
}

/// A text has a longest form and a list a most, else one request could fill the store.
pub(super) fn request_texts_and_lists_are_bounded(pool: &DescriptorPool) -> Vec<String> {
    let unbounded = |field: &FieldDescriptor| {
        let behaviors = lookup::behaviors(field);
        if behaviors.iter().any(|name| name == "OUTPUT_ONLY" || name == "IDENTIFIER") {
            return false;
        }
        let rules = lookup::option(pool, &field.options(), "buf.validate.field");
        let rules = rules.as_ref().map(ToString::to_string).unwrap_or_default();
        let has = |words: &[&str]| words.iter().any(|word| rules.contains(word));
        let text = field.kind() == Kind::String && !has(&["max_len", "pattern", "uuid"]);
        let bytes = field.kind() == Kind::Bytes && !has(&["max_len"]);
        text || bytes || (field.is_list() && !has(&["max_items"]))
    };
    request_fields(pool)
        .into_iter()
        .filter(unbounded)
        .map(|field| format!("{}: no upper bound", field.full_name()))
        .collect()
}

/// A resource is mutable when a mutation works on its collection.
pub(super) fn mutable_resources_have_an_etag(pool: &DescriptorPool) -> Vec<String> {
    let changed: BTreeSet<_> = lookup::all_methods(pool)
        .filter(lookup::is_mutation)
        .filter_map(|method| lookup::http(&method))
        .filter_map(|(_, path)| {
            let place = path.trim_start_matches("/v1/").rsplit('=').next()?.to_owned();
            place.split(['/', ':', '*', '}']).next().map(str::to_owned)
        })
        .collect();
    let bare = |message: &MessageDescriptor| {
        let mutable = lookup::collection(message).is_some_and(|name| changed.contains(&name));
        let etag = message.get_field_by_name("etag").map(|field| field.kind());
        lookup::own(message.package_name()) && mutable && etag != Some(Kind::String)
    };
    pool.all_messages()
        .filter(bare)
        .map(|message| format!("{}: a mutable resource needs an etag", message.full_name()))
        .collect()
}
