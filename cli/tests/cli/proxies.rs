//! Proxies in environment variables.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::Output;
use std::sync::mpsc::{Receiver, channel};
use std::thread;

use google_news_link_loopback::{Play, Server, articles};

use crate::program::{program, text};

/// A proxy that records the beginning of each connection and refuses every request.
struct Proxy {
    address: String,
    requests: Receiver<Vec<u8>>,
}

impl Proxy {
    fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let (sender, requests) = channel();
        // The thread ends with the process of the tests, or with the test.
        thread::spawn(move || {
            for stream in listener.incoming() {
                let mut stream = stream.unwrap();
                let mut request = [0; 4096];
                let len = stream.read(&mut request).unwrap_or(0);
                if sender.send(request[..len].to_vec()).is_err() {
                    return;
                }
                let _ = stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
            }
        });
        Proxy { address, requests }
    }

    /// Returns the first line of the first request, if there was one.
    fn request_line(&self) -> Option<String> {
        let request = self.requests.try_recv().ok()?;
        Some(String::from_utf8_lossy(&request).lines().next().unwrap_or_default().to_owned())
    }
}

fn resolve(base: &str, link: &str, environment: &[(&str, String)]) -> Output {
    let mut command = program(&["resolve", "--base", base, link]);
    command.envs(environment.iter().map(|(name, value)| (name, value))).output().unwrap()
}

#[test]
fn https_goes_through_the_proxy_for_https() {
    let (proxy, link) = (Proxy::start(), articles(1)[0].link());
    let environment = [("HTTPS_PROXY", format!("http://{}", proxy.address))];
    let output = resolve("https://news.invalid", &link, &environment);
    assert_eq!(proxy.request_line().as_deref(), Some("CONNECT news.invalid:443 HTTP/1.1"));
    assert!(text(&output.stderr).starts_with("error: connection failed: "), "{output:?}");
    assert!(text(&output.stderr).contains(" (another run may succeed)\n"), "{output:?}");
    assert_eq!((text(&output.stdout), output.status.code()), ("\n", Some(1)));
}

#[test]
fn other_requests_go_through_the_proxy_for_all() {
    let (proxy, article) = (Proxy::start(), &articles(1)[0]);
    let environment = [("ALL_PROXY", format!("http://{}", proxy.address))];
    let output = resolve("http://news.example", &article.link(), &environment);
    let expected =
        format!("GET http://news.example/rss/articles/{}?hl=en-US&gl=US&ceid=US:en HTTP/1.1", article.id);
    assert_eq!(proxy.request_line(), Some(expected));
    assert!(text(&output.stderr).starts_with("error: unexpected status 503"), "{output:?}");
}

#[test]
fn a_socks_proxy_receives_a_connect_request() {
    let (proxy, link) = (Proxy::start(), articles(1)[0].link());
    let environment = [("HTTPS_PROXY", String::new()), ("ALL_PROXY", format!("socks5h://{}", proxy.address))];
    resolve("https://news.invalid", &link, &environment);
    let request = proxy.requests.try_recv().unwrap();
    assert_eq!(request.first(), Some(&5), "the version of SOCKS: {request:?}");
}

#[test]
fn hosts_without_a_proxy_are_reached_directly() {
    let proxy = Proxy::start();
    let articles = articles(1);
    let server = Server::start(&articles, Play::default());
    let environment =
        [("ALL_PROXY", format!("http://{}", proxy.address)), ("NO_PROXY", "127.0.0.1".to_owned())];
    let output = resolve(&server.base, &articles[0].link(), &environment);
    assert_eq!(text(&output.stdout), format!("{}\n", articles[0].url));
    assert_eq!(proxy.request_line(), None);
    assert_eq!(server.requests(), (1, 1));
}
