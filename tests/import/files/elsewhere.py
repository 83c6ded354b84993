import yaml
from dlt.sources.rest_api import rest_api_source

with open("source.yaml") as file:
    settings = yaml.safe_load(file)

source = rest_api_source(settings["rest"], name="elsewhere")
