"""A scenario of tests/grammar as Python sees it: read, filled in, and compared with what happened."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import yaml

KEYS = {
    "config", "settings", "env", "api", "requests", "within", "unordered", "records", "keys",
    "fails", "says", "exit", "python", "dlt",
}  # fmt: skip
DLT_KEYS = {"row", "requests", "unordered", "records", "fails", "endless", "env"}
REQUEST_KEYS = {"line", "query_text", "headers", "json", "form", "text"}
ROUTE_KEYS = {"path", "method", "host", "when", "answers", "list"}
ANSWER_KEYS = {"status", "headers", "json", "text", "drop"}
LIST_KEYS = {"records", "by", "param", "size", "size_param", "first", "in", "status", "headers", "json"}
WHEN_KEYS = {"query", "headers", "json", "text"}


class Loader(yaml.SafeLoader):
    """YAML 1.2 as other readers have it: `on` and `2024-01-01` are texts, `1e3` is a number."""

    yaml_implicit_resolvers: dict[str, list[Any]] = {}


for _tag, _pattern, _first in [
    ("bool", r"^(?:true|false)$", "tf"),
    ("null", r"^(?:null|~|)$", ["n", "~", ""]),
    ("int", r"^[-+]?[0-9]+$", "-+0123456789"),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+)(?:[eE][-+]?[0-9]+)?$", "-+.0123456789"),
]:
    Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(_pattern), list(_first))
# PyYAML's own reading of numbers knows octal and sexagesimal ones.
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
Loader.add_constructor("tag:yaml.org,2002:float", lambda loader, node: float(node.value))


@dataclass
class Scenario:
    """One file. The keys are described in tests/grammar/README.md."""

    name: str
    config: dict[str, Any]
    api: list[dict[str, Any]]
    requests: list[Any]
    records: dict[str, list[Any]]
    unordered: list[str]
    fails: str | None
    says: list[str]
    env: dict[str, str]
    python: dict[str, str]
    dlt: dict[str, Any] | None
    uses_elsewhere: bool
    problems: list[str] = field(default_factory=list)


def load(folder: Path) -> list[Scenario]:
    """All scenarios, by name."""
    return [read(path, folder) for path in sorted(folder.glob("*/*.yaml"))]


def read(path: Path, folder: Path) -> Scenario:
    """One scenario. An unknown key is a mistake: it would compare nothing."""
    name = path.relative_to(folder).with_suffix("").as_posix()
    text = path.read_text(encoding="utf-8")
    try:
        data = yaml.load(text, Loader)
    except yaml.YAMLError as error:
        raise SystemExit(f"{path}: {error}") from error
    problems = unknown(data, KEYS, name)
    if ("requests" in data) == ("within" in data):
        problems.append(f"{name}: `requests`, or `within` for a circle")
    dlt = data.get("dlt")
    if isinstance(dlt, str):
        dlt = {"row": dlt, "fails": "", "requests": [], "records": {}}
    problems += unknown(dlt or {}, DLT_KEYS, f"{name}: dlt")
    for route in data.get("api", []):
        problems += unknown(route, ROUTE_KEYS | ANSWER_KEYS, f"{name}: api")
        problems += unknown(route.get("when") or {}, WHEN_KEYS, f"{name}: api: when")
        problems += unknown(route.get("list") or {}, LIST_KEYS, f"{name}: api: list")
        for answer in route.get("answers") or []:
            problems += unknown(answer, ANSWER_KEYS, f"{name}: api: answers")
    for request in (data.get("requests") or []) + ((dlt or {}).get("requests") or []):
        if isinstance(request, dict):
            problems += unknown(request, REQUEST_KEYS, f"{name}: requests")
    return Scenario(
        name=name,
        config=data["config"],
        api=data.get("api") or [],
        requests=data.get("requests") or [],
        records=data.get("records") or {},
        unordered=data.get("unordered") or [],
        fails=data.get("fails"),
        says=data.get("says") or [],
        env=data.get("env") or {},
        python=data.get("python") or {},
        dlt=dlt,
        uses_elsewhere="${ELSEWHERE}" in text,
        problems=problems,
    )


def unknown(data: dict[str, Any], known: set[str], where: str) -> list[str]:
    return [f"{where}: unknown key {key!r}" for key in data if key not in known]


def fill(value: Any, places: dict[str, str]) -> Any:
    """A copy of the value in which these texts are replaced, in keys too: `${API}` and `${ELSEWHERE}`, or their URLs."""
    if isinstance(value, dict):
        return {fill(key, places): fill(item, places) for key, item in value.items()}
    if isinstance(value, list):
        return [fill(item, places) for item in value]
    if isinstance(value, str):
        for place, text in places.items():
            value = value.replace(place, text)
    return value


def numbered(records: Any) -> list[Any]:
    """`3` stands for the records `{id: 1}` to `{id: 3}`."""
    return [{"id": n + 1} for n in range(records)] if isinstance(records, int) else records


# --- what happened, and how it is compared ---------------------------------------------------------------------------


@dataclass
class Asked:
    """A request as it came."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    elsewhere: bool

    def line(self) -> str:
        host = "elsewhere " if self.elsewhere else ""
        return f"{host}{self.method} {self.path}" + (f"?{self.query}" if self.query else "")


@dataclass
class Outcome:
    """What a run asked for and gave."""

    requests: list[Asked]
    records: dict[str, list[Any]]
    error: str | None = None
    endless: bool = False


def differences(outcome: Outcome, scenario: Scenario, expected: dict[str, Any]) -> list[str]:
    """Where what happened is not what was expected: `requests`, `records`, `fails`, `endless`, `unordered`."""
    found: list[str] = []
    if outcome.endless or expected.get("endless"):
        if outcome.endless != bool(expected.get("endless")):
            found.append("asks without end" if outcome.endless else "does not ask without end")
        return found
    fails = expected.get("fails")
    if fails is None and outcome.error is not None:
        found.append(f"fails: {outcome.error}")
    if fails is not None and outcome.error is None:
        found.append("does not fail")
    elif fails and fails.lower() not in (outcome.error or "").lower():
        found.append(f"fails with other words than {fails!r}: {outcome.error}")
    found += request_differences(outcome.requests, expected["requests"], expected.get("unordered") or [])
    found += record_differences(outcome.records, expected["records"], expected.get("unordered") or [])
    return found


def record_differences(actual: dict[str, list[Any]], expected: dict[str, Any], unordered: list[str]) -> list[str]:
    wanted = {name: numbered(records) for name, records in expected.items()}
    found = []
    for name in sorted(actual.keys() | wanted.keys()):
        have, want = actual.get(name, []), wanted.get(name, [])
        if name in unordered:
            have, want = (sorted(records, key=lambda r: json.dumps(r, sort_keys=True)) for records in (have, want))
        if not same(have, want):
            found.append(f"records of {name}: {short(have)}\n      instead of {short(want)}")
    return found


def same(a: Any, b: Any) -> bool:
    """Equal as JSON: `1` and `1.0` are equal numbers, `true` is no number, key order does not matter."""
    if isinstance(a, bool) or isinstance(b, bool):
        return a is b
    if isinstance(a, dict) and isinstance(b, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(same(x, y) for x, y in zip(a, b))
    return bool(a == b)


def short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) < 600 else text[:600] + "…"


def request_differences(actual: list[Asked], expected: list[Any], unordered: list[str]) -> list[str]:
    """Requests of one path come in order; between paths there is none. `unordered` paths: any order."""
    wanted = [Wanted.of(item) for item in expected]
    paths = list(dict.fromkeys([w.path for w in wanted] + [where(a) for a in actual]))
    found = []
    for path in paths:
        have = [a for a in actual if where(a) == path]
        want = [w for w in wanted if w.path == path]
        if path.split(" ")[-1] in unordered:
            have = rearranged(have, want)
        if len(have) != len(want):
            found.append(f"{len(have)} requests for {path} instead of {len(want)}: {[a.line() for a in have]}")
            continue
        for number, (a, w) in enumerate(zip(have, want), 1):
            found += [f"request {number} for {path}: {what}" for what in w.objections(a)]
    return found


def rearranged(have: list[Asked], want: list[Wanted]) -> list[Asked]:
    rest, found = list(have), []
    for w in want:
        match = next((a for a in rest if not w.objections(a)), None)
        if match is not None:
            rest.remove(match)
            found.append(match)
    return found + rest


def where(asked: Asked) -> str:
    return ("elsewhere " if asked.elsewhere else "") + asked.path


@dataclass
class Wanted:
    """An expected request: `GET /path?query`, or a map with `line` and more."""

    method: str
    path: str
    query: list[tuple[str, str]]
    more: dict[str, Any]

    @staticmethod
    def of(item: Any) -> Wanted:
        more = {"line": item} if isinstance(item, str) else item
        *host, method, target = more["line"].split(" ")
        path, _, query = target.partition("?")
        return Wanted(method, " ".join([*host, path]), parse_qsl(query, keep_blank_values=True), more)

    def objections(self, asked: Asked) -> list[str]:
        found = []
        query = parse_qsl(asked.query, keep_blank_values=True)
        if (asked.method, query) != (self.method, self.query):
            found.append(f"{asked.line()}\n      instead of {self.more['line']}")
        text = self.more.get("query_text")
        if text is not None and text != asked.query:
            found.append(f"query text {asked.query!r} instead of {text!r}")
        for name, value in (self.more.get("headers") or {}).items():
            have = asked.headers.get(name.lower())
            if have != value:
                found.append(f"header {name}: {have!r} instead of {value!r}")
        return found + self.body_objections(asked)

    def body_objections(self, asked: Asked) -> list[str]:
        body = asked.body.decode("utf-8", "replace")
        if "json" in self.more:
            try:
                matches = same(json.loads(body), self.more["json"])
            except ValueError:
                matches = False
        elif "form" in self.more:
            matches = parse_qsl(body, keep_blank_values=True) == parse_qsl(self.more["form"], keep_blank_values=True)
        elif "text" in self.more:
            matches = body == self.more["text"]
        else:
            matches = not body
        return [] if matches else [f"body {body!r}"]
