package io.trueup.stream.decode;

import io.trueup.failure.RateLimitedLog;
import io.trueup.mac.RecordMac;
import io.trueup.mac.RecordMac.Verdict;
import java.util.function.IntConsumer;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets only authentic messages pass. Others are counted as malformed and logged. They are no dead letters: a flood of forged
 * messages would become a flood of dead letters. Thread-safe.
 */
public final class Authentication {

    private static final Logger LOG = LoggerFactory.getLogger(Authentication.class);

    private final RecordMac mac;
    private final IntConsumer malformed;
    private final RateLimitedLog warnings = new RateLimitedLog(LOG);

    /** @param malformed counts a malformed record of a partition */
    public Authentication(RecordMac mac, IntConsumer malformed) {
        this.mac = mac;
        this.malformed = malformed;
    }

    boolean passes(Record<byte[], byte[]> record, RecordMetadata from) {
        Verdict verdict = mac.check(record.key(), record.value(), record.headers());
        if (verdict == Verdict.AUTHENTIC) {
            return true;
        }
        malformed.accept(from.partition());
        warnings.warn(RecordMac.refusal(from.topic(), from.partition(), from.offset(), verdict));
        return false;
    }
}
