package io.trueup.command;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.report.ConflictKey;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import io.trueup.source.WriteFormat;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the conflicts topic from its beginning: the conflicts that are open after its last record. Each replica that reports a
 * conflict has a record of its own; a conflict is open until all of them are withdrawn. Not thread-safe.
 */
public final class ConflictsTopicReader {

    private static final Logger LOG = LoggerFactory.getLogger(ConflictsTopicReader.class);

    private final String dataset;
    private final RecordCodec<ConflictEvent> codec;
    /** The reports that are not withdrawn, by record key. */
    private final Map<ByteBuffer, Reported> open = new LinkedHashMap<>();
    /** By record key, since a later record of the key replaces the report, whatever it said. */
    private final Map<ByteBuffer, String> unreadable = new LinkedHashMap<>();

    public ConflictsTopicReader(String dataset, RecordCodec<ConflictEvent> codec) {
        this.dataset = dataset;
        this.codec = codec;
    }

    /** Takes the next record of a partition. Skips one of another dataset, with a warning, and notes one that cannot be read. */
    public void take(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() == null) {
            return;
        }
        ByteBuffer key = ByteBuffer.wrap(record.key());
        unreadable.remove(key);
        if (record.value() == null) {
            open.remove(key);
            return;
        }
        try {
            ConflictEvent event = codec.decode(record.topic(), record.value());
            if (!event.getDataset().equals(dataset)) {
                LOG.warn("{}: skipped: it belongs to dataset {}", place(record), event.getDataset());
                return;
            }
            Reported before = open.get(key);
            open.put(key, new Reported(event, before == null ? event.getCut() : before.sinceMs()));
        } catch (MalformedRecordException e) {
            unreadable.put(key, place(record) + ": " + e.getMessage());
        }
    }

    private static String place(ConsumerRecord<byte[], byte[]> record) {
        return record.topic() + "-" + record.partition() + "@" + record.offset();
    }

    /** The reports that stand and could not be read, with place and reason: there may be more conflicts, and other sides. */
    public List<String> unreadable() {
        return List.copyOf(unreadable.values());
    }

    /** Returns the open conflicts, the oldest first. */
    public List<OpenConflict> conflicts() {
        return merged().stream().map(ConflictsTopicReader::view).toList();
    }

    private static OpenConflict view(MergedConflict conflict) {
        return new OpenConflict(
                conflict.key(),
                conflict.partition(),
                conflict.sinceMs(),
                conflict.reason(),
                conflict.sides().stream()
                        .map(side -> new OpenConflict.Side(side.getReplicas(), EntryView.of(side)))
                        .toList());
    }

    /** Returns the partition of a key in conflict. Parameters as for {@link #choice}. */
    int partition(byte[] key, Optional<String> revision) {
        return conflict(key, revision).partition();
    }

    /**
     * Returns the choice that settles a conflict in favour of a replica.
     *
     * @param revision the {@link OpenConflict#revision} of the conflict of which the choice was made; empty for the present one
     * @param untilMs the choice is valid until then
     * @throws InvalidCommandException if the key is in no conflict, the replica holds none of its sides, or the vector that joins them is
     *     larger than datastores take
     * @throws ChangedConflictException if its conflict has another revision now
     */
    public Choice choice(byte[] key, String replica, Optional<String> revision, long untilMs) {
        List<ConflictSide> sides = conflict(key, revision).sides();
        ConflictSide chosen = sides.stream()
                .filter(side -> side.getReplicas().contains(replica))
                .findFirst()
                .orElseThrow(() -> new InvalidCommandException("replica " + replica
                        + " holds none of the entries in conflict; choose one of "
                        + String.join(
                                ", ",
                                sides.stream()
                                        .flatMap(side -> side.getReplicas().stream())
                                        .sorted()
                                        .toList())));
        return new Choice(
                key,
                replica,
                chosen.getVersion(),
                chosen.getDigest() == null ? Hash128.ZERO : Hash128.parse(chosen.getDigest()),
                merged(sides),
                untilMs);
    }

    /** The conflict of a key, the oldest where it is in conflict in several partitions. */
    private MergedConflict conflict(byte[] key, Optional<String> revision) {
        List<MergedConflict> ofKey = merged().stream()
                .filter(conflict -> Arrays.equals(conflict.key(), key))
                .toList();
        if (ofKey.isEmpty()) {
            throw new InvalidCommandException("the key is in no conflict, or its conflict is settled;"
                    + " `trueup conflicts` lists open conflicts");
        }
        return ofKey.stream()
                .filter(conflict -> revision.isEmpty()
                        || revision.get().equals(view(conflict).revision()))
                .findFirst()
                .orElseThrow(() -> new ChangedConflictException(
                        "the conflict of the key has changed since it was listed, and nothing was chosen: a replica holds"
                                + " something else now. List the conflicts again, and choose again"));
    }

    /** The open conflicts, the oldest first. */
    private List<MergedConflict> merged() {
        Map<Place, MergedConflict> conflicts = new LinkedHashMap<>();
        open.forEach((recordKey, reported) -> {
            ConflictKey key = ConflictKey.decode(recordKey.array());
            int partition = reported.event().getPartition();
            conflicts
                    .computeIfAbsent(
                            new Place(partition, ByteBuffer.wrap(key.key())),
                            place -> new MergedConflict(key.key(), partition))
                    .add(reported.event(), reported.sinceMs());
        });
        return conflicts.values().stream()
                .sorted(Comparator.comparingLong(MergedConflict::sinceMs))
                .toList();
    }

    /** The vector that dominates all sides; null if none has one. Absence has none, nor has what could not be read. */
    private static VersionVector merged(List<ConflictSide> sides) {
        VersionVector merged = sides.stream()
                .map(ConflictSide::getVector)
                .filter(Objects::nonNull)
                .map(VersionVector::of)
                .reduce(VersionVector::merge)
                .orElse(null);
        if (merged != null && merged.maxBytes() > WriteFormat.MAX_VECTOR_BYTES) {
            throw new InvalidCommandException("the version vector that joins all sides of the conflict has "
                    + merged.counters().size() + " writers and takes about " + merged.maxBytes()
                    + " bytes; datastores take at most " + WriteFormat.MAX_VECTOR_BYTES
                    + ". Nothing was chosen. Store the same value with the same shorter vector in each datastore");
        }
        return merged;
    }

    private record Place(int partition, ByteBuffer key) {}

    /** A report and the cut of the first one under the same record key. */
    private record Reported(ConflictEvent event, long sinceMs) {}
}
