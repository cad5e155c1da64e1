package io.trueup.demo;

import io.trueup.replica.Intake;
import io.trueup.replica.Intake.Decision;
import io.trueup.replica.entry.FeedRecord;
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
    private final Map<String, Map<String, Armed>> armed = new ConcurrentHashMap<>();
    private final Map<Fault, Injection> happened = new LinkedHashMap<>();

    FaultInjector(Clock clock) {
        this.clock = clock;
    }

    /**
     * Prepares the faults of one write; to be called before it is sent.
     *
     * @param faults one per replica, all of the same key
     * @param value the value that is about to be written; null for a delete
     */
    void arm(List<Fault> faults, byte[] value) {
        Map<String, Armed> byVictim = new ConcurrentHashMap<>();
        for (Fault fault : faults) {
            byVictim.put(fault.victim(), new Armed(fault, value, byVictim.size() + 1));
        }
        armed.put(faults.get(0).key(), byVictim);
    }

    /** What a replica is to ask about every record. */
    Intake intake(String replica) {
        return record -> decide(replica, record);
    }

    /** Records a fault that somebody else has caused. */
    void happened(Fault fault, byte[] wanted) {
        record(new Armed(fault, wanted, 0));
    }

    /** What has happened so far, in order. */
    synchronized List<Injection> happened() {
        return new ArrayList<>(happened.values());
    }

    private Decision decide(String replica, FeedRecord record) {
        Map<String, Armed> byVictim = armed.get(new String(record.key(), StandardCharsets.UTF_8));
        Armed candidate = byVictim == null ? null : byVictim.get(replica);
        if (candidate == null || !Arrays.equals(candidate.value, record.value())) {
            return Decision.APPLY;
        }
        record(candidate);
        return switch (candidate.fault.kind()) {
            case CORRUPT, CONFLICT -> Decision.replace(garbled(record.value(), candidate.number));
            default -> Decision.DROP;
        };
    }

    private synchronized void record(Armed write) {
        happened.putIfAbsent(write.fault, new Injection(write.fault, write.value, clock.millis()));
    }

    /**
     * Flips bits of a byte in the middle, as a bad disk would.
     *
     * @param bits which ones; not 0
     */
    static byte[] garbled(byte[] value, int bits) {
        byte[] garbled = value.clone();
        garbled[garbled.length / 2] ^= (byte) bits;
        return garbled;
    }

    /** @param number the fault among those of the same write, from 1 */
    private record Armed(Fault fault, byte[] value, int number) {}
}
