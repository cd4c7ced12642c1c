//! Generates lines like those of real dumps from a seed.
//!
//! Of 100 lines, 91 are articles as feeds write them (half of them with an AMP URL, one in ten opaque), 7 articles in
//! the other shapes that are frequent, 1 is of another kind or shape, and 1 is damaged. Of 340,375 published links,
//! 0.7 % are of another kind or shape. Lengths are drawn so that a line has about 304 bytes and an ID 262 characters.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use fastrand::Rng;
use google_news_link::{Article, OpaqueArticle};

const HOSTS: [&str; 12] = [
    "www.theguardian.com",
    "www.reuters.com",
    "timesofindia.indiatimes.com",
    "www.bbc.com",
    "www.lemonde.fr",
    "www.alarabiya.net",
    "hk.finance.yahoo.com",
    "www.devdiscourse.com",
    "www.koreatimes.co.kr",
    "relief.example.int",
    "news.example.org",
    "www.cbsnews.com",
];

const WORDS: [&str; 16] = [
    "world",
    "2024",
    "politics",
    "as",
    "talks",
    "market",
    "minister",
    "%D9%82%D8%B5",
    "climate",
    "to",
    "football",
    "north-korea",
    "a",
    "energy",
    "court",
    "elections",
];

/// Links of other kinds and shapes, real ones.
const OTHERS: [&str; 7] = [
    "https://news.google.com/rss/articles/CCAiC2JSMFZjT0NUb2hZmAEB?oc=5",
    "https://news.google.com/topics/CAAqJggKIiBDQkFTRWdvSUwyMHZNRGRqTVhZU0FtVnVHZ0pWVXlnQVAB?hl=en-US&gl=US",
    "./stories/CAAqNggKIjBDQklTSGpvSmMzUnZjbmt0TXpZd1NoRUtEd2pjcDYtX0VSRlB0dGhHNUFkcU1TZ0FQAQ?hl=en-IN",
    "./articles/CAIiEPgfWP_e7PfrSwLwvWeb5msqFwgEKg8IACoHCAowjuuKAzCWrzwwt4QY?hl=en-US&gl=US&ceid=US%3Aen",
    "http://news.google.com/news/url?sa=t&fd=R&ct2=us&url=http://www.example.jp/article/column/20140527/399499/",
    "https://consent.google.com/ml?continue=https://news.google.com/rss/articles/\
     CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc%3D5&gl=FR&hl=en-US&cm=2&pc=n&src=1",
    "https://news.google.com/search?q=manga",
];

pub fn lines(count: usize, seed: u64) -> Vec<u8> {
    let mut rng = Rng::with_seed(seed);
    let mut dump = Vec::with_capacity(count * 310);
    for _ in 0..count {
        dump.extend_from_slice(line(&mut rng).as_bytes());
        dump.push(b'\n');
    }
    dump
}

fn line(rng: &mut Rng) -> String {
    const PARAMETERS: &str = "hl=en-IN&gl=IN&ceid=IN%3Aen";
    let id = if rng.u8(..100) < 10 { opaque_id(rng) } else { article_id(rng) };
    match rng.u8(..100) {
        0 => format!("https://news.google.com/rss/articles/{}?oc=5", &id[..rng.usize(4..id.len())]),
        1 => format!("./articles/{id}?{PARAMETERS}"),
        2 => format!("https://news.google.com/articles/{id}?{PARAMETERS}"),
        3 => format!("https://news.google.com/read/{id}"),
        4 => format!("https://news.google.com/__i/rss/rd/articles/{id}?oc=5"),
        5 => format!("./read/{id}?{}", PARAMETERS.replace('&', "&amp;")),
        6 => format!("news.google.com/./articles/{id}?{PARAMETERS}"),
        7 => format!("https://news.google.com/read/{id}?{PARAMETERS}"),
        8 => OTHERS[rng.usize(..OTHERS.len())].to_owned(),
        _ => format!("https://news.google.com/rss/articles/{id}?oc=5"),
    }
}

fn article_id(rng: &mut Rng) -> String {
    let url = url(rng);
    let amp = rng.bool().then(|| match rng.u8(..3) {
        0 => url.replacen("://www.", "://amp.", 1),
        1 => format!("{url}?amp"),
        _ => format!("{}/amp", url.trim_end_matches('/')),
    });
    Article::new(&url, amp.as_deref()).expect("a URL").to_id()
}

fn url(rng: &mut Rng) -> String {
    // The sum of three draws: 118 in the middle, from 40 to 196, and a long tail for one in 50.
    let mut len = 40 + (0..3).map(|_| rng.usize(..53)).sum::<usize>();
    if rng.u8(..50) == 0 {
        len += rng.usize(..240);
    }
    let mut url = format!("https://{}/", HOSTS[rng.usize(..HOSTS.len())]);
    while url.len() < len {
        url.push_str(WORDS[rng.usize(..WORDS.len())]);
        url.push(if rng.u8(..4) == 0 { '/' } else { '-' });
    }
    url
}

fn opaque_id(rng: &mut Rng) -> String {
    let mut token = || {
        let mut bytes = vec![0x01, 0x4f, 0xf2, 0xa8, 0xb3];
        let len = 16 + 40 + (0..3).map(|_| rng.usize(..53)).sum::<usize>();
        bytes.extend((0..len).map(|_| rng.u8(..)));
        BASE64_URL_SAFE_NO_PAD.encode(bytes)
    };
    let (first, second) = (token(), token());
    let amp = (rng.u8(..100) < 15).then_some(&*second);
    OpaqueArticle::new(&first, amp).expect("a token").to_id()
}
