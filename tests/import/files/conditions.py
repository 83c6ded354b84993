"""What depends on conditions: those that can be told, and those that cannot."""
import sys

import dlt
from dlt.sources.rest_api import rest_api_source

DEBUG = False
FULL = len(sys.argv) > 1

config = {
    "client": {"base_url": "https://conditions.example/"},
    "resource_defaults": {"primary_key": "id", "endpoint": {"paginator": "single_page"}},
    "resources": ["always"],
}

if DEBUG:
    config["resources"] = ["never"]
else:
    config["resources"].append("not_in_debug")

if FULL:
    config["resources"].append("only_in_full")
    config["resource_defaults"]["max_table_nesting"] = 0
    LIMIT = 10
else:
    LIMIT = 100

for name in ["one", "two", "three"]:
    if name == "two":
        continue
    config["resources"].append({"name": name, "endpoint": {"path": f"numbers/{name}", "params": {"limit": LIMIT}}})

for name in sys.argv:
    config["resources"].append(name)

try:
    token = dlt.secrets["conditions.token"]
except KeyError:
    token = None

if token:
    config["client"]["auth"] = {"type": "bearer", "token": token}

while FULL:
    config["client"].update(headers={"X-Full": "yes"})

source = rest_api_source(config)
source.resources["always"].apply_hints(primary_key="key")
