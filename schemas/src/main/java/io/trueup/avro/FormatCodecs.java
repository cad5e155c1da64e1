package io.trueup.avro;

import java.util.Collection;
import java.util.List;
import org.apache.avro.specific.SpecificRecord;

/** Codecs that read the single-object encoding and another format. */
record FormatCodecs(RecordFormat format, Encoding writes) implements RecordCodecs {

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
        return new FormatCodec<>(types, SingleObjectCodec.of(types), format, writes);
    }

    @Override
    public WrittenRecords written() {
        return new FormatRecords(format);
    }

    @Override
    public RecordCodecs writing(Encoding encoding) {
        return new FormatCodecs(format, encoding);
    }

    @Override
    public void close() {
        format.close();
    }
}
