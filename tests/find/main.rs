//! Tests of finding and replacing links in any text.

use std::borrow::Cow;
use std::collections::HashSet;

use google_news_link::{Link, Match, Rewriter, decode, find, rewrite};
use quickcheck::{Arbitrary, Gen};

use crate::generators::{Bytes, below, check_cases, choose};

#[path = "../generators/mod.rs"]
mod generators;
mod layers;
mod replacements;

const ID: &str = "CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA";
const URL: &str = "https://amu.tv/111931/";
const TOKEN: &str = "CAESZAHuR6pNXgeGMwUIOcy41wHF8HvrFBiJJ-tIysSkNPdU3K6pONT7xshWFfMorAlVGnDAg2wzArl3EsP8LeHytq5xUUhPDUqpYDvNEQ-akGfMvqk1Ix6T-eT27cO95Ei53u2f4eE";

/// A link from an alert, whose URL is followed by other parameters.
const ALERT: &str = "https://www.google.com/url?rct=j&sa=t&url=https://ex.com/b&ct=ga&usg=AOvVaw0";

/// A link that ends with its URL.
const REDIRECT: &str = "https://www.google.com/url?sa=t&url=https://ex.com/b";

/// Returns the text that `text` describes, and its links: `@` stands for the ID, `{alert}` and `{redirect}` for links, `«` and `»`
/// for the beginning and the end of a link.
fn expand(text: &str) -> (String, Vec<String>) {
    let text = text.replace('@', ID).replace("{alert}", ALERT).replace("{redirect}", REDIRECT);
    let links = text.split('«').skip(1).map(|rest| rest.split('»').next().unwrap().to_owned()).collect();
    (text.replace(['«', '»'], ""), links)
}

fn found(text: &str, is_relative: bool) -> Vec<String> {
    find(text.as_bytes())
        .relative(is_relative)
        .map(|found| String::from_utf8_lossy(found.as_bytes()).into_owned())
        .collect()
}

/// Returns a description of the difference if the links that are found are not `links`.
fn fault(text: &str, is_relative: bool, links: &[String]) -> Option<String> {
    let found = found(text, is_relative);
    (found != links).then(|| format!("{text}\n  found {found:#?}\n  instead of {links:#?}"))
}

fn canonical_url(found: &Match<'_>) -> Option<Cow<'static, str>> {
    found.decode().ok()?.into_canonical_url()
}

#[test]
fn links_are_found_from_their_first_to_their_last_character() {
    let mut faults = Vec::new();
    for text in [
        "",
        "no link, but news.google.com",
        "see «https://news.google.com/rss/articles/@?oc=5» and more",
        "«https://news.google.com/rss/articles/@?oc=5»",
        "«HTTPS://news.google.com/articles/@»",
        "«HTTPS://News.Google.COM/articles/@?oc=5» «NEWS.GOOGLE.COM/articles/@»",
        "«https://Example-com.CDN.AMPPROJECT.ORG/c/s/example.com/a» Google News. GOOGLE. Google.com",
        "?u=«HTTPS%3A%2F%2FNEWS.GOOGLE.COM%2farticles%2f@%3foc%3D5»&b",
        "«news.google.com/articles/@»",
        "a «//news.google.com/articles/@» b",
        "[title](«https://news.google.com/rss/articles/@?oc=5»)",
        "[title](«https://news.google.com/rss/articles/@?oc=5» \"title\")",
        "<«https://news.google.com/articles/@»>",
        "(«https://news.google.com/articles/@»).",
        "«https://news.google.com/articles/@», «https://news.google.com/read/@».",
        "«https://news.google.com/articles/@»,Title here,2024",
        "1;«https://news.google.com/articles/@?hl=de&gl=DE&ceid=DE:de»;Titel",
        "a|«https://news.google.com/articles/@»|b",
        "*«https://news.google.com/articles/@»*",
        "is it «https://news.google.com/articles/@»?",
        "it is «https://news.google.com/articles/@»!",
        "«https://news.google.com/articles/@»: a title",
        "«https://news.google.com/articles/@»。次",
        "（«https://news.google.com/articles/@»）",
        "「«https://news.google.com/articles/@?oc=5»」と",
        "«https://news.google.com/articles/@»より",
        "“«https://news.google.com/articles/@»”",
        "«https://news.google.com/articles/CBMiYmh0dHBzO...»",
        "«https://news.google.com/articles/CBMiYmh0dHBzO…» more",
        "«https://news.google.com/articles/CBMiYmh0dHBzO»",
        "'«https://news.google.com/articles/@»'",
        "['«https://news.google.com/articles/@»', '«https://news.google.com/read/@»']",
        "url: \"«https://news.google.com/articles/@?hl=en&gl=US»\",",
        r#"<a href="«https://news.google.com/articles/@?hl=en&amp;gl=US»">title</a>"#,
        "<link>«https://news.google.com/rss/articles/@?oc=5»</link>",
        "<![CDATA[«https://news.google.com/rss/articles/@?oc=5»]]>",
        "&lt;a href=&quot;«https://news.google.com/articles/@?hl=en&amp;amp;gl=US»&quot;&gt;",
        r#"{"a":"«https:\/\/news.google.com\/articles\/@?hl\u003den\u0026gl\u003dUS»","b":1}"#,
        r#"{"a":"«https://news.google.com/articles/@?hl=en&gl=US»\n"}"#,
        r#""{\"a\":\"«https:\\/\\/news.google.com\\/articles\\/@?hl\\u003den»\"}""#,
        r"\n«https://news.google.com/articles/@»\n",
        r"\n«news.google.com/articles/@»\n",
        r#"{"a":"\u003ca href=\"«https://news.google.com/read/@?hl=en-US\u0026amp;gl=US»\""}"#,
        r#"{"a":"\\u003ca href=\\\"«https://news.google.com/read/@?hl=en-US\\u0026amp;gl=US»\\\""}"#,
        r"'\x3ca href=\x22«https://news.google.com/read/@?hl=en-US\x26amp;gl=US»\x22'",
        r#""«https://news.google.com/read/@?hl=en-US\u0026#38;gl=US»\u0026quot;""#,
        r#""«https://news.google.com/read/@?hl=en-US»\u0026lt;b""#,
        r#""u=«https\u00253A\u00252F\u00252Fnews.google.com\u00252Fread\u00252F@»\u0026b""#,
        r#""u=«https\u00253A\u00252F\u00252Fnews.google.com%2Fread%2F@%3Fhl%3Den\u002526amp\u00253Bgl%3DUS»\u0026b""#,
        "?b=%3Ca%20href=%22«https%3A%2F%2Fnews.google.com%2Fread%2F@%3Fhl%3Den%26amp%3Bgl%3DUS»%22%3E",
        "?u=«https%3A//news.google.com/read/@%3Foc%3D5»&b «https%3a//news.google.com/read/@»",
        "?u=«https%253A//news.google.com/read/@%253Foc%253D5»%26b",
        // In a parameter, but not encoded.
        "https://twitter.com/intent/tweet?text=Hi%20«https://news.google.com/read/@»%20via%20@x",
        "https://twitter.com/intent/tweet?text=Hi+«https://news.google.com/read/@»+via+@x",
        "https://twitter.com/intent/tweet?url=«https://news.google.com/read/@?oc=5»&text=Title",
        "https://twitter.com/intent/tweet?url=«https://news.google.com/read/@?hl=en&gl=US»&amp;text=Title#a",
        "https://twitter.com/intent/tweet?text=(«https://news.google.com/read/@»)%20via",
        "mailto:?body=%3Ca%20href=%22«https://news.google.com/read/@»%22%3Etitle%3C/a%3E",
        "whatsapp://send?text=a%20«https://news.google.com/read/@?oc=5»%0Asecond%20line",
        "?u=«https://www.google.com/url?q=https://example.com/a&sa=D&usg=x»&h=AT0",
        "url=«https://news.google.com/read/@?oc=5&utm_source=a%20b» x",
        // Other text follows the query.
        "«https://news.google.com/read/@?oc=5»…",
        "«https://news.google.com/read/@?oc=5»...",
        "«https://news.google.com/read/@?oc=5»&hellip;",
        r"«https://news.google.com/read/@?oc=5»\u2026",
        "«https://news.google.com/read/@?oc=5»- «https://news.google.com/read/@?oc=5»/",
        "«https://news.google.com/read/@?oc=5»--comment «https://news.google.com/read/@?oc=5»+",
        "«https://news.google.com/read/@?oc=5»$ «https://news.google.com/read/@?oc=5»==",
        "«https://news.google.com/read/@?oc=5»% «https://news.google.com/read/@?oc=»",
        "«https://news.google.com/read/@»$ «https://news.google.com/read/@/» «https://news.google.com/read/@=»",
        "__«https://news.google.com/read/@»__ _«https://news.google.com/read/@»_",
        "__«https://news.google.com/read/@?oc=5»__ ==«https://news.google.com/read/@»==",
        "«https://news.google.com/read/@?oc=5»«https://news.google.com/read/@»",
        "«https://news.google.com/read/@»«http://news.google.com/read/@»",
        r"«https:\/\/news.google.com\/read\/@»«https:\/\/news.google.com\/read\/@?oc=5»",
        // Characters of IDs and tokens that are punctuation elsewhere.
        "«https://www.google.com/goto?url=CAESZA--__==»",
        "«https://consent.google.com/ml?continue=https://news.google.com/read/CBMi--a__» x",
        "https://web.archive.org/web/2020/«https://news.google.com/articles/@»",
        "https://l.facebook.com/l.php?u=«https%3A%2F%2Fnews.google.com%2Farticles%2F@%3Foc%3D5»&h=AT0",
        "https://nam02.safelinks.protection.outlook.com/?url=«https%3A%2F%2Fnews.google.com%2Frss%2Farticles%2F@%3Foc%3D5»&amp;data=05%7C",
        "?u=«https%253A%252F%252Fnews.google.com%252Farticles%252F@%253Foc%253D5»&b",
        "?u=«news.google.com%2Farticles%2F@»&b",
        "?u=«news.google.com/articles/@»&b=c",
        "«https://news-google-com.translate.goog/articles/@?_x_tr_sl=auto»",
        "«https://consent.google.com/ml?continue=https://news.google.com/rss/articles/@?oc%3D5&gl=FR» x",
        "«https://www.google.com/url?q=https://news.google.com/read/@&sa=D».",
        "(«https://www.google.com/url?q=https://en.wikipedia.org/wiki/Mercury_(planet)&sa=D»)",
        "«https://www.google.com/amp/s/example.com/a,b%3Famp=1», and",
        "«https://example-com.cdn.ampproject.org/c/s/example.com/a»",
        "«https://www.google.com/goto?url=CAESZA»",
        "«https://www.google.com/url?q=https://example.com/{key}/a|b^c.html&sa=U» x",
        "|«https://www.google.com/url?q=https://example.com/a»|b",
        "{«https://www.google.com/url?q=https://example.com/a»}",
        // The ends of these links are unknown.
        "https://www.google.com/url?q=https://example.com/新聞/1.html&sa=U",
        r"https://www.google.com/url?q=https://example.com/\u65b0/1.html&sa=U",
        "https://www.google.com/url?q=https://example.com/caf&eacute;/1.html&amp;sa=U",
        "«https://www.google.com/url?q=https://example.com/a»。",
        // After the parameters that follow a URL, other characters belong to the text.
        "1,«{alert}»,2024-01-01,Title",
        "«{alert}»;«{alert}»|«https://news.google.com/read/@»,«{alert}»",
        "«{alert}»«https://news.google.com/read/@»«{redirect}»«https://news.google.com/read/@»",
        "<«{alert}»|Alert> [[«{alert}»|t]] [url]«{alert}»[/url] «{alert}»[Title] /* «{alert}»*/",
        "«{alert}»的 «{alert}»の «{alert}»입니다 «{alert}»हिन्दी «{alert}»é «{alert}»😀 «{alert}»％ «{alert}»￥",
        r"«{alert}»\u3002 «{alert}»\u201d «{alert}»\u300d «{alert}»\u060c «{alert}»\u00a0 «{alert}»\u4e2d",
        "«{alert}»... «{alert}»… «{alert}»&hellip; {redirect}...",
        "«{alert}»&rdquo; «{alert}»&raquo; «{alert}»&#8221; «{alert}»&#160; «{alert}»&eacute;",
        "«https://www.google.com/url?q=https://ex.com/b&sa=U&usg=AOvVaw-_»",
        "«https://www.google.com/url?q=https://ex.com/?a=1&b=2,3&sa=U&usg=AOvVaw0»,x",
        "|url=«{alert}&sig2=x»|title=x «{alert}&x=1»,My title «{alert}&sig2=x»,«{alert}&cshid=16»",
        "«https://ex-com.cdn.ampproject.org/v/s/ex.com/a?usqp=mq331AQCKAE%3D&amp_js_v=0.1»|t",
        "«https://ex-com.cdn.ampproject.org/v/s/ex.com/a?usqp=mq331&amp_js_v=0.1»(opens in a new tab)",
        "«https://ex-com.cdn.ampproject.org/v/s/ex.com/a,b?x=1,2&y=3,4&amp_js_v=0.1»,Title",
        "«https://www.google.com/amp/s/ex.com/a#aoh=1&amp_tf=From%20%251%24s»,Title",
        "url=«https://www.google.com/amp/s/ex.com/a#aoh=1&referrer=https%3A%2F%2Fwww.google.com&amp_tf=From%20%251%24s»",
        "«https://consent.google.com/ml?continue=https://www.google.com/url?q%3Dhttps://ex.com/b&gl=DE&src=1»|title=x",
        "https://x.com/?u=«{alert}»",
        "«{alert}&sig2=x&bvm=bv.85142067,d.eXY»,x «{alert}&bvm=bv.1,d.aWM&ved=0CB» «{alert}&ved=1t:429,r:1,s:0»",
        "«https://www.google.com/url?sa=t&bvm=bv.1,d.aWM&url=https://ex.com/b»",
        "?url=«https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%3A%2F%2Fex.com%2Fb%26bvm%3Dbv.1%2Cd.aWM»&data=1",
        // At the end of a string.
        "(1,'see «{redirect}»','x') ('see «https://www.google.com/amp/s/ex.com/a»','b') 'see «{redirect}»'+y+'z'",
        "{'a':'see «{redirect}»','b':'c'} f(&#39;see «{redirect}»&#39;,&#39;x&#39;) 'see «{redirect}»','«{redirect}»'",
        r"''see «{redirect}»'',''x'' \u0027see «{redirect}»\u0027,\u0027x\u0027 'see «{redirect}».','x'",
        "«https://www.google.com/url?sa=t&url=https://ex.com/it's-a»",
        // The text around the URL shows where it ends.
        "|url=«https://www.google.com/amp/s/ex.com/a»|title=x {{a|url=https://web.archive.org/web/2020/«{redirect}»|date=x}}",
        "«{redirect}»|Title|x \"«{redirect}|x»\" «{redirect}»,«https://news.google.com/read/@»;«{redirect}»",
        "«{redirect}»😀 «{redirect}»↩ «{redirect}»→x «{redirect}»％",
        "<«{redirect}»|Alert> [[«{redirect}»|t]] [url]«{redirect}»[/url] /* «{redirect}»*/ {«{redirect}»|t}",
        r"\u003c«{redirect}»|Alert\u003e &lt;«{redirect}»|Alert&gt;",
        "1,«{redirect}»,2024 1;«{redirect}»;2024 &quot;«{redirect};a»&quot;",
        r"«{redirect}»\u3002 «{redirect}»\u201d «{redirect}»\u00a0 «{redirect}»&rdquo; «{redirect}»&#160;",
        "{redirect}的 {redirect}&eacute; «{redirect}»。 {redirect}?x=1的 {redirect}?x=1%26y的",
        "«{redirect}?x=1,2» «{redirect}?x=1%26y=(z)»",
        // Lines that were broken in mail.
        "https://www.google.com/amp/s/ex.com/abcdefghi=\r\njkl https://news.google.com/read/@?=\r\noc=3D5",
        // Escaped for HTML twice, as by WordPress.
        "«https://www.google.com/url?rct=j&amp;#038;sa=t&amp;#038;url=https://ex.com/b&amp;#038;ct=ga»",
        "«https://www.google.com/url?rct=j&amp;#x26;sa=t&amp;#x26;url=https://ex.com/b&amp;#38;ct=ga»",
        // Parameters are escaped in several ways.
        "https://r.example/RU=«https%3A%2F%2Fnews.google.com%2Fread%2F@»/RK=2",
        "?u=«https%3A%2F%2Fwww.google.com%2Furl%3Fq%3Dhttps%3A%2F%2Fex.com%2Fb»,a",
        "?u=«https%3A//www.google.com/url%3Fq%3Dhttps%3A//ex.com/b»,a",
        "?u=«https://www.google.com/url%3Fq%3Dhttps://ex.com/b%26sa%3DD»&b",
        "?u=«https://www.google.com/url%253Fq%253Dhttps://ex.com/b%2526sa%253DD»%26b",
        "?u=«https://news.google.com/read/@%253Foc%253D5»%26b",
        // Comments in source code.
        "«https://news.google.com/read/@?oc=5»//comment «https://news.google.com/read/@?oc=5»/*comment*/",
        // Escaped for LaTeX and shells.
        r"«https://news.google.com/read/@?hl=en\&gl=US» x",
        "«https://news.google.com./articles/@» «https://newsstand.google.com/articles/@»",
        "«https://news.google.com:443/articles/@»",
        // URLs on hosts of Google's that are not links.
        "https://www.google.com/search?q=news https://news.google.com/ https://fonts.googleapis.com/ Google.com",
        "https://accounts.google.com/ServiceLogin https://www.google.com/maps «https://news.google.com/s/CBIwkdv6lUE»",
        // Paths that are not those of links.
        "https://news.google.com/articles/@/sections/ https://news.google.com/articles/@=x/sections/",
        r"https://news.google.com/articles/@\/sections\/ https://news.google.com/articles/@&#47;sections/",
        "CBMiFmh0dHBzOi8vYW11LnR2.google.com/url?q=x CBMiFmh0dHBz.google.com/u",
        // URLs on other hosts.
        "https://news.google.com.evil.example/articles/@ https://xnews.google.com@evil.example/articles/@",
        "ftp://news.google.com/articles/@ https://user@news.google.com/articles/@",
        "https://evil.example/news.google.com/articles/@ me@news.google.com/articles/@",
        "/articles/@ ./read/@ @",
    ] {
        let (text, links) = expand(text);
        faults.extend(fault(&text, false, &links));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn bytes_that_are_not_utf8_end_a_link() {
    for link in [ALERT, "https://news.google.com/read/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA?oc=5"] {
        let text = [b"\x93", link.as_bytes(), b"\x94, \xe9"].concat();
        let found: Vec<_> = find(&text).map(|found| found.as_bytes()).collect();
        assert_eq!(found, [link.as_bytes()]);
    }
}

#[test]
fn links_without_a_host_are_found_on_request() {
    let mut faults = Vec::new();
    for text in [
        r#"<a href="«./articles/@?hl=en&amp;gl=US»">"#,
        r#"<a href="«./read/@»"> <a href="«/rss/articles/@»">"#,
        r#"<a href='«/articles/@»'>"#,
        r#""«.\/articles\/@?hl\u003den»""#,
        r#"jsdata="oM6qxc;«@»;5""#,
        "«@»",
        "(«@»).",
        "«https://news.google.com/articles/@» «./articles/@»",
        "«/url?q=https://example.com/a&sa=U»",
        r"\x22«@»\x22 \u0022«@»\u0022 \x27«./read/@»\x27",
        "<a href=\"«/amp/s/example.com/a»\">",
        // The same paths in other text, and strings that cannot be decoded, are not links.
        "?id=a «./read/@?oc=5»-- «./read/@»",
        "the prefix CBMi, CBMibogus and CAES",
        "https://evil.example/articles/CBMi https://evil.example/url?q=https://example.com/a",
        "https://evil.example/articles/@ https://evil.example/?id=@ evil.example/articles/@",
        "xCBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA",
        "../articles/@ ../../read/@",
    ] {
        let (text, links) = expand(text);
        faults.extend(fault(&text, true, &links));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
    for link in
        [format!("/goto?url={TOKEN}"), format!("./goto?url={TOKEN}"), format!("?url={TOKEN}"), TOKEN.into()]
    {
        assert_eq!(found(&format!("<a href='{link}'>"), true), [&*link]);
    }
}

/// Returns the vectors that have a host.
fn vectors() -> impl Iterator<Item = &'static str> {
    let tables = [
        include_str!("../data/vectors/links.tsv"),
        include_str!("../data/vectors/field.tsv"),
        include_str!("../data/vectors/hostile.tsv"),
    ];
    tables.into_iter().flat_map(|table| table.lines().skip(1)).map(|row| row.split('\t').next().unwrap())
}

#[test]
fn a_link_alone_is_found_and_decoded_as_by_decode() {
    let mut count = 0;
    for link in vectors() {
        let all: Vec<_> = find(link.as_bytes()).collect();
        let Ok(target) = decode(link) else { continue };
        let has_host = link.contains("google.") || link.contains("ampproject.org");
        if !has_host {
            continue;
        }
        let decoded: Vec<_> = all.iter().map(Match::decode).collect();
        assert_eq!(decoded, [Ok(target)], "{link}\n{all:?}");
        assert_eq!(Link::parse_bytes(all[0].as_bytes()).unwrap().id(), Link::parse(link).unwrap().id());
        count += 1;
    }
    assert!(count > 0);
}

/// The fast path of the search accepts only schemes in small letters.
#[test]
fn a_link_ends_at_the_same_byte_whatever_the_case_of_its_scheme() {
    let link = format!("https://news.google.com/read/{ID}");
    let range_of_first = |text: &str| find(text.as_bytes()).next().map(|found| found.range());
    let pairs = (1..=127u8).flat_map(|first| {
        "\t \n\"'&/?=.\\%#<)]-_:;,|*!x".chars().map(move |second| format!("{}{second}x", char::from(first)))
    });
    #[rustfmt::skip]
    let others = [
        "", "/sections/", "...", "…", "”", "?a__", "?a==", "/sections/x", "=-w2/sections/", "\\/x", "&amp;x", "%2Fx", "\\n",
    ];
    let all_after: Vec<String> = pairs.chain(others.map(str::to_owned)).collect();
    for before in ["", "__", "==", "'", "(", "?u=", "<b a=\"", "|"] {
        for after in &all_after {
            let text = format!("{before}{link}{after}");
            let other = text.replacen("https", "HTTPS", 1);
            assert_eq!(range_of_first(&text), range_of_first(&other), "{text:?}");
        }
    }
}

#[test]
fn offsets_of_errors_are_those_of_the_link() {
    let link = "https://news.google.com/articles/CBMiYmh0dHBzO...";
    let text = format!("a b {link} c");
    let decoded = find(text.as_bytes()).next().unwrap().decode();
    assert_eq!(decoded.clone().unwrap_err().offset(), link.find("..."));
    assert_eq!(decoded, decode(link));
}

#[test]
fn matches_are_equal_if_their_links_and_ranges_are() {
    let found = |text: &'static str| find(text.as_bytes()).next().expect("a link");
    let link = found("a news.google.com/articles/CBMiYmh0dHBzO...");
    let in_other_text = found("b news.google.com/articles/CBMiYmh0dHBzO... c");
    assert_eq!(link, in_other_text);
    let elsewhere = found("news.google.com/articles/CBMiYmh0dHBzO...");
    assert_ne!(link, elsewhere);
    let other = found("a news.google.com/articles/CBMiYmh0dHBzP...");
    assert_ne!(link, other);
    assert_eq!(HashSet::from([link, in_other_text, elsewhere, other]).len(), 3);
}

/// A link in one of many forms, and the text around it.
const WAYS: [(&str, &str, &str); 13] = [
    (" ", "https://news.google.com/rss/articles/@?oc=5", " "),
    ("[a](", "https://news.google.com/articles/@", ")"),
    ("\n", "news.google.com/./articles/@?hl=en-US&gl=US&ceid=US%3Aen", "\n"),
    ("<a href=\"", "https://news.google.com/read/@?hl=en&amp;gl=US", "\">"),
    ("\"", "https:\\/\\/news.google.com\\/rss\\/articles\\/@?oc\\u003d5", "\""),
    ("\\\"", "https:\\\\/\\\\/news.google.com\\\\/rss\\\\/articles\\\\/@", "\\\""),
    ("u=", "https%3A%2F%2Fnews.google.com%2Frss%2Farticles%2F@%3Foc%3D5", "&"),
    ("（", "https://news.google.com/rss/articles/@", "）"),
    ("\\u003ca href=\\\"", "https://news.google.com/read/@?hl=en\\u0026amp;gl=US", "\\\"\\u003e"),
    ("?text=a%20", "https://news.google.com/read/@?oc=5", "%20b"),
    ("__", "https://news.google.com/read/@?oc=5", "__ "),
    ("<![CDATA[", "https://news.google.com/rss/articles/@?oc=5", "]]>"),
    (",", "https://www.google.com/url?q=https://news.google.com/read/@&sa=D", ","),
];

/// Text with links whose ranges are known.
#[derive(Clone, Debug)]
struct Marked {
    text: Vec<u8>,
    links: Vec<std::ops::Range<usize>>,
}

impl Arbitrary for Marked {
    fn arbitrary(g: &mut Gen) -> Self {
        const WORDS: [&str; 14] = [
            "word",
            " ",
            "\n",
            "google.com ",
            "news.google.com ",
            "https://www.google.com/ ",
            "Google. ",
            "「",
            "&amp; ",
            "\\",
            "<p>",
            "{}",
            "http://example.com/a?b=c ",
            "CBMi ",
        ];
        let mut marked = Marked { text: Vec::new(), links: Vec::new() };
        for _ in 0..below(g, 60) {
            for _ in 0..below(g, 20) {
                marked.text.extend_from_slice(choose(g, &WORDS).as_bytes());
            }
            marked.text.extend(Bytes::random(g, 5).0);
            // A space, so that the word before a link cannot be a part of it.
            marked.text.push(b' ');
            let (before, link, after) = choose(g, &WAYS);
            marked.text.extend_from_slice(before.as_bytes());
            let start = marked.text.len();
            marked.text.extend_from_slice(link.replace('@', ID).as_bytes());
            marked.links.push(start..marked.text.len());
            marked.text.extend_from_slice(after.as_bytes());
        }
        marked
    }
}

#[test]
fn links_in_random_text_are_found_and_replaced() {
    fn property(marked: Marked) {
        let places: Vec<_> = find(&marked.text).map(|found| found.range()).collect();
        assert_eq!(places, marked.links, "{}", marked.text.escape_ascii());
        assert!(find(&marked.text).all(|found| found.decode().unwrap().canonical_url() == Some(URL)));
        let mut parts = vec![];
        let mut end = 0;
        for link in &marked.links {
            parts.push(&marked.text[end..link.start]);
            end = link.end;
        }
        parts.push(&marked.text[end..]);
        assert_eq!(*rewrite(&marked.text, |_| Some("X".into())), parts.join(&b'X'));
        assert_eq!(*rewrite(&marked.text, |_| None), marked.text);
    }
    check_cases(256, property as fn(_));
}

/// Reads one to seven bytes at a time.
struct Trickle<'t>(&'t [u8]);

impl std::io::Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let len = buffer.len().min(self.0.len()).min(1 + self.0.len() % 7);
        let (now, later) = self.0.split_at(len);
        buffer[..len].copy_from_slice(now);
        self.0 = later;
        Ok(len)
    }
}

fn rewrite_streamed(reader: impl std::io::Read) -> Vec<u8> {
    let mut out = Vec::new();
    Rewriter::new(reader).write_to(&mut out, canonical_url).unwrap();
    out
}

#[test]
fn a_stream_is_rewritten_like_the_whole() {
    fn property(marked: Marked) {
        assert_eq!(rewrite_streamed(Trickle(&marked.text)), &*rewrite(&marked.text, canonical_url));
    }
    check_cases(64, property as fn(_));
    // Links everywhere near the ends of the window.
    let link = format!("https://news.google.com/rss/articles/{ID}?oc=5");
    let mut text = Vec::new();
    while text.len() < 5 << 20 {
        let len = text.len();
        text.extend_from_slice(&vec![b'x'; len % 997]);
        text.push(b' ');
        text.extend_from_slice(link.as_bytes());
        text.push(b'\n');
    }
    assert_eq!(rewrite_streamed(&text[..]), &*rewrite(&text, canonical_url));
    assert!(!rewrite_streamed(&text[..]).windows(6).any(|part| part == b"google"));
}

#[test]
fn matches_in_a_stream_are_those_of_the_whole_text() {
    // More than one window of the rewriter, with links that can and links that cannot be decoded.
    let mut text = Vec::new();
    while text.len() < 3 << 20 {
        text.resize(text.len() + 100_003, b' ');
        text.extend_from_slice(
            format!("https://news.google.com/read/{ID}?hl=en CBMiYmh0dHBzO... ").as_bytes(),
        );
        text.extend_from_slice(b"<https://news.google.com/articles/CBMiYmh0dHBzO...>");
    }
    for is_relative in [false, true] {
        let describe = |found: &Match<'_>| {
            assert_eq!(found.as_bytes(), &text[found.range()]);
            (found.range(), found.decode(), found.escape("https://example.com/?a=b&c=d").into_owned())
        };
        let mut streamed = Vec::new();
        let rewriter = Rewriter::new(&text[..]).relative(is_relative);
        let result = rewriter.write_to(std::io::sink(), |found| {
            streamed.push(describe(found));
            None
        });
        result.expect("memory can be read");
        let whole: Vec<_> = find(&text).relative(is_relative).map(|found| describe(&found)).collect();
        assert!(streamed == whole, "relative: {is_relative}");
        assert!(whole.len() > 50 && whole.iter().any(|(_, decoded, _)| decoded.is_err()));
    }
}

fn check_any(text: &[u8]) {
    for is_relative in [false, true] {
        let mut end = 0;
        for found in find(text).relative(is_relative) {
            assert!(end <= found.range().start && found.range().end <= text.len());
            end = found.range().end;
            assert_eq!(found.as_bytes(), &text[found.range()]);
            assert!(Link::parse_bytes(found.as_bytes()).is_ok(), "{found:?}");
            let _ = found.decode();
            let _ = found.escape("https://example.com/?a=b&c='\"()");
        }
    }
    assert_eq!(*rewrite(text, |_| None), *text);
    assert_eq!(rewrite_streamed(text), &*rewrite(text, canonical_url));
}

#[test]
fn all_links_of_a_long_line_are_found() {
    for separator in [", ", ",", ";", "!", "*", "'", "|"] {
        for host in ["http://news.google.com", "news.google.co.jp", "http:\\/\\/news.google.com"] {
            let link = format!("{host}/articles/CBMiFmh0dHBzOi8vYW11LnR2LzExMTkzMS_SAQA{separator}");
            assert_eq!(find(link.repeat(400).as_bytes()).count(), 400, "{link}");
        }
    }
}

#[test]
fn texts_that_consist_of_hosts_are_searched_in_linear_time() {
    // Each of these hosts could be read up to the end of the text, which would take minutes.
    for piece in [
        "google.",
        "news.google.com/x/",
        "https://www.google.com/url?q=",
        "https://news.google.com/articles/",
        "CBMi.",
        "https://www.google.com/url?q=https://ex.com/&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a ",
    ] {
        let text = piece.repeat((1 << 18) / piece.len());
        for is_relative in [false, true] {
            let count = find(text.as_bytes()).relative(is_relative).count();
            assert!(count <= text.len() / piece.len(), "{piece}");
        }
    }
}

#[test]
fn arbitrary_bytes_never_panic() {
    check_cases(1024, (|text: Bytes| check_any(&text.0)) as fn(_));
}

#[test]
fn pieces_of_links_never_panic() {
    #[rustfmt::skip]
    const PIECES: &[&str] = &[
        "https://", "http:", "//", "/", ".", "news.", "google.com", "www.", "consent.", "google.ch", "x-y.cdn.ampproject.org",
        "/articles/", "/rss/articles/", "/url?", "/amp/s/", "url=", "q=", "continue=", "&", "&amp;", "%2F", "%252F", "%", "%25",
        "\\u003d", "\\/", "\\", "\"", "'", " ", "(", ")", "]", "@", ":443", "=", "…", "...", "。", "CBMi", "CAES", ID, "translate.goog",
    ];
    fn property(pieces: Vec<u8>) {
        let text: String = pieces.iter().map(|&piece| PIECES[usize::from(piece) % PIECES.len()]).collect();
        check_any(text.as_bytes());
    }
    check_cases(4096, property as fn(_));
}
