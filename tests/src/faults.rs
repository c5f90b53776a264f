//! What goes wrong on purpose: networks, disks and processes.

pub mod disk;
pub mod proxy;
pub mod signal;
