package io.trueup.repair;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.RecordCodec;
import io.trueup.avro.RecordCodecs;
import io.trueup.repair.EmittedRepair.Held;
import io.trueup.repair.EmittedRepair.Origin;
import io.trueup.repair.EmittedRepair.Value;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.Observed;
import io.trueup.schema.Reference;
import io.trueup.schema.RepairEvent;
import io.trueup.source.TrueupHeaders;
import java.nio.ByteBuffer;
import java.util.OptionalLong;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;

/** Reads the records of one replica's repairs topic, in either format, with everything but the value. Thread-safe. */
public final class RepairRecords {

    private static final String PLAIN = "plain";

    private final String dataset;
    private final String target;
    private final boolean isPlain;
    private final RecordCodec<RepairEvent> codec;

    /**
     * @param format one of {@link RepairFormat#NAMES}
     * @param dataset the dataset
     * @param target the replica that the topic belongs to
     * @param codecs read its Avro records
     * @throws IllegalArgumentException if there is no such format
     */
    public RepairRecords(String format, String dataset, String target, RecordCodecs codecs) {
        if (!RepairFormat.NAMES.contains(format)) {
            throw new IllegalArgumentException("unknown format " + format + "; known are " + RepairFormat.NAMES);
        }
        codec = codecs.of(RepairEvent.class);
        this.dataset = dataset;
        this.target = target;
        isPlain = format.equals(PLAIN);
    }

    /**
     * Reads a record.
     *
     * @throws MalformedRecordException if it is no repair event of this dataset and target; the message is the reason, without the
     *     place
     * @throws io.trueup.avro.RegistryUnavailableException if only a registry can tell, and gives no answer
     */
    public EmittedRepair read(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        if (record.key() == null) {
            throw new MalformedRecordException("a repair event needs a record key");
        }
        EmittedRepair repair = isPlain ? plain(record) : avro(record);
        if (!repair.target().equals(target)) {
            throw new MalformedRecordException(
                    "repair of replica " + repair.target() + " in the repairs topic of replica " + target);
        }
        return repair;
    }

    private EmittedRepair avro(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        RepairEvent event = codec.decode(record.topic(), record.value());
        if (!event.getDataset().equals(dataset)) {
            throw new MalformedRecordException("it belongs to dataset " + event.getDataset());
        }
        Observed observed = event.getObserved();
        ByteBuffer value = event.getValue();
        return new EmittedRepair(
                record.key(),
                event.getId(),
                event.getTarget(),
                event.getPartition(),
                new Origin(
                        event.getSupplier(),
                        event.getCut(),
                        event.getAttempt(),
                        event.getReason().name()),
                new Held(event.getVersion(), event.getVector(), event.getDeleted()),
                event.getPosition(),
                event.getExpiry(),
                observed == null ? null : new Held(observed.getVersion(), observed.getVector(), observed.getDeleted()),
                event.getCondition().name(),
                event.getValidUntil(),
                new Value(
                        value == null ? 0 : value.remaining(), reference(event.getReference(), event.getPartition())));
    }

    private static String reference(Reference reference, int partition) {
        return reference == null
                ? null
                : reference.getReplica() + ": " + reference.getTopic() + "-" + partition + "@" + reference.getOffset();
    }

    private static EmittedRepair plain(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        Headers headers = record.headers();
        OptionalLong expiry = TrueupHeaders.number(headers, HeaderNames.EXPIRY);
        return new EmittedRepair(
                record.key(),
                text(headers, HeaderNames.REPAIR_ID),
                text(headers, HeaderNames.TARGET),
                record.partition(),
                new Origin(
                        text(headers, HeaderNames.SUPPLIER),
                        number(headers, HeaderNames.ROUND),
                        (int) number(headers, HeaderNames.ATTEMPT),
                        text(headers, HeaderNames.REASON)),
                new Held(number(headers, HeaderNames.VERSION), null, record.value() == null),
                number(headers, HeaderNames.POSITION),
                expiry.isPresent() ? expiry.getAsLong() : null,
                observed(headers),
                text(headers, HeaderNames.CONDITION),
                number(headers, HeaderNames.VALID_UNTIL),
                new Value(record.value() == null ? 0 : record.value().length, null));
    }

    private static Held observed(Headers headers) throws MalformedRecordException {
        OptionalLong version = TrueupHeaders.number(headers, HeaderNames.OBSERVED_VERSION);
        return version.isEmpty()
                ? null
                : new Held(
                        version.getAsLong(),
                        null,
                        Boolean.parseBoolean(TrueupHeaders.text(headers, HeaderNames.OBSERVED_DELETED)));
    }

    private static String text(Headers headers, String name) throws MalformedRecordException {
        String text = TrueupHeaders.text(headers, name);
        if (text == null) {
            throw new MalformedRecordException("not a repair event: it has no header " + name);
        }
        return text;
    }

    private static long number(Headers headers, String name) throws MalformedRecordException {
        OptionalLong number = TrueupHeaders.number(headers, name);
        if (number.isEmpty()) {
            throw new MalformedRecordException("not a repair event: it has no header " + name);
        }
        return number.getAsLong();
    }
}
