"""Signatures, verified as a receiver would."""

import base64
import subprocess
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digestmail.errors import ConfigError
from digestmail.mail.dkim import DkimKey, load_key, sign
from digestmail.mail.message import Identity, ListLinks, build

RAW = b"From: a@e.org\r\nTo: b@e.org\r\nSubject: Hi\r\n\r\nbody\r\n"


def openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True).stdout


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("dkim") / "key.pem"
    path.write_bytes(openssl("genrsa", "2048"))
    return path


@pytest.fixture(scope="module")
def rsa(pem: Path) -> DkimKey:
    return load_key(pem, "s1", "digest.example.org")


@pytest.fixture(scope="module")
def ed25519(tmp_path_factory: pytest.TempPathFactory) -> DkimKey:
    path = tmp_path_factory.mktemp("dkim") / "seed"
    path.write_bytes(base64.b64encode(b"s" * 32) + b"\n")
    return load_key(path, "s1", "digest.example.org")


@pytest.fixture(scope="module", params=["rsa", "ed25519"])
def key(request: pytest.FixtureRequest) -> DkimKey:
    found = request.getfixturevalue(request.param)
    assert isinstance(found, DkimKey)
    return found


def verifies(raw: bytes, key: DkimKey) -> bool:
    def published(name: bytes, **_: object) -> bytes:
        assert name.decode() == f"{key.name}."
        return key.record.encode()

    return bool(dkim.verify(raw, dnsfunc=published))


def tags(raw: bytes) -> dict[str, str]:
    name, value = dkim.DKIM(raw).headers[0]
    assert name == b"DKIM-Signature"
    pairs = "".join(bytes(value).decode().split()).split(";")
    return dict(pair.split("=", 1) for pair in pairs)


def signed_headers(raw: bytes) -> list[str]:
    return tags(raw)["h"].split(":")


def digest(key: DkimKey, subject: str = "12 neue Arbeiten für Sie", text: str = "Grüße\n") -> bytes:
    me = Identity(
        from_address="daily@digest.example.org",
        from_name="Łukasz’s papers",
        list_id="daily.digest.example.org",
        list_name="papers",
        sender_id="digestmail",
        help_url="https://digest.example.org/help",
    )
    return build(
        me,
        recipient="alice@example.net",
        subject=subject,
        text=text,
        html="<p>Grüße</p>\n",
        message_id="<1@digest.example.org>",
        date=datetime(2026, 11, 21, tzinfo=UTC),
        campaign="d20261121:daily:digest",
        list_links=ListLinks("https://digest.example.org/u/" + "t" * 271),
        dkim=key,
    ).raw


def test_a_signed_digest_verifies(key: DkimKey) -> None:
    raw = digest(key)
    assert verifies(raw, key)
    assert tags(raw)["a"] == f"{key.kind}-sha256"
    assert tags(raw)["t"] == str(int(datetime(2026, 11, 21, tzinfo=UTC).timestamp()))


def test_all_that_the_mail_says_of_itself_is_covered(key: DkimKey) -> None:
    raw = digest(key)
    names = {str(name, "ascii").lower() for name, _ in dkim.DKIM(raw).headers}
    assert names - set(signed_headers(raw)) == {"dkim-signature"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"/u/tt", b"/u/xt"),
        (b"=C3=BC", b"=C3=A4"),
        (b"d=digest.", b"d=other."),
    ],
)
def test_a_change_on_the_way_is_noticed(key: DkimKey, old: bytes, new: bytes) -> None:
    changed = digest(key).replace(old, new, 1)
    assert changed != digest(key)
    # d= decides where the key is looked for: wherever that is, the signature covers d= too.
    assert not dkim.verify(changed, dnsfunc=lambda *_, **__: key.record.encode())


@pytest.mark.parametrize(
    "field",
    [
        "From: eve@evil.example",
        "Sender: eve@evil.example",
        "To: eve@evil.example",
        "Cc: eve@evil.example",
        "Reply-To: eve@evil.example",
        "Subject: You have won",
        "Date: Sat, 21 Nov 2026 06:30:00 +0000",
        "Message-ID: <2@evil.example>",
        "In-Reply-To: <2@evil.example>",
        "References: <2@evil.example>",
        "MIME-Version: 1.0",
        "Content-Type: text/html",
        "Content-Transfer-Encoding: base64",
        "Content-Disposition: attachment",
        "List-Unsubscribe: <https://evil.example>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
    ],
)
@pytest.mark.parametrize("list_mail", [True, False])
def test_another_field_added_on_the_way_is_noticed(
    key: DkimKey, field: str, list_mail: bool
) -> None:
    raw = digest(key) if list_mail else sign(RAW, key)
    assert verifies(raw, key)
    assert not verifies(f"{field}\r\n".encode() + raw, key)


def test_what_relays_and_receivers_add_breaks_nothing(key: DkimKey) -> None:
    added = b"Return-Path: <>\r\nReceived: by mx\r\nFeedback-ID: 1:ses\r\nList-Archive: <x:y>\r\n"
    assert verifies(added + digest(key) + b"\r\n\r\n", key)


def test_the_same_bytes_get_the_same_signature(key: DkimKey) -> None:
    assert digest(key) == digest(key)


def test_a_field_that_is_absent_is_named_only_to_stay_absent(rsa: DkimKey) -> None:
    counts = Counter(signed_headers(sign(RAW, rsa)))
    present = {"from", "to", "subject"}
    assert {name for name, count in counts.items() if count > 1} == present
    assert {"sender", "cc", "references", "content-transfer-encoding"} <= set(counts) - present
    assert "t" not in tags(sign(RAW, rsa))


@pytest.mark.parametrize(
    "raw",
    [
        b"From: a@e.org\r\n\r\n",
        b"From: a@e.org\r\n\r\n\r\n\r\n\r\n",
        b"From: a@e.org\r\n\r\nbody\r\n\r\n\r\n",
        b"From: a@e.org\r\n\r\n\r\n\r\nbody \t \r\n \r\n\t\r\n",
        b"From: a@e.org\r\n\r\n.\r\n..\r\n. \r\n",
        b"From:a@e.org  \r\nSubject:  a  \t b\t\r\n\tc\r\n \r\n  d\r\n\r\nx\r\n",
        b"FROM: a@e.org\r\nSubject:\r\n =?utf-8?q?=C3=A4?=\r\n =?utf-8?q?b?=\r\n\r\nx\r\n",
        b"From: a@e.org\r\nTo: a\r\nTo: b\r\nTo: c\r\nSubject:\r\n\r\nx\r\n",
        b"From: a@e.org\r\nDate: yesterday\r\nX: y:z;b=1\r\n\r\n" + b"x" * 998 + b"\r\n",
    ],
)
def test_odd_mails_verify(key: DkimKey, raw: bytes) -> None:
    assert verifies(sign(raw, key), key)


_names = st.sampled_from(["Subject", "To", "list-unsubscribe", "X-Y", "Date", "Feedback-ID"])
_letters = st.text(st.sampled_from(" \t.:;=?<b>é"), max_size=12)
_values = st.lists(_letters, max_size=3).map("\r\n ".join)
_bodies = st.lists(_letters, max_size=6).map(lambda lines: "".join(f"{one}\r\n" for one in lines))


@settings(max_examples=200)
@given(st.lists(st.tuples(_names, _values), max_size=6), _bodies)
def test_every_mail_verifies(ed25519: DkimKey, fields: list[tuple[str, str]], body: str) -> None:
    head = "".join(f"{name}: {value}\r\n" for name, value in [*fields, ("From", "a@e.org")])
    raw = f"{head}\r\n{body}".encode("latin-1")
    assert verifies(sign(raw, ed25519), ed25519)


@settings(max_examples=15)
@given(st.text(max_size=60), st.text(max_size=200))
def test_every_mail_that_we_build_verifies(key: DkimKey, subject: str, text: str) -> None:
    assert verifies(digest(key, subject=subject, text=text), key)


def test_no_line_of_a_signature_is_long(key: DkimKey) -> None:
    head = digest(key).partition(b"From: ")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 78


@pytest.mark.parametrize("form", ["-traditional", "-crlf"])
def test_reads_the_forms_rsa_keys_come_in(
    pem: Path, tmp_path: Path, form: str, rsa: DkimKey
) -> None:
    content = openssl("rsa", "-in", str(pem), "-traditional")
    path = tmp_path / "key"
    path.write_bytes(content.replace(b"\n", b"\r\n") if form == "-crlf" else content)
    assert load_key(path, "s1", "digest.example.org").record == rsa.record


def test_the_record_is_the_public_half(pem: Path, rsa: DkimKey) -> None:
    public = openssl("pkey", "-in", str(pem), "-pubout", "-outform", "DER")
    assert rsa.record == f"v=DKIM1; k=rsa; p={base64.b64encode(public).decode()}"
    assert rsa.name == "s1._domainkey.digest.example.org"


def test_an_ed25519_key_in_pem_signs(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(openssl("genpkey", "-algorithm", "ed25519"))
    key = load_key(path, "s1", "e.org")
    assert verifies(sign(RAW, key), key)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nMIIBOgIB\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\nA\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----",
        b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n",
        base64.b64encode(b"short"),
    ],
)
def test_what_is_no_key_is_told_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.key"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"DKIM key .*bad\.key: .") as raised:
        load_key(path, "s1", "e.org")
    assert "\n" not in str(raised.value)


def test_other_files_are_told_too(tmp_path: Path, pem: Path) -> None:
    weak, public, elliptic = tmp_path / "weak", tmp_path / "public", tmp_path / "elliptic"
    weak.write_bytes(openssl("genrsa", "512"))
    public.write_bytes(openssl("pkey", "-in", str(pem), "-pubout"))
    elliptic.write_bytes(openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout"))
    for path in (weak, public, elliptic, tmp_path / "absent"):
        with pytest.raises(ConfigError, match=path.name):
            load_key(path, "s1", "e.org")


@pytest.mark.parametrize(("selector", "domain"), [("", "e.org"), ("s1", ""), ("s1", "bücher.de")])
def test_selector_and_domain_must_be_usable(pem: Path, selector: str, domain: str) -> None:
    with pytest.raises(ConfigError, match="DKIM key"):
        load_key(pem, selector, domain)


def test_a_key_is_not_shown(pem: Path) -> None:
    assert "PRIVATE" not in repr(load_key(pem, "s1", "e.org"))
