"""What other files do to a configuration nobody can tell from this one."""
from dlt.sources.rest_api import rest_api_source

from .company import add_company_headers, all_resources, company_auth, report
from .company import *

config = {
    "client": {"base_url": "https://intranet.example", "auth": company_auth(), "paginator": "single_page"},
    "resource_defaults": {**company_defaults, "primary_key": "id"},
    "resources": ["teams", *all_resources()],
}
add_company_headers(config)
report("loading", config["resources"])

source = rest_api_source(config, section="intranet")
