"""Tickets of a help desk: basic authentication made of an e-mail address and a token, functions as steps."""
import dlt
from dlt.sources.rest_api import RESTAPIConfig, rest_api_resources
from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator


def drop_private_comments(ticket):
    ticket["comments"] = [c for c in ticket["comments"] if c["public"]]
    return ticket


def is_open(ticket):
    """Neither closed nor deleted."""
    return ticket["status"] not in ("closed", "deleted")


@dlt.source
def tickets_source(
    subdomain: str = dlt.config.value,
    email: str = dlt.secrets.value,
    api_token: str = dlt.secrets.value,
    page_size: int = 100,
    start_date: str = "2020-01-01",
):
    config: RESTAPIConfig = {
        "client": {
            "base_url": f"https://{subdomain}.desk.example/api/v2",
            "auth": {
                "type": "http_basic",
                "username": f"{email}/token",
                "password": api_token,
            },
            "paginator": HeaderLinkPaginator(),
        },
        "resource_defaults": {"primary_key": "id", "write_disposition": "merge"},
        "resources": [
            {
                "name": "tickets",
                "endpoint": {
                    "path": "tickets.json",
                    "data_selector": "tickets",
                    "params": {
                        "page[size]": page_size,
                        "start_time": {
                            "type": "incremental",
                            "cursor_path": "updated_at",
                            "initial_value": start_date,
                        },
                    },
                },
                "processing_steps": [
                    {"filter": is_open},
                    {"filter": lambda ticket: ticket["priority"] is not None and not ticket.get("is_test")},
                    {"map": drop_private_comments},
                    {"map": lambda t: {**t, "subject": t["raw_subject"]}},
                ],
            },
            {
                "name": "ticket_metrics",
                "endpoint": {
                    "path": "tickets/{ticket_id}/metrics.json",
                    "data_selector": "ticket_metric",
                    "params": {
                        "ticket_id": {"type": "resolve", "resource": "tickets", "field": "id"},
                    },
                },
                "include_from_parent": ["id", "status"],
                "processing_steps": [{"map": drop_private_comments}],
            },
        ],
    }
    return rest_api_resources(config)
