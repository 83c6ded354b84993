"""An issue tracker with an offset in the query, nested paths, and a project per resource."""
from __future__ import annotations

import base64
import os

import dlt
import requests
from dlt.sources.rest_api import rest_api_source

SITE = os.environ["TRACKER_SITE"]
PROJECTS = os.getenv("TRACKER_PROJECTS", "ALPHA")

session = requests.Session()
session.headers["X-Trace"] = "on"

defaults = {
    "primary_key": "id",
    "write_disposition": {"disposition": "merge", "strategy": "upsert"},
    "max_table_nesting": 2,
    "endpoint": {
        "paginator": {
            "type": "offset",
            "limit": 50,
            "offset_param": "startAt",
            "limit_param": "maxResults",
            "total_path": "total",
        },
    },
}

users = {
    **defaults,
    "name": "users",
    "write_disposition": "replace",
    "endpoint": {"path": "rest/api/3/users/search", "data_selector": "$"},
}

source = rest_api_source(
    {
        "client": {
            "base_url": f"https://{SITE}.tracker.example/",
            "auth": {
                "type": "http_basic",
                "username": dlt.secrets.get("sources.tracker.email"),
                "password": dlt.secrets["sources"]["tracker"]["api_token"],
            },
            "session": session,
        },
        "resource_defaults": defaults,
        "resources": [
            {
                "name": "issues",
                "columns": {"description": {"data_type": "text"}},
                "endpoint": {
                    "path": "rest/api/3/search",
                    "data_selector": "issues",
                    "params": {
                        "jql": "project = " + PROJECTS + " order by updated",
                        "fields": "*all",
                        "expand": "fields,changelog,operations,transitions,names",
                    },
                    "incremental": dlt.sources.incremental(
                        "fields.updated", initial_value="2023-01-01T00:00:00.000+0000", row_order="asc"
                    ),
                    "response_actions": [
                        {"status_code": 404, "action": "ignore"},
                        {"content": "no project", "action": "ignore"},
                        {"status_code": 400, "action": lambda response: response.raise_for_status()},
                    ],
                },
            },
            users,
            {
                "name": "issue_comments",
                "table_name": lambda item: f"comments_of_{item['project']}",
                "endpoint": {
                    "path": "rest/api/3/issue/{resources.issues.key}/comment",
                    "data_selector": "comments",
                },
                "include_from_parent": ["key"],
                "parallelized": True,
            },
        ],
    },
    name="tracker",
    max_table_nesting=1,
)
