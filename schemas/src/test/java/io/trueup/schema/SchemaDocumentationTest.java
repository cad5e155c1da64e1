package io.trueup.schema;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.apache.avro.Schema;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Datastore engineers read the schemas, so every type and field has documentation. */
class SchemaDocumentationTest {

    static List<Schema> schemas() {
        return List.of(
                ConflictEvent.getClassSchema(),
                ControlMessage.getClassSchema(),
                ProgressEvent.getClassSchema(),
                ReadObservation.getClassSchema(),
                RepairEvent.getClassSchema(),
                RoundReport.getClassSchema(),
                ScanEvent.getClassSchema(),
                ScanMarker.getClassSchema(),
                WriteEvent.getClassSchema());
    }

    @ParameterizedTest
    @MethodSource("schemas")
    void shouldDocumentEveryTypeAndField(Schema schema) {
        Set<String> undocumented = new TreeSet<>();

        collectUndocumented(schema, undocumented, new TreeSet<>());

        assertThat(undocumented).as("without a doc").isEmpty();
    }

    private static void collectUndocumented(Schema schema, Set<String> undocumented, Set<String> seen) {
        switch (schema.getType()) {
            case RECORD -> {
                if (seen.add(schema.getFullName())) {
                    collectNamed(schema, undocumented);
                    for (Schema.Field field : schema.getFields()) {
                        if (isBlank(field.doc())) {
                            undocumented.add(schema.getFullName() + "." + field.name());
                        }
                        collectUndocumented(field.schema(), undocumented, seen);
                    }
                }
            }
            case ENUM, FIXED -> collectNamed(schema, undocumented);
            case ARRAY -> collectUndocumented(schema.getElementType(), undocumented, seen);
            case MAP -> collectUndocumented(schema.getValueType(), undocumented, seen);
            case UNION -> schema.getTypes().forEach(branch -> collectUndocumented(branch, undocumented, seen));
            default -> {
                // a primitive is documented by its field
            }
        }
    }

    private static void collectNamed(Schema schema, Set<String> undocumented) {
        if (isBlank(schema.getDoc())) {
            undocumented.add(schema.getFullName());
        }
    }

    private static boolean isBlank(String doc) {
        return doc == null || doc.isBlank();
    }
}
