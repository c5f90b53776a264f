mod calls;
mod house;
mod limits;
mod raw;
mod stopping;
