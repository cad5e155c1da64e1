package io.trueup.avro;

import java.util.Optional;

/** The records in the {@link WireFormat} of a registry. */
record RegistryRecords(SchemaRegistry registry) implements WrittenRecords {

    @Override
    public Optional<Written> find(String topic, byte[] bytes) throws MalformedRecordException {
        if (!WireFormat.isMarked(bytes)) {
            return Optional.empty();
        }
        int id = WireFormat.id(bytes);
        try {
            return Optional.of(new Written(registry.schema(id), bytes, WireFormat.HEADER_BYTES));
        } catch (UnusableSchemaException e) {
            throw new MalformedRecordException("written with schema id " + id + ": " + e.getMessage(), e);
        }
    }

    @Override
    public boolean isReady(String topic, byte[] bytes) {
        return !WireFormat.isMarked(bytes) || registry.isSettled(WireFormat.id(bytes));
    }
}
