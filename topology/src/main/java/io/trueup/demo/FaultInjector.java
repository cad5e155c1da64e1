package io.trueup.demo;

import io.trueup.replica.FeedRecord;
import io.trueup.replica.Intake;
import io.trueup.replica.Intake.Decision;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes replicas lose or garble the writes that were armed for it, and records each fault when it happens. Knows nothing of
 * Trueup. Thread-safe.
 *
 * <p>A write is recognised by key and value, so one that is read again after a restart meets the same fate.
 */
final class FaultInjector {

    private final Clock clock;
    private final Map<String, Armed> armed = new ConcurrentHashMap<>();
    private final Map<Fault, Injection> happened = new LinkedHashMap<>();

    FaultInjector(Clock clock) {
        this.clock = clock;
    }

    /**
     * Prepares a fault; to be called before the write is sent.
     *
     * @param value the value that is about to be written; null for a delete
     */
    void arm(Fault fault, byte[] value) {
        armed.put(fault.key(), new Armed(fault, value));
    }

    /** What a replica is to ask about every record. */
    Intake intake(String replica) {
        return record -> decide(replica, record);
    }

    /** What has happened so far, in order. */
    synchronized List<Injection> happened() {
        return new ArrayList<>(happened.values());
    }

    private Decision decide(String replica, FeedRecord record) {
        Armed candidate = armed.get(new String(record.key(), StandardCharsets.UTF_8));
        if (candidate == null
                || !candidate.fault.victim().equals(replica)
                || !Arrays.equals(candidate.value, record.value())) {
            return Decision.APPLY;
        }
        record(candidate);
        return candidate.fault.kind() == FaultKind.CORRUPT ? Decision.replace(garbled(record.value())) : Decision.DROP;
    }

    private synchronized void record(Armed write) {
        happened.putIfAbsent(write.fault, new Injection(write.fault, write.value, clock.millis()));
    }

    /** Flips one bit in the middle, as a bad disk would. */
    static byte[] garbled(byte[] value) {
        byte[] garbled = value.clone();
        garbled[garbled.length / 2] ^= 1;
        return garbled;
    }

    private record Armed(Fault fault, byte[] value) {}
}
