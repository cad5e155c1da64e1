package io.trueup.audit.checkpoint;

import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.audit.result.ReplicaPartition;
import io.trueup.reconcile.rule.Divergence;
import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.topic.Place;
import io.trueup.tree.Hash128;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/** Reads what {@link RecordWriter} has written. Not thread-safe. */
final class RecordReader {

    private final DataInputStream in;

    RecordReader(DataInputStream in) {
        this.in = in;
    }

    /** Reads one thing. */
    @FunctionalInterface
    interface Reading<T> {
        T read() throws IOException;
    }

    <T> List<T> list(Reading<T> reading) throws IOException {
        int size = in.readInt();
        List<T> things = new ArrayList<>();
        for (int i = 0; i < size; i++) {
            things.add(reading.read());
        }
        return things;
    }

    private <T> Optional<T> optional(Reading<T> reading) throws IOException {
        return in.readBoolean() ? Optional.of(reading.read()) : Optional.empty();
    }

    Map<String, String> terms() throws IOException {
        Map<String, String> terms = new LinkedHashMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            terms.put(text(), text());
        }
        return terms;
    }

    Hash128 hash() throws IOException {
        return new Hash128(in.readLong(), in.readLong());
    }

    ComparedPartition partition() throws IOException {
        return new ComparedPartition(
                in.readInt(),
                in.readLong(),
                list(this::summary),
                list(this::text),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                list(this::key),
                list(this::text));
    }

    private PartitionSummary summary() throws IOException {
        return new PartitionSummary(
                new ReplicaPartition(text(), in.readInt()),
                text(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                optional(this::hash));
    }

    private DivergentKey key() throws IOException {
        return new DivergentKey(
                bytes(),
                in.readInt(),
                entries(),
                list(this::finding),
                list(this::text),
                new DivergentKey.Since(text(), place(), in.readLong(), in.readBoolean(), in.readBoolean()),
                DivergentKey.Repairs.unknown("they were not looked for"));
    }

    private SortedMap<String, Optional<DivergentKey.Entry>> entries() throws IOException {
        SortedMap<String, Optional<DivergentKey.Entry>> entries = new TreeMap<>();
        for (int left = in.readInt(); left > 0; left--) {
            entries.put(text(), optional(this::entry));
        }
        return entries;
    }

    private DivergentKey.Entry entry() throws IOException {
        return new DivergentKey.Entry(
                in.readLong(),
                optional(this::text),
                in.readLong(),
                DivergentKey.State.valueOf(text()),
                optional(in::readLong),
                hash(),
                in.readInt(),
                optional(this::bytes),
                place());
    }

    private Difference finding() throws IOException {
        return new Difference(text(), Divergence.valueOf(text()), list(this::text));
    }

    private Place place() throws IOException {
        return new Place(text(), in.readInt(), in.readLong(), in.readLong());
    }

    private String text() throws IOException {
        return new String(bytes(), StandardCharsets.UTF_8);
    }

    private byte[] bytes() throws IOException {
        int length = in.readInt();
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("it ends within a field");
        }
        return bytes;
    }
}
