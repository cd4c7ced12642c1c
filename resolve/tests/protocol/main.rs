//! The protocol without a socket.

mod answers;
mod blocks;
mod hostile;
mod order;
mod pages;
mod service;
