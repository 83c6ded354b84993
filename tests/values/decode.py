"""Reads what krest wrote with libraries of other hands, and says where it is not what the record has.

A line on stdin: {"record": text, "avro_schema": …, "avro": base64, "json_schema": …, "json": text}. On stdout: a list of differences.
Numbers are compared by their text wherever their type has every digit.
"""

import base64
import datetime
import decimal
import io
import json
import struct
import sys

import fastavro
import jsonschema

decimal.getcontext().prec = 60
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
MICROSECOND = datetime.timedelta(microseconds=1)


class Number(str):
    """A number by its text."""


def read(text):
    return json.loads(text, parse_int=Number, parse_float=Number)


def names(schema, known):
    """Named types, which are written once."""
    if isinstance(schema, dict):
        if "name" in schema and schema["type"] in ("record", "enum"):
            known[schema["name"]] = schema
        for part in schema.values():
            names(part, known)
    elif isinstance(schema, list):
        for part in schema:
            names(part, known)
    return known


class Avro:
    def number(self, kind, value, got):
        if kind == "float":
            return struct.pack("<f", float(value)) == struct.pack("<f", got)
        return struct.pack("<d", float(value)) == struct.pack("<d", got) if kind == "double" else got == int(value)

    def decimal(self, value, scale, got):
        return got == decimal.Decimal(value)

    def bytes(self, value, got):
        return got == base64.b64decode(value)

    def day(self, value, got):
        return got == datetime.date.fromisoformat(value)

    def moment(self, value, unit, got):
        return got == datetime.datetime.fromisoformat(value)

    def field(self, field, got):
        return got[field["name"]]


class Json:
    def number(self, kind, value, got):
        return isinstance(got, Number) and got == value

    def decimal(self, value, scale, got):
        exact = decimal.Decimal(got)
        return isinstance(got, Number) and exact == decimal.Decimal(value) and exact.as_tuple().exponent == -scale

    def bytes(self, value, got):
        return got == value

    def day(self, value, got):
        return int(got) == (datetime.date.fromisoformat(value) - EPOCH.date()).days

    def moment(self, value, unit, got):
        return int(got) * unit == (datetime.datetime.fromisoformat(value) - EPOCH) // MICROSECOND

    def field(self, field, got):
        return got.get(field.get("krest.name", field["name"]))


def text_is(value, got):
    """A string as it is, or anything as its JSON."""
    return isinstance(got, str) and (got == value and not isinstance(value, Number) or is_json(value, got))


def is_json(value, got):
    try:
        return read(got) == value
    except ValueError:
        return False


def differences(form, known, schema, value, got, place=""):
    if isinstance(schema, list):
        if value is None:
            return [] if got is None else [place]
        (schema,) = [part for part in schema if part != "null"]
    if isinstance(schema, str) and schema in known:
        schema = known[schema]
    kind = schema["type"] if isinstance(schema, dict) else schema
    if value is None or got is None:
        return [place + ": null"]
    if kind == "record":
        return record(form, known, schema, value, got, place)
    if kind == "array":
        if len(value) != len(got):
            return [place + ": length"]
        parts = [differences(form, known, schema["items"], *pair, place + "[]") for pair in zip(value, got)]
        return sum(parts, [])
    if kind == "map":
        if value.keys() != got.keys():
            return [place + ": names"]
        parts = [differences(form, known, schema["values"], value[name], got[name], place + "{}") for name in value]
        return sum(parts, [])
    return [] if scalar(form, kind, schema, value, got) else [f"{place}: {kind} {value!r} {got!r}"]


def scalar(form, kind, schema, value, got):
    logical = schema.get("logicalType") if isinstance(schema, dict) else None
    if logical == "decimal":
        return form.decimal(value, schema["scale"], got)
    if logical == "date":
        return form.day(value, got)
    if logical in ("timestamp-millis", "timestamp-micros"):
        return form.moment(value, 1000 if logical == "timestamp-millis" else 1, got)
    if kind == "bytes":
        return form.bytes(value, got)
    if kind == "string":
        return text_is(value, got)
    if kind in ("boolean", "enum"):
        return got == value and isinstance(got, bool) == (kind == "boolean")
    return form.number(kind, value, got)


def record(form, known, schema, value, got, place):
    found = []
    for field in schema["fields"]:
        name = field.get("krest.name", field["name"])
        there, read_back = value.get(name), form.field(field, got)
        default = field.get("default")
        if there is None and default is not None:
            if isinstance(form, Json):
                found += [] if read_back is None else [f"{place}.{name}: the default stands for null"]
                continue
            there = read(json.dumps(default))
        if there is None and read_back is None:
            continue
        found += differences(form, known, field["type"], there, read_back, f"{place}.{name}")
    extra = len(got) > len(schema["fields"])
    return found + ([place + ": more fields"] if extra else [])


def check(line):
    value, known = read(line["record"]), names(line["avro_schema"], {})
    data = io.BytesIO(base64.b64decode(line["avro"]))
    datum = fastavro.schemaless_reader(data, fastavro.parse_schema(line["avro_schema"]))
    found = differences(Avro(), known, line["avro_schema"], value, datum, "avro")
    found += ["avro: bytes behind the value"] if data.read() else []
    found += differences(Json(), known, line["avro_schema"], value, read(line["json"]), "json")
    jsonschema.Draft7Validator.check_schema(line["json_schema"])
    validator = jsonschema.Draft7Validator(line["json_schema"])
    payload = json.loads(line["json"])
    found += ["json: " + error.message for error in validator.iter_errors(payload)]
    closed = not validator.is_valid(payload | {"of no schema": 1})
    return found if closed else found + ["json: the content is open"]


print(json.dumps([f"{found} of {line.strip()}" for line in sys.stdin for found in check(json.loads(line))]))
