"""The page about the lab and the lab say the same."""

from __future__ import annotations

import argparse
import re

from probes.__main__ import COMMANDS
from probes.cast import Kind
from probes.proof import command
from probes.violations import Wrong

from tests.running import ROOT

PAGE = (ROOT / "docs" / "lab.md").read_text("utf-8")


def test_every_probe_has_its_part() -> None:
    for name in COMMANDS:
        assert re.search(rf"^## .*\b{name}\b", PAGE, re.MULTILINE), name


def test_every_option_of_the_proof_is_in_its_table() -> None:
    parser = argparse.ArgumentParser()
    command.options(parser)
    for action in parser._actions:
        for option in action.option_strings:
            assert option in ("-h", "--help") or f"`{option}" in PAGE, option


def test_everything_that_can_be_wrong_is_explained() -> None:
    for wrong in Wrong:
        assert wrong in PAGE, wrong


def test_every_kind_of_reader_is_introduced() -> None:
    for kind in Kind:
        assert f"*{kind}" in PAGE, kind
