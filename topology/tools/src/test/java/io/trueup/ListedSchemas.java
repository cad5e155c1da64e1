package io.trueup;

import io.trueup.avro.Encoding;
import io.trueup.avro.RecordCodecs;
import io.trueup.avro.SchemaRegistry;
import io.trueup.avro.SubjectNaming;
import io.trueup.avro.UnusableSchemaException;
import java.util.List;
import org.apache.avro.Schema;

/** A registry in memory: the id of a schema is its place in a list. */
public record ListedSchemas(List<Schema> schemas) implements SchemaRegistry {

    /** Codecs of a registry that has these schemas. */
    public static RecordCodecs codecs(Schema... schemas) {
        return RecordCodecs.of(new ListedSchemas(List.of(schemas)), SubjectNaming.TOPIC, Encoding.REGISTRY);
    }

    @Override
    public Schema schema(int id) throws UnusableSchemaException {
        if (!isSettled(id)) {
            throw new UnusableSchemaException("the registry has no such schema");
        }
        return schemas.get(id);
    }

    @Override
    public boolean isSettled(int id) {
        return id >= 0 && id < schemas.size();
    }

    @Override
    public int id(String subject, Schema schema) {
        return schemas.indexOf(schema);
    }

    @Override
    public void close() {}
}
