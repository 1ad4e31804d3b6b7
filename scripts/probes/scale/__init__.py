"""How far a server goes, and what another node adds: ``scripts/lab scale``.

Its result has the format of all probes (`probes.bench.result`), with runs of the scenario
``scale``. ``parameters["part"]`` says what a run is:

* ``capacity``: the search for the largest load that ``parameters["nodes"]`` nodes hold by
  ``parameters["transport"]``. Among its figures are ``capacity_members``, ``capacity_per_s``
  (deliveries), ``speed_up``, ``efficiency`` and ``speed_up_by_cost``, next to those of the largest
  load that held, whose delays are in ``histograms``. ``cpu_us_per_delivery...`` are those of one
  load that is the same for all numbers of nodes (``reference_members``, ``reference_rate``).
  ``notes`` say what stopped the search. ``series["steps"]`` has a row for each load that was
  tried, with the columns `probes.scale.capacity.COLUMNS`.
* ``rebalance``: nodes that join, are reloaded and leave; see `probes.scale.rebalance`.

In both, ``series["cpu NAME"]`` (shares of a processor), ``series["rss NAME"]`` (bytes),
``series["streams NODE"]`` and ``series["memory sockets"]`` (bytes) have rows of seconds since the
run's begin and a value. Names are those of `probes.scale.cluster.Cluster.processes`, such as
``node1 worker 1``, ``redis`` and ``proxy``, and ``generator``.

``settings["usl"][transport]`` has the Universal Scalability Law by ``capacity_per_s`` (the clock)
and by ``speed_up_by_cost`` (processor time), as `probes.statistics.usl.Fit.plain` writes it, or
with nothing but a ``note`` that says why it could not be fitted. ``settings["answer"][transport]``
says in words whether capacity rose with the nodes, and else what stopped it.
"""
