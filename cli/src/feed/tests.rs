//! The modules of `feed` on constructed feeds.

use std::path::{Path, PathBuf};

use google_news_link::{Article, decode};
use proptest::prelude::*;
use quick_xml::escape::unescape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;

use super::{html, links};

fn utf8(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).unwrap()
}

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/data/feeds").join(name)
}

fn file(name: &str) -> Vec<u8> {
    std::fs::read(path(name)).unwrap()
}

/// A feed as Google writes it and one with everything that Atom and XML allow, each with the expected result.
const FEEDS: [(&str, &str); 2] = [("google.xml", "google.expected.xml"), ("atom.xml", "atom.expected.xml")];

/// Replaces the links of a feed, or returns the error.
fn replaced(feed: &[u8]) -> Result<(Vec<u8>, links::Counts), String> {
    let found = links::find(feed).map_err(|error| error.to_string())?;
    Ok(links::replace(feed, &found))
}

/// Replaces the links of a feed, whose number must be `count`.
fn with(count: usize, feed: impl AsRef<[u8]>) -> Vec<u8> {
    let (feed, counts) = replaced(feed.as_ref()).unwrap();
    assert_eq!(counts.replaced, count, "{}", String::from_utf8_lossy(&feed));
    feed
}

/// Returns what a feed reader finds: the texts of `link`, `guid` and `id`, each `href` of `link` and of elements in
/// `content`, and each in the HTML of `description`, in order. It is independent of the code under test.
fn links_of(feed: &[u8]) -> Vec<String> {
    let mut reader = Reader::from_str(utf8(feed));
    let mut open: Vec<String> = Vec::new();
    let mut found = Vec::new();
    let mut text = String::new();
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                found.extend(href_of(&tag, &open));
                open.push(tag.name().as_ref().to_owned());
                text.clear();
            }
            Event::Empty(tag) => found.extend(href_of(&tag, &open)),
            Event::End(tag) => {
                assert_eq!(open.pop().as_deref(), Some(tag.name().as_ref()));
                match tag.name().as_ref() {
                    "link" | "guid" | "id" if !text.trim().is_empty() => found.push(text.trim().to_owned()),
                    "description" => found.extend(hrefs_of(&text)),
                    _ => {}
                }
                text.clear();
            }
            Event::Text(part) => text.push_str(&part),
            Event::CData(part) => text.push_str(&part),
            Event::GeneralRef(part) => match unescape(&format!("&{};", &*part)) {
                Ok(char) => text.push_str(&char),
                Err(_) => text.push('?'),
            },
            Event::Eof => break,
            _ => {}
        }
    }
    assert!(open.is_empty(), "{open:?} are not closed");
    found
}

fn href_of(tag: &BytesStart<'_>, open: &[String]) -> Option<String> {
    let wanted = tag.name().as_ref() == "link" || open.iter().any(|name| name == "content");
    let href = tag.try_get_attribute("href").unwrap().filter(|_| wanted)?;
    Some(unescape(&href.value).unwrap().trim().to_owned())
}

fn hrefs_of(html: &str) -> Vec<String> {
    let values = html.split("href=").skip(1).map(|rest| match rest.chars().next() {
        Some(quote @ ('"' | '\'')) => rest[1..].split(quote).next().unwrap(),
        _ => rest.split('>').next().unwrap(),
    });
    values.map(|value| unescape(value).unwrap().into_owned()).collect()
}

#[test]
fn a_second_run_changes_nothing() {
    for (feed, expected) in FEEDS {
        assert_eq!(with(0, file(expected)), file(expected), "{feed}");
    }
}

#[test]
fn readers_find_the_decoded_urls() {
    for (feed, _) in FEEDS {
        let output = replaced(&file(feed)).unwrap().0;
        let (before, after) = (links_of(&file(feed)), links_of(&output));
        let urls = before.iter().map(|link| match decode(link) {
            Ok(target) => target.canonical_url().unwrap_or(link).to_owned(),
            Err(_) => link.clone(),
        });
        assert_eq!(urls.collect::<Vec<_>>(), after, "{feed}");
        assert!(before.len() > 10 && before != after, "{before:?}");
    }
}

/// Returns an ID that leads to `url`.
fn id(url: &str) -> String {
    Article::new(url, None).unwrap().to_id()
}

const ID: &str = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";
const URL: &str = "https://amu.tv/111931/";
const LINK: &str = "https://news.google.com/rss/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5";

#[test]
fn links_are_replaced() {
    for (before, after) in [
        ("<link>LINK</link>", "<link>URL</link>"),
        ("<guid isPermaLink='false'>\nLINK\t</guid>", "<guid isPermaLink='false'>\nURL\t</guid>"),
        ("<link><!-- LINK -->LINK<?a LINK?></link>", "<link><!-- LINK -->URL<?a LINK?></link>"),
        ("<link> <![CDATA[\nLINK ]]>\n</link>", "<link> <![CDATA[\nURL ]]>\n</link>"),
        ("<id><![CDATA[]]>&#104;ttps&#x3a;//news.google.com/articles/ID</id>", "<id><![CDATA[]]>URL</id>"),
        ("<link rel='self' href='LINK'/>", "<link rel='self' href='URL'/>"),
        ("<link href\n=\n'\tLINK '>LINK</link >", "<link href\n=\n'\tURL '>URL</link >"),
        ("<image><link>LINK</link></image>", "<image><link>URL</link></image>"),
        ("<summary>&#60;A HREF = LINK >&lt;/a></summary>", "<summary>&#60;A HREF = URL >&lt;/a></summary>"),
        (
            "<description>&lt;a href=\"LINK&quot;></description>",
            "<description>&lt;a href=\"URL&quot;></description>",
        ),
        (
            "<description>&lt;a x<![CDATA[y href='LINK']]>></description>",
            "<description>&lt;a x<![CDATA[y href='URL']]>></description>",
        ),
        (
            "<description>&lt;a href='LINK<!-- -->'></description>",
            "<description>&lt;a href='URL<!-- -->'></description>",
        ),
        ("<content><b><a href='LINK'/></b></content>", "<content><b><a href='URL'/></b></content>"),
        (
            "<description><![CDATA[<a/href=' LINK '/>]]></description>",
            "<description><![CDATA[<a/href=' URL '/>]]></description>",
        ),
        (
            "<content><![CDATA[<script>'</script><a href='LINK'>]]></content>",
            "<content><![CDATA[<script>'</script><a href='URL'>]]></content>",
        ),
    ] {
        let feed = |text: &str| {
            let text = text.replace("LINK", LINK).replace("URL", URL).replace("/ID", &format!("/{ID}"));
            format!("<rss><channel>{text}</channel></rss>")
        };
        assert_eq!(utf8(&with(after.matches("URL").count(), feed(before))), feed(after));
    }
}

#[test]
fn text_that_is_not_a_link_stays() {
    for text in [
        "<title>@</title>",
        "<source url='@'>@</source>",
        "<media:link>@</media:link>",
        "<atom:link href='@' rel='self'/>",
        "<content:encoded>&lt;a href='@'></content:encoded>",
        "<Link>@</Link>",
        "<category href='@'/>",
        "<link hreflang='@' x:href='@' HREF='@'/>",
        "<!-- <link>@</link> -->",
        "<?xml-stylesheet href='@'?>",
        "<description>@</description>",
        "<content src='@'>a</content>",
        "<content><b>&lt;a href='@'></b></content>",
        "<description>&amp;lt;a href='@'></description>",
        "<description><![CDATA[<a title='href=@' data-href='@'></a href='@'>]]></description>",
        "<description><![CDATA[<!-- <a href='@'> --><!a href='@'><?a href='@'?></ a href='@'>< a href='@'>]]></description>",
        "<description><![CDATA[<style><a href='@'></style >]]></description>",
        "<description><![CDATA[<a href='@]]></description>",
        "<description><![CDATA[<a href=@]]></description>",
    ] {
        let feed = format!("<rss xmlns:x='y'><channel>{}</channel></rss>", text.replace('@', LINK));
        let (output, counts) = replaced(feed.as_bytes()).unwrap();
        assert_eq!((utf8(&output), counts), (&*feed, links::Counts::default()), "{text}");
    }
}

#[test]
fn links_with_other_text_stay_and_are_counted() {
    for text in [
        "<link>@ there</link>",
        "<link>\"@\"</link>",
        "<link>(@)</link>",
        "<link>@&amp;a=&lt;b&gt;</link>",
        "<link>@<!-- -->&amp;a=b</link>",
        "<link>@<![CDATA[&a]]></link>",
        "<link>@<b/></link>",
        "<link>@&unknown;</link>",
        "<link href='@&unknown;'/>",
        "<link href='@&#10;'/>",
        "<description>&lt;a href='@<!-- -->&amp;a'></description>",
        "<description>&lt;a href='@ @'></description>",
        "<guid>CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQ</guid>",
        "<link>https://news.google.com/</link>",
        "<link>https://news.google.com/topics/CAAqJggKIiBDQkFTRWdvSUwyMHZNRGRqTVhZU0FtVnVHZ0pWVXlnQVAB</link>",
    ] {
        let feed = format!("<rss><channel>{}</channel></rss>", text.replace('@', LINK));
        let (output, counts) = replaced(feed.as_bytes()).unwrap();
        assert_eq!(utf8(&output), feed);
        assert_eq!(counts, links::Counts { others: 1, ..links::Counts::default() }, "{text}");
    }
    // Links to other sites are not counted.
    let elsewhere =
        format!("<rss><link>https://example.com/</link><guid>{}</guid></rss>", "a".repeat(70_000));
    assert_eq!(replaced(elsewhere.as_bytes()).unwrap().1, links::Counts::default());
}

#[test]
fn feeds_of_all_kinds_are_read() {
    for (before, after) in [
        ("<rss version='0.91'><channel>", "</channel></rss>"),
        ("<rdf:RDF xmlns='http://purl.org/rss/1.0/'><item>", "</item></rdf:RDF>"),
        ("\u{feff}\n<feed>", "</feed>\n"),
        ("<entry>", "</entry>"),
        ("\n<?xml version='1.0'?><!DOCTYPE rss [<!ENTITY a '<link>'>]><rss>", "</rss><!-- --><?a?>"),
    ] {
        assert_eq!(
            utf8(&with(1, format!("{before}<link>{LINK}</link>{after}"))),
            format!("{before}<link>{URL}</link>{after}")
        );
    }
    // With a prefix for Atom.
    let feed = |url| {
        format!("<a:feed xmlns:a='b'><link>{LINK}</link><a:link href='{url}'/><a:id>{url}</a:id></a:feed>")
    };
    assert_eq!(utf8(&with(2, feed(LINK))), feed(URL));
}

#[test]
fn other_encodings_keep_their_bytes() {
    let url = "https://example.com/caf\u{e9}?a&b";
    let link = |id: &str| format!("https://news.google.com/articles/{id}");
    let feed = |text: String, html: String, cdata: String| {
        let texts = [
            "<?xml version='1.0' encoding='ISO-8859-1'?><rss><title>@</title><@><link>".to_owned(),
            text,
            "</link></@><description>@ &lt;a href='".to_owned(),
            html,
            "'&gt;@</description><description><![CDATA[@<a href='".to_owned(),
            cdata,
            "'>@]]></description></rss>".to_owned(),
        ];
        texts
            .concat()
            .into_bytes()
            .iter()
            .map(|&byte| if byte == b'@' { 0xe9 } else { byte })
            .collect::<Vec<_>>()
    };
    let id = id(url);
    let before = feed(link(&id), link(&id), link(&id));
    let after = feed(
        "https://example.com/caf&#233;?a&amp;b".to_owned(),
        "https://example.com/caf&amp;#233;?a&amp;amp;b".to_owned(),
        "https://example.com/caf&#233;?a&amp;b".to_owned(),
    );
    assert_eq!(with(3, &before), after);

    // It cannot be written in CDATA.
    let feed =
        format!("<?xml version='1.0' encoding='us-ascii'?><rss><link><![CDATA[{}]]></link></rss>", link(&id));
    let (output, counts) = replaced(feed.as_bytes()).unwrap();
    assert_eq!((utf8(&output), counts.replaced, counts.others), (&*feed, 0, 1));
}

#[test]
fn input_that_is_not_a_feed_is_an_error_with_an_offset() {
    let utf16: Vec<u8> = "<rss/>".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (feed, error) in [
        (&b""[..], "not an RSS or Atom feed, at byte 0"),
        (b" \n<!-- -->", "not an RSS or Atom feed, at byte 10"),
        (b"hello", "text outside of the feed, at byte 0"),
        (b"&lt;rss>", "text outside of the feed, at byte 0"),
        (b"<html></html>", "<html> is not the root of an RSS or Atom feed, at byte 0"),
        (b"<rss></rss>\n<rss/>", "<rss> after the end of the feed, at byte 12"),
        (b"<rss/>a", "text outside of the feed, at byte 6"),
        (b"<rss><item></item>", "an element that is not closed, at byte 0"),
        (b"\xef\xbb\xbf<rss><link>", "an element that is not closed, at byte 8"),
        (b"\xef\xbb\xbf<rss></a>", "expected `</rss>`, but `</a>` was found, at byte 8"),
        (b"<rss><a></b></rss>", "expected `</a>`, but `</b>` was found, at byte 8"),
        (b"<rss></rss></rss>", "close tag `</rss>` does not match any open tag, at byte 11"),
        (b"<rss><\x1b></a></rss>", "expected `</\u{fffd}>`, but `</a>` was found, at byte 8"),
        (b"<rss><link", "tag not closed: `>` not found before end of input, at byte 5"),
        (b"<rss><!-- ", "comment not closed: `-->` not found before end of input, at byte 5"),
        (b"<rss><![CDATA[a]]", "CDATA not closed: `]]>` not found before end of input, at byte 5"),
        (
            b"<rss>a & b</rss>",
            "entity or character reference not closed: `;` not found before end of input, at byte 7",
        ),
        (b"<rss a=b/>", "in <rss>, position 6: attribute value must be enclosed in `\"` or `'`, at byte 0"),
        (
            b"<rss><a b='' b=''/></rss>",
            "in <a>, position 7: duplicated attribute, previous declaration at position 2, at byte 5",
        ),
        (b"<rss><link href='?a=b&c=d'/></rss>", "a reference that is not closed, at byte 21"),
        (b"<rss a='&#0;'/>", "a reference to no character, at byte 8"),
        (b"<rss>a&#xd800;</rss>", "a reference to no character, at byte 6"),
        (b"<rss>\xe9</rss>", "not UTF-8, and no other encoding declared, at byte 5"),
        (
            b"<?xml version='1.0' encoding='Shift_JIS'?><rss/>",
            "encoded in Shift_JIS: convert it to UTF-8 first, at byte 0",
        ),
        (&utf16, "encoded in UTF-16 or UTF-32: convert it to UTF-8 first, at byte 0"),
        (b"\xff\xfe<\0", "encoded in UTF-16 or UTF-32: convert it to UTF-8 first, at byte 0"),
    ] {
        assert_eq!(replaced(feed).unwrap_err(), error);
    }
}

#[test]
fn every_part_of_a_feed_is_an_error() {
    for (feed, _) in FEEDS {
        let feed = file(feed);
        let end = feed.iter().rposition(|&byte| byte == b'/').unwrap();
        let end = if feed.ends_with(b"\n") { end - "<!-- the end -->\r\n".len() } else { end };
        for len in 0..end {
            assert!(replaced(&feed[..len]).is_err(), "{len} bytes of {}", feed.len());
        }
    }
}

#[test]
fn deep_and_long_feeds_are_read() {
    let (open, close) = ("<b>".repeat(300_000), "</b>".repeat(300_000));
    let feed = |url| format!("<rss><content>{open}<a href='{url}'/>{close}</content></rss>");
    assert_eq!(utf8(&with(1, feed(LINK))), feed(URL));
    let html = format!("<![CDATA[{}]]>", "<!-- <a <script x='".repeat(100_000));
    with(0, format!("<rss><description>{html}</description><link>{}</link></rss>", "&lt;".repeat(300_000)));
}

/// Returns a feed with a link in every position, with every kind of escaping.
fn in_all_places(link: &str) -> String {
    let escape = |text: &str| quick_xml::escape::escape(text).into_owned();
    let once = escape(link);
    let twice = escape(&once);
    format!(
        "<rss><link>{once}</link><link><![CDATA[{link}]]></link><link href=\"{once}\"/><link href='{once}'/>\
         <description>&lt;a href=\"{twice}\"&gt;&lt;a href='{twice}'&gt;&lt;a href={twice}&gt;</description>\
         <description><![CDATA[<a href=\"{once}\"><a href='{once}'><a href={once}>a</a>]]></description>\
         <content><a href=\"{once}\"/><a href='{once}'/></content></rss>"
    )
}

proptest! {
    #[test]
    fn readers_find_any_url_as_it_is(path in "([!-~]|&amp;|\\]\\]>|\\]\\]|\u{e9}){0,24}") {
        let url = format!("https://example.com/{path}");
        let link = format!("https://news.google.com/articles/{}?oc=5&hl=en", id(&url));
        let feed = with(12, in_all_places(&link));
        prop_assert_eq!(links_of(&feed), vec![url; 12]);
        prop_assert_eq!(&with(0, &feed), &feed);
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
        let _ = replaced(&bytes);
        let inside = [b"<rss><description>", &bytes[..], b"</description></rss>"].concat();
        let _ = replaced(&inside);
        prop_assert!(html::hrefs(&bytes).iter().all(|href| bytes.get(href.value.clone()).is_some()));
    }

    #[test]
    fn arbitrary_markup_never_panics(parts in prop::collection::vec(prop::sample::select(&PARTS[..]), 0..40)) {
        hold(parts.concat().as_bytes())?;
        hold(format!("<rss><description>{}</description></rss>", parts.concat()).as_bytes())?;
        hold(format!("<rss><description><![CDATA[{}]]></description></rss>", parts.concat()).as_bytes())?;
    }

    #[test]
    fn damaged_feeds_never_panic(
        feed in 0..FEEDS.len(),
        places in prop::collection::vec((any::<prop::sample::Index>(), 0..4usize, 0..PARTS.len() + 8), 1..6),
    ) {
        let mut bytes = file(FEEDS[feed].0);
        for (at, cut, part) in places {
            let at = at.index(bytes.len());
            let end = bytes.len().min(at + cut);
            let part = PARTS.get(part).map_or(&b"\xff\0'\"<>&;"[part.saturating_sub(PARTS.len())..][..1], |part| part.as_bytes());
            bytes.splice(at..end, part.iter().copied());
        }
        hold(&bytes)?;
    }
}

const PARTS: [&str; 24] = [
    "<rss>",
    "</rss>",
    "<link>",
    "</link>",
    "<description>",
    "</description>",
    "<content>",
    "</content>",
    "<b>",
    "</b>",
    "<![CDATA[",
    "]]>",
    "<!--",
    "-->",
    "<?xml version='1.0' encoding='latin1'?>",
    "<a href='",
    "<a href=",
    "'>",
    "\">",
    "&lt;a href=\"",
    "&amp;",
    "&#x20;",
    LINK,
    " ",
];

/// Checks a property of any input: the result is a feed in which nothing is left to replace, or an error.
fn hold(bytes: &[u8]) -> Result<(), TestCaseError> {
    let Ok((feed, counts)) = replaced(bytes) else { return Ok(()) };
    prop_assert_eq!(feed == bytes, counts.replaced == 0);
    let (again, rest) = replaced(&feed).unwrap();
    prop_assert_eq!(rest, links::Counts { replaced: 0, ..counts });
    prop_assert_eq!(again, feed);
    Ok(())
}
