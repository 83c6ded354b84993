import dlt
from dlt.sources.rest_api import rest_api_source


def first():
    return rest_api_source(
        {"client": {"base_url": "https://one.example", "paginator": "single_page"}, "resources": ["a"]}, name="first"
    )


@dlt.source
def second():
    yield from rest_api_source(
        {"client": {"base_url": "https://two.example", "paginator": "single_page"}, "resources": ["b"]}
    ).resources.values()


pipeline = dlt.pipeline("both")
pipeline.run([first(), second()])
