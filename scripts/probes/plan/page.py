"""The page in Markdown: what the model says of one example, from the committed costs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from string import Template

from probes.bench.show import shown
from probes.plan import check, tables, words
from probes.plan.costs import Costs, Found
from probes.plan.load import Load, Site
from probes.plan.model import plan
from probes.plan.pictures import LISTENERS, crossing

_TEMPLATE = Path(__file__).with_name("plan.md")
EXAMPLE, SITE = Load(), Site()
"""What the page is about."""


def page(costs: Costs, found: Found) -> str:
    """All of it. Raises `probes.plan.model.Impossible`."""
    made = plan(EXAMPLE, costs, SITE)
    machines = {machine for _, result in found for machine in result.machine.values()}
    parts: Mapping[str, str] = {
        "machine": "; ".join(sorted(machines)),
        "question": words.question(EXAMPLE),
        "answer": words.answer(made, costs, SITE),
        "needs": tables.needs(made).markdown(),
        "reach": tables.answer(made, costs).markdown(),
        "first": tables.first(EXAMPLE, costs, SITE).markdown(),
        "what_if": tables.what_if(EXAMPLE, costs, SITE).markdown(),
        "fan_out": tables.fan_out(costs, SITE).markdown(),
        "crowd": shown(costs.reach.together),
        "crossings": _crossings(costs),
        "sharding": tables.sharding(EXAMPLE, costs, SITE).markdown(),
        "factor": f"{check.FACTOR:g}",
        "checked": tables.checked(check.rows(costs)).markdown(),
        "polls": _polls(costs, found),
        "costs": tables.known(costs).markdown(),
    }
    return Template(_TEMPLATE.read_text("utf-8")).substitute(parts)


def _crossings(costs: Costs) -> str:
    said = []
    for listeners in LISTENERS:
        found = crossing(costs, SITE, listeners)
        if found.node is None:
            said.append(
                f"* {listeners:,} listen: the nodes are the limit, as far as the plot goes."
            )
        else:
            number = "1 node" if found.node == 1 else f"{found.node} nodes"
            said.append(f"* {listeners:,} listen: Redis is the limit from {number} on.")
    return "\n".join(said)


def _polls(costs: Costs, found: Found) -> str:
    rows = list(check.polls(found, costs))
    if not rows:
        return ""
    told = "Polls, told from the cost of one that finds nothing; nothing is held to this:"
    return f"{told}\n\n{tables.checked(rows, held=False).markdown()}"
