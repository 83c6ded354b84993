"""A key in the query, written with dlt's own objects and typed dictionaries."""
import dlt
from dlt.sources.helpers.rest_client.auth import APIKeyAuth
from dlt.sources.rest_api import rest_api_source
from dlt.sources.rest_api.typing import ClientConfig, Endpoint, EndpointResource, RESTAPIConfig

CITIES = {"berlin": "52.52,13.41", "oslo": "59.91,10.75"}


def forecast(city: str, place: str) -> EndpointResource:
    latitude, longitude = place.split(",")
    return EndpointResource(
        name=f"forecast_{city}",
        primary_key="time",
        endpoint=Endpoint(path="v1/forecast", params={"q": place, "days": 3, "verbose": True, "lang": None}),
    )


def configuration() -> RESTAPIConfig:
    return RESTAPIConfig(
        client=ClientConfig(
            base_url="https://weather.example",
            auth=APIKeyAuth(name="key", api_key=dlt.secrets["weather_key"], location="query"),
            paginator="single_page",
        ),
        resource_defaults={"endpoint": {"data_selector": "forecast"}},
        resources=[forecast(city, place) for city, place in CITIES.items()],
    )


if __name__ == "__main__":
    dlt.pipeline(pipeline_name="weather", destination="duckdb").run(rest_api_source(configuration()))
