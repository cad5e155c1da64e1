package io.trueup.repair;

import io.trueup.avro.MalformedRecordException;
import io.trueup.reconcile.Repair;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.schema.Condition;
import io.trueup.schema.HeaderNames;
import io.trueup.source.TrueupHeaders;
import io.trueup.tree.Entry;
import java.util.Optional;
import java.util.OptionalLong;
import org.apache.kafka.common.header.Headers;
import org.apache.kafka.common.header.internals.RecordHeaders;

/**
 * The plain format: record key and value are the key and value of the dataset, a null value is a delete, and everything else
 * is in headers. So any consumer of the feed can consume repairs. A sink that ignores the headers applies repairs
 * unconditionally.
 *
 * <p>There are no references: a sink that reads only the value would treat a record without one as a delete. There are no
 * version vectors either, only their totals.
 */
final class PlainRepairFormat implements RepairFormat {

    private final String target;

    PlainRepairFormat(String target) {
        this.target = target;
    }

    @Override
    public Optional<EncodedRepair> encode(Repair repair, int partition, byte[] value, ValueReference reference) {
        Content content = Content.of(repair, target, value, reference);
        if (content.reference() != null) {
            return Optional.empty();
        }
        return Optional.of(new EncodedRepair(repair.key(), content.value(), headers(repair)));
    }

    @Override
    public SentRepair decode(byte[] key, byte[] value, Headers headers) throws MalformedRecordException {
        String id = required(headers, HeaderNames.REPAIR_ID);
        if (key == null) {
            throw new MalformedRecordException("a repair event needs a record key");
        }
        String named = required(headers, HeaderNames.TARGET);
        if (!named.equals(target)) {
            throw new MalformedRecordException(
                    "repair of replica " + named + " in the repair topic of replica " + target);
        }
        return new SentRepair(
                id,
                key,
                requiredNumber(headers, HeaderNames.VERSION),
                null,
                value == null,
                requiredNumber(headers, HeaderNames.VALID_UNTIL));
    }

    private static Headers headers(Repair repair) {
        Headers headers = new RecordHeaders();
        TrueupHeaders.add(headers, HeaderNames.REPAIR_ID, repair.id());
        TrueupHeaders.add(headers, HeaderNames.REASON, repair.reason().name());
        TrueupHeaders.add(headers, HeaderNames.VERSION, repair.winner().version());
        TrueupHeaders.add(headers, HeaderNames.POSITION, repair.winner().positionMs());
        if (repair.winner().expiryMs() != Entry.NEVER) {
            TrueupHeaders.add(headers, HeaderNames.EXPIRY, repair.winner().expiryMs());
        }
        TrueupHeaders.add(headers, HeaderNames.TARGET, repair.target());
        TrueupHeaders.add(headers, HeaderNames.SUPPLIER, repair.supplier());
        TrueupHeaders.add(headers, HeaderNames.ROUND, repair.cutMs());
        TrueupHeaders.add(headers, HeaderNames.ATTEMPT, repair.attempt());
        TrueupHeaders.add(
                headers,
                HeaderNames.CONDITION,
                (repair.condition().ifObserved() ? Condition.IF_OBSERVED : Condition.UNLESS_NEWER).name());
        addObserved(headers, repair.condition().observed());
        TrueupHeaders.add(headers, HeaderNames.VALID_UNTIL, repair.validUntilMs());
        return headers;
    }

    private static void addObserved(Headers headers, EntrySummary observed) {
        if (observed != null) {
            TrueupHeaders.add(headers, HeaderNames.OBSERVED_VERSION, observed.version());
            TrueupHeaders.add(headers, HeaderNames.OBSERVED_DELETED, Boolean.toString(observed.deleted()));
        }
    }

    private static String required(Headers headers, String name) throws MalformedRecordException {
        String text = TrueupHeaders.text(headers, name);
        if (text == null) {
            throw new MalformedRecordException("not a repair event: it has no header " + name);
        }
        return text;
    }

    private static long requiredNumber(Headers headers, String name) throws MalformedRecordException {
        OptionalLong number = TrueupHeaders.number(headers, name);
        if (number.isEmpty()) {
            throw new MalformedRecordException("not a repair event: it has no header " + name);
        }
        return number.getAsLong();
    }
}
