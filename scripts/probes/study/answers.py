"""What the study answers: the table of the first order, and how it compares with earlier ones."""

from __future__ import annotations

from probes.bench.show import shown
from probes.study.even import again, in_short
from probes.study.matrix import MEMBERS, POLLED, PUSHED, RATE
from probes.study.model import BYTES, CPU
from probes.study.reading import Study, Way, ratio
from probes.study.sections import P50, P99, UNMEASURED, WIRE, base, by_rate, most, one_node, wasted
from probes.study.words import bullets, cell, compared, listed, table

_OTHERS = ("websocket", "long-poll", POLLED)
_COMPARED = {"Median delay": P50, "Processor time": CPU, "Bytes": WIRE}
_EARLIER = {
    "push": (
        "Push takes 7 times the processor time of pull, and saturates at 350 to 500 users (2007; "
        'Bozdag, Mesbah, van Deursen, "A comparison of push and pull techniques for AJAX")'
    ),
    "same": "The difference is not significant (2009)",
    "waste": "96 % of pulls are wasted, with polls each second and a message each 50 s",
    "long": "Long polls have a median of 2 to 4 ms, up to 10,000 messages a second (2011)",
    "again": "Polling wins again once seconds of delay are tolerated (2020)",
}


def first_order(study: Study) -> str:
    """The table that answers in short."""
    rows = [
        (
            f"**{group.way}**",
            *(cell(group.estimate(figure)) for figure in (P50, P99, CPU, WIRE)),
            cell(most(study, group.way.transport)),
            cell(one_node(study, group.way.transport)),
        )
        for group in study.find("base")
    ]
    delays = ("delay, median (ms)", "delay, 99th percentile (ms)")
    costs = ("CPU per delivery (us)", "bytes per delivery")
    head = ("transport", *delays, *costs, "one worker at most (1/s)", "one node (members)")
    return table(head, rows)


def crowd(study: Study) -> tuple[str, str]:
    """Who is in the room of that table, and how much is said there."""
    groups = study.find("base")
    sizes = sorted({group.subscribers for group in groups}) or [MEMBERS]
    rates = sorted({group.rate for group in groups}) or [RATE]
    return (
        f"{listed([f'{size:,}' for size in sizes])} members",
        f"{listed([f'{rate:g}' for rate in rates])} messages a second",
    )


def answer(study: Study) -> str:
    """In sentences: response time, cost, capacity, and when polling is cheaper."""
    sse = base(study, "sse")
    others = [group for name in _OTHERS if (group := base(study, name))]
    parts: dict[str, list[str]] = {}
    for what, figure in _COMPARED.items():
        each = [compared(group.way, ratio(group, sse, figure)) for group in others]
        parts[f"{what}, beside SSE."] = [f"{'; '.join(each)}."] if each else []
    parts["Capacity."] = [_most(study), _rooms(study)]
    cheaper = [in_short(study, CPU, "processor time"), in_short(study, BYTES, "bytes")]
    parts["When polling is cheaper."] = cheaper
    lines = ((lead, " ".join(filter(None, said))) for lead, said in parts.items())
    return bullets(f"**{lead}** {said}" for lead, said in lines if said)


def _most(study: Study) -> str:
    """What one worker does at most."""
    known = {name: found for name in (*PUSHED, POLLED) if (found := most(study, name))}
    pushed = [f"{Way(name)} {one}" for name, one in known.items() if name != POLLED]
    said = f"One worker makes so many deliveries a second: {listed(pushed)}." if pushed else ""
    polls = f"It answers {known[POLLED]} short polls a second." if POLLED in known else ""
    return " ".join(filter(None, (said, polls)))


def _rooms(study: Study) -> str:
    """How large a room one node serves."""
    known = [f"{Way(name)} {one}" for name in (*PUSHED, POLLED) if (one := one_node(study, name))]
    return f"The largest room of one small node, in members: {listed(known)}." if known else ""


def earlier(study: Study) -> str:
    """What others found, and what was found here."""
    vain = wasted(study.one("wire", transport=POLLED))
    here = {
        "push": _push(study),
        "same": _same(study),
        "waste": f"{vain}, with fifty polls for each message" if vain else UNMEASURED,
        "long": _long_polls(study),
        "again": again(study),
    }
    rows = [(found, here[key]) for key, found in _EARLIER.items()]
    return table(("found earlier", "found here"), rows)


def _push(study: Study) -> str:
    """Push against pull, and how large a crowd was served."""
    found = ratio(base(study, "sse"), base(study, POLLED), CPU)
    parts = [f"Beside short polls each second, by processor time: {compared('SSE', found)}."]
    served = [one for one in study.find("members", transport="sse") if one.values(CPU)]
    if served:
        largest = max(served, key=lambda one: one.subscribers)
        busy = largest.estimate("server_share")
        share = f", with its processor {busy.middle:.0%} busy" if busy else ""
        said = f"{largest.subscribers:,} members at {largest.rate:g} messages a second"
        parts.append(f"One worker served {said} on SSE{share}.")
    return " ".join(parts)


def _same(study: Study) -> str:
    """Whether transports differ beyond noise."""
    sse = base(study, "sse")
    found = {
        str(group.way): ratio(group, sse, P50)
        for name in _OTHERS
        if (group := base(study, name)) is not None
    }
    known = {name: one for name, one in found.items() if one and one.sound and one.runs > 1}
    differ = [name for name, one in known.items() if one.certain]
    agree = [name for name, one in known.items() if not one.certain]
    unknown = [name for name in found if name not in known]
    said = [
        f"Of the median delay, beyond noise from SSE: {listed(differ)}." if differ else "",
        f"Not beyond noise: {listed(agree)}." if agree else "",
        f"No verdict: {listed(unknown)}." if unknown else "",
    ]
    return " ".join(part for part in said if part) or UNMEASURED


def _long_polls(study: Study) -> str:
    told = [
        f"{group.estimate(P50)} ms at {shown(group.rate * group.subscribers)}"
        for group in by_rate(study, "long-poll")
    ]
    return f"Median, at so many deliveries a second: {listed(told)}." if told else UNMEASURED
