package io.trueup.avro;

import java.util.Optional;
import org.apache.avro.generic.IndexedRecord;

/** The records of another {@link RecordFormat}, which decides for all bytes. */
record FormatRecords(RecordFormat format) implements WrittenRecords {

    @Override
    public Optional<Written> find(String topic, byte[] bytes) throws MalformedRecordException {
        IndexedRecord record = format.read(topic, bytes);
        try {
            return Optional.of(new Written(record.getSchema(), FormatCodec.binary(record), 0));
        } catch (RuntimeException e) {
            throw new MalformedRecordException(
                    "a record of " + record.getSchema().getFullName()
                            + " whose fields do not have the types of its schema: " + e.getMessage(),
                    e);
        }
    }

    @Override
    public boolean isReady(String topic, byte[] bytes) {
        return format.isReady(topic, bytes);
    }
}
