//! Tests of the protocol without a socket.

mod answers;
mod blocks;
mod hostile;
mod news_pages;
mod order;
mod pages;
mod redirects;
mod service;
