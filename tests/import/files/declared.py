"""A declared configuration that another file imports."""
from dlt.sources.rest_api import RESTAPIConfig

LANGUAGES = ["de", "en"]

library_config: RESTAPIConfig = {
    "client": {"base_url": "https://library.example/v1/", "paginator": {"type": "offset", "limit": 100, "total_path": "meta.total"}},
    "resources": [
        {
            "name": "books",
            "primary_key": "isbn",
            "endpoint": {
                "path": "books",
                "data_selector": "$.items[?(@.kind=='book')]",
                "params": {"lang": LANGUAGES, "since": "yes", "version": "1.0", "empty": "", "note": "a: b # c"},
            },
        },
        {"name": "größen", "endpoint": {"path": "sizes/'small'", "params": {"q": 'say "hi" \\ bye', "t": "a\tb"}}},
    ],
}
