//! The checks, by what they look at.

use prost_reflect::DescriptorPool;

mod comments;
mod messages;
mod methods;

/// Looks at the whole contract and tells what is wrong.
pub(crate) type Check = fn(&DescriptorPool) -> Vec<String>;

/// Every check.
pub(crate) const ALL: &[Check] = &[
    methods::access_is_declared,
    methods::permissions_belong_to_a_family,
    methods::http_rules_are_there,
    methods::http_rules_name_fields,
    methods::reads_have_no_side_effects,
    methods::lists_are_paged,
    methods::mutations_have_a_request_id,
    methods::reads_have_no_request_id,
    messages::request_fields_say_their_behavior,
    messages::request_texts_and_lists_are_bounded,
    messages::mutable_resources_have_an_etag,
    comments::everything_is_documented,
    comments::methods_name_their_errors,
];
