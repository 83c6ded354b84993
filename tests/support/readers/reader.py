"""Topics as Confluent's own deserializers read them. Knows nothing of krest.

    reader.py BOOTSTRAP REGISTRY [TOPIC KEY VALUE]...

KEY and VALUE name a form: string, json, avro, json_sr; avro-latest and json_sr-latest read by the newest schema of the
subject, as a reader does that was made for it. Reads what is committed, to the end, and prints one JSON object a message.
What JSON has no type for is an object with one field: $decimal, $bytes, $moment, $date, $integer (beyond 64 bits).
"""

import base64
import datetime
import decimal
import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.schema_registry.json_schema import JSONDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext, StringDeserializer

SETTINGS = {
    "group.id": "krest-test-reader",
    "isolation.level": "read_committed",
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "error",
    "fetch.wait.max.ms": 20,
}


def number(text):
    """A double, if that is the same number."""
    double = float(text)
    exact = decimal.Decimal(text)
    return double if decimal.Decimal(repr(double)) == exact else exact


def loads(text):
    return json.loads(text, parse_float=number)


def plain(value):
    match value:
        case None | bool() | float() | str():
            return value
        case int():
            return value if -(2**63) <= value < 2**63 else {"$integer": str(value)}
        case decimal.Decimal():
            return {"$decimal": format(value, "f")}
        case bytes():
            return {"$bytes": base64.b64encode(value).decode()}
        case datetime.datetime():
            return {"$moment": value.astimezone(datetime.timezone.utc).isoformat(timespec="microseconds")}
        case datetime.date():
            return {"$date": value.isoformat()}
        case dict():
            return {name: plain(field) for name, field in value.items()}
        case list():
            return [plain(element) for element in value]
    raise TypeError(f"{type(value)} is no type of these readers")


def deserializer(form, registry):
    form, _, latest = form.partition("-")
    settings = {"subject.name.strategy.type": "TOPIC", "use.latest.version": latest == "latest"}
    match form:
        case "string":
            return StringDeserializer()
        case "json":
            return lambda data, _: None if data is None else loads(data)
        case "avro":
            return AvroDeserializer(registry, conf=settings)
        case "json_sr":
            return JSONDeserializer(None, schema_registry_client=registry, conf=settings, json_decode=loads)
    raise ValueError(f"{form} is no form of these readers")


def messages(bootstrap, topic):
    consumer = Consumer({**SETTINGS, "bootstrap.servers": bootstrap})
    reading = set(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in reading])
    read = []
    while reading:
        message = consumer.poll(30)
        if message is None:
            raise TimeoutError(f"the end of {topic} was not reached")
        if error := message.error():
            if error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            reading.discard(message.partition())
        else:
            read.append(message)
    consumer.close()
    return sorted(read, key=lambda message: (message.partition(), message.offset()))


def main(bootstrap, registry, *wanted):
    client = SchemaRegistryClient({"url": registry})
    for topic, key_form, value_form in zip(*[iter(wanted)] * 3, strict=True):
        key, value = deserializer(key_form, client), deserializer(value_form, client)
        for message in messages(bootstrap, topic):
            line = {
                "topic": topic,
                "partition": message.partition(),
                "offset": message.offset(),
                "key": plain(key(message.key(), SerializationContext(topic, MessageField.KEY))),
                "value": plain(value(message.value(), SerializationContext(topic, MessageField.VALUE))),
                "headers": {name: text and text.decode() for name, text in message.headers() or []},
            }
            print(json.dumps(line, ensure_ascii=False))


main(*sys.argv[1:])
