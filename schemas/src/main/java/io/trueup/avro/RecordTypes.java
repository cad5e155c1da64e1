package io.trueup.avro;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/** The types of the records of a topic. Immutable and thread-safe. */
final class RecordTypes {

    private final Map<Class<?>, RecordType> byClass = new LinkedHashMap<>();
    private final Map<String, RecordType> byName = new LinkedHashMap<>();
    private final String expected;

    /**
     * @param classes generated classes
     * @throws IllegalArgumentException if there are none
     */
    RecordTypes(Collection<? extends Class<?>> classes) {
        if (classes.isEmpty()) {
            throw new IllegalArgumentException("a codec needs at least one type of record");
        }
        for (Class<?> type : classes) {
            RecordType recordType = RecordType.of(type);
            byClass.put(type, recordType);
            byName.put(recordType.fullName(), recordType);
        }
        expected = byClass.values().stream().map(RecordType::name).sorted().collect(Collectors.joining(" or "));
    }

    Map<Class<?>, RecordType> byClass() {
        return byClass;
    }

    /** Returns the type of a full name, or null. */
    RecordType named(String fullName) {
        return byName.get(fullName);
    }

    Collection<String> names() {
        return byName.keySet();
    }

    /** Returns the type of a record that is to be written. */
    RecordType typeOf(Object record) {
        RecordType type = byClass.get(record.getClass());
        if (type == null) {
            throw new IllegalArgumentException(
                    "expected " + expected + ", not " + record.getClass().getName());
        }
        return type;
    }

    /** The names of the types, for messages. */
    String expected() {
        return expected;
    }
}
