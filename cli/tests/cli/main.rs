//! Tests that run the program as users do.

mod decode;
mod endings;
mod feed;
mod find;
mod harvest;
mod help;
#[cfg(unix)]
mod interruptions;
#[cfg(target_os = "linux")]
mod memory;
mod program;
mod proxies;
mod records;
mod resolve;
mod rewrite;
mod table;
#[cfg(unix)]
mod terminal;
