package io.trueup.avro;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.specific.SpecificData;

/**
 * Finds the generated class of a schema by its full name. Avro itself does so only for classes that are configured as trusted in the
 * whole JVM, because a schema may come from outside. Here it never does: records are always read as schemas that belong to generated
 * classes, and the JVM's configuration of trusted classes is not changed.
 */
final class SchemaClasses extends SpecificData {

    private final Map<String, Class<?>> classes = new ConcurrentHashMap<>();

    SchemaClasses(ClassLoader loader) {
        super(loader);
    }

    @Override
    @SuppressWarnings("rawtypes")
    public Class getClass(Schema schema) {
        return switch (schema.getType()) {
            case RECORD, ENUM, FIXED -> classes.computeIfAbsent(schema.getFullName(), this::load);
            default -> super.getClass(schema);
        };
    }

    private Class<?> load(String name) {
        try {
            return Class.forName(name, false, getClassLoader());
        } catch (ClassNotFoundException e) {
            throw new AvroRuntimeException("no class was generated for the schema " + name, e);
        }
    }
}
