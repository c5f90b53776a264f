//! Refuses annotations at places where the generator does not look, in requests and answers alike.

use prost_reflect::{DescriptorPool, DynamicMessage, MessageDescriptor};

use super::rules;

/// Reads every annotation of the suite's own packages once.
pub(crate) fn all(pool: &DescriptorPool) -> Result<(), String> {
    pool.all_messages()
        .filter(|message| message.package_name().starts_with("unionhall."))
        .try_for_each(|own| message(pool, &own))
}

fn message(pool: &DescriptorPool, message: &MessageDescriptor) -> Result<(), String> {
    if annotation(pool, &message.options(), "buf.validate.message").is_some() {
        return Err(format!("{}: rules of a message are unknown", message.full_name()));
    }
    for oneof in message.oneofs() {
        oneof_required(pool, &oneof.options())
            .map_err(|error| format!("{}: {error}", oneof.full_name()))?;
    }
    for field in message.fields() {
        rules::of(&field).map_err(|error| format!("{}: {error}", field.full_name()))?;
    }
    Ok(())
}

/// Whether one member of a oneof must be set.
pub(crate) fn oneof_required(
    pool: &DescriptorPool,
    options: &DynamicMessage,
) -> Result<bool, String> {
    let Some(rules) = annotation(pool, options, "buf.validate.oneof") else { return Ok(false) };
    let required = rules.get_field_by_name("required");
    let required = required.and_then(|value| value.as_bool()).unwrap_or_default();
    if rules.fields().count() == 1 && rules.unknown_fields().next().is_none() && required {
        Ok(true)
    } else {
        Err("the only known rule of a oneof is 'required: true'".to_owned())
    }
}

fn annotation(
    pool: &DescriptorPool,
    options: &DynamicMessage,
    name: &str,
) -> Option<DynamicMessage> {
    let extension = pool.get_extension_by_name(name)?;
    let set = options.has_extension(&extension);
    set.then(|| options.get_extension(&extension).as_message().cloned()).flatten()
}
