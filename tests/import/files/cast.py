from typing import cast

import dlt
from dlt.sources import rest_api

config = cast(
    rest_api.RESTAPIConfig,
    {
        "client": {
            "base_url": "https://files.example",
            "auth": "bearer",
            "paginator": {"type": "header_cursor", "cursor_key": "X-Next", "cursor_param": "marker"},
        },
        "resources": [
            {"name": "files", "endpoint": {"path": "files", "data_selector": "entries"}, "primary_key": "path"},
        ],
    },
)
config["client"]["headers"] = {"Accept": "application/json"}
config["resource_defaults"] = {"write_disposition": "replace"}
config["resources"].extend(["folders", {"name": "trash", "endpoint": "trash"}])
del config["resources"][0]["primary_key"]

source = rest_api.rest_api_source(config, name="file store")
