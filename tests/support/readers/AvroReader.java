// Topics as Apache's Java libraries read them: its consumer, and Avro's GenericDatumReader with the schema that the registry has
// under a message's id. Knows nothing of krest.
//
//     java AvroReader.java BOOTSTRAP REGISTRY [TOPIC KEY VALUE]...
//
// KEY and VALUE: string, or avro, or avro-latest (read by the newest schema of the subject). Prints what reader.py prints.

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.PrintStream;
import java.math.BigDecimal;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import org.apache.avro.Conversions;
import org.apache.avro.Schema;
import org.apache.avro.data.TimeConversions;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;

class AvroReader {
    static final ObjectMapper JSON = new ObjectMapper();
    static final GenericData TYPES = new GenericData();
    static final HttpClient HTTP = HttpClient.newHttpClient();
    static final Map<String, Schema> SCHEMAS = new HashMap<>();
    static String registry;

    public static void main(String[] arguments) throws Exception {
        TYPES.addLogicalTypeConversion(new Conversions.DecimalConversion());
        TYPES.addLogicalTypeConversion(new TimeConversions.DateConversion());
        TYPES.addLogicalTypeConversion(new TimeConversions.TimestampMillisConversion());
        TYPES.addLogicalTypeConversion(new TimeConversions.TimestampMicrosConversion());
        registry = arguments[1];
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (int at = 2; at < arguments.length; at += 3) {
            String topic = arguments[at];
            for (ConsumerRecord<byte[], byte[]> message : messages(arguments[0], topic)) {
                Map<String, Object> line = new LinkedHashMap<>();
                line.put("topic", topic);
                line.put("partition", message.partition());
                line.put("offset", message.offset());
                line.put("key", read(arguments[at + 1], message.key(), topic + "-key"));
                line.put("value", read(arguments[at + 2], message.value(), topic + "-value"));
                Map<String, Object> headers = new LinkedHashMap<>();
                message.headers().forEach(header -> headers.put(header.key(), text(header.value())));
                line.put("headers", headers);
                out.println(JSON.writeValueAsString(line));
            }
        }
    }

    static List<ConsumerRecord<byte[], byte[]>> messages(String bootstrap, String topic) {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("isolation.level", "read_committed");
        settings.put("auto.offset.reset", "none");
        List<ConsumerRecord<byte[], byte[]>> read = new ArrayList<>();
        ByteArrayDeserializer bytes = new ByteArrayDeserializer();
        try (KafkaConsumer<byte[], byte[]> consumer = new KafkaConsumer<>(settings, bytes, bytes)) {
            List<TopicPartition> all = consumer.partitionsFor(topic).stream()
                .map(info -> new TopicPartition(topic, info.partition())).toList();
            consumer.assign(all);
            consumer.seekToBeginning(all);
            Map<TopicPartition, Long> ends = consumer.endOffsets(all);
            long deadline = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (all.stream().anyMatch(one -> consumer.position(one) < ends.get(one))) {
                if (System.nanoTime() > deadline) {
                    throw new IllegalStateException("the end of " + topic + " was not reached");
                }
                consumer.poll(Duration.ofMillis(200)).forEach(read::add);
            }
        }
        read.sort(Comparator.<ConsumerRecord<byte[], byte[]>>comparingInt(one -> one.partition())
            .thenComparingLong(one -> one.offset()));
        return read;
    }

    static Object read(String form, byte[] data, String subject) throws Exception {
        if (data == null) {
            return null;
        }
        if (form.equals("string")) {
            return text(data);
        }
        ByteBuffer framed = ByteBuffer.wrap(data);
        if (framed.get() != 0) {
            throw new IllegalStateException(subject + ": no message of the registry's wire format");
        }
        Schema writer = schema("schemas/ids/" + framed.getInt());
        Schema reader = form.equals("avro-latest") ? schema("subjects/" + subject + "/versions/latest") : writer;
        BinaryDecoder decoder = DecoderFactory.get().binaryDecoder(data, 5, data.length - 5, null);
        Object value = new GenericDatumReader<>(writer, reader, TYPES).read(null, decoder);
        if (!decoder.isEnd()) {
            throw new IllegalStateException(subject + ": bytes are left behind the value");
        }
        return plain(value);
    }

    static Schema schema(String path) throws Exception {
        if (!SCHEMAS.containsKey(path)) {
            HttpRequest request = HttpRequest.newBuilder(URI.create(registry + "/" + path)).build();
            HttpResponse<String> answer = HTTP.send(request, HttpResponse.BodyHandlers.ofString());
            if (answer.statusCode() != 200) {
                throw new IllegalStateException(path + ": " + answer.statusCode() + " " + answer.body());
            }
            SCHEMAS.put(path, new Schema.Parser().parse(JSON.readTree(answer.body()).get("schema").asText()));
        }
        return SCHEMAS.get(path);
    }

    static String text(byte[] data) {
        return data == null ? null : new String(data, StandardCharsets.UTF_8);
    }

    static Object plain(Object value) {
        if (value instanceof GenericRecord record) {
            Map<String, Object> fields = new LinkedHashMap<>();
            record.getSchema().getFields().forEach(field -> fields.put(field.name(), plain(record.get(field.pos()))));
            return fields;
        }
        if (value instanceof Map<?, ?> map) {
            Map<String, Object> fields = new LinkedHashMap<>();
            map.forEach((name, field) -> fields.put(name.toString(), plain(field)));
            return fields;
        }
        if (value instanceof List<?> list) {
            List<Object> elements = new ArrayList<>();
            list.forEach(element -> elements.add(plain(element)));
            return elements;
        }
        if (value instanceof BigDecimal decimal) {
            return Map.of("$decimal", decimal.toPlainString());
        }
        if (value instanceof ByteBuffer bytes) {
            byte[] copy = Arrays.copyOfRange(bytes.array(), bytes.position(), bytes.limit());
            return Map.of("$bytes", Base64.getEncoder().encodeToString(copy));
        }
        if (value instanceof Instant moment) {
            DateTimeFormatter form = DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.SSSSSS'+00:00'");
            return Map.of("$moment", form.withZone(ZoneOffset.UTC).format(moment));
        }
        if (value instanceof LocalDate day) {
            return Map.of("$date", day.toString());
        }
        if (value == null || value instanceof Number || value instanceof Boolean) {
            return value;
        }
        return value.toString();
    }
}
