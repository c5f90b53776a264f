//! The tables of the imports; the only place here that knows SQL.

pub(super) mod batch;
pub(super) mod claim;
pub(super) mod effect;
pub(super) mod fault;
pub(super) mod piece;
