"""Skips for what a machine may lack; where CI has installed everything they are failures."""

import os

import pytest


def needs(found: object, reason: str) -> None:
    """Skip the test unless ``found``; with DIGESTMAIL_TEST_ALL set, fail it instead."""
    if not found:
        (pytest.fail if os.environ.get("DIGESTMAIL_TEST_ALL") else pytest.skip)(reason)
