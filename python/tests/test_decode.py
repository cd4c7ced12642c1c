"""One link at a time, and the targets it leads to."""

import copy
import gc
import multiprocessing
import pickle
import subprocess
import sys
from typing import Any, get_args

import google_news_link as gnl
import pytest
from google_news_link.types import ErrorKind, Kind
from vectors import (
    ARTICLE,
    ARTICLE_URL,
    OPAQUE,
    PUBLICATION,
    REDIRECT,
    TOKEN,
    VECTORS,
    VIDEO,
    Vector,
    error_kind,
)

TARGETS = [vector for vector in VECTORS if vector.kind != "error"]
ERRORS = [vector for vector in VECTORS if vector.kind == "error"]


def hex_of(key: bytes | None) -> str | None:
    return None if key is None else key.hex()


def publication_facts(publication: gnl.Publication) -> dict[str, Any]:
    return {
        "number": publication.number,
        "family_number": publication.family_number,
        "publication_key": hex_of(publication.key),
        "site": publication.site,
    }


def facts(target: gnl.Target) -> dict[str, str]:
    """Returns the facts of a target under the names that the vectors use."""
    found: dict[str, Any] = {}
    match target:
        case gnl.OpaqueArticle(token, url_len):
            found = {"token": token, "url_len": url_len}
            found |= {"amp_token": target.amp_token, "amp_url_len": target.amp_url_len}
        case gnl.OpaqueRedirect(token, url_len):
            found = {"key_id": target.key_id.hex(), "url_len": url_len}
            assert token == target.id
        case gnl.KeyedArticle(key, publication):
            found = {"key": key.hex(), "publication_id": publication.id}
            found |= {"section_number": target.section_number, **publication_facts(publication)}
        case gnl.Video():
            found = {"key": target.youtube_id}
        case gnl.Topic(mid, language, region):
            found = {"mid": mid, "language": language, "region": region}
            found |= {"name": target.name, "query": target.query, "place": target.place_knowledge_graph_id}
        case gnl.Story(cluster, title):
            found = {"cluster": cluster, "title": title, "hash": f"{target.hash:016x}"}
        case gnl.Publication():
            found = publication_facts(target)
        case gnl.Section(edition, name):
            found = {"edition_id": edition.id, "number": target.number, "name": name}
            found |= {"subject": target.knowledge_graph_id, "place": target.place_knowledge_graph_id}
        case gnl.Share(number):
            found = {"number": number}
        case gnl.Picture(key, width, height):
            found = {"key": key, "width": width, "height": height}
    return {name: str(value) for name, value in found.items() if value is not None}


@pytest.mark.parametrize("vector", TARGETS, ids=lambda vector: vector.note)
def test_links_decode_to_the_expected_target(vector: Vector) -> None:
    target = gnl.decode(vector.link)
    assert target.kind == vector.kind
    assert (target.canonical_url, target.amp_url) == (vector.canonical_url, vector.amp_url)
    # These two facts are about the link, not about the target.
    expected = {name: value for name, value in vector.facts.items() if name not in ("first_id", "known_url")}
    assert facts(target) == expected
    if "known_url" in vector.facts:
        assert target.url_len == len(vector.facts["known_url"])
    assert gnl.decode(vector.link.encode()) == target
    assert gnl.decode(bytearray(vector.link.encode())) == target
    if target.canonical_url is not None:
        assert target.url_len == len(target.canonical_url.encode())


@pytest.mark.parametrize("vector", ERRORS, ids=lambda vector: vector.note)
def test_invalid_links_are_errors_with_kind_and_offset(vector: Vector) -> None:
    with pytest.raises(gnl.DecodeError) as of_bytes:
        gnl.decode(vector.link.encode())
    with pytest.raises(gnl.DecodeError) as of_str:
        gnl.decode(vector.link)
    offset = None if vector.facts["offset"] == "none" else int(vector.facts["offset"])
    assert (of_bytes.value.kind, of_bytes.value.offset) == (error_kind(vector.facts["error"]), offset)
    assert (of_str.value.kind, str(of_str.value)) == (of_bytes.value.kind, str(of_bytes.value))
    if of_str.value.offset is not None:
        before = vector.link[: of_str.value.offset].encode()
        after = vector.link[: of_str.value.offset + 1].encode()
        assert len(before) <= (of_bytes.value.offset or 0) <= len(after)


def test_all_kinds_are_tested_and_declared() -> None:
    assert {vector.kind for vector in TARGETS} == set(get_args(Kind))
    names = {error_kind(vector.facts["error"]) for vector in ERRORS}
    assert names <= set(get_args(ErrorKind))


def test_each_kind_has_a_class() -> None:
    classes = {vector.kind: type(gnl.decode(vector.link)) for vector in TARGETS}
    assert len(set(classes.values())) == len(classes)
    for kind, cls in classes.items():
        assert cls.__name__ == "".join(word.capitalize() for word in kind.split("-"))
        assert getattr(gnl, cls.__name__) is cls
        assert issubclass(cls, gnl.Target)


def test_offsets_count_characters_of_str_and_bytes_of_bytes() -> None:
    link = "https://news.google.com/articles/CBMiYmh0dHBzOü"
    with pytest.raises(gnl.DecodeError) as error:
        gnl.decode(link)
    assert error.value.offset is not None
    assert link[error.value.offset] == "ü"
    # Non-ASCII characters before the one at fault.
    link = f"\u00a0\u00a0https://news.google.com/articles/{ARTICLE}é{ARTICLE}"
    with pytest.raises(gnl.DecodeError) as error:
        gnl.decode(link)
    assert error.value.offset == link.index("é")
    with pytest.raises(gnl.DecodeError) as error:
        gnl.decode(link.encode())
    assert error.value.offset == link.encode().index("é".encode())


@pytest.mark.parametrize("link", [1, None, 1.5, ["a"], memoryview(b"a"), object(), str])
def test_a_link_of_another_type_is_a_type_error_that_names_it(link: Any) -> None:
    with pytest.raises(TypeError, match=f"not {type(link).__qualname__}|not .*{type(link).__qualname__}"):
        gnl.decode(link)


def test_the_link_is_positional_only() -> None:
    with pytest.raises(TypeError, match="positional"):
        gnl.decode(link=ARTICLE)  # type: ignore[call-arg]


@pytest.mark.parametrize("link", ["\ud800", ARTICLE + "\udfff", "\udcff" * 3 + ARTICLE])
def test_lone_surrogates_are_errors_at_their_character(link: str) -> None:
    with pytest.raises(gnl.DecodeError) as error:
        gnl.decode(link)
    assert error.value.offset in (None, *[i for i, c in enumerate(link) if c > "\ud7ff"])


def test_nul_empty_and_huge_inputs_are_errors() -> None:
    for link, kind in [("", "not-google-news"), ("\0", "not-google-news"), ("CBMi\0YmFk", "truncated")]:
        with pytest.raises(gnl.DecodeError) as error:
            gnl.decode(link)
        assert error.value.kind == kind
    with pytest.raises(gnl.DecodeError) as error:
        gnl.decode("A" * (1 << 30))
    assert (error.value.kind, error.value.offset) == ("too-long", 65_536)


def test_errors_are_value_errors_with_a_message() -> None:
    with pytest.raises(ValueError, match="invalid base64url character '.' at byte 46") as error:
        gnl.decode("https://news.google.com/articles/CBMiYmh0dHBzO...")
    assert isinstance(error.value, gnl.DecodeError)
    assert (error.value.kind, error.value.offset) == ("invalid-byte", 46)


def test_errors_compare_by_value_and_pickle() -> None:
    errors = []
    for link in ["hello", "hello", "CBMiY"]:
        with pytest.raises(gnl.DecodeError) as error:
            gnl.decode(link)
        errors.append(error.value)
    assert errors[0] == errors[1] != errors[2]
    assert hash(errors[0]) == hash(errors[1])
    assert errors[0] != ValueError(str(errors[0]))
    restored = pickle.loads(pickle.dumps(errors[2]))
    assert restored == errors[2]
    assert (restored.kind, restored.offset, str(restored)) == (
        errors[2].kind,
        errors[2].offset,
        str(errors[2]),
    )


@pytest.mark.parametrize("vector", TARGETS, ids=lambda vector: vector.note)
def test_targets_pickle_and_copy(vector: Vector) -> None:
    target = gnl.decode(vector.link)
    for restored in [
        *(pickle.loads(pickle.dumps(target, protocol)) for protocol in range(pickle.HIGHEST_PROTOCOL + 1)),
        copy.copy(target),
        copy.deepcopy(target),
    ]:
        assert restored == target
        assert type(restored) is type(target)
        assert facts(restored) == facts(target)
        assert restored.canonical_url == target.canonical_url


def test_targets_compare_by_value() -> None:
    one, same, other = gnl.decode(ARTICLE), gnl.decode(f"./articles/{ARTICLE}?hl=en"), gnl.decode(VIDEO)
    assert one == same
    assert one != other
    assert one != ARTICLE
    assert hash(one) == hash(same)
    assert len({one, same, other}) == 2


def test_targets_are_immutable_and_have_no_constructor() -> None:
    target = gnl.decode(ARTICLE)
    with pytest.raises(AttributeError):
        target.canonical_url = "x"  # type: ignore[misc]
    with pytest.raises((AttributeError, TypeError)):
        target.other = "x"  # type: ignore[attr-defined]
    for cls in (gnl.Target, gnl.Article):
        with pytest.raises(TypeError):
            cls()


def test_match_statements_take_the_kind_or_the_class() -> None:
    match gnl.decode(ARTICLE):
        case gnl.Target("article", url):
            assert url == ARTICLE_URL
        case _:
            pytest.fail("no match")
    match gnl.decode(OPAQUE):
        case gnl.Article():
            pytest.fail("not an article with a URL")
        case gnl.OpaqueArticle(token, 19):
            assert token == TOKEN


def test_targets_have_a_repr_and_a_str() -> None:
    assert repr(gnl.decode(ARTICLE)) == "<Article https://amu.tv/111931/>"
    assert repr(gnl.decode(OPAQUE)) == f"<OpaqueArticle {TOKEN}>"
    assert str(gnl.decode(PUBLICATION)) == f"publication {PUBLICATION}"


def test_ids_and_links_lead_back_to_the_target() -> None:
    for vector in TARGETS:
        target = gnl.decode(vector.link)
        link = target.to_link()
        if isinstance(target, gnl.Redirect):
            assert (target.id, link) == (None, None)
        else:
            assert target.id is not None
            assert target.id in vector.link
            assert link is not None
            assert gnl.decode(link) == target
    assert gnl.decode(REDIRECT).canonical_url == "https://example.com/a?b=1"


def test_targets_are_freed() -> None:
    gc.collect()
    before = len(gc.get_objects())
    for _ in range(1000):
        gnl.decode(ARTICLE)
    gc.collect()
    assert len(gc.get_objects()) - before < 100


def test_targets_cross_processes() -> None:
    context = multiprocessing.get_context("spawn")
    with context.Pool(1) as pool:
        assert pool.map(gnl.decode, [ARTICLE, REDIRECT]) == [gnl.decode(ARTICLE), gnl.decode(REDIRECT)]


def test_the_import_loads_no_other_modules() -> None:
    code = "import sys; before = set(sys.modules); import google_news_link; print(*sorted(set(sys.modules) - before))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert {name.split(".")[0] for name in run.stdout.split()} <= {"google_news_link", "__future__"}
