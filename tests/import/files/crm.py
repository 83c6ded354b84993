"""A CRM in the manner of the large ones: cursors in the body, a POST search, deals with their contacts."""
import dlt
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import JSONResponseCursorPaginator, SinglePagePaginator
from dlt.sources.rest_api import rest_api_source

BASE = "https://crm.example"
API_VERSION = "v3"
PAGE = 50 * 2
OBJECTS = ("contacts", "companies", "deals")
PROPERTIES = {
    "contacts": ["firstname", "lastname", "email"],
    "companies": ["name", "domain"],
    "deals": ["dealname", "amount"],
}


def crm_object(name, properties):
    return {
        "name": name,
        "primary_key": "id",
        "write_disposition": "merge",
        "endpoint": {
            "path": f"crm/{API_VERSION}/objects/{name}",
            "data_selector": "results",
            "params": {"limit": PAGE, "archived": False, "properties": ",".join(properties)},
        },
    }


resources = [crm_object(name, PROPERTIES[name]) for name in OBJECTS]
resources.append(
    {
        "name": "recent_deals",
        "primary_key": "id",
        "endpoint": {
            "path": "crm/{}/objects/{kind}/search".format(API_VERSION, kind="deals"),
            "method": "POST",
            "json": {
                "limit": PAGE,
                "sorts": ["-hs_lastmodifieddate"],
                "filterGroups": [
                    {"filters": [{"propertyName": "amount", "operator": "GT", "value": 0}]}
                ],
            },
            "data_selector": "results",
            "paginator": JSONResponseCursorPaginator(cursor_path="paging.next.after", cursor_body_path="after"),
        },
    }
)
resources += [
    dict(
        name="owners",
        primary_key="id",
        endpoint=dict(path="crm/v3/owners", data_selector="results", paginator=SinglePagePaginator()),
    )
]

source = rest_api_source(
    {
        "client": {
            "base_url": BASE + "/",
            "headers": {"User-Agent": "crm-loader/1.0"},
            "auth": BearerTokenAuth(token=dlt.secrets["sources.crm.private_app_token"]),
            "paginator": JSONResponseCursorPaginator("paging.next.after", cursor_param="after"),
        },
        "resources": resources,
    },
    name="crm",
)
source.deals.add_map(lambda deal: deal)

pipeline = dlt.pipeline("crm_to_warehouse", destination="bigquery")
pipeline.run(source)
