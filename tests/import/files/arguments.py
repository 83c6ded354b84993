"""A function whose arguments come from the call, and one that nobody here calls."""
import dlt
from dlt.sources.rest_api import rest_api_source


def forge(owner: str, repository: str, token=None, per_page=30, headers: dict = None, *, sort="created"):
    return rest_api_source(
        {
            "client": {
                "base_url": f"https://forge.example/{owner}/{repository}/",
                "headers": headers,
                "paginator": {"type": "header_link", "links_next_key": "next"},
            },
            "resources": [
                {"name": "pulls", "primary_key": "id", "endpoint": {"path": "pulls", "params": {"per_page": per_page, "sort": sort}}}
            ],
        },
        name="forge_" + repository,
    )


def organisation(name: str, limits: "dict[str, int]", since: str = None):
    options = {"paginator": {"type": "page_number", "base_page": 1, "total_path": None}}
    return rest_api_source(
        {
            "client": {"base_url": f"https://forge.example/orgs/{name}", **options},
            "resources": [{"name": "members", "endpoint": {"path": "members", "params": {"since": since, **limits}}}],
        },
        name="organisation",
    )


forge("acme", "widgets", per_page=50, **{"sort": "updated"})
