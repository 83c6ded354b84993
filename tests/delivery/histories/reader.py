"""A topic as a table: the newest value of each key, without the keys whose newest value is null. Knows nothing of krest.

    reader.py BOOTSTRAP TOPIC

Reads what is committed, to the end, and prints one JSON object: key -> value, both as text.
"""

import json
import sys

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, KafkaException, TopicPartition

SETTINGS = {
    "group.id": "krest-test-reader",
    "isolation.level": "read_committed",
    "enable.auto.commit": False,
    "enable.partition.eof": True,
    "auto.offset.reset": "error",
}


def table(bootstrap: str, topic: str) -> dict[str, str]:
    consumer = Consumer({**SETTINGS, "bootstrap.servers": bootstrap})
    reading = set(consumer.list_topics(topic, timeout=30).topics[topic].partitions)
    consumer.assign([TopicPartition(topic, partition, OFFSET_BEGINNING) for partition in reading])
    rows: dict[str, str] = {}
    while reading:
        message = consumer.poll(30)
        if message is None:
            raise TimeoutError(f"the end of {topic} was not reached")
        if error := message.error():
            if error.code() != KafkaError._PARTITION_EOF:
                raise KafkaException(error)
            reading.discard(message.partition())
        elif message.value() is None:
            rows.pop(message.key().decode(), None)
        else:
            rows[message.key().decode()] = message.value().decode()
    consumer.close()
    return rows


json.dump(table(*sys.argv[1:]), sys.stdout)
