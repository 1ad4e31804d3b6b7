"""How far a server goes, and what another node adds: ``scripts/lab scale``.

Its result has the format of all probes (`probes.bench.result`). Each run has ``parameters["part"]``:

* ``capacity``: the search for the largest load that holds, for ``nodes`` nodes. ``capacity_members``,
  ``capacity_per_s``, ``speed_up``, ``efficiency`` and ``speed_up_by_cost`` are among its figures, next
  to those of the largest load that held; ``notes`` say what stopped the search. ``series["steps"]``
  has a row for each load that was tried, with the columns `probes.scale.capacity.COLUMNS`.
* ``rebalance``: nodes that join and leave under load; see `probes.scale.rebalance`.

In both ``series["cpu NAME"]`` (shares of a processor), ``series["rss NAME"]`` (bytes),
``series["streams NODE"]`` and ``series["memory sockets"]`` (bytes) have rows of the second since the
run's begin and a value; names are those of `probes.scale.cluster.Cluster.processes`, such as
``node1 worker 1``, ``redis``, ``proxy``, and ``generator``.

``settings["usl"]`` has the Universal Scalability Law for each transport, as
`probes.statistics.usl.Fit.plain` writes it: ``capacity_per_s`` (by the clock) and
``speed_up_by_cost`` (by processor time), or why it could not be fitted.
"""
