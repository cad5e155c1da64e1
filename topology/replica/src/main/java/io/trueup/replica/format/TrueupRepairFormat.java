package io.trueup.replica.format;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.replica.entry.Repair;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.entry.VersionVector;
import io.trueup.schema.Condition;
import io.trueup.schema.Observed;
import io.trueup.schema.RepairEvent;
import java.nio.ByteBuffer;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/** Reads Avro {@link RepairEvent} records. */
final class TrueupRepairFormat implements RepairFormat {

    private final String replica;
    private final RecordCodec<RepairEvent> codec;

    /** @param replica the replica whose repairs are read; repairs of others are refused */
    TrueupRepairFormat(String replica, RecordCodec<RepairEvent> codec) {
        this.replica = replica;
        this.codec = codec;
    }

    @Override
    public Repair decode(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        RepairEvent event = codec.decode(record.topic(), record.value());
        check(event, record.partition());
        byte[] value = event.getDeleted() ? null : bytes(event.getValue());
        Repair.Winner winner = new Repair.Winner(
                event.getVersion(),
                vector(event.getVector()),
                event.getPosition(),
                event.getDeleted(),
                value,
                event.getExpiry() == null ? StoredEntry.NEVER : event.getExpiry());
        return new Repair(
                event.getId(),
                record.key(),
                record.partition(),
                winner,
                new Repair.Condition(event.getCondition() == Condition.IF_OBSERVED, observed(event)),
                event.getDeleted() || value != null
                        ? null
                        : event.getReference().getReplica(),
                event.getValidUntil());
    }

    @Override
    public boolean isReady(ConsumerRecord<byte[], byte[]> record) {
        return codec.isReady(record.topic(), record.value());
    }

    private void check(RepairEvent event, int partition) throws MalformedRecordException {
        RepairFormat.checkTarget(event.getTarget(), replica);
        if (event.getPartition() != partition) {
            throw new MalformedRecordException("a repair of partition " + event.getPartition() + " in partition "
                    + partition + ": all topics of a dataset must be partitioned in the same way");
        }
        if (!event.getDeleted() && event.getValue() == null && event.getReference() == null) {
            throw new MalformedRecordException("neither a delete nor a value nor a reference to one");
        }
    }

    private static Repair.Observed observed(RepairEvent event) throws MalformedRecordException {
        Observed observed = event.getObserved();
        return observed == null
                ? null
                : new Repair.Observed(observed.getVersion(), vector(observed.getVector()), observed.getDeleted());
    }

    private static VersionVector vector(Map<String, Long> counters) throws MalformedRecordException {
        try {
            return counters == null ? null : VersionVector.of(counters);
        } catch (IllegalArgumentException e) {
            throw new MalformedRecordException(e.getMessage());
        }
    }

    private static byte[] bytes(ByteBuffer buffer) {
        if (buffer == null) {
            return null;
        }
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
