"""The parts of the report about results: a table each, with the sentences that belong to it."""

from __future__ import annotations

from probes.bench.figures import SPLIT
from probes.bench.show import shown
from probes.loads.numbers import median
from probes.study.matrix import INTERVAL, POLLED, PUSHED
from probes.study.model import CPU
from probes.study.reading import Estimate, Group, Study, Way
from probes.study.scaling import PARTS, Scaling
from probes.study.words import bullets, cell, table

P50, P99 = "delivery_p50_ms", "delivery_p99_ms"
WIRE = "wire_bytes_per_delivery"
_IDLE = {
    "idle_cpu_us_per_member": "us a second",
    "wire_bytes_per_member_s": "bytes a second",
    "bytes_per_stream": "memory of the server (B)",
    "socket_bytes_per_stream": "of the kernel (B)",
    "connect_us": "us to come in",
}
"""Figure -> how it is called, of one member."""
UNMEASURED = "Not measured in this form of the study."


def base(study: Study, transport: str) -> Group | None:
    """A transport in the middle cell."""
    return study.one("base", transport=transport)


def delay(study: Study) -> str:
    """Intended and closed, side by side, with what was offered and who was busy."""
    names = [f"delivery_{name}_ms" for name in ("p50", "p90", "p99", "p999", "max")]
    names += [f"delivery_closed_{name}_ms" for name in ("p50", "p99")]
    shares = ("server_share", "client_share", "others_share")
    rows = [
        (
            group.way,
            *(cell(group.estimate(name)) for name in names),
            _achieved(group),
            *(_percent(group, name) for name in shares),
            _deliveries(group),
        )
        for group in study.find("base")
    ]
    head = ("ms", "p50", "p90", "p99", "p99.9", "max", "closed p50", "closed p99", "achieved")
    return table((*head, "server busy", "client busy", "others", "n"), rows)


def trips(study: Study) -> str:
    """Where the time of a single message goes."""
    rows = [
        (group.way, *(cell(group.estimate(f"split_{name}_ms")) for name in SPLIT))
        for group in study.find("base")
        if group.values(f"split_{next(iter(SPLIT))}_ms")
    ]
    return table(("ms", *SPLIT.values()), rows) or UNMEASURED


def rates(study: Study) -> str:
    """The delay at the fewest and at the most messages."""
    lines = []
    for transport in (*PUSHED, POLLED):
        groups = by_rate(study, transport)
        if len(groups) > 1:
            first, last = groups[0], groups[-1]
            few = f"{first.estimate(P50)} ms at {first.rate:g} a second"
            many = f"{last.estimate(P50)} ms at {last.rate:g}"
            tail = f"99th percentile there {last.estimate(P99)} ms"
            lines.append(f"{first.way}: median {few}, {many}; {tail}.")
    return bullets(lines) or UNMEASURED


def by_rate(study: Study, transport: str) -> list[Group]:
    """The cells that differ from the middle one in their rate, from the least to the most."""
    found = [
        one
        for one in study.find("base", "rate", "polling", transport=transport)
        if one.way.interval in (None, INTERVAL) and one.rate and one.estimate(P50)
    ]
    return sorted(found, key=lambda one: one.rate)


def members(study: Study) -> str:
    """Processor time of a delivery, and its delay, by the number of members."""
    groups = study.find("members")
    sizes = sorted({group.subscribers for group in groups})
    if not sizes:
        return UNMEASURED
    rows = []
    for way in dict.fromkeys(group.way for group in groups):
        own = {group.subscribers: group for group in groups if group.way == way}
        each = [own.get(size) for size in sizes]
        costs = [cell(group.estimate(CPU)) if group else "" for group in each]
        tails = [cell(group.estimate(P99)) if group else "" for group in each]
        rows.append((way, *costs, *tails))
    head = ["", *(f"us, {size:,}" for size in sizes), *(f"p99 ms, {size:,}" for size in sizes)]
    text = (
        "Processor time of a delivery, and 99th percentile of the delay, by the number of members, "
        f"at {groups[0].rate:g} messages a second. A post is paid once, whoever listens."
    )
    return f"{text}\n\n{table(head, rows)}"


def wire(study: Study) -> str:
    """What is asked in vain."""
    names = ("requests_per_delivery", "wasted_polls_per_delivery", WIRE)
    rows = [
        (group.way, *(cell(group.estimate(name)) for name in names), wasted(group) or "")
        for group in study.find("wire")
    ]
    head = ("", "requests per delivery", "of these in vain", "bytes per delivery", "share in vain")
    return table(head, rows) or UNMEASURED


def wasted(group: Group | None) -> str:
    """The share of polls that brought nothing; empty where nobody polled."""
    if group is None:
        return ""
    polls, vain = group.values("requests_per_delivery"), group.values("wasted_polls_per_delivery")
    shares = [vain[number] / polls[number] for number in vain if polls.get(number)]
    return f"{median(shares):.0%}" if shares else ""


def idle(study: Study) -> str:
    """What a member costs to whom nothing is said."""
    rows = [
        (group.way, *(cell(group.estimate(name)) for name in _IDLE))
        for group in study.find("idle")
        if group.values("idle_cpu_us_per_member")
    ]
    if not rows:
        return UNMEASURED
    beat = study.find("idle")[0].parameters.get("heartbeat")
    text = (
        f"One member, by `scripts/lab idle`; streams have a beat each {beat:g} s here, so that a "
        "short run sees some, and each 25 s by default."
    )
    return f"{text}\n\n{table(('', *_IDLE.values()), rows)}"


def network(study: Study) -> str:
    """Each transport behind each network."""
    groups = study.find("network")
    names = list(dict.fromkeys(group.network for group in groups))
    rows = []
    for way in dict.fromkeys(group.way for group in groups):
        own = [base(study, way.transport)]
        own += [study.one("network", transport=way.transport, network=name) for name in names]
        rows.append((way, *(_middle_and_tail(group) for group in own)))
    return table(("", "loopback", *names), rows) or UNMEASURED


def most(study: Study, transport: str) -> Estimate | None:
    """What one worker does at most in a second: deliveries, or polls."""
    group = study.one("capacity", transport=transport)
    if group is None:
        return None
    if transport != POLLED:
        return group.estimate("deliveries_per_s")
    each, deliveries = group.values("requests_per_delivery"), group.values("deliveries_per_s")
    polls = [each[number] * deliveries[number] for number in deliveries if number in each]
    return Estimate.of(polls, group.says("deliveries_per_s")) if polls else None


def one_node(study: Study, transport: str) -> Estimate | None:
    """Members of the largest room of one node."""
    for part in PARTS[::-1]:
        if found := Scaling(study.results, part).estimate(transport, 1, "capacity_members"):
            return found
    return None


def capacity(study: Study) -> str:
    """Largest rooms, by transport and by the number of nodes, and what stopped them."""
    both = [Scaling(study.results, part) for part in PARTS]
    scaling = both[0] if both[0].transports else both[1]
    if not scaling.transports:
        return UNMEASURED
    text = (
        f"The largest room that has its messages, {scaling.rate:g} a second, within "
        f"{scaling.limit:g} ms at the 99th percentile, by `scripts/lab scale`: nodes join behind "
        "HAProxy while it runs."
    )
    if scaling.quota:
        text += f" Each has {scaling.quota:.0%} of a processor: so the machine is not the limit."
    parts = [text]
    for one in both:
        if one.transports:
            parts += [_searches(one), bullets(_stopped(one, way) for way in one.transports)]
    return "\n\n".join(parts)


def _searches(scaling: Scaling) -> str:
    names = ("capacity_members", "capacity_per_s", "speed_up", "efficiency")
    rows = [
        (
            Way(way, scaling.interval if way == POLLED else None),
            nodes,
            *(cell(scaling.estimate(way, nodes, name)) for name in names),
            cell(scaling.estimate(way, nodes, "cpu_us_per_delivery_nodes")),
        )
        for way in scaling.transports
        for nodes in scaling.nodes(way)
    ]
    head = ("transport", "nodes", "members", "deliveries/s", "speed-up", "efficiency")
    return table((*head, "us of the nodes per delivery"), rows)


def _stopped(scaling: Scaling, transport: str) -> str:
    """The fitted law in a sentence, and what stopped the last search."""
    law, said = scaling.law(transport), []
    if "lam" in law:
        known = law.get("intervals") or {}
        for name, about in (("sigma", "contention"), ("kappa", "coordination")):
            low, high = known.get(name, (law[name], law[name]))
            said.append(f"{about} {law[name]:.3g} ({low:.3g} to {high:.3g})")
        peak = law.get("peak")
        said.append(f"the most at {peak:.0f} nodes" if peak else "no number of nodes is the most")
    said += [law["note"]] if law.get("note") else []
    said += scaling.stopped(transport)
    return f"{Way(transport)}: {'; '.join(said)}."


def _middle_and_tail(group: Group | None) -> str:
    if group is None:
        return ""
    middle, tail = group.estimate(P50), group.estimate(P99)
    if middle is None or tail is None:
        return "failed"
    return f"{shown(middle.middle)}, {shown(tail.middle)}{'' if middle.sound else ' *'}"


def _achieved(group: Group) -> str:
    offered, achieved = group.estimate("offered_per_s"), group.estimate("achieved_per_s")
    if offered is None or achieved is None:
        return ""
    return f"{shown(achieved.middle)} of {shown(offered.middle)}"


def _percent(group: Group, figure: str) -> str:
    found = group.estimate(figure)
    return f"{found.middle:.0%}" if found else ""


def _deliveries(group: Group) -> str:
    whole = group.histogram("delivery")
    return f"{whole.total_count:,}" if whole else ""
