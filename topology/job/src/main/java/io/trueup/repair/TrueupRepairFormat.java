package io.trueup.repair;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.schema.Condition;
import io.trueup.schema.Divergence;
import io.trueup.schema.Observed;
import io.trueup.schema.Reference;
import io.trueup.schema.RepairEvent;
import io.trueup.tree.Entry;
import io.trueup.tree.VersionVector;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.Optional;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** The trueup format: Avro records {@link RepairEvent}. */
final class TrueupRepairFormat implements RepairFormat {

    private final RecordCodec<RepairEvent> codec;
    private final String dataset;
    private final String target;
    private final String topic;

    TrueupRepairFormat(RecordCodec<RepairEvent> codec, String dataset, String target, String topic) {
        this.codec = codec;
        this.dataset = dataset;
        this.target = target;
        this.topic = topic;
    }

    @Override
    public Optional<EncodedRepair> encode(Repair repair, int partition, byte[] value, ValueReference reference) {
        Content content = Content.of(repair, target, value, reference);
        RepairEvent event = RepairEvent.newBuilder()
                .setId(repair.id())
                .setDataset(dataset)
                .setTarget(target)
                .setSupplier(repair.supplier())
                .setPartition(partition)
                .setCut(repair.cutMs())
                .setAttempt(repair.attempt())
                .setReason(Divergence.valueOf(repair.reason().name()))
                .setVersion(repair.winner().version())
                .setVector(counters(repair.winner().vector()))
                .setPosition(repair.winner().positionMs())
                .setDeleted(repair.winner().deleted())
                .setValue(content.value() == null ? null : ByteBuffer.wrap(content.value()))
                .setExpiry(
                        repair.winner().expiryMs() == Entry.NEVER
                                ? null
                                : repair.winner().expiryMs())
                .setCondition(repair.condition().ifObserved() ? Condition.IF_OBSERVED : Condition.UNLESS_NEWER)
                .setObserved(observed(repair.condition().observed()))
                .setReference(reference(content.reference()))
                .setValidUntil(repair.validUntilMs())
                .build();
        return Optional.of(new EncodedRepair(repair.key(), codec.encode(topic, event), new RecordHeaders()));
    }

    @Override
    public SentRepair decode(byte[] key, byte[] value, Headers headers) throws MalformedRecordException {
        RepairEvent event = codec.decode(topic, value);
        if (key == null) {
            throw new MalformedRecordException("a repair event needs a record key");
        }
        if (!event.getDataset().equals(dataset) || !event.getTarget().equals(target)) {
            throw new MalformedRecordException("repair of replica " + event.getTarget() + " of dataset "
                    + event.getDataset() + " in the repair topic of replica " + target + " of dataset " + dataset);
        }
        return new SentRepair(
                event.getId(),
                key,
                event.getVersion(),
                vector(event.getVector()),
                event.getDeleted(),
                event.getValidUntil());
    }

    @Override
    public boolean isReady(byte[] value) {
        return codec.isReady(topic, value);
    }

    private static VersionVector vector(Map<String, Long> counters) throws MalformedRecordException {
        try {
            return counters == null ? null : VersionVector.of(counters);
        } catch (IllegalArgumentException e) {
            throw new MalformedRecordException("vector: " + e.getMessage(), e);
        }
    }

    private static Observed observed(EntrySummary entry) {
        return entry == null ? null : new Observed(entry.version(), counters(entry.vector()), entry.deleted());
    }

    private static Map<String, Long> counters(VersionVector vector) {
        return vector == null ? null : vector.counters();
    }

    private static Reference reference(ValueReference reference) {
        return reference == null ? null : new Reference(reference.replica(), reference.topic(), reference.offset());
    }
}
