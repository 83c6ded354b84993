"""The API of a scenario: routes as data, on a loopback port of its own. tests/grammar/server.rs is its twin."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode

from scenario import Asked, fill, numbered, same

# Beyond this many requests a scenario counts as endless.
ENDLESS = 60


class Api:
    """Serves the routes until it is closed, and keeps what it was asked."""

    def __init__(self, routes: list[dict[str, Any]]) -> None:
        self.log: list[Asked] = []
        self.lock = threading.Lock()
        self.turns: dict[int, int] = {}
        self.here, self.elsewhere = server(self, False), server(self, True)
        self.places = {"${API}": url(self.here), "${ELSEWHERE}": url(self.elsewhere)}
        self.routes = fill(routes, self.places)

    def close(self) -> None:
        for one in (self.here, self.elsewhere):
            one.shutdown()
            one.server_close()

    def answer(self, asked: Asked) -> dict[str, Any]:
        """The answer of the first route that fits."""
        with self.lock:
            self.log.append(asked)
            if len(self.log) > ENDLESS:
                return {"status": 418, "text": "enough"}
            for number, route in enumerate(self.routes):
                if fits(route, asked):
                    return self.of_route(number, route, asked)
        return {"status": 404, "json": {"error": f"no route for {asked.line()}"}}

    def of_route(self, number: int, route: dict[str, Any], asked: Asked) -> dict[str, Any]:
        if "list" in route:
            return page(route["list"], asked, self.places["${API}"])
        answers = route.get("answers") or [route]
        turn = self.turns.get(number, 0)
        self.turns[number] = turn + 1
        return answers[min(turn, len(answers) - 1)]


def url(one: ThreadingHTTPServer) -> str:
    return f"http://127.0.0.1:{one.server_address[1]}"


def server(api: Api, elsewhere: bool) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # One write for an answer: several wait for each other's acknowledgement.
        wbufsize = -1

        def handle_one(self) -> None:
            path, _, query = self.path.partition("?")
            headers = {name.lower(): value for name, value in self.headers.items()}
            body = self.rfile.read(int(headers.get("content-length") or 0))
            answer = api.answer(Asked(self.command, path, query, headers, body, elsewhere))
            if answer.get("drop"):
                self.close_connection = True
                return
            self.reply(answer)

        def reply(self, answer: dict[str, Any]) -> None:
            status = answer.get("status") or 200
            text = answer.get("text")
            if text is None:
                text = json.dumps(answer["json"], ensure_ascii=False) if "json" in answer else ""
            body = text.encode("utf-8")
            headers = dict(answer.get("headers") or {})
            if not any(name.lower() == "content-type" for name in headers):
                headers["Content-Type"] = "application/json"
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if status != 204:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if status != 204 and self.command != "HEAD":
                self.wfile.write(body)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = handle_one

        def log_message(self, *_: Any) -> None:
            pass

    one = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    one.daemon_threads = True
    threading.Thread(target=lambda: one.serve_forever(poll_interval=0.01), daemon=True).start()
    return one


# --- which route -----------------------------------------------------------------------------------------------------


def fits(route: dict[str, Any], asked: Asked) -> bool:
    when = route.get("when") or {}
    query = dict(reversed(parse_qsl(asked.query, keep_blank_values=True)))
    return (
        route["path"] == asked.path
        and route.get("method", asked.method) == asked.method
        and (route.get("host") == "elsewhere") == asked.elsewhere
        and all(query.get(name) == value for name, value in (when.get("query") or {}).items())
        and all(asked.headers.get(name.lower()) == value for name, value in (when.get("headers") or {}).items())
        and all(same(at(body_of(asked), path), value) for path, value in (when.get("json") or {}).items())
        and when.get("text", "") in asked.body.decode("utf-8", "replace")
    )


def body_of(asked: Asked) -> Any:
    try:
        return json.loads(asked.body)
    except ValueError:
        return None


def at(value: Any, path: str) -> Any:
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


# --- a page of a list ------------------------------------------------------------------------------------------------


def page(rules: dict[str, Any], asked: Asked, base: str) -> dict[str, Any]:
    """The records that the request asks for, put where `json` and `headers` say."""
    records = numbered(rules["records"])
    by = rules["by"]
    param = rules.get("param", by)
    value, size = told(rules, asked, param), told(rules, asked, rules.get("size_param", "limit"))
    size = int(size) if size is not None else rules["size"]
    first = rules.get("first", 1)
    begin = {
        "offset": lambda: int(value or 0),
        "page": lambda: (int(value if value is not None else first) - first) * size,
        "cursor": lambda: int(value[1:]) if value else 0,
    }[by]()
    end = begin + size
    more = end < len(records)
    following = {"offset": end, "page": first + end // size if size else 0, "cursor": f"c{end}"}[by]
    pairs = [pair for pair in parse_qsl(asked.query, keep_blank_values=True) if pair[0] != param]
    link = f"{base}{asked.path}?{urlencode([*pairs, (param, following)], quote_via=quote)}"
    words = {
        "$records": records[begin:end],
        "$total": len(records),
        "$pages": -(-len(records) // size),
        "$cursor": following if more else None,
        "$next": link if more else None,
        "$more": more,
    }
    headers = {name: said(value, words) for name, value in (rules.get("headers") or {}).items()}
    return {
        "status": rules.get("status", 200),
        "headers": {name: str(value) for name, value in headers.items() if value is not None},
        "json": said(rules.get("json", "$records"), words),
    }


def told(rules: dict[str, Any], asked: Asked, param: str) -> str | None:
    if rules.get("in") == "json":
        value = at(body_of(asked), param)
        return None if value is None else str(value)
    return dict(parse_qsl(asked.query, keep_blank_values=True)).get(param)


def said(template: Any, words: dict[str, Any]) -> Any:
    """A text that is a word becomes what it stands for; within longer text it is written, and null undoes the text."""
    if isinstance(template, dict):
        return {key: said(value, words) for key, value in template.items()}
    if isinstance(template, list):
        return [said(value, words) for value in template]
    if not isinstance(template, str):
        return template
    if template in words:
        return words[template]
    for word, value in words.items():
        if word in template:
            if value is None:
                return None
            template = template.replace(word, str(value))
    return template
