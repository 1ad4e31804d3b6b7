"""x"""

from probes.rig.node import ROOT

PAGE = ROOT / "docs" / "delivery-figures.md"


def runs():
    return []


def page(found):
    return ""
