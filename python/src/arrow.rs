//! Import and export of Arrow's C data interface, by its capsules for Python.

pub(crate) mod export;
pub(crate) mod import;
