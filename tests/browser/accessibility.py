"""What axe finds on a page that it minds seriously: a list of lines, empty where all is well."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

_TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
_OPTIONS = {"resultTypes": ["violations"], "runOnly": {"type": "tag", "values": _TAGS}}
_axe = Axe()


def findings(page: Page, where: str) -> list[str]:
    """Serious and critical ones, each with where it is."""
    # What is asked for anew is pale meanwhile.
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
    # What fades in has another contrast while it does.
    page.evaluate(
        "document.getAnimations().forEach((one) =>"
        " one.effect.getTiming().iterations === Infinity ? one.cancel() : one.finish())"
    )
    found = _axe.run(page, options=_OPTIONS)
    return [
        f"{where}: {violation['id']}: {node['html'][:160]}"
        for violation in found.response["violations"]
        if violation["impact"] in ("serious", "critical")
        for node in violation["nodes"]
    ]
