"""Names of everything that Tornchat keeps in Redis. All keys of a space share a hash slot."""

from __future__ import annotations


class Keys:
    """The keys and channels of one space (the tenant)."""

    def __init__(self, space: str = "main") -> None:
        self.space = space
        self.prefix = f"tornchat:{{{space}}}:"
        self.clock = self.prefix + "clock"
        """Last id given."""
        self.run = self.prefix + "run"
        """``run_id`` of the Redis process that these keys were last fenced for."""
        self.heads = self.prefix + "heads"
        """Hash: topic -> last id of that topic."""
        self.queue = self.prefix + "queue"
        """Stream of what the archive has yet to take."""
        self.archived = self.prefix + "archived"
        """Copy of the archive's watermark; the truth is in SQL."""
        self.floor = self.prefix + "floor"
        """Readers older than this must reload: the log may be trimmed below it."""
        self.lease = self.prefix + "lease"
        """Who archives and announces now: a token that expires."""
        self.pusher = self.prefix + "pusher"
        """Who sends pushes now: a token that expires."""
        self.courier = self.prefix + "courier"
        self.eraser = self.prefix + "eraser"
        """Who tells webhooks now: a token that expires."""
        self.workers = self.prefix + "workers"
        """Sorted set: worker -> when it last said how many streams it has, unix milliseconds."""
        self.attendants = self.prefix + "attendants"
        """Sorted set: worker -> when it last said who is connected to it, unix milliseconds."""
        self.idle = self.prefix + "idle"
        """Hash: session at which nobody has done anything for a while; "" is its revision."""
        self.presence = self.prefix + "presence"
        """Hash: user -> what others are shown of them, and since when; "" is who judges."""
        self.judge = self.prefix + "judge"
        """Who decides what is shown of people: a token that expires."""
        self.installation = self.prefix + "installation"
        """Id of the database that this log belongs to."""
        self.control = self.prefix + "control"
        """Channel from worker to worker: nudges, and the keys of announcements made."""

    def log(self, topic: str) -> str:
        """Stream of one topic, entry id ``<id>-0``, fields ``e`` (packed event) and ``p``
        (prev)."""
        return f"{self.prefix}log:{topic}"

    def channel(self, topic: str) -> str:
        """Channel of one topic, msgpack ``[id, prev, event]``."""
        return f"{self.prefix}topic:{topic}"

    def topic_of(self, channel: str) -> str | None:
        """The topic of a channel, None where it is not a topic's."""
        head = self.prefix + "topic:"
        return channel[len(head) :] if channel.startswith(head) else None

    def pulse(self, worker: str) -> str:
        """Channel on which one worker hears itself."""
        return f"{self.prefix}pulse:{worker}"

    def mirror(self, name: str) -> str:
        """A mirror hash: ``sessions`` or ``memberships:<user>``."""
        return self.prefix + name

    def once(self, user: str, room: str, nonce: str) -> str:
        """Id, prev, time and body hash of the message with this nonce."""
        return f"{self.prefix}once:{user}:{room}:{nonce}"

    def state(self, message: int) -> str:
        """Version, time and body hash of a message that was changed lately."""
        return f"{self.prefix}state:{message}"

    def file(self, id: str) -> str:
        """``<message>:<room>`` that has had a file lately, or `REMOVED`."""
        return f"{self.prefix}file:{id}"

    def changed(self, message: int, nonce: str) -> str:
        """Like `once`, of a change of a message."""
        return f"{self.prefix}changed:{message}:{nonce}"

    def announced(self, key: str) -> str:
        """The first id of an announcement that was made."""
        return f"{self.prefix}announced:{key}"

    def rate(self, what: str) -> str:
        """Theoretical arrival time of a rate limit."""
        return f"{self.prefix}rate:{what}"

    def attendance(self, worker: str) -> str:
        """Hash: user -> their sessions that are connected to one worker; "" is its revision. Goes
        with the worker."""
        return f"{self.prefix}attendance:{worker}"

    def gaps(self, session: str) -> str:
        """Hash: cursor of a stream of this session at its end -> the first id it passed over."""
        return f"{self.prefix}gaps:{session}"

    def reports(self, question: str) -> str:
        """List: how workers are, as JSON, for whoever asked."""
        return f"{self.prefix}reports:{question}"

    def seats(self, whose: str) -> str:
        """Hash: worker -> how many streams of one user, or of one address, it has."""
        return f"{self.prefix}seats:{whose}"
