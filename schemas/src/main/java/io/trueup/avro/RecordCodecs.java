package io.trueup.avro;

import java.util.Collection;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/**
 * Makes codecs. All codecs read each {@link Encoding} that a process is configured for, and recognise it record by record; so the
 * datasets and their datastores can be moved from one encoding to the other while they run. Thread-safe.
 */
public interface RecordCodecs extends AutoCloseable {

    /** Codecs of the single-object encoding alone. */
    static RecordCodecs embedded() {
        return new RecordCodecs() {

            @Override
            public <T extends SpecificRecord> RecordCodec<T> of(Class<T> type) {
                return SingleObjectCodec.of(type);
            }

            @Override
            public RecordCodec<SpecificRecord> anyOf(Collection<? extends Class<? extends SpecificRecord>> types) {
                return SingleObjectCodec.anyOf(types, List.of());
            }

            @Override
            public WrittenRecords written() {
                throw new IllegalStateException("there is no registry that has the schemas of records");
            }

            @Override
            public RecordCodecs writing(Encoding encoding) {
                if (encoding != Encoding.SINGLE_OBJECT) {
                    throw new IllegalArgumentException("there is no registry to write records of");
                }
                return this;
            }

            @Override
            public void close() {}
        };
    }

    /**
     * Codecs that read the single-object encoding and the {@link WireFormat}.
     *
     * @param registry is closed with them
     * @param naming under which subjects schemas are registered
     * @param writes the encoding that they write
     */
    static RecordCodecs of(SchemaRegistry registry, SubjectNaming naming, Encoding writes) {
        return new RegistryCodecs(registry, naming, writes);
    }

    /**
     * Codecs that read the single-object encoding and another format.
     *
     * @param format is closed with them
     * @param writes the encoding that they write; {@link Encoding#REGISTRY} is the other format
     */
    static RecordCodecs of(RecordFormat format, Encoding writes) {
        return new FormatCodecs(format, writes);
    }

    /** A codec for topics that have one type of record, of a generated class. */
    <T extends SpecificRecord> RecordCodec<T> of(Class<T> type);

    /**
     * A codec for topics that have several types of record. A decoded record is an instance of one of them.
     *
     * @param types generated classes, at least one
     */
    RecordCodec<SpecificRecord> anyOf(Collection<? extends Class<? extends SpecificRecord>> types);

    /**
     * Finds the schemas of records of any type.
     *
     * @throws IllegalStateException if there is no registry
     */
    WrittenRecords written();

    /**
     * Codecs that read the same, and write this encoding. They are closed with the present ones.
     *
     * @throws IllegalArgumentException if it cannot be written
     */
    RecordCodecs writing(Encoding encoding);

    @Override
    void close();
}
