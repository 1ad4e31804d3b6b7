"""What polling and streaming cost a server, as a model of five prices, and where they break even.

For each second, with ``m`` messages, ``d`` deliveries, ``q`` polls:

    streaming:  rest + post * m + delivery * d
    polling:    rest + post * m + poll * q + event * d

All prices are fitted together, by non-negative least squares of the relative error, over measured
cells (C. Lawson and R. Hanson, "Solving Least Squares Problems", 1974, is the method of
`scipy.optimize.nnls`). A member who gets ``r`` messages a second costs, by polls each ``T``
seconds, ``poll / T + event * r``, and by a stream ``delivery * r``. So polling is cheaper from
``T = poll / ((delivery - event) * r)`` on: from so many messages in each poll.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy
from scipy.optimize import nnls


@dataclass(frozen=True, slots=True)
class Load:
    """What a server did in a second, and what it ``cost`` (us of processor time, or bytes)."""

    polling: bool
    messages: float
    deliveries: float
    polls: float
    cost: float


@dataclass(frozen=True, slots=True)
class Prices:
    """Each in the unit of the cost, for one of what it is of; ``rest``: what is spent in a second
    in which nothing happens."""

    rest: float
    post: float
    delivery: float
    poll: float
    event: float

    def cost(self, load: Load) -> float:
        """What the model says that a load costs in a second."""
        shared = self.shared(load.messages)
        if load.polling:
            return shared + self.poll * load.polls + self.event * load.deliveries
        return shared + self.delivery * load.deliveries

    def shared(self, rate: float) -> float:
        """What the server spends in a second at ``rate`` messages, whoever listens how."""
        return self.rest + self.post * rate

    def polling(self, interval: float, rate: float) -> float:
        """A member who polls each ``interval`` seconds and gets ``rate`` messages a second, for a
        second."""
        return self.poll / interval + self.event * rate

    def streaming(self, rate: float) -> float:
        """The same by a stream."""
        return self.delivery * rate

    @property
    def messages_per_poll(self) -> float:
        """From so many for each poll on, polling is cheaper; infinite where it never is."""
        saved = self.delivery - self.event
        return self.poll / saved if saved > 0 else math.inf

    def even(self, rate: float) -> float:
        """The interval (s) from which on polling is cheaper, for a member who gets ``rate``
        messages a second."""
        return self.messages_per_poll / rate


class TooFew(ValueError):
    """The loads do not determine the prices."""


def fit(loads: Sequence[Load]) -> Prices:
    """Raises `TooFew` without loads of both kinds."""
    known = [load for load in loads if load.cost > 0]
    if len({load.polling for load in known}) < 2 or len(known) < len(Prices.__slots__):
        raise TooFew("the model needs loads by polls and by streams")
    rows = [
        [
            1.0,
            load.messages,
            0.0 if load.polling else load.deliveries,
            load.polls if load.polling else 0.0,
            load.deliveries if load.polling else 0.0,
        ]
        for load in known
    ]
    scale = numpy.array([load.cost for load in known])
    prices, _ = nnls(numpy.array(rows) / scale[:, None], numpy.ones(len(known)))
    return Prices(*map(float, prices))
