"""A shop with OAuth2, a class for the cursor, and parts that only Python can do."""
from datetime import datetime, timedelta

import dlt
from dlt.sources.helpers.rest_client.auth import OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.paginators import BasePaginator, PageNumberPaginator
from dlt.sources.rest_api import rest_api_source

from .helpers import signature


class ShopPaginator(BasePaginator):
    def update_state(self, response, data=None):
        self._has_next_page = bool(response.json()["more"])


@dlt.resource(name="warehouses", primary_key="code")
def warehouse_list():
    yield [{"code": "A"}, {"code": "B"}]


YESTERDAY = (datetime.now() - timedelta(days=1)).isoformat()

shop = rest_api_source(
    {
        "client": {
            "base_url": "https://shop.example/api",
            "auth": OAuth2ClientCredentials(
                access_token_url="https://login.shop.example/oauth/token",
                client_id=dlt.secrets["shop.client_id"],
                client_secret=dlt.secrets["shop.client_secret"],
                access_token_request_data={"scope": "read"},
            ),
            "headers": {"X-Signature": signature()},
        },
        "resources": [
            warehouse_list(),
            {
                "name": "stock",
                "endpoint": {
                    "path": "warehouses/{resources.warehouses.code}/stock",
                    "paginator": ShopPaginator(),
                },
            },
            {
                "name": "reservations",
                "endpoint": {"path": "stock/{resources.stock.id}/reservations"},
            },
            {
                "name": "orders",
                "primary_key": ["region", "number"],
                "endpoint": {
                    "path": "orders",
                    "data_selector": "orders",
                    "paginator": PageNumberPaginator(base_page=1, total_path="page_count", maximum_page=500),
                    "params": {
                        "changed_after": dlt.sources.incremental("changed", initial_value=YESTERDAY),
                        "expand": ["lines", "customer"],
                    },
                },
                "processing_steps": [
                    {"filter": lambda order: order["total"] > 0 and order["state"] == "paid"},
                    {"yield_map": lambda order: order["lines"]},
                ],
            },
            {
                "name": "returns",
                "endpoint": {"path": "returns", "paginator": ShopPaginator()},
            },
        ],
    }
)
