package io.trueup.command;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.reconcile.Message.Choice;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import io.trueup.tree.VersionVector;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The conflicts topic, read from its beginning: what stands after its last record. Not thread-safe. */
public final class ConflictsTopicReader {

    private static final Logger LOG = LoggerFactory.getLogger(ConflictsTopicReader.class);

    private final String dataset;
    private final RecordCodec<ConflictEvent> codec;
    private final Map<ByteBuffer, Told> standing = new LinkedHashMap<>();

    public ConflictsTopicReader(String dataset, RecordCodec<ConflictEvent> codec) {
        this.dataset = dataset;
        this.codec = codec;
    }

    /** Takes the next record of a partition. What is no conflict of the dataset is passed over with a warning. */
    public void take(ConsumerRecord<byte[], byte[]> record) {
        if (record.key() == null) {
            return;
        }
        ByteBuffer key = ByteBuffer.wrap(record.key());
        if (record.value() == null) {
            standing.remove(key);
            return;
        }
        try {
            ConflictEvent event = codec.decode(record.topic(), record.value());
            if (!event.getDataset().equals(dataset)) {
                throw new MalformedRecordException("it belongs to dataset " + event.getDataset());
            }
            Told before = standing.get(key);
            standing.put(key, new Told(event, before == null ? event.getCut() : before.sinceMs()));
        } catch (MalformedRecordException e) {
            LOG.warn("{}-{}@{}: passed over: {}", record.topic(), record.partition(), record.offset(), e.getMessage());
        }
    }

    /** What stands, the oldest first. */
    public List<StandingConflict> conflicts() {
        List<StandingConflict> conflicts = new ArrayList<>();
        standing.forEach((key, told) -> conflicts.add(new StandingConflict(
                key.array(),
                told.event().getPartition(),
                told.sinceMs(),
                told.event().getSides().stream()
                        .map(side -> new StandingConflict.Side(side.getReplicas(), EntryView.of(side)))
                        .toList())));
        conflicts.sort(Comparator.comparingLong(StandingConflict::sinceMs));
        return conflicts;
    }

    /** The partition of a key in conflict. */
    int partition(byte[] key) {
        return event(key).getPartition();
    }

    /**
     * What settles a conflict in favour of a replica.
     *
     * @throws CommandFailedException if the key is in no conflict, or the replica holds none of its sides
     */
    public Choice choice(byte[] key, String replica) {
        ConflictEvent event = event(key);
        ConflictSide chosen = event.getSides().stream()
                .filter(side -> side.getReplicas().contains(replica))
                .findFirst()
                .orElseThrow(() -> new CommandFailedException("replica " + replica
                        + " holds none of the entries in conflict; choose one of "
                        + String.join(
                                ", ",
                                event.getSides().stream()
                                        .flatMap(side -> side.getReplicas().stream())
                                        .sorted()
                                        .toList())));
        return new Choice(key, replica, chosen.getVersion(), merged(event.getSides()));
    }

    private ConflictEvent event(byte[] key) {
        Told told = standing.get(ByteBuffer.wrap(key));
        if (told == null) {
            throw new CommandFailedException(
                    "the key is in no conflict, or its conflict is settled; `trueup conflicts` lists those that stand");
        }
        return told.event();
    }

    private static VersionVector merged(List<ConflictSide> sides) {
        VersionVector merged = null;
        for (ConflictSide side : sides) {
            if (side.getVector() == null) {
                return null;
            }
            VersionVector vector = VersionVector.of(side.getVector());
            merged = merged == null ? vector : merged.merge(vector);
        }
        return merged;
    }

    /** A conflict and the cut at which it was first told. */
    private record Told(ConflictEvent event, long sinceMs) {}
}
