"""What the study says, part by part: tables and sentences for the report."""

from __future__ import annotations

import math
from collections.abc import Callable

from probes.bench.show import shown
from probes.loads.numbers import median
from probes.study import model
from probes.study.matrix import MEMBERS, POLLED, PUSHED, RATE
from probes.study.model import BYTES, CPU, Model
from probes.study.reading import Estimate, Group, Study, ratio
from probes.study.scaling import Scaling
from probes.study.words import bullets, cell, compared, listed, seconds, span, table

_P50, _P99 = "delivery_p50_ms", "delivery_p99_ms"
_WIRE = "wire_bytes_per_delivery"
_UNMEASURED = "Not measured in this form of the study."
_RATES = (RATE, 1.0, 0.02)
"""Messages a second for which the break-even is told: a busy room, a quiet one, one each 50 s."""


def base(study: Study, transport: str) -> Group | None:
    """A transport in the middle cell."""
    return study.one("base", transport=transport)


def first_order(study: Study) -> str:
    """The table that answers in short."""
    scaling = Scaling(study.results)
    rows = []
    for group in study.find("base"):
        transport = group.way.transport
        rows.append(
            (
                f"**{group.way}**",
                *(cell(group.estimate(figure)) for figure in (_P50, _P99, CPU, _WIRE)),
                cell(most(study, transport)),
                cell(scaling.estimate(transport, 1, "capacity_members")),
            )
        )
    head = (
        "transport",
        "delay, median (ms)",
        "delay, 99th percentile (ms)",
        "CPU per delivery (us)",
        "bytes per delivery",
        "one worker at most (1/s)",
        "members of one small node",
    )
    about = (
        f"{_crowd(study)} in one room, {RATE:g} messages a second, one worker; medians of repeated "
        "runs, in brackets 95 % intervals by the bootstrap. `*`: no verdict, since others took "
        "processor time or the client was the limit. *One worker at most*: deliveries a second when as "
        "many messages are sent as come through; for short polls, polls a second. *Members of one small "
        f"node*: within {_limit(scaling)} at the 99th percentile, as [below](#capacity)."
    )
    return f"{table(head, rows)}\n\n{about}"


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


def answer(study: Study) -> str:
    """In sentences."""
    sse, polls = base(study, "sse"), base(study, POLLED)
    lines = [
        compared(str(polls.way), "SSE", "median delay", ratio(polls, sse, _P50)) if polls else "",
        compared("WebSocket", "SSE", "median delay", ratio(base(study, "websocket"), sse, _P50)),
        compared("long polls", "SSE", "median delay", ratio(base(study, "long-poll"), sse, _P50)),
        compared("long polls", "SSE", "processor time", ratio(base(study, "long-poll"), sse, CPU)),
        compared(str(polls.way), "SSE", "processor time", ratio(polls, sse, CPU)) if polls else "",
        _break_even(study, CPU, "processor time"),
        _break_even(study, BYTES, "bytes"),
    ]
    return bullets(lines)


def delay(study: Study) -> str:
    """Intended and closed, side by side, with what was offered and who was busy."""
    rows = [
        (
            group.way,
            *(
                cell(group.estimate(f"delivery_{name}_ms"))
                for name in ("p50", "p90", "p99", "p999")
            ),
            *(cell(group.estimate(f"delivery_closed_{name}_ms")) for name in ("p50", "p99")),
            _achieved(group),
            *(_percent(group, name) for name in ("server_share", "client_share", "others_share")),
            _deliveries(group),
        )
        for group in study.find("base")
    ]
    head = ("ms", "p50", "p90", "p99", "p99.9", "closed p50", "closed p99", "achieved")
    busy = ("server busy", "client busy", "others", "n")
    text = (
        "Delays count from the moment at which a message was *meant* to be sent; the closed-loop "
        "columns count from when it was in fact, which hides what waits before the server. *Achieved*: "
        "messages a second that came, of those that were offered."
    )
    return f"{text}\n\n{table((*head, *busy), rows)}"


def rate(study: Study) -> str:
    """How the median delay grows from the fewest to the most messages."""
    lines = []
    for transport in (*PUSHED, POLLED):
        groups = [
            one
            for one in study.find("base", "rate", "polling", transport=transport)
            if one.way.interval in (None, 1.0) and one.rate and one.estimate(_P50)
        ]
        groups.sort(key=lambda one: one.rate)
        if len(groups) > 1:
            first, last = groups[0], groups[-1]
            lines.append(
                f"{first.way}: median {first.estimate(_P50)} ms at {first.rate:g} messages a second, "
                f"{last.estimate(_P50)} ms at {last.rate:g}, and 99th percentile "
                f"{last.estimate(_P99)} ms."
            )
    return bullets(lines) or _UNMEASURED


def members(study: Study) -> str:
    """Processor time of a delivery by the number of members."""
    groups = study.find("members")
    sizes = sorted({group.subscribers for group in groups})
    if not sizes:
        return _UNMEASURED
    rows = []
    for way in dict.fromkeys(group.way for group in groups):
        own = {group.subscribers: group for group in groups if group.way == way}
        costs = [cell(own[size].estimate(CPU)) if size in own else "" for size in sizes]
        tails = [cell(own[size].estimate(_P99)) if size in own else "" for size in sizes]
        rows.append((way, *costs, *tails))
    at = groups[0].rate
    head = ["", *(f"us, {size:,}" for size in sizes), *(f"p99 ms, {size:,}" for size in sizes)]
    text = (
        f"Processor time of a delivery (us), and 99th percentile of the delay (ms), by the number of "
        f"members, at {at:g} messages a second. A post is paid once, whoever listens; so each delivery "
        "has less of it, the more members there are."
    )
    return f"{text}\n\n{table(head, rows)}"


def freshness(study: Study) -> str:
    """The break-even, and how well the model foretells what was measured."""
    parts = [
        "A member who polls each *T* seconds sees a message *T*/2 late in the mean and *T* at worst, "
        "whatever the server; a member on a stream sees it as soon as it can be there. Polling costs the "
        "same whether anything was said or not, and brings all that was said at once; a stream costs "
        "with each message. So there is an interval from which on polling is cheaper. It is the same number "
        "of messages for each poll, whatever their rate."
    ]
    for figure, what, unit in ((CPU, "processor time", "us"), (BYTES, "bytes", "B")):
        found = model.of(study, figure)
        parts.append(_priced(found, what, unit) if found else f"For {what}: {_UNMEASURED.lower()}")
    return "\n\n".join(parts)


def wire(study: Study) -> str:
    """What is asked in vain."""
    groups = study.find("wire")
    rows = [
        (
            group.way,
            *(
                cell(group.estimate(name))
                for name in ("requests_per_delivery", "wasted_polls_per_delivery", _WIRE)
            ),
            share if (share := wasted(group)) is not None else "",
        )
        for group in groups
    ]
    if not rows:
        return _UNMEASURED
    head = ("", "requests per delivery", "in vain", "bytes per delivery", "polls in vain")
    text = (
        "Fifty polls for each message, as with polls each second and a message each 50 s, but twenty "
        "times as fast. Bytes are those that the client wrote and read; what TCP and IP add is not "
        "counted. A stream's beats, one each 25 s, are too rare to be seen in so short a run."
    )
    return f"{text}\n\n{table(head, rows)}"


def wasted(group: Group | None) -> str | None:
    """The share of polls that brought nothing."""
    if group is None:
        return None
    all_of, vain = group.values("requests_per_delivery"), group.values("wasted_polls_per_delivery")
    shares = [vain[number] / all_of[number] for number in vain if all_of.get(number)]
    return f"{median(shares):.0%}" if shares else None


def network(study: Study) -> str:
    """What a round trip adds to each transport."""
    groups = study.find("network")
    if not groups:
        return _UNMEASURED
    names = list(dict.fromkeys(group.network for group in groups))
    ways = list(dict.fromkeys(group.way for group in groups))
    rows = []
    for way in ways:
        own = [study.one("base", transport=way.transport)]
        own += [study.one("network", transport=way.transport, network=name) for name in names]
        rows.append((way, *(_middle_and_tail(group) for group in own)))
    text = (
        "Median and 99th percentile, ms. Delay and jitter are each way; a lost segment comes after TCP's "
        "retransmission time-out, and everything behind it waits. `proxies`: HAProxy beside the client "
        "and nginx before the server, without TLS, which shows what these two cost; `tls` and `h2`: the "
        "same with TLS, and with HTTP/2 over TLS."
    )
    return f"{text}\n\n{table(['', 'loopback', *names], rows)}"


def capacity(study: Study) -> str:
    """More worker nodes, and what stopped them."""
    scaling = Scaling(study.results)
    if not scaling.transports:
        return _UNMEASURED
    rows = []
    for transport in scaling.transports:
        for nodes in scaling.nodes(transport):
            names = ("capacity_members", "capacity_per_s", "speed_up", "efficiency", CPU)
            found = [cell(scaling.estimate(transport, nodes, name)) for name in names]
            rows.append((transport, nodes, *found))
    head = (
        "transport",
        "nodes",
        "members",
        "deliveries/s",
        "speed-up",
        "efficiency",
        "us per delivery",
    )
    quota = scaling.quota
    size = (
        f"Each node has {quota:.0%} of a processor, so that the machine is not the limit; "
        if quota
        else ""
    )
    text = (
        f"{size}the largest room that still has its messages, {scaling.rate:g} a second, within "
        f"{_limit(scaling)} at the 99th percentile (`scripts/lab scale`). Nodes join while it runs, behind "
        "HAProxy."
    )
    laws = [_law(scaling, transport) for transport in scaling.transports]
    picture = "![Capacity against worker nodes](capacity.png)"
    return "\n\n".join([picture, text, table(head, rows), bullets(laws)])


def earlier(study: Study) -> str:
    """What others found, and what was found here."""
    sse, polls = base(study, "sse"), base(study, POLLED)
    found = model.of(study, CPU)
    at_a_second = compared(
        "SSE", "short polls each second", "processor time", ratio(sse, polls, CPU)
    )
    crowd = _largest(study)
    vain = wasted(study.one("wire", transport=POLLED))
    rows = [
        (
            "Push takes 7 times the processor time of pull, and saturates at 350 to 500 users (2007; Bozdag, "
            'Mesbah, van Deursen, "A comparison of push and pull techniques for AJAX")',
            f"{at_a_second} {crowd}",
        ),
        (
            "The difference is not significant (2009)",
            " ".join(
                compared(str(one.way), "SSE", "median delay", ratio(one, sse, _P50))
                for one in study.find("base")
                if one.way.transport != "sse"
            ),
        ),
        (
            "96 % of pulls are wasted, with polls each second and a message each 50 s",
            f"{vain} at fifty polls for each message" if vain else _UNMEASURED,
        ),
        (
            "Long polls have a median of 2 to 4 ms, up to 10,000 messages a second (2011)",
            _long_polls(study),
        ),
        (
            "Polling wins again once seconds of delay are tolerated (2020)",
            _again(found) if found else _UNMEASURED,
        ),
    ]
    return table(("found earlier", "found here"), rows)


def _break_even(study: Study, figure: str, what: str) -> str:
    found = model.of(study, figure)
    if found is None:
        return ""
    each = found.estimate(lambda prices: prices.messages_per_poll)
    if math.isinf(each.middle):
        return (
            f"By {what} polling is never cheaper here: an event in the answer of a poll costs as much as "
            "a delivery on a stream, and the poll comes on top."
        )
    return (
        f"By {what} polling is cheaper than SSE once a poll brings more than {_number(each)} messages: "
        f"with {_at(RATE)}, from {span(found.estimate(_even(RATE)))} between polls on; with {_at(1.0)}, "
        f"from {span(found.estimate(_even(1.0)))} on."
    )


def _again(found: Model) -> str:
    """From when on polling wins, by processor time."""
    each = found.estimate(_even(1.0))
    if math.isinf(each.middle):
        return "Not by processor time: a stream's delivery costs no more than an event in a poll's answer."
    sure = (
        ""
        if math.isfinite(each.high)
        else " The interval reaches to *never*: too noisy to be sure."
    )
    return (
        f"By processor time, with {_at(1.0)}, from {span(each)} between polls on; with a message each "
        f"50 s, from {seconds(found.prices.even(0.02))} on.{sure}"
    )


def _priced(found: Model, what: str, unit: str) -> str:
    """Prices, break-even and check of a model."""
    named: dict[str, Callable[[model.Prices], float]] = {
        "a poll": lambda prices: prices.poll,
        "an event in the answer of a poll": lambda prices: prices.event,
        "a delivery on a stream": lambda prices: prices.delivery,
    }
    if found.figure == CPU:
        named["a post"] = lambda prices: prices.post
    rows = [(name, cell(found.estimate(price))) for name, price in named.items()]
    even = [
        (
            _at(rate),
            span(found.estimate(_even(rate))),
            seconds(found.estimate(_even(rate)).middle / 2),
        )
        for rate in _RATES
    ]
    errors = [one.error for one in found.checked]
    worst = max(found.checked, key=lambda one: one.error)
    check = (
        f"The model is held to the {len(errors)} cells that it was fitted to: half of them it foretells within "
        f"{median(errors):.0%}, and the worst ({worst.group.way}, {worst.group.subscribers:,} members, "
        f"{worst.group.rate:g}/s) within {worst.error:.0%}."
    )
    prices = table((f"{what}, fitted", unit), rows)
    crossing = table(
        ("a member gets", "polling is cheaper from", "mean age of a message then"), even
    )
    return f"**By {what}.**\n\n{prices}\n\n{crossing}\n\n{check}"


def _even(rate: float) -> Callable[[model.Prices], float]:
    return lambda prices: prices.even(rate)


def _at(rate: float) -> str:
    if rate < 1:
        return f"a message each {1 / rate:g} s"
    return f"{rate:g} messages a second" if rate > 1 else "one message a second"


def _number(one: Estimate) -> str:
    def known(value: float) -> str:
        return "any number of" if math.isinf(value) else shown(value)

    return f"{known(one.middle)} ({known(one.low)} to {known(one.high)})"


def _law(scaling: Scaling, transport: str) -> str:
    """The fitted law in a sentence, and what stopped it."""
    law = scaling.law(transport)
    parts = [f"{transport}:"]
    if "lam" in law:
        text = f"contention σ = {law['sigma']:.3g}, coordination κ = {law['kappa']:.3g}"
        intervals = law.get("intervals") or {}
        if intervals:
            known = [
                f"{n} {low:.3g} to {high:.3g}" for n, (low, high) in intervals.items() if n != "lam"
            ]
            text += f" ({', '.join(known)})"
        peak = law.get("peak")
        parts.append(f"{text}; most at {peak:.0f} nodes." if peak else f"{text}; no most.")
    if law.get("note"):
        parts.append(f"{law['note']}.")
    return " ".join([*parts, *(f"{why}." for why in scaling.stopped(transport))])


def _largest(study: Study) -> str:
    """The largest crowd that was served on SSE, in a sentence."""
    groups = [
        one for one in study.find("members", "capacity", transport="sse") if one.estimate(CPU)
    ]
    if not groups:
        return ""
    largest = max(groups, key=lambda one: one.subscribers)
    share = largest.estimate("server_share")
    at = (
        f"{largest.rate:g} messages a second"
        if largest.rate
        else "as many messages as come through"
    )
    busy = f", with the processor {share.middle:.0%} busy" if share else ""
    return f"{largest.subscribers:,} members on SSE were served at {at}{busy}."


def _long_polls(study: Study) -> str:
    groups = [
        one
        for one in study.find("base", "rate", transport="long-poll")
        if one.rate and one.estimate(_P50)
    ]
    if not groups:
        return _UNMEASURED
    told = [
        f"{group.estimate(_P50)} ms at {group.rate * group.subscribers:,.0f} deliveries a second"
        for group in sorted(groups, key=lambda one: one.rate)
    ]
    return f"Median {listed(told)}."


def _middle_and_tail(group: Group | None) -> str:
    if group is None:
        return ""
    middle, tail = group.estimate(_P50), group.estimate(_P99)
    if middle is None or tail is None:
        return "failed"
    mark = "" if middle.sound else " *"
    return f"{shown(middle.middle)}, {shown(tail.middle)}{mark}"


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


def _crowd(study: Study) -> str:
    sizes = {group.subscribers for group in study.find("base")} or {MEMBERS}
    return f"{listed([f'{size:,}' for size in sorted(sizes)])} members"


def _limit(scaling: Scaling) -> str:
    return f"{scaling.limit:g} ms"
