"""Settings: where they come from, and what an operator is told when one is wrong."""

from pathlib import Path

import pytest

from digestmail.config import MailSettings, Settings, load
from digestmail.errors import ConfigError

KEY = "a-very-secret-key-of-the-service-0123456789"
GOOD = f"""
public_url = "https://digest.example.org/"
secret_key = "{KEY}"
[mail]
from_address = "digest@example.org"
"""
GOOD_ENVIRONMENT = {
    "DIGESTMAIL_PUBLIC_URL": "https://env.example.org",
    "DIGESTMAIL_SECRET_KEY": KEY,
    "DIGESTMAIL_MAIL__FROM_ADDRESS": "env@example.org",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working directory."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(text: str | bytes, name: str = "my.toml") -> Path:
    path = Path.cwd() / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def told(text: str | bytes = GOOD, **environ: str) -> str:
    """What load says of a settings file; always one line without the key."""
    with pytest.raises(ConfigError) as caught:
        load(written(text), {f"DIGESTMAIL_{name}": value for name, value in environ.items()})
    message = str(caught.value)
    assert "\n" not in message
    assert KEY not in message
    assert caught.value.exit_code == 78
    return message


# --- where settings come from ----------------------------------------------------------------


def test_a_minimal_file_is_enough() -> None:
    settings = load(written(GOOD), {})
    assert settings.public_url == "https://digest.example.org"
    assert settings.host == "digest.example.org"
    assert settings.smtp.port == 587


def test_no_file_is_needed_when_the_environment_says_all() -> None:
    settings = load(None, GOOD_ENVIRONMENT)
    assert settings.mail.from_address == "env@example.org"


def test_the_environment_goes_before_the_file() -> None:
    environ = {"DIGESTMAIL_SMTP__HOST": "relay", "DIGESTMAIL_DIGEST__MAX_PAPERS": "7"}
    settings = load(written(GOOD + '[smtp]\nhost = "other"\nport = 25\n'), environ)
    assert (settings.smtp.host, settings.smtp.port) == ("relay", 25)
    assert settings.digest.max_papers == 7


def test_the_real_environment_is_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGESTMAIL_SMTP__HOST", "relay")
    assert load(written(GOOD)).smtp.host == "relay"
    assert load(written(GOOD), {}).smtp.host == "localhost"


def test_settings_made_in_a_program_do_not_look_around(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGESTMAIL_DATABASE_URL", "sqlite:///production.db")
    settings = Settings(
        public_url="http://localhost",
        secret_key=KEY,
        mail=MailSettings(from_address="a@example.org"),
    )
    assert settings.database_url == "sqlite:///digestmail.db"


def test_lists_in_the_environment_are_json() -> None:
    settings = load(written(GOOD), {"DIGESTMAIL_WEB__TRUSTED_PROXIES": '["10.0.0.1"]'})
    assert settings.web.trusted_proxies == ["10.0.0.1"]


@pytest.mark.parametrize("prefix", ["SECRET_KEY", "SMTP__PASSWORD"])
def test_a_secret_can_lie_in_a_file(prefix: str) -> None:
    secret = written("s" * 40 + "\n", "secret")
    settings = load(written(GOOD), {f"DIGESTMAIL_{prefix}_FILE": str(secret)})
    value = settings.secret_key if prefix == "SECRET_KEY" else settings.smtp.password
    assert value.get_secret_value() == "s" * 40


def test_settings_that_are_files_are_not_read_as_secrets() -> None:
    environ = {"DIGESTMAIL_DKIM__KEY_FILE": "dkim.pem", "DIGESTMAIL_SMTP__CA_FILE": "ca.pem"}
    settings = load(written(GOOD), environ)
    assert (settings.dkim.key_file, settings.smtp.ca_file) == ("dkim.pem", "ca.pem")


def test_the_file_is_found_by_name_by_variable_or_here(folder: Path) -> None:
    named = written(GOOD.replace("digest.example", "named.example"), "named.toml")
    variable = {"DIGESTMAIL_CONFIG": str(written(GOOD.replace("digest.ex", "var.ex"), "v.toml"))}
    written(GOOD, "digestmail.toml")
    assert load(named, variable).host == "named.example.org"
    assert load(None, variable).host == "var.example.org"
    assert load(None, {}).host == "digest.example.org"


def test_relative_paths_start_at_the_file(folder: Path) -> None:
    (folder / "etc").mkdir()
    settings = load(written(GOOD, "etc/my.toml"), {})
    assert settings.path("dkim.pem") == folder / "etc" / "dkim.pem"
    assert settings.path("/abs/dkim.pem") == Path("/abs/dkim.pem")
    assert settings.path("~/dkim.pem") == Path.home() / "dkim.pem"


# --- what the operator is told ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("add", "setting", "variable"),
    [
        ("port = 99999", "smtp.port", "DIGESTMAIL_SMTP__PORT"),
        ('port = "many"', "smtp.port", "DIGESTMAIL_SMTP__PORT"),
        ('tls = "maybe"', "smtp.tls", "DIGESTMAIL_SMTP__TLS"),
        ("connections = 0", "smtp.connections", "DIGESTMAIL_SMTP__CONNECTIONS"),
    ],
)
def test_a_wrong_setting_is_named_with_its_file(add: str, setting: str, variable: str) -> None:
    message = told(f"{GOOD}[smtp]\n{add}\n")
    assert message.startswith(f"{Path.cwd() / 'my.toml'}: {setting}: ")
    assert message.endswith(f"; set it there or with {variable}")


@pytest.mark.parametrize(
    ("lost", "setting"),
    [
        ('public_url = "https://digest.example.org/"', "public_url"),
        (f'secret_key = "{KEY}"', "secret_key"),
        ('from_address = "digest@example.org"', "mail.from_address"),
        ('[mail]\nfrom_address = "digest@example.org"', "mail.from_address"),
    ],
)
def test_a_missing_setting_is_named(lost: str, setting: str) -> None:
    assert f"my.toml: {setting}: is missing; set it there or with" in told(GOOD.replace(lost, ""))


@pytest.mark.parametrize("add", ['[smpt]\nhost = "x"', '[smtp]\nhots = "x"'])
def test_an_unknown_setting_is_to_be_removed(add: str) -> None:
    assert "not a digestmail setting; remove it" in told(f"{GOOD}{add}\n")


@pytest.mark.parametrize("name", ["folder", "self", "_env_prefix", "_env_file", "config"])
def test_no_inner_name_is_a_setting(name: str) -> None:
    assert f"my.toml: {name}: not a digestmail setting" in told(f'{name} = "x"\n{GOOD}')


def test_a_wrong_variable_is_not_blamed_on_the_file() -> None:
    message = told(SMTP__PORT="99999")
    assert message.startswith("the environment: smtp.port: ")
    assert "DIGESTMAIL_SMTP__PORT" in message


@pytest.mark.parametrize("name", ["OLD_SECRET_KEYS", "SMTP"])
def test_a_variable_that_should_be_json_says_so(name: str) -> None:
    assert f"write DIGESTMAIL_{name} as JSON" in told(**{name: KEY})


def test_further_mistakes_are_counted() -> None:
    assert told("").endswith("(and 2 more)")


@pytest.mark.parametrize(
    "url",
    ["", "digest.example.org", "ftp://example.org", "https://", "https://[", "https://a.org:99999",
     "https://a.org/?q=1", "https://a.org/#x", "https://a .org", "https://a\\n.org",
     "javascript:alert(1)"],
)  # fmt: skip
def test_the_public_url_must_be_one(url: str) -> None:
    assert "public_url: " in told(GOOD.replace("https://digest.example.org/", url))


@pytest.mark.parametrize("key", ["", "too short", "x" * 31])
def test_a_short_key_is_refused_and_not_shown(key: str) -> None:
    message = told(GOOD.replace(KEY, key))
    assert "secret_key: must have at least 32 characters" in message
    assert not key or key not in message


def test_a_short_old_key_is_refused_too() -> None:
    message = told(f'old_secret_keys = ["{KEY}", ""]\n{GOOD}')
    assert "old_secret_keys.1: must have at least 32" in message
    assert message.endswith("with DIGESTMAIL_OLD_SECRET_KEYS")


@pytest.mark.parametrize(
    "text", [b"\xff\xfe", b"public_url = ", b"a = 1\na = 2", f"[{KEY}".encode()]
)
def test_a_file_that_cannot_be_read_is_named(text: bytes) -> None:
    assert "my.toml" in told(text)


def test_a_folder_is_no_file(folder: Path) -> None:
    with pytest.raises(ConfigError, match="cannot read"):
        load(folder, {})


def test_a_named_file_must_be_there(folder: Path) -> None:
    with pytest.raises(
        ConfigError, match=r"settings file .*gone.toml does not exist; run: digestmail init"
    ):
        load(folder / "gone.toml", {})


def test_without_any_settings_init_is_advised() -> None:
    with pytest.raises(
        ConfigError, match=r"no digestmail.toml in this folder; run: digestmail init"
    ):
        load(None, {})


def test_with_part_of_the_environment_the_rest_is_named() -> None:
    environ = dict(GOOD_ENVIRONMENT)
    del environ["DIGESTMAIL_MAIL__FROM_ADDRESS"]
    with pytest.raises(ConfigError, match=r"set DIGESTMAIL_MAIL__FROM_ADDRESS\)$"):
        load(None, environ)


def test_an_empty_file_is_a_file() -> None:
    written("", "digestmail.toml")
    with pytest.raises(ConfigError, match=r"^digestmail.toml: public_url: is missing"):
        load(None, {})


@pytest.mark.parametrize("content", [None, b"\xff\xfe"])
def test_a_secret_file_that_cannot_be_read_is_named(content: bytes | None) -> None:
    if content is not None:
        written(content, "secret")
    message = told(SECRET_KEY_FILE="secret")
    assert message.startswith("DIGESTMAIL_SECRET_KEY_FILE: ")
    assert "secret" in message


def test_no_secret_is_shown() -> None:
    text = GOOD + '[smtp]\npassword = "hunter2hunter2"\n'
    old = f'old_secret_keys = ["{KEY[::-1]}"]\ndatabase_url = "postgresql://u:pw-of-db@h/d"\n'
    settings = load(written(old + text), {})
    for shown in (repr(settings), str(settings)):
        assert not [s for s in (KEY, KEY[::-1], "hunter2", "pw-of-db") if s in shown]


@pytest.mark.parametrize("path", ["papers", "papers/", "/static", "digest/of/papers"])
def test_a_path_that_is_also_a_page_is_refused(path: str) -> None:
    text = GOOD.replace("https://digest.example.org", f"https://lab.example/{path}")
    assert "public_url: needs a different path: /" in told(text)


def test_any_other_path_is_fine() -> None:
    text = GOOD.replace("https://digest.example.org", "https://lab.example/mail/papers")
    assert load(written(text), {}).public_url == "https://lab.example/mail/papers"


def test_settings_cannot_be_changed() -> None:
    settings = load(written(GOOD), {})
    with pytest.raises(ValueError, match="frozen"):
        settings.smtp.host = "x"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "meant"),
    [("SMTP_HOST", "SMTP__HOST"), ("SMPT__HOST", "SMTP__HOST"), ("SECRT_KEY_FILE", "SECRET_KEY")],
)
def test_a_misspelt_variable_is_refused(folder: Path, name: str, meant: str) -> None:
    (folder / "key").write_text("x")
    with pytest.raises(ConfigError, match=f"did you mean DIGESTMAIL_{meant}"):
        load(written(GOOD), {f"DIGESTMAIL_{name}": str(folder / "key")})
    with pytest.raises(ConfigError, match="DIGESTMAIL_FOLDER is not a digestmail setting"):
        load(written(GOOD), {"DIGESTMAIL_FOLDER": "/"})
