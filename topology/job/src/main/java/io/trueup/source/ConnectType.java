package io.trueup.source;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.Map;
import org.apache.avro.LogicalType;
import org.apache.avro.LogicalTypes;
import org.apache.avro.Schema;

/**
 * What Kafka Connect's schema says of a value. Implementations are thread-safe as long as nobody changes what they are views of.
 */
interface ConnectType {

    /** Name of the logical type, such as {@code io.debezium.time.Date}; empty if it has none. */
    String name();

    /** Connect's type of floating-point numbers, {@code float} or {@code double}; another text for other types. */
    String type();

    /** The scale of a decimal; 0 if it is not stated. */
    int scale();

    /** The type of a field of a struct; null if it is not known. */
    ConnectType field(String field);

    /** The type of the items of an array; null if it is not known. */
    ConnectType items();

    /** Returns a type of a schema as Connect's JSON converter writes it; null without one. */
    static ConnectType of(JsonNode schema) {
        return schema == null || !schema.isObject() ? null : new OfJson(schema);
    }

    /** Returns a type of a schema as the Avro converters of Confluent and Apicurio write it; null if a value may be of several types. */
    static ConnectType of(Schema schema) {
        if (schema.getType() != Schema.Type.UNION) {
            return new OfAvro(schema);
        }
        List<Schema> values = schema.getTypes().stream()
                .filter(type -> type.getType() != Schema.Type.NULL)
                .toList();
        return values.size() == 1 ? new OfAvro(values.get(0)) : null;
    }

    /**
     * A schema in JSON, beside the payload.
     *
     * @param schema an object
     */
    record OfJson(JsonNode schema) implements ConnectType {

        @Override
        public String name() {
            return schema.path("name").asText("");
        }

        @Override
        public String type() {
            return schema.path("type").asText("");
        }

        @Override
        public int scale() {
            return schema.path("parameters").path("scale").asInt();
        }

        @Override
        public ConnectType field(String field) {
            for (JsonNode type : schema.path("fields")) {
                if (field.equals(type.path("field").textValue())) {
                    return of(type);
                }
            }
            return null;
        }

        @Override
        public ConnectType items() {
            return of(schema.get("items"));
        }
    }

    /**
     * A schema in Avro. The converters keep names in {@code connect.name} and parameters in {@code connect.parameters}; where these are
     * missing, because the converter is configured to leave them out, Avro's logical types take their place.
     *
     * @param schema no union
     */
    record OfAvro(Schema schema) implements ConnectType {

        private static final String TIMESTAMP_MILLIS = "org.apache.kafka.connect.data.Timestamp";
        private static final String TIMESTAMP_MICROS = "io.debezium.time.MicroTimestamp";
        private static final String TIMESTAMP_NANOS = "io.debezium.time.NanoTimestamp";

        private static final Map<String, String> LOGICAL_TYPES = Map.of(
                "decimal", "org.apache.kafka.connect.data.Decimal",
                "date", "org.apache.kafka.connect.data.Date",
                "time-millis", "org.apache.kafka.connect.data.Time",
                "time-micros", "io.debezium.time.MicroTime",
                "timestamp-millis", TIMESTAMP_MILLIS,
                "timestamp-micros", TIMESTAMP_MICROS,
                "local-timestamp-millis", TIMESTAMP_MILLIS,
                "local-timestamp-micros", TIMESTAMP_MICROS,
                "timestamp-nanos", TIMESTAMP_NANOS,
                "local-timestamp-nanos", TIMESTAMP_NANOS);

        @Override
        public String name() {
            if (schema.getObjectProp("connect.name") instanceof String name) {
                return name;
            }
            LogicalType logical = schema.getLogicalType();
            return logical == null ? "" : LOGICAL_TYPES.getOrDefault(logical.getName(), "");
        }

        @Override
        public String type() {
            return schema.getType().getName();
        }

        @Override
        public int scale() {
            if (schema.getLogicalType() instanceof LogicalTypes.Decimal decimal) {
                return decimal.getScale();
            }
            Object parameters = schema.getObjectProp("connect.parameters");
            Object scale = parameters instanceof Map<?, ?> map ? map.get("scale") : null;
            return scale == null ? 0 : Integer.parseInt(scale.toString());
        }

        @Override
        public ConnectType field(String field) {
            Schema.Field found = schema.getType() == Schema.Type.RECORD ? schema.getField(field) : null;
            return found == null ? null : of(found.schema());
        }

        @Override
        public ConnectType items() {
            return schema.getType() == Schema.Type.ARRAY ? of(schema.getElementType()) : null;
        }
    }
}
