package io.trueup.source;

import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.trueup.avro.MalformedRecordException;
import java.io.IOException;

/** Change events as Kafka Connect's JSON converter writes them, with or without schema. The key of the dataset is the record key. */
final class DebeziumJson implements DebeziumRecords {

    /** Keeps each digit of a number. */
    static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
            .build();

    @Override
    public Content key(byte[] key) {
        try {
            JsonNode document = MAPPER.readTree(key);
            return document == null ? null : content(document);
        } catch (IOException | NumberFormatException e) {
            return null;
        }
    }

    @Override
    public byte[] datasetKey(byte[] key) {
        return key;
    }

    @Override
    public Content value(byte[] value) throws MalformedRecordException {
        JsonNode document;
        try {
            document = MAPPER.readTree(value);
        } catch (IOException | NumberFormatException e) { // no JSON, no text, or an exponent beyond any number
            throw new MalformedRecordException(
                    "the value is not JSON, or is beyond the bounds of the parser: let the connector use JsonConverter, or set"
                            + " the format to debezium-avro or plain",
                    e);
        }
        if (document instanceof ObjectNode) {
            return content(document);
        }
        throw new MalformedRecordException("the value is no JSON object, so it is neither a change event nor a row");
    }

    /** The converter puts the schema beside the payload. */
    private static Content content(JsonNode document) {
        boolean hasSchema = document.has("schema") && document.has("payload") && document.size() == 2;
        return hasSchema
                ? new Content(document.get("payload"), ConnectType.of(document.get("schema")))
                : new Content(document, null);
    }

    @Override
    public boolean isReady(byte[] key, byte[] value) {
        return true;
    }
}
