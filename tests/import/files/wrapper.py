"""A function for other files to call, and a source of this one in a loop over its resources."""
import dlt
from dlt.sources.rest_api import RESTAPIConfig, rest_api_resources, rest_api_source


def load(config: RESTAPIConfig, name: str):
    pipeline = dlt.pipeline(pipeline_name=name, destination="duckdb")
    return pipeline.run(rest_api_source(config))


@dlt.source(name="calendar", max_table_nesting=1)
def calendar_source(
    key: str = dlt.secrets["calendar.key"],
    calendars=("work", "home"),
):
    headers = {"X-Api-Key": key}
    if isinstance(calendars, str):
        calendars = [calendars]

    resources = [
        {
            "name": f"events_of_{calendar}",
            "primary_key": ["uid", "start"],
            "endpoint": {
                "path": "calendars/{calendar}/events",
                "params": {
                    "calendar": calendar,
                    "updatedMin": {
                        "type": "incremental",
                        "cursor_path": "updated",
                        "initial_value": "2022-01-01",
                        "convert": lambda value: value.replace("Z", "+00:00"),
                    },
                },
            },
        }
        for calendar in calendars
        if calendar != "holidays"
    ]
    config: RESTAPIConfig = {
        "client": {
            "base_url": "https://calendar.example/v3",
            "headers": headers,
            "paginator": {"type": "cursor", "cursor_path": "nextPageToken", "cursor_param": "pageToken"},
        },
        "resource_defaults": {"endpoint": {"data_selector": "items"}},
        "resources": resources,
    }
    for resource in rest_api_resources(config):
        yield resource
