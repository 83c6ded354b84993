"""Issues of a repository on GitHub, and the comments of each, loaded incrementally."""
from typing import Any, Optional

import dlt
from dlt.sources.rest_api import RESTAPIConfig, check_connection, rest_api_resources


@dlt.source(name="hub_issues")
def hub_source(access_token: Optional[str] = dlt.secrets.value) -> Any:
    config: RESTAPIConfig = {
        "client": {
            "base_url": "https://api.github.example/repos/acme/widgets/",
            # Without a token the limit is 60 requests an hour.
            "auth": (
                {"type": "bearer", "token": access_token} if access_token else None
            ),
        },
        "resource_defaults": {
            "primary_key": "id",
            "write_disposition": "merge",
            "endpoint": {"params": {"per_page": 100}},
        },
        "resources": [
            {
                "name": "issues",
                "endpoint": {
                    "path": "issues",
                    "params": {
                        "sort": "updated",
                        "direction": "desc",
                        "state": "open",
                        "since": "{incremental.start_value}",
                    },
                    "incremental": {
                        "cursor_path": "updated_at",
                        "initial_value": "2024-01-25T11:21:28Z",
                    },
                },
            },
            {
                "name": "issue_comments",
                "endpoint": {"path": "issues/{resources.issues.number}/comments"},
                "include_from_parent": ["id"],
            },
        ],
    }

    yield from rest_api_resources(config)


def load() -> None:
    pipeline = dlt.pipeline(
        pipeline_name="hub_pipeline",
        destination="duckdb",
        dataset_name="hub_data",
    )
    print(pipeline.run(hub_source()))


if __name__ == "__main__":
    load()
