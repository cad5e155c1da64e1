package io.trueup.bench.latency;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.bench.latency.WriteEvents.Entry;
import io.trueup.schema.HeaderNames;
import io.trueup.schema.RepairEvent;
import io.trueup.source.TrueupHeaders;
import java.nio.ByteBuffer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.common.header.Headers;

/** Reads repair events of live entries, in one of the formats. */
final class Repairs {

    private static final SingleObjectCodec<RepairEvent> CODEC = SingleObjectCodec.of(RepairEvent.class);

    private final String format;

    Repairs(String format) {
        this.format = format;
    }

    /**
     * A repair event.
     *
     * @param cutMs cut of the round that found the divergence
     * @param answer what the replica holds after it
     */
    record Read(long cutMs, Entry answer) {}

    Read read(ConsumerRecord<byte[], byte[]> record) throws MalformedRecordException {
        if (format.equals("plain")) {
            Headers headers = record.headers();
            return new Read(
                    number(headers, HeaderNames.ROUND),
                    new Entry(
                            record.key(),
                            record.value(),
                            number(headers, HeaderNames.VERSION),
                            number(headers, HeaderNames.POSITION),
                            TrueupHeaders.text(headers, HeaderNames.REPAIR_ID)));
        }
        RepairEvent event = CODEC.decode(record.topic(), record.value());
        return new Read(
                event.getCut(),
                new Entry(
                        record.key(), bytes(event.getValue()), event.getVersion(), event.getPosition(), event.getId()));
    }

    private static byte[] bytes(ByteBuffer value) throws MalformedRecordException {
        if (value == null) {
            throw new MalformedRecordException(
                    "a repair without its value: nothing was deleted, and no value is large");
        }
        byte[] bytes = new byte[value.remaining()];
        value.duplicate().get(bytes);
        return bytes;
    }

    private static long number(Headers headers, String name) throws MalformedRecordException {
        return TrueupHeaders.number(headers, name)
                .orElseThrow(() -> new IllegalStateException("a repair event without header " + name));
    }
}
