"""No source of dlt's REST API anywhere."""
import dlt


@dlt.resource
def numbers():
    yield from range(10)


dlt.pipeline("numbers").run(numbers())
