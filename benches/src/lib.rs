//! Code that the benchmarks share: the corpus of lines that they decode, and the obvious
//! program, a naive implementation with which this crate is compared.
#![forbid(unsafe_code)]

pub mod corpus;
pub mod obvious;
