//! Finds the links in any text, and replaces them.

pub use found::Match;
pub use rewrite::{Rewriter, rewrite};
pub use search::{Find, find};

mod anchors;
mod end;
mod found;
mod hosts;
mod markup;
mod relative;
mod replacement;
mod search;
mod site;
mod spelling;
mod tags;

// After `search`, because the documentation of `Find` lists its methods in the order of the modules.
mod rewrite;
