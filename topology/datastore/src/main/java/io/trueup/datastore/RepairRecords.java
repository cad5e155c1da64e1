package io.trueup.datastore;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.schema.Condition;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.RepairEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Header;

/** Reads the records of a repairs topic. Thread-safe. */
final class RepairRecords {

    private final String replica;
    private final RecordLayout layout;
    private final RecordCodec<RepairEvent> codec;

    RepairRecords(ReplicaTopics topics, RecordCodecs codecs) {
        replica = topics.replica();
        layout = topics.repairsLayout();
        codec = codecs.of(RepairEvent.class);
    }

    /**
     * Reads one record.
     *
     * @throws MalformedRecordException if it is no repair of this replica
     * @throws io.trueup.avro.RegistryUnavailableException if only a registry can tell, and gives no answer
     */
    Repair decode(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        if (record.key() == null) {
            throw new MalformedRecordException("no key");
        }
        try {
            return layout == RecordLayout.PLAIN ? plain(record) : trueup(record);
        } catch (IllegalArgumentException e) {
            throw new MalformedRecordException(e.getMessage(), e);
        }
    }

    private Repair trueup(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        RepairEvent event = codec.decode(record.topic(), record.value());
        checkTarget(event.getTarget());
        if (event.getPartition() != record.partition()) {
            throw new MalformedRecordException("a repair of partition " + event.getPartition() + " in partition "
                    + record.partition() + ": all topics of a dataset must be partitioned in the same way");
        }
        boolean refers = !event.getDeleted() && event.getValue() == null;
        if (refers && event.getReference() == null) {
            throw new MalformedRecordException("neither a delete nor a value nor a reference to one");
        }
        Entry winner = new Entry(
                event.getVersion(),
                vector(event.getVector()),
                event.getPosition(),
                event.getDeleted(),
                event.getDeleted() ? null : refers ? new byte[0] : bytes(event.getValue()),
                null,
                event.getDeleted() || event.getExpiry() == null ? Entry.NEVER : event.getExpiry());
        io.trueup.schema.Observed observed = event.getObserved();
        return new Repair(
                event.getId(),
                new Key(record.partition(), record.key()),
                winner,
                refers ? event.getReference().getReplica() : null,
                event.getCondition() == Condition.IF_OBSERVED,
                observed == null
                        ? null
                        : new Repair.Observed(
                                observed.getVersion(), vector(observed.getVector()), observed.getDeleted()),
                event.getValidUntil());
    }

    /** All headers but the expiry and those of what was observed are required: without one of them the checks mean nothing. */
    private Repair plain(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        checkTarget(required(record, HeaderNames.TARGET));
        boolean deleted = record.value() == null;
        Long expiry = number(record, HeaderNames.EXPIRY);
        Long observed = number(record, HeaderNames.OBSERVED_VERSION);
        return new Repair(
                required(record, HeaderNames.REPAIR_ID),
                new Key(record.partition(), record.key()),
                new Entry(
                        requiredNumber(record, HeaderNames.VERSION),
                        null,
                        requiredNumber(record, HeaderNames.POSITION),
                        deleted,
                        record.value(),
                        null,
                        deleted || expiry == null ? Entry.NEVER : expiry),
                null,
                isIfObserved(required(record, HeaderNames.CONDITION)),
                observed == null
                        ? null
                        : new Repair.Observed(
                                observed, null, Boolean.parseBoolean(text(record, HeaderNames.OBSERVED_DELETED))),
                requiredNumber(record, HeaderNames.VALID_UNTIL));
    }

    private static boolean isIfObserved(String condition) throws MalformedRecordException {
        return switch (condition) {
            case "UNLESS_NEWER" -> false;
            case "IF_OBSERVED" -> true;
            default ->
                throw new MalformedRecordException(
                        "header " + HeaderNames.CONDITION + " is neither UNLESS_NEWER nor IF_OBSERVED");
        };
    }

    private void checkTarget(String target) throws MalformedRecordException {
        if (!target.equals(replica)) {
            throw new MalformedRecordException("a repair of replica " + target + ", not of " + replica
                    + ": is this the repairs topic of another replica?");
        }
    }

    private static String text(ConsumerRecord<byte[], byte[]> record, String name) {
        Header header = record.headers().lastHeader(name);
        return header == null || header.value() == null ? null : new String(header.value(), StandardCharsets.UTF_8);
    }

    private static String required(ConsumerRecord<byte[], byte[]> record, String name) throws MalformedRecordException {
        String text = text(record, name);
        if (text == null) {
            throw new MalformedRecordException("no header " + name);
        }
        return text;
    }

    private static Long number(ConsumerRecord<byte[], byte[]> record, String name) throws MalformedRecordException {
        String text = text(record, name);
        try {
            return text == null ? null : Long.valueOf(text);
        } catch (NumberFormatException e) {
            throw new MalformedRecordException("header " + name + " is not a whole number", e);
        }
    }

    private static long requiredNumber(ConsumerRecord<byte[], byte[]> record, String name)
            throws MalformedRecordException {
        required(record, name);
        return number(record, name);
    }

    private static VersionVector vector(Map<String, Long> counters) {
        return counters == null ? null : VersionVector.of(counters);
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }
}
