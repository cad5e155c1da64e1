package io.trueup.source;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.DecimalNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.WrittenRecords;
import io.trueup.avro.WrittenRecords.Written;
import io.trueup.source.avro.AvroLeaves;
import io.trueup.source.avro.AvroReader;
import io.trueup.source.avro.ConnectLeaves;
import java.math.BigDecimal;
import java.util.Map;
import java.util.Optional;

/**
 * Change events as the Avro converters of Confluent and Apicurio write them, by schemas of a registry.
 *
 * <p>Keys have schema ids, too, and each connector registers a schema of its own, so the same row has different record keys. The key of
 * the dataset is therefore the key as JSON: members in order of their names, columns in the form of {@link DebeziumTypes}, numbers by
 * their value, such as {@code {"id":1}}. A key that does not begin as a record of a registry is taken as it is: a connector may have
 * another converter for keys.
 */
final class DebeziumAvro implements DebeziumRecords {

    private static final JsonMapper SORTED =
            JsonMapper.builder().enable(JsonNodeFeature.WRITE_PROPERTIES_SORTED).build();

    private static final AvroLeaves LEAVES = new ConnectLeaves();

    /** A number with more zeros than this before its decimal point keeps its exponent. */
    private static final int MAX_ZEROS = 400;

    private final WrittenRecords records;
    private final String topic;

    /** @throws IllegalStateException if the codecs have no registry */
    DebeziumAvro(RecordCodecs codecs, String topic) {
        records = codecs.written();
        this.topic = topic;
    }

    @Override
    public Content key(byte[] key) throws MalformedRecordException {
        Optional<Written> record = records.find(topic, key);
        return record.isEmpty() ? null : content(record.get(), "key");
    }

    @Override
    public byte[] datasetKey(byte[] key) throws MalformedRecordException {
        Content content = key(key);
        if (content == null) {
            return key;
        }
        try {
            return SORTED.writeValueAsBytes(canonical(DebeziumTypes.normalised(content.content(), content.type())));
        } catch (JsonProcessingException e) {
            throw new IllegalStateException("a key that was read can be written", e);
        }
    }

    @Override
    public Content value(byte[] value) throws MalformedRecordException {
        Optional<Written> record = records.find(topic, value);
        if (record.isEmpty()) {
            throw new MalformedRecordException(
                    "the value does not begin as a record of a schema registry: let the connector use an Avro converter, or set"
                            + " the format to debezium-json or plain");
        }
        return content(record.get(), "value");
    }

    private static Content content(Written record, String what) throws MalformedRecordException {
        JsonNode content = AvroReader.read(record, LEAVES)
                .orElseThrow(() -> new MalformedRecordException("the " + what + " has a map with the same key twice, or"
                        + " is nested deeper than " + AvroReader.MAX_DEPTH + " levels"));
        return new Content(content, ConnectType.of(record.schema()));
    }

    /** Both are asked for at once. */
    @Override
    public boolean isReady(byte[] key, byte[] value) {
        boolean keyIsReady = key == null || records.isReady(topic, key);
        boolean valueIsReady = value == null || records.isReady(topic, value);
        return keyIsReady && valueIsReady;
    }

    /** Numbers by their value, so that integers and decimals of the same value are the same. */
    private static JsonNode canonical(JsonNode node) {
        if (node instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> member : object.properties()) {
                member.setValue(canonical(member.getValue()));
            }
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                array.set(i, canonical(array.get(i)));
            }
        } else if (node.isNumber()) {
            BigDecimal number = node.decimalValue().stripTrailingZeros();
            return DecimalNode.valueOf(
                    number.scale() < 0 && number.scale() >= -MAX_ZEROS ? number.setScale(0) : number);
        }
        return node;
    }
}
