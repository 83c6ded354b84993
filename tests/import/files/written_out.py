"""Secrets that stand in the file itself."""
from dlt.sources.rest_api import rest_api_source

KEY = "c4nary-" + "written-out"

source = rest_api_source(
    {
        "client": {
            "base_url": "https://legacy.example/",
            "auth": {"type": "api_key", "name": "X-Key", "api_key": KEY},
            "headers": {"Authorization": f"Basic {KEY}", "X-Client": "loader"},
        },
        "resource_defaults": {"endpoint": {"paginator": "single_page"}},
        "resources": [
            {"name": "a", "primary_key": "id", "endpoint": {"path": "a", "params": {"access_token": KEY, "page_token": "first"}}},
            {
                "name": "b",
                "endpoint": {
                    "path": "b",
                    "auth": {"type": "http_basic", "username": "loader", "password": "c4nary-password"},
                },
            },
        ],
    }
)
