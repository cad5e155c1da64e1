package io.trueup.demo.fault;

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
 * Makes replicas lose or garble prepared writes, and records each fault when it happens. Independent of Trueup. Thread-safe.
 *
 * <p>A write is recognised by key and value, so a write that is read again after a restart is treated the same.
 */
public final class FaultInjector {

    private final Clock clock;
    private final Map<String, Map<String, Armed>> armed = new ConcurrentHashMap<>();
    private final Map<Fault, Injection> happened = new LinkedHashMap<>();

    public FaultInjector(Clock clock) {
        this.clock = clock;
    }

    /**
     * Prepares the faults of one write. Call it before the write is sent.
     *
     * @param faults one per replica, all of the same key
     * @param value the value of the write; null for a delete
     */
    void arm(List<Fault> faults, byte[] value) {
        Map<String, Armed> byVictim = new ConcurrentHashMap<>();
        for (Fault fault : faults) {
            byVictim.put(fault.victim(), new Armed(fault, value, byVictim.size() + 1));
        }
        armed.put(faults.get(0).key(), byVictim);
    }

    /** Decides for a replica about every feed record. */
    public Intake intake(String replica) {
        return record -> decide(replica, record);
    }

    /**
     * Records a fault that was caused elsewhere.
     *
     * @param expected the value that the victim should hold; null: no value
     */
    void record(Fault fault, byte[] expected) {
        record(new Armed(fault, expected, 0));
    }

    /** The faults that have happened so far, in order. */
    public synchronized List<Injection> happened() {
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
            case LOST, STALE, UNDELETED, PROBE -> Decision.DROP;
            case CORRUPT, CONFLICT -> Decision.replace(garbled(record.value(), candidate.number));
            case OUTAGE, TTL, EXPIRED_TOMBSTONES, SCRUB, EMPTY_REPLICA, MEMBERSHIP, WRONG_PARTITIONER ->
                throw candidate.fault.kind().notAFaultOfAWrite();
        };
    }

    private synchronized void record(Armed write) {
        happened.putIfAbsent(write.fault, new Injection(write.fault, write.value, clock.millis()));
    }

    /**
     * Flips bits of a byte in the middle, as a bad disk would.
     *
     * @param bits mask of the bits to flip; not 0
     */
    static byte[] garbled(byte[] value, int bits) {
        byte[] garbled = value.clone();
        garbled[garbled.length / 2] ^= (byte) bits;
        return garbled;
    }

    /** @param number number of the fault among those of the same write, from 1 */
    private record Armed(Fault fault, byte[] value, int number) {}
}
