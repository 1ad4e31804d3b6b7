"""``/api/openapi.json``: the API as OpenAPI 3.1 has it, made of the table of routes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

from tornchat import __version__
from tornchat.domain.errors import Unusable, every_error
from tornchat.handlers.base import Handler
from tornchat.handlers.operations import OPERATIONS, SCHEMAS, USUAL, Operation

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
JSON = "application/json"
PROBLEM = "application/problem+json"

_GROUP = re.compile(r"\(\[[^)]*\)")
_NAMES = {
    **dict.fromkeys(("members", "bots", "blocks", "people"), "user"),
    "reactions": "emoji",
    "previews": "preview",
}


class OpenApi(Handler):
    """The document; public, since it says nothing of what is here."""

    public = frozenset({"GET"})

    async def get(self) -> None:
        self.answer(self.settings["openapi"])


def template(pattern: str) -> str:
    """The address of a route as OpenAPI writes it: ``/api/rooms/{room}``."""
    named: list[str] = []

    def name(found: re.Match[str]) -> str:
        before = pattern[: found.start()].rstrip("/").rpartition("/")[2]
        if pattern.startswith("/api/hooks/"):
            chosen = "secret"
        elif _GROUP.fullmatch(before):
            chosen = "name"
        else:
            chosen = _NAMES.get(before, before.removesuffix("s"))
        named.append(chosen)
        return "{" + chosen + "}"

    return _GROUP.sub(name, pattern)


def document(routes: Iterable[tuple[str, type[Handler]]]) -> dict[str, Any]:
    """The whole description."""
    paths: dict[str, dict[str, Any]] = {}
    for pattern, handler in routes:
        path = template(pattern)
        methods = [
            method
            for method in METHODS
            if getattr(handler, method.lower(), None) is not getattr(Handler, method.lower())
        ]
        paths[path] = {method.lower(): _operation(path, method, handler) for method in methods}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tornchat",
            "version": __version__,
            "description": "What each route does and promises is in docs/protocol.md.",
        },
        "paths": paths,
        "components": {
            "schemas": SCHEMAS,
            "responses": _problems(),
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": "tornchat"},
            },
        },
        "security": [{"token": []}, {"cookie": []}],
    }


def _operation(path: str, method: str, handler: type[Handler]) -> dict[str, Any]:
    about = OPERATIONS.get(f"{method} {path}") or Operation(
        body={"type": "object"} if method in ("POST", "PUT", "PATCH") else None
    )
    doc = " ".join((handler.__doc__ or path).split())
    made: dict[str, Any] = {
        "operationId": _id_of(path, method),
        "summary": about.summary or doc,
        "parameters": [*_in_path(path), *(_in_query(*one) for one in about.query.items())],
        "responses": {**_answers(method, about), **_refusals()},
    }
    if method in handler.public:
        made["security"] = []
    if about.body is not None:
        content = {"schema": about.body}
        made["requestBody"] = {"required": True, "content": {about.takes: content}}
    return made


def _id_of(path: str, method: str) -> str:
    words = re.findall(r"[a-z]+", path.removeprefix("/api"))
    return "".join([method.lower(), *(word.capitalize() for word in words)])


def _in_path(path: str) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema}
        for name in re.findall(r"{(\w+)}", path)
    ]


def _in_query(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "in": "query", "schema": schema}


def _answers(method: str, about: Operation) -> dict[str, Any]:
    return {
        str(status): {
            "description": HTTPStatus(status).phrase,
            **({} if schema is None else {"content": {about.gives: {"schema": schema}}}),
        }
        for status, schema in (about.answers or USUAL[method]).items()
    }


def _refusals() -> dict[str, Any]:
    """Any route may answer with any of the errors; what they mean is the same everywhere."""
    return {name: {"$ref": f"#/components/responses/{name}"} for name in _problems()}


def _problems() -> dict[str, Any]:
    titles: dict[int, list[str]] = {}
    for error in every_error():
        if not issubclass(error, Unusable):
            titles.setdefault(error.status, []).append(f"`{error.code}`: {error.title}")
    content = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        str(status): {"description": "; ".join(codes), "content": content}
        for status, codes in sorted(titles.items())
    }
