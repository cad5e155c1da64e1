package io.trueup.avro;

import java.util.Collections;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Set;
import org.apache.avro.Schema;

/**
 * Finds arrays whose items may take no bytes. Avro reads as many items as a count says, and stops at the end of the bytes: never, where an
 * item takes none. A few bytes are then read, or skipped, for days.
 */
final class EndlessArrays {

    private final Set<Schema> visited = Collections.newSetFromMap(new IdentityHashMap<>());

    private EndlessArrays() {}

    static boolean isIn(Schema schema) {
        return new EndlessArrays().find(schema);
    }

    private boolean find(Schema schema) {
        if (!visited.add(schema)) {
            return false;
        }
        return switch (schema.getType()) {
            case ARRAY -> isEmpty(schema.getElementType(), Set.of()) || find(schema.getElementType());
            case MAP -> find(schema.getValueType());
            case UNION -> schema.getTypes().stream().anyMatch(this::find);
            case RECORD -> schema.getFields().stream().anyMatch(field -> find(field.schema()));
            default -> false;
        };
    }

    /**
     * Whether a value takes no bytes.
     *
     * @param within the records that it is in: one that contains itself without an end has no values
     */
    private static boolean isEmpty(Schema schema, Set<String> within) {
        return switch (schema.getType()) {
            case NULL -> true;
            case FIXED -> schema.getFixedSize() == 0;
            case RECORD -> {
                if (within.contains(schema.getFullName())) {
                    yield true;
                }
                Set<String> inside = new HashSet<>(within);
                inside.add(schema.getFullName());
                yield schema.getFields().stream().allMatch(field -> isEmpty(field.schema(), inside));
            }
            default -> false;
        };
    }
}
