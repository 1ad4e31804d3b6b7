"""The figures that the server keeps of itself, as Prometheus gets them from ``/metrics``.

One table, beside the layers, that all of them count in. It imports none of them. Counting is always
on; with ``--metrics`` what was counted is also written down for the process that serves it.
``docs/operations.md`` has this table, and a test holds the two together.
"""

from __future__ import annotations

from tornchat.metric_kinds import AnyFigure, Counter, Gauge, Histogram

TRANSPORTS = ("sse", "websocket", "poll")

_LONG = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_SHORT = (0.0001, 0.00025, 0.0005, *_LONG[:9])

# -- times and sizes

APPEND_SECONDS = Histogram(
    "tornchat_append_seconds",
    "Time of the script in Redis that appends a message, there and back, in seconds.",
    (0.0005, *_LONG),
)
BUS_DELAY_SECONDS = Histogram(
    "tornchat_bus_delay_seconds",
    "Age of an event (by its time from the clock of Redis) when a worker hands it on, in seconds; "
    "with Redis on another machine the difference of the two clocks is in it.",
    _LONG,
)
FAN_OUT_SECONDS = Histogram(
    "tornchat_fan_out_seconds",
    "Time that a worker takes to give events that leave together to all of their readers, in "
    "seconds, with what else it does meanwhile.",
    _SHORT,
)
JOIN_SECONDS = Histogram(
    "tornchat_join_seconds",
    "Time from the beginning of a reader's join until it is live, replay included, in seconds.",
    _LONG,
)
REPLAYED_EVENTS = Histogram(
    "tornchat_replayed_events",
    "Events of the log that a join sent before it was live.",
    (0.0, 1.0, 5.0, 20.0, 100.0, 500.0, 2000.0),
)
LOOP_LAG_SECONDS = Histogram(
    "tornchat_loop_lag_seconds",
    "How late the timer comes with which each worker looks at its loop once a second, in seconds.",
    _LONG,
)

# -- how things stand

STREAMS = Gauge(
    "tornchat_streams",
    "Readers that are open now, by transport.",
    {"transport": TRANSPORTS},
)
WORKERS_UP = Gauge("tornchat_workers_up", "Workers that serve, without those that are leaving.")
WORKERS_HEALTHY = Gauge(
    "tornchat_workers_healthy",
    "Workers that hear Redis, so that events are delivered; fewer than are up: look at /readyz.",
)
PRESENT = Gauge(
    "tornchat_people_present", "People who are shown as there, idle or not.", over="max"
)
LOG_CLOCK = Gauge("tornchat_log_clock_id", "The last event id that was given.", over="max")
LOG_FLOOR = Gauge(
    "tornchat_log_floor_id",
    "The log may be trimmed up to this id: a reader with a cursor below it must reload.",
    over="max",
)
LOG_ARCHIVED = Gauge(
    "tornchat_log_archived_id", "Events up to this id are in the database.", over="max"
)
ARCHIVE_QUEUE = Gauge(
    "tornchat_archive_queue_events",
    "Events in Redis that the database has yet to take.",
    over="max",
)
OUTBOX_WAITING = Gauge(
    "tornchat_outbox_waiting_announcements",
    "Changes (members, sessions, rooms) in the database that are still to be announced; a hundred "
    "stands for as many or more.",
)

PUSHES_WAITING = Gauge(
    "tornchat_pushes_waiting", "Pushes that are still to be sent, those to be tried again included."
)

# -- what was done

EVENTS = Counter("tornchat_events_total", "Events that workers have handed on to their readers.")
DELIVERIES = Counter(
    "tornchat_deliveries_total",
    "Live events times the streams they were given to (a replay counts in replayed_events; polls "
    "are only woken).",
)
MESSAGES = Counter(
    "tornchat_messages_total",
    "Messages by outcome: accepted; again (a known nonce); conflict (a nonce with another body); "
    "no_file (one that it comes with is gone); not_member; refused (muted, archived); too_fast; "
    "away (Redis did not answer).",
    {
        "outcome": (
            "accepted",
            "again",
            "conflict",
            "no_file",
            "not_member",
            "refused",
            "too_fast",
            "away",
        )
    },
)
STREAMS_OPENED = Counter(
    "tornchat_streams_opened_total",
    "Streams and polls begun: with a cursor (clients that come back) or from now on.",
    {"transport": TRANSPORTS, "start": ("cursor", "now")},
)
POLLS = Counter(
    "tornchat_polls_total",
    "Polls answered, by what they brought.",
    {"outcome": ("events", "nothing", "reset")},
)
REFUSED = Counter(
    "tornchat_streams_refused_total",
    "Streams and polls refused by a limit: of a user, of an address, of what a worker can hold.",
    {"limit": ("user", "address", "worker")},
)
MOVES = Counter(
    "tornchat_moves_total",
    "Readers told to come back elsewhere: after a stream's life, or by a worker that leaves.",
)
JOINS = Counter(
    "tornchat_joins_total",
    "Joins begun: of new readers, again in mid-stream (another room, a fence), and when something "
    "comes for a poll that waits.",
)
PASSING = Counter(
    "tornchat_passing_total",
    "Events that are not logged (who types, who is there) times their streams: given; dropped, "
    "because something else waited for the stream.",
    {"outcome": ("given", "dropped")},
)
PRESENCE_CHANGES = Counter(
    "tornchat_presence_changes_total", "Times that a person came, was idle, or went, as was told."
)
RESETS = Counter(
    "tornchat_resets_total",
    "Readers told to reload: cursor below the log's floor; from a future that was lost; too far "
    "behind; behind events that were found too late.",
    {"reason": ("floor", "future", "behind", "late")},
)
CUTS = Counter(
    "tornchat_cuts_total",
    "Streams that the server ended: by the code of their bye; timeout (nobody took what was sent); "
    "away (events cannot be delivered); error.",
    {
        "reason": (
            *("too_slow", "timeout", "moved", "shutdown"),
            *("signed_out", "disabled", "away", "error"),
        )
    },
)
REPAIRS = Counter(
    "tornchat_repairs_total",
    "Times that a worker read from the log what it had missed: after a lost connection; a hole.",
    {"cause": ("connection", "hole")},
)
DEAF = Counter(
    "tornchat_deaf_total",
    "Times that a worker did not hear its own pulse through Redis, and subscribed again.",
)
FENCES = Counter(
    "tornchat_fences_total",
    "Times that the log was fenced for a Redis that was started, by whether it had lost events.",
    {"lost": ("yes", "no")},
)
PUSHES = Counter(
    "tornchat_pushes_total",
    "Pushes by outcome: sent; again (the push service was away or busy); gone (the browser takes "
    "none any more); refused; dropped (read meanwhile, connected again, or too old).",
    {"outcome": ("sent", "again", "gone", "refused", "dropped")},
)
FILES = Counter(
    "tornchat_files_total",
    "Uploads by outcome: kept; cut (the client went away); refused (too large, too many, over the "
    "quota); failed (the disk).",
    {"outcome": ("kept", "cut", "refused", "failed")},
)
FILES_REMOVED = Counter(
    "tornchat_files_removed_total", "Files taken off the disk: with their message, or never sent."
)
PREVIEWS = Counter(
    "tornchat_previews_total",
    "Links looked up: shown; nothing (no title, or it could not be reached); dropped (too many "
    "wait).",
    {"outcome": ("shown", "nothing", "dropped")},
)
SIGN_INS = Counter(
    "tornchat_sign_ins_total",
    "Attempts to sign in: ok; refused (name or password is wrong); limited (too many).",
    {"outcome": ("ok", "refused", "limited")},
)
REQUESTS = Counter(
    "tornchat_requests_total",
    "Requests answered, by the route's pattern and the status (gone: the client did not wait); "
    "those that become a stream count in streams_opened.",
    {"route": (), "method": (), "status": ()},
)
WORKER_RESTARTS = Counter(
    "tornchat_worker_restarts_total",
    "Workers that died and were replaced: by a signal, or with an exit status.",
    {"cause": ("signal", "status")},
)
WORKERS_HUNG = Counter(
    "tornchat_workers_hung_total",
    "Workers that did nothing any more and were killed; they count in worker_restarts as well.",
)
REDIS_RESTARTS = Counter(
    "tornchat_redis_restarts_total", "Times that the embedded Redis died and was started again."
)

# -- the processes: looked up where they are served, so that they cost the workers nothing

PROCESS_CPU = Counter(
    "tornchat_process_cpu_seconds_total",
    "Processor time of a process; a worker's number goes to the one that replaces it.",
    {"process": ()},
)
PROCESS_MEMORY = Gauge(
    "tornchat_process_resident_memory_bytes", "Resident memory of a process.", {"process": ()}
)
PROCESS_FDS = Gauge(
    "tornchat_process_open_fds", "Open file descriptors of a process.", {"process": ()}
)
PROCESS_MAX_FDS = Gauge(
    "tornchat_process_max_fds", "File descriptors that a process may open.", {"process": ()}
)
PROCESS_SILENT = Gauge(
    "tornchat_process_silent_seconds",
    "Since when a worker has not written its figures, which it does every second: much more means "
    "that it hangs.",
    {"process": ()},
)

FIGURES: tuple[AnyFigure, ...] = tuple(
    figure for figure in list(globals().values()) if isinstance(figure, AnyFigure)
)


def docs_table() -> str:
    """The figures as a Markdown table, for ``docs/operations.md``."""
    lines = ["| figure | kind | labels | what |", "|---|---|---|---|"]
    for figure in FIGURES:
        labels = ", ".join(f"`{name}`" for name in figure.label_names)
        lines.append(f"| `{figure.name}` | {figure.kind} | {labels} | {figure.text} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(docs_table(), end="")
