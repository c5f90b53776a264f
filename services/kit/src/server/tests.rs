mod calls;
mod house;
mod limits;
mod raw;
mod stopping;

pub(crate) use house::{House, describe};
