//! Field masks of Update requests (AIP-134, AIP-161): which paths a resource has, and how the
//! masked ones are taken over. The implementations are generated from the contract.

use std::fmt;

use prost_types::FieldMask;

/// A resource that an Update request changes.
pub trait Masked {
    /// Every path that a mask may set, nested ones behind their parent.
    const SETTABLE: &'static [&'static str];

    /// Paths that exist and that no caller sets; a mask that names one is obeyed without them.
    const READ_ONLY: &'static [&'static str];

    /// Takes one path over from another version; paths that cannot be set change nothing.
    fn take_path(&mut self, from: &Self, path: &str);

    /// Takes the masked fields over. An empty mask, or `*`, takes every field that can be set.
    /// Changes nothing when a path is unknown.
    fn apply_mask(&mut self, from: &Self, mask: &[String]) -> Result<(), UnknownPath> {
        let known = |path: &str| Self::SETTABLE.contains(&path) || Self::READ_ONLY.contains(&path);
        if let Some(path) = mask.iter().find(|path| *path != "*" && !known(path)) {
            return Err(UnknownPath(path.clone()));
        }
        if is_whole(mask) {
            for path in Self::SETTABLE.iter().filter(|path| !path.contains('.')) {
                self.take_path(from, path);
            }
        } else {
            for path in mask {
                self.take_path(from, path);
            }
        }
        Ok(())
    }
}

/// A mask names a path that the resource does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownPath(pub String);

impl fmt::Display for UnknownPath {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the resource has no path '{}'", self.0)
    }
}

impl std::error::Error for UnknownPath {}

/// The paths of an optional mask; none when it is absent.
pub fn paths(mask: Option<&FieldMask>) -> &[String] {
    mask.map_or(&[], |mask| mask.paths.as_slice())
}

/// Whether the mask stands for the whole resource.
pub(crate) fn is_whole(mask: &[String]) -> bool {
    mask.is_empty() || mask.iter().any(|path| path == "*")
}

/// Takes a path inside an optional message over. Two absent messages stay absent.
pub(crate) fn nested<M: Clone + Default>(
    into: &mut Option<M>,
    from: &Option<M>,
    take: impl FnOnce(&mut M, &M),
) {
    if into.is_none() && from.is_none() {
        return;
    }
    let default = M::default();
    take(into.get_or_insert_default(), from.as_ref().unwrap_or(&default));
}

#[cfg(test)]
mod tests;
