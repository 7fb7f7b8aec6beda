"""Signatures, verified as a receiver would."""

import base64
import importlib.util
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import dkim
import pytest

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


def record(pem: Path) -> bytes:
    public = openssl("pkey", "-in", str(pem), "-pubout", "-outform", "DER")
    return b"v=DKIM1; k=rsa; p=" + base64.b64encode(public)


def verifies(raw: bytes, txt: bytes) -> bool:
    return bool(dkim.verify(raw, dnsfunc=lambda *_, **__: txt))


def signed_headers(raw: bytes) -> list[str]:
    fields = dict(f.strip().split("=", 1) for f in _signature(raw).split(";"))
    return [name.strip() for name in fields["h"].split(":")]


def _signature(raw: bytes) -> str:
    name, value = dkim.DKIM(raw).headers[0]
    assert name == b"DKIM-Signature"
    return " ".join(bytes(value).decode().split())


def digest(key: DkimKey) -> bytes:
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
        subject="12 neue Arbeiten für Sie",
        text="Grüße\n",
        html="<p>Grüße</p>\n",
        message_id="<1@digest.example.org>",
        date=datetime(2026, 11, 21, tzinfo=UTC),
        list_links=ListLinks("https://digest.example.org/u/" + "t" * 271),
        dkim=key,
    ).raw


def test_a_signed_digest_verifies_and_covers_unsubscription(pem: Path) -> None:
    raw = digest(load_key(pem, "s1", "digest.example.org"))
    assert verifies(raw, record(pem))
    assert {"list-unsubscribe", "list-unsubscribe-post", "from", "subject"} <= set(
        signed_headers(raw)
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"List-Unsubscribe=One-Click", b"List-Unsubscribe=Two-Click"),
        (b"/u/tt", b"/u/xt"),
        (b"From: ", b"From: eve@evil.example\r\nFrom: "),
        (b"=C3=BC", b"=C3=A4"),
    ],
)
def test_a_change_on_the_way_is_noticed(pem: Path, old: bytes, new: bytes) -> None:
    raw = digest(load_key(pem, "s1", "digest.example.org"))
    assert not verifies(raw.replace(old, new, 1), record(pem))


def test_a_field_that_is_absent_is_not_named(pem: Path) -> None:
    assert signed_headers(sign(RAW, load_key(pem, "s1", "e.org"))) == [
        "from",
        "to",
        "subject",
        "from",
    ]


@pytest.mark.parametrize("form", ["-traditional", "-crlf"])
def test_reads_the_forms_rsa_keys_come_in(pem: Path, tmp_path: Path, form: str) -> None:
    content = openssl("rsa", "-in", str(pem), "-traditional")
    path = tmp_path / "key"
    path.write_bytes(content.replace(b"\n", b"\r\n") if form == "-crlf" else content)
    assert verifies(sign(RAW, load_key(path, "s1", "e.org")), record(pem))


def test_an_ed25519_key_signs(tmp_path: Path) -> None:
    signing = pytest.importorskip("nacl.signing", reason="PyNaCl is not installed")
    path = tmp_path / "key.pem"
    path.write_bytes(openssl("genpkey", "-algorithm", "ed25519"))
    key = load_key(path, "s1", "e.org")
    public = bytes(signing.SigningKey(base64.b64decode(key.private_key)).verify_key)
    txt = b"v=DKIM1; k=ed25519; p=" + base64.b64encode(public)
    assert verifies(sign(RAW, key), txt)


def test_ed25519_without_its_library_is_told(tmp_path: Path) -> None:
    if importlib.util.find_spec("nacl"):
        pytest.skip("PyNaCl is installed")
    path = tmp_path / "seed"
    path.write_bytes(base64.b64encode(b"s" * 32) + b"\n")
    with pytest.raises(ConfigError, match="PyNaCl"):
        load_key(path, "s1", "e.org")


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
