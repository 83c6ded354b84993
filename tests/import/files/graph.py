import dlt
from dlt.sources.rest_api import rest_api_resources
from dlt.sources.rest_api.typing import RESTAPIConfig

QUERY = """\
query Projects($first: Int!, $after: String) {
  projects(first: $first, after: $after) {
    nodes { id name }
    pageInfo { endCursor hasNextPage }
  }
}
""".replace("{", "{{").replace("}", "}}")

PLAIN = """query {{
  viewer {{ "id" }}
}}"""


@dlt.source
def graph(token=dlt.secrets.value, url: str = "https://graph.example/graphql"):
    config: RESTAPIConfig = {
        "client": {"base_url": url, "auth": {"token": token}},
        "resources": [
            {
                "name": "projects",
                "endpoint": {
                    "path": "",
                    "method": "POST",
                    "json": {"query": QUERY, "variables": {"first": 50}},
                    "data_selector": "data.projects.nodes",
                    "paginator": {
                        "type": "cursor",
                        "cursor_path": "data.projects.pageInfo.endCursor",
                        "cursor_body_path": "variables.after",
                        "has_more_path": "data.projects.pageInfo.hasNextPage",
                    },
                },
            },
            {
                "name": "viewer",
                "endpoint": {
                    "path": "",
                    "method": "POST",
                    "json": {"query": PLAIN},
                    "data_selector": "data.viewer",
                    "paginator": "single_page",
                },
            },
        ],
    }
    yield from rest_api_resources(config)
