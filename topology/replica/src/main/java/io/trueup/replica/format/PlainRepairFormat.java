package io.trueup.replica.format;

import io.trueup.avro.MalformedRecordException;
import io.trueup.replica.entry.Repair;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.schema.HeaderNames;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads plain repairs: key and value are stored as they are, a null value deletes the key, everything else is in {@code trueup.*}
 * headers. Only id and version are required: without them a repair could neither be answered nor compared. This format has no
 * version vectors.
 */
final class PlainRepairFormat implements RepairFormat {

    private final String replica;

    /** @param replica the replica whose repairs are read; repairs of others are refused */
    PlainRepairFormat(String replica) {
        this.replica = replica;
    }

    @Override
    public Repair decode(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        PlainHeaders headers = new PlainHeaders(record.headers());
        RepairFormat.checkTarget(headers.textOr(HeaderNames.TARGET, replica), replica);
        String id = headers.required(HeaderNames.REPAIR_ID);
        Repair.Winner winner = new Repair.Winner(
                headers.requiredNumber(HeaderNames.VERSION),
                null,
                headers.time(HeaderNames.POSITION, record.timestamp()),
                record.value() == null,
                record.value(),
                headers.time(HeaderNames.EXPIRY, StoredEntry.NEVER));
        return new Repair(
                id,
                record.key(),
                record.partition(),
                winner,
                new Repair.Condition(isIfObserved(headers), observed(headers)),
                null,
                headers.number(HeaderNames.VALID_UNTIL, Long.MAX_VALUE));
    }

    private static boolean isIfObserved(PlainHeaders headers) throws MalformedRecordException {
        String condition = headers.textOr(HeaderNames.CONDITION, "UNLESS_NEWER");
        return switch (condition) {
            case "UNLESS_NEWER" -> false;
            case "IF_OBSERVED" -> true;
            default ->
                throw new MalformedRecordException(
                        "header " + HeaderNames.CONDITION + " is neither UNLESS_NEWER nor IF_OBSERVED");
        };
    }

    private static Repair.Observed observed(PlainHeaders headers) throws MalformedRecordException {
        if (headers.text(HeaderNames.OBSERVED_VERSION) == null) {
            return null;
        }
        return new Repair.Observed(
                headers.requiredNumber(HeaderNames.OBSERVED_VERSION),
                null,
                Boolean.parseBoolean(headers.text(HeaderNames.OBSERVED_DELETED)));
    }
}
