package io.trueup.avro;

import java.util.Collection;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/** Codecs that read the single-object encoding and the wire format. */
record RegistryCodecs(SchemaRegistry registry, SubjectNaming naming, Encoding writes) implements RecordCodecs {

    @Override
    public <T extends SpecificRecord> RecordCodec<T> of(Class<T> type) {
        return codec(List.of(type));
    }

    @Override
    public RecordCodec<SpecificRecord> anyOf(Collection<? extends Class<? extends SpecificRecord>> types) {
        return codec(types);
    }

    private <T extends SpecificRecord> RecordCodec<T> codec(Collection<? extends Class<?>> classes) {
        RecordTypes types = new RecordTypes(classes);
        return new RegistryCodec<>(types, SingleObjectCodec.of(types), registry, naming, writes);
    }

    @Override
    public WrittenRecords written() {
        return new RegistryRecords(registry);
    }

    @Override
    public RecordCodecs writing(Encoding encoding) {
        return new RegistryCodecs(registry, naming, encoding);
    }

    @Override
    public void close() {
        registry.close();
    }
}
