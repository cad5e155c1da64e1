package io.trueup.audit.checkpoint;

import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.topic.Place;
import io.trueup.tree.Hash128;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.Map;
import java.util.Optional;

/** Writes the records of a checkpoint, field by field; {@link RecordReader} reads them. Not thread-safe. */
final class RecordWriter {

    private final DataOutputStream out;

    RecordWriter(DataOutputStream out) {
        this.out = out;
    }

    /** Writes one thing. */
    @FunctionalInterface
    interface Writing<T> {
        void write(T thing) throws IOException;
    }

    <T> void list(Collection<T> things, Writing<T> writing) throws IOException {
        out.writeInt(things.size());
        for (T thing : things) {
            writing.write(thing);
        }
    }

    private <T> void optional(Optional<T> thing, Writing<T> writing) throws IOException {
        out.writeBoolean(thing.isPresent());
        if (thing.isPresent()) {
            writing.write(thing.get());
        }
    }

    void terms(Map<String, String> terms) throws IOException {
        list(terms.entrySet(), term -> {
            text(term.getKey());
            text(term.getValue());
        });
    }

    void hash(Hash128 hash) throws IOException {
        out.writeLong(hash.hi());
        out.writeLong(hash.lo());
    }

    void partition(ComparedPartition partition) throws IOException {
        out.writeInt(partition.partition());
        out.writeLong(partition.atMs());
        list(partition.summaries(), this::summary);
        list(partition.allLater(), this::text);
        out.writeLong(partition.differing());
        out.writeLong(partition.lasting());
        out.writeLong(partition.inFlight());
        list(partition.listed(), this::key);
        list(partition.notes(), this::text);
    }

    private void summary(PartitionSummary summary) throws IOException {
        text(summary.place().replica());
        out.writeInt(summary.place().partition());
        text(summary.topic());
        out.writeLong(summary.start());
        out.writeLong(summary.end());
        out.writeLong(summary.records());
        out.writeLong(summary.keys());
        out.writeLong(summary.deleted());
        out.writeLong(summary.bytes());
        out.writeLong(summary.unreadable());
        out.writeLong(summary.atMs());
        optional(summary.root(), this::hash);
    }

    private void key(DivergentKey key) throws IOException {
        bytes(key.key());
        out.writeInt(key.partition());
        list(key.entries().entrySet(), entry -> {
            text(entry.getKey());
            optional(entry.getValue(), this::entry);
        });
        list(key.findings(), this::finding);
        list(key.inFlight(), this::text);
        DivergentKey.Since since = key.since();
        text(since.replica());
        place(since.place());
        out.writeLong(since.timeMs());
        out.writeBoolean(since.byExpiry());
        out.writeBoolean(since.exact());
    }

    private void entry(DivergentKey.Entry entry) throws IOException {
        out.writeLong(entry.version());
        optional(entry.vector(), this::text);
        out.writeLong(entry.positionMs());
        text(entry.state().name());
        optional(entry.expiryMs(), out::writeLong);
        hash(entry.digest());
        out.writeInt(entry.valueLength());
        optional(entry.value(), this::bytes);
        place(entry.place());
    }

    private void finding(Difference finding) throws IOException {
        text(finding.target());
        text(finding.kind().name());
        list(finding.holders(), this::text);
    }

    private void place(Place place) throws IOException {
        text(place.topic());
        out.writeInt(place.partition());
        out.writeLong(place.offset());
        out.writeLong(place.timeMs());
    }

    private void text(String text) throws IOException {
        bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private void bytes(byte[] bytes) throws IOException {
        out.writeInt(bytes.length);
        out.write(bytes);
    }
}
