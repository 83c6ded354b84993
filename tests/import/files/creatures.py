import dlt
from dlt.sources.rest_api import rest_api_source


def load_creatures():
    pipeline = dlt.pipeline(pipeline_name="creatures", destination="filesystem", dataset_name="rest_api_data")
    creatures = rest_api_source(
        {
            "client": {
                "base_url": "https://creatures.example/api/v2/",
                # The API links to its next page in "next".
                "paginator": "json_link",
            },
            "resource_defaults": {
                "endpoint": {"params": {"limit": 1000}},
            },
            "resources": [
                "creature",
                "berry",
                {"name": "places", "endpoint": "location"},
            ],
        },
        name="creature_source",
    )

    def check_network_and_authentication() -> None:
        (can_connect, error_msg) = check_connection(creatures, "not_existing_endpoint")
        if not can_connect:
            pass

    check_network_and_authentication()
    print(pipeline.run(creatures))


if __name__ == "__main__":
    load_creatures()
