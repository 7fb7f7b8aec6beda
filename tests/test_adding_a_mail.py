"""CONTRIBUTING.md's recipe for a new mail, followed to the letter in a copy of the project."""

from email import message_from_bytes, policy
from pathlib import Path

import pytest
from recipes import ROOT, follow, run

PLAN_AND_SEND = """
from pathlib import Path
from digestmail.app import App
from digestmail.config import load
from digestmail.domain import DeliveryKind

app = App(load(Path("digestmail.toml"), {}))
ada = app.store.subscribers.by_email("ada@example.net")
for _ in range(2):
    app.store.ledger.plan(DeliveryKind.RESUMED, ada.id, ada.email, "resumed:1", app.clock())
print(app.deliver().states)
app.close()
"""


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the project that follows the recipe."""
    return follow("Add an email", tmp_path)


def test_the_mail_of_the_recipe_is_complete(copy: Path) -> None:
    tests = str(ROOT / "tests" / "test_mails.py")
    assert "passed" in run(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", tests)


def test_the_mail_of_the_recipe_is_sent_once(copy: Path) -> None:
    run(copy, "-m", "digestmail", "init")
    settings = copy.parent / "digestmail.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[mail]\n", '[mail]\noutbox = "outbox"\n'), encoding="utf-8")
    run(copy, "-m", "digestmail", "migrate")
    subscriber = ("ada@example.net", "--active", "--keywords", "ice")
    run(copy, "-m", "digestmail", "subscriber", "add", *subscriber)
    run(copy, "-c", PLAN_AND_SEND)
    (file,) = (copy.parent / "outbox").glob("*.eml")
    mail = message_from_bytes(file.read_bytes(), policy=policy.default)
    assert mail["Subject"] == "Your pause is over"
    for kind in ("plain", "html"):
        body = mail.get_body((kind,))
        assert body is not None
        assert "#days" in body.get_content()
