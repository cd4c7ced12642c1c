//! What the benchmarks have in common: the corpus of lines that they decode, and the obvious program that they are compared
//! with.
#![forbid(unsafe_code)]

pub mod corpus;
pub mod obvious;
