//! The Rust names that prost gives to the contract's types and fields.

use prost_reflect::{EnumDescriptor, MessageDescriptor, OneofDescriptor};

/// The path of a message's type.
pub(crate) fn message(message: &MessageDescriptor) -> String {
    match message.package_name() {
        "google.protobuf" => format!("::prost_types::{}", message.name()),
        package => {
            let inside = message.full_name().trim_start_matches(package);
            format!("crate::{}{}", module(package), nested(inside))
        }
    }
}

/// The path of an enum's type.
pub(crate) fn enumeration(choice: &EnumDescriptor) -> String {
    let package = choice.package_name();
    let inside = choice.full_name().trim_start_matches(package);
    format!("crate::{}{}", module(package), nested(inside))
}

/// The path of a oneof's type.
pub(crate) fn oneof(oneof: &OneofDescriptor) -> String {
    let parent = message(oneof.parent_message());
    let (modules, name) = parent.rsplit_once("::").unwrap_or_default();
    format!("{modules}::{}::{}", snake(name), camel(oneof.name()))
}

/// A field's identifier.
pub(crate) fn field(name: &str) -> String {
    match name {
        "as" | "async" | "await" | "break" | "const" | "continue" | "dyn" | "else" | "enum"
        | "extern" | "false" | "fn" | "for" | "if" | "impl" | "in" | "let" | "loop" | "match"
        | "mod" | "move" | "mut" | "pub" | "ref" | "return" | "static" | "struct" | "trait"
        | "true" | "type" | "unsafe" | "use" | "where" | "while" => format!("r#{name}"),
        _ => name.to_owned(),
    }
}

/// `lower_snake` as `UpperCamel`.
pub(crate) fn camel(name: &str) -> String {
    name.split('_')
        .filter_map(|word| Some((word.get(..1)?, word.get(1..)?)))
        .fold(String::new(), |camel, (first, rest)| camel + &first.to_ascii_uppercase() + rest)
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for (at, letter) in name.char_indices() {
        if at > 0 && letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

fn module(package: &str) -> String {
    package.split('.').map(field).collect::<Vec<_>>().join("::")
}

/// `.Outer.Inner` as `::outer::Inner`.
fn nested(inside: &str) -> String {
    let mut names: Vec<_> = inside.split('.').skip(1).map(str::to_owned).collect();
    let outer = names.len().saturating_sub(1);
    names.iter_mut().take(outer).for_each(|name| *name = snake(name));
    names.iter().map(|name| format!("::{name}")).collect()
}
