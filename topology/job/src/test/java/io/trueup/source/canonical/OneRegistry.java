package io.trueup.source.canonical;

import io.trueup.avro.RegistryUnavailableException;
import io.trueup.avro.SchemaRegistry;
import io.trueup.avro.UnusableSchemaException;
import java.util.ArrayList;
import java.util.List;
import org.apache.avro.Schema;

/** A registry in memory: the id of a schema is its place in a list. Not thread-safe. */
public final class OneRegistry implements SchemaRegistry {

    private final List<Schema> schemas = new ArrayList<>();
    private boolean stopped;

    public int register(Schema schema) {
        schemas.add(schema);
        return schemas.size() - 1;
    }

    public void stop() {
        stopped = true;
    }

    @Override
    public Schema schema(int id) throws UnusableSchemaException {
        if (stopped) {
            throw new RegistryUnavailableException("the registry is stopped");
        }
        if (id < 0 || id >= schemas.size()) {
            throw new UnusableSchemaException("the registry has no such schema");
        }
        return schemas.get(id);
    }

    @Override
    public boolean isSettled(int id) {
        return !stopped;
    }

    @Override
    public int id(String subject, Schema schema) {
        return register(schema);
    }

    @Override
    public void close() {}
}
