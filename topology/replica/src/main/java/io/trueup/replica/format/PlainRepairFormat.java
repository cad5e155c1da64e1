package io.trueup.replica.format;

import io.trueup.avro.MalformedRecordException;
import io.trueup.replica.entry.Repair;
import io.trueup.replica.entry.StoredEntry;
import io.trueup.schema.HeaderNames;
import org.apache.kafka.clients.consumer.ConsumerRecord;

/**
 * Reads plain repairs: key and value as they are to be stored, a null value deletes, the rest in {@code trueup.*} headers.
 * Only id and version must be there: without them a repair could neither be answered nor judged. There are no version vectors in this format.
 */
final class PlainRepairFormat implements RepairFormat {

    private final String replica;

    /** @param replica the replica that repairs must be meant for */
    PlainRepairFormat(String replica) {
        this.replica = replica;
    }

    @Override
    public Repair decode(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        PlainHeaders headers = new PlainHeaders(record.headers());
        RepairFormat.checkTarget(headers.textOr(HeaderNames.TARGET, replica), replica);
        return new Repair(
                headers.required(HeaderNames.REPAIR_ID),
                record.key(),
                record.partition(),
                headers.requiredNumber(HeaderNames.VERSION),
                null,
                headers.time(HeaderNames.POSITION, record.timestamp()),
                record.value() == null,
                record.value(),
                headers.time(HeaderNames.EXPIRY, StoredEntry.NEVER),
                isIfObserved(headers),
                observed(headers),
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
