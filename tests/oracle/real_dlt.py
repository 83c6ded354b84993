"""Runs a scenario's dictionary through real dlt, without a pipeline: raw records, before dlt normalizes them."""

from __future__ import annotations

import contextlib
import copy
import io
import os
import warnings
from collections.abc import Iterator
from typing import Any

from api import ENDLESS, Api
from scenario import Outcome, Scenario, fill

# Before dlt is imported: no waiting, no telemetry, no log. (A second at most, where an API says how long.)
os.environ.update(
    {
        "RUNTIME__REQUEST_BACKOFF_FACTOR": "0",
        "RUNTIME__REQUEST_MAX_RETRY_DELAY": "0.01",
        "RUNTIME__REQUEST_TIMEOUT": "10",
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "RUNTIME__LOG_LEVEL": "CRITICAL",
    }
)

from dlt.common.configuration import inject_section  # noqa: E402
from dlt.common.configuration.container import Container  # noqa: E402
from dlt.common.pipeline import StateInjectableContext, pipeline_state  # noqa: E402
from dlt.extract.pipe_iterator import ManagedPipeIterator  # noqa: E402
from dlt.extract.source import SourceInjectableContext, SourceSchemaInjectableContext  # noqa: E402
from dlt.sources.rest_api import rest_api_source  # noqa: E402


def run(scenario: Scenario) -> Outcome:
    """One run, from nothing."""
    api = Api(scenario.api)
    config = with_callables(fill(copy.deepcopy(scenario.config), api.places), scenario.python)
    config.setdefault("client", {}).setdefault("base_url", api.places["${API}"])
    # Records may hold URLs of the API; scenarios write them with their names.
    names = {url: place for place, url in api.places.items()}
    outcome = Outcome(api.log, {})
    variables = {**scenario.env, **((scenario.dlt or {}).get("env") or {})}
    try:
        with environment(variables), quiet():
            for name, record in records(config):
                outcome.records.setdefault(name, []).append(fill(record, names))
                if len(api.log) > ENDLESS:
                    break
    except Exception as error:  # whatever dlt raises is the outcome
        outcome.error = words_of(error)
    finally:
        api.close()
    outcome.endless = len(api.log) > ENDLESS
    return outcome


def records(config: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Every record with its resource's name. As `DltSource.__iter__` does it, which gives no names."""
    source = rest_api_source(config, name="scenario")
    state, _ = pipeline_state(Container(), {})
    contexts = [
        source._get_config_section_context(),
        StateInjectableContext(state=state),
        SourceSchemaInjectableContext(source.schema),
        SourceInjectableContext(source),
    ]
    with contextlib.ExitStack() as stack:
        stack.enter_context(inject_section(contexts[0]))
        for context in contexts[1:]:
            stack.enter_context(Container().injectable_context(context))
        pages = ManagedPipeIterator.from_pipes(source.resources.selected_pipes, yield_parents=True)
    pages.set_context(contexts)
    for page in pages:
        if page.pipe.name in source.resources.selected:
            items = page.item if isinstance(page.item, list) else [page.item]
            yield from ((page.pipe.name, item) for item in items)


def with_callables(value: Any, python: dict[str, str], key: str = "") -> Any:
    """jq expressions become the Python functions that the scenario gives for them."""
    if isinstance(value, dict):
        return {name: with_callables(item, python, name) for name, item in value.items()}
    if isinstance(value, list):
        return [with_callables(item, python, key) for item in value]
    if key in ("filter", "map", "yield_map", "convert") and value in python:
        return eval(python[value])  # the scenario's own text, from this repository
    return value


def words_of(error: BaseException) -> str:
    """The whole chain: dlt wraps what happened."""
    said: list[str] = []
    seen: BaseException | None = error
    while seen is not None:
        said.append(f"{type(seen).__name__}: {seen}")
        seen = seen.__cause__ or seen.__context__
    return " | ".join(said)


@contextlib.contextmanager
def environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        yield
