"""``/api/server``, ``/api/users``, ``/api/session``."""

from __future__ import annotations

from tornchat import metrics
from tornchat.chat import accounts, people
from tornchat.chat import snapshot as snapshots
from tornchat.domain import languages
from tornchat.domain.errors import BadCredentials, InvalidValue, TooMany
from tornchat.handlers.base import Handler

MOST_IDS = 100


class Server(Handler):
    """What a stranger needs to know to sign up or in."""

    public = frozenset({"GET"})

    async def get(self) -> None:
        about = await snapshots.server(self.chat)
        token = self.get_cookie(self.site.cookie)
        self.answer(
            {
                **about,
                "accounts": await accounts.any_accounts(self.chat),
                "signed_in": token is not None and await accounts.lets_in(self.chat, token),
            }
        )


class _SignsIn(Handler):
    def keep(self, token: str) -> None:
        """Give the browser its cookie."""
        self.set_cookie(
            self.site.cookie,
            token,
            expires_days=accounts.COOKIE_DAYS,
            path="/",
            httponly=True,
            secure=self.site.secure,
            samesite="Lax",
        )


class Users(_SignsIn):
    """``POST /api/users`` signs up; ``GET`` with ``ids=``, ``username=`` or ``prefix=`` tells names
    to members."""

    public = frozenset({"POST"})

    async def get(self) -> None:
        prefix = self.query("prefix")
        ids = [id for id in (self.query("ids") or "").split(",") if id]
        if len(ids) > MOST_IDS:
            raise InvalidValue(f"Ask for {MOST_IDS} ids at most.")
        if prefix is not None:
            found = await people.find(self.chat, self.who, prefix)
        else:
            found = await people.profiles(self.chat, ids, self.query("username"))
        self.answer({"users": found})

    async def post(self) -> None:
        body = self.body()
        user, token = await accounts.sign_up(
            self.chat,
            body.get("username"),
            body.get("password"),
            body.get("display_name"),
            self.address,
            body.get("invite"),
            self.source,
            languages.preferred(self.request.headers.get("Accept-Language", "")),
        )
        self.keep(token)
        self.answer(await snapshots.snapshot(self.chat, user.id), 201)


class Session(_SignsIn):
    """``/api/session``: sign in, the snapshot, sign out."""

    public = frozenset({"POST"})

    async def get(self) -> None:
        self.answer(await snapshots.snapshot(self.chat, self.who.user))

    async def post(self) -> None:
        body = self.body()
        try:
            user, token = await accounts.sign_in(
                self.chat, body.get("username"), body.get("password"), self.address, self.source
            )
        except (BadCredentials, TooMany) as refusal:
            outcome = "refused" if isinstance(refusal, BadCredentials) else "limited"
            metrics.SIGN_INS.labels(outcome).inc()
            raise
        metrics.SIGN_INS.labels("ok").inc()
        self.keep(token)
        snapshot = await snapshots.snapshot(self.chat, user.id)
        if user.disabled:
            snapshot["returned"] = True
        self.answer(snapshot, 201)

    async def delete(self) -> None:
        await accounts.sign_out(self.chat, self.who)
        self.clear_cookie(self.site.cookie, path="/", secure=self.site.secure)
        self.nothing()


class Password(Handler):
    """``PUT /api/session/password {old, new}``."""

    async def put(self) -> None:
        body = self.body()
        await accounts.change_password(self.chat, self.who, body.get("old"), body.get("new"))
        self.nothing()
