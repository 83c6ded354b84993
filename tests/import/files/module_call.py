"""dlt's ready-made source, called with its parts as arguments."""
import dlt
from dlt.sources import rest_api as api

TIMEOUT = 5


def client(host):
    base = "https://" + host
    return dict(base_url=base.rstrip("/"), paginator={"type": "json_link", "next_url_path": "links.next"})


source = api.rest_api(
    client=client("events.example/"),
    resources=[
        {
            "name": "events",
            "primary_key": "uid",
            "merge_key": "day",
            "write_disposition": "merge",
            "columns": {"removed": {"hard_delete": True}, "seen": {"dedup_sort": "desc"}},
            "endpoint": {
                "path": "events",
                "data_selector": "data",
                "incremental": {
                    "cursor_path": "seen",
                    "initial_value": 1_700_000_000,
                    "start_param": "since",
                    "end_param": "until",
                    "last_value_func": max,
                    "lag": 0.5,
                    "convert": lambda value: value,
                    "on_cursor_value_missing": "include",
                },
            },
        },
        *({"name": kind, "selected": kind != "debug", "endpoint": {"path": f"kinds/{kind}"}} for kind in ("user", "debug")),
    ],
)
