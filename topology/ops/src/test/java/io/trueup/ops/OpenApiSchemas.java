package io.trueup.ops;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.util.List;

/** Checks answers against the schemas of an OpenAPI document, which are JSON schemas. */
public final class OpenApiSchemas {

    private static final SchemaRegistry SCHEMAS = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12);

    private OpenApiSchemas() {}

    /** What is wrong with an answer; nothing if it is as its schema says. */
    public static List<String> errors(JsonNode document, JsonNode schema, String answer) {
        ObjectNode whole = schema.deepCopy();
        whole.set("components", document.get("components"));
        return SCHEMAS.getSchema(whole).validate(answer, InputFormat.JSON).stream()
                .map(Object::toString)
                .toList();
    }
}
