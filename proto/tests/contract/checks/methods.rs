//! What every method must say.

use prost_reflect::{DescriptorPool, DynamicMessage, Kind, MessageDescriptor, MethodDescriptor};

use crate::lookup::{self, all_methods};

fn access(method: &MethodDescriptor) -> Option<DynamicMessage> {
    let value =
        lookup::option(method.parent_pool(), &method.options(), "unionhall.common.v1.access")?;
    value.as_message().cloned()
}

fn is_public(access: &DynamicMessage) -> bool {
    access.get_field_by_name("public").and_then(|value| value.as_bool()).unwrap_or_default()
}

fn missing(
    pool: &DescriptorPool,
    wrong: impl Fn(&MethodDescriptor) -> bool,
    what: &str,
) -> Vec<String> {
    let fault = |method: MethodDescriptor| format!("{}: {what}", method.full_name());
    all_methods(pool).filter(wrong).map(fault).collect()
}

pub(super) fn access_is_declared(pool: &DescriptorPool) -> Vec<String> {
    let undeclared = |method: &MethodDescriptor| {
        access(method).is_none_or(|access| {
            let scope = access.get_field_by_name("scope").and_then(|scope| scope.as_enum_number());
            let whole = !lookup::text(&access, "permission").is_empty() && scope != Some(0);
            !is_public(&access) && !whole
        })
    };
    missing(pool, undeclared, "access needs a permission and a scope")
}

/// `<package>.<collection>.<verb>`: roles are written as families of them.
pub(super) fn permissions_belong_to_a_family(pool: &DescriptorPool) -> Vec<String> {
    let stray = |method: &MethodDescriptor| {
        let Some(access) = access(method) else { return false };
        let permission = lookup::text(&access, "permission");
        let package = method.parent_service().package_name().split('.').nth(1).map(str::to_owned);
        let parts: Vec<_> = permission.split('.').collect();
        let word = |part: &&str| {
            !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_')
        };
        let family = parts.len() == 3
            && parts.iter().all(word)
            && parts.first().copied() == package.as_deref();
        !permission.is_empty() && !family
    };
    missing(pool, stray, "the permission is no <package>.<collection>.<verb>")
}

pub(super) fn http_rules_are_there(pool: &DescriptorPool) -> Vec<String> {
    let bare =
        |method: &MethodDescriptor| !method.is_client_streaming() && lookup::http(method).is_none();
    missing(pool, bare, "no http rule")
}

pub(super) fn http_rules_name_fields(pool: &DescriptorPool) -> Vec<String> {
    let stray = |method: &MethodDescriptor| {
        let Some((_, path)) = lookup::http(method) else { return false };
        let variables = path.split('{').skip(1).map(|rest| rest.split(['=', '}']).next());
        variables.flatten().any(|variable| !has_path(&method.input(), variable))
    };
    missing(pool, stray, "the http rule names a field that the request does not have")
}

fn has_path(message: &MessageDescriptor, path: &str) -> bool {
    let (head, rest) = path.split_once('.').map_or((path, None), |(head, rest)| (head, Some(rest)));
    let Some(field) = message.get_field_by_name(head) else { return false };
    match (field.kind(), rest) {
        (Kind::Message(inner), Some(rest)) => has_path(&inner, rest),
        (Kind::Message(_), None) | (_, Some(_)) => false,
        (_, None) => true,
    }
}

/// Clients and the gateway repeat calls by this mark alone.
pub(super) fn reads_have_no_side_effects(pool: &DescriptorPool) -> Vec<String> {
    let unmarked = |method: &MethodDescriptor| {
        let permission = access(method).map(|access| lookup::text(&access, "permission"));
        let reads =
            is_get(method) || permission.is_some_and(|permission| permission.ends_with(".read"));
        reads && !lookup::has_no_side_effects(method)
    };
    missing(pool, unmarked, "what only reads must be NO_SIDE_EFFECTS")
}

/// A feed's cursor is its page token.
pub(super) fn lists_are_paged(pool: &DescriptorPool) -> Vec<String> {
    let unpaged = |method: &MethodDescriptor| {
        if !method.name().starts_with("List") {
            return false;
        }
        let (request, answer) = (method.input(), method.output());
        let pair = |asked: &str, told: &str| {
            request.get_field_by_name(asked).is_some_and(|field| field.kind() == Kind::String)
                && answer.get_field_by_name(told).is_some_and(|field| field.kind() == Kind::String)
        };
        let size = request.get_field_by_name("page_size");
        let paged = size.is_some_and(|field| field.kind() == Kind::Int32)
            && (pair("page_token", "next_page_token") || pair("cursor", "next_cursor"))
            && answer.fields().min_by_key(|field| field.number()).is_some_and(|f| f.is_list());
        !paged
    };
    missing(pool, unpaged, "a List needs page_size, a token either way and its items first")
}

/// So whatever lacks the one must bear the other: nothing is left that nobody knows how to repeat.
pub(super) fn mutations_have_a_request_id(pool: &DescriptorPool) -> Vec<String> {
    let without = |method: &MethodDescriptor| {
        !has_request_id(method) && !lookup::has_no_side_effects(method) && !is_get(method)
    };
    missing(pool, without, "it needs a request_id, or NO_SIDE_EFFECTS if it changes nothing")
}

pub(super) fn reads_have_no_request_id(pool: &DescriptorPool) -> Vec<String> {
    let both =
        |method: &MethodDescriptor| has_request_id(method) && lookup::has_no_side_effects(method);
    missing(pool, both, "it takes a request_id, yet is NO_SIDE_EFFECTS")
}

/// An upload has it in its header.
fn has_request_id(method: &MethodDescriptor) -> bool {
    let has_id = |message: &MessageDescriptor| {
        let id = message.get_field_by_name("request_id");
        id.is_some_and(|field| field.kind() == Kind::String)
    };
    let request = method.input();
    let in_header = method.is_client_streaming()
        && request
            .fields()
            .filter_map(|field| lookup::message_of(&field))
            .any(|part| has_id(&part));
    has_id(&request) || in_header
}

fn is_get(method: &MethodDescriptor) -> bool {
    lookup::http(method).is_some_and(|(verb, _)| verb == "get")
}
