package io.trueup.demo.fault;

import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.table.Datastore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads the databases repeatedly to see which injected faults are still there. Not thread-safe. */
public final class FaultTracker {

    private final Map<String, Datastore> datastores;
    private final Map<Fault, Injection> open = new LinkedHashMap<>();
    private final Map<Fault, Repaired> repaired = new LinkedHashMap<>();

    /**
     * A tracker that knows no faults yet.
     *
     * @param datastores the databases by replica
     */
    public FaultTracker(Map<String, Datastore> datastores) {
        this.datastores = datastores;
    }

    /** Reads the row of every fault that is open or new. */
    public void check(List<Injection> happened, long nowMs) {
        for (Injection injection : happened) {
            if (!repaired.containsKey(injection.fault())) {
                open.put(injection.fault(), injection);
            }
        }
        open.values().removeIf(injection -> {
            boolean correct = isRowCorrect(injection, nowMs);
            if (correct) {
                repaired.put(injection.fault(), new Repaired(injection, nowMs));
            }
            return correct;
        });
    }

    private boolean isRowCorrect(Injection injection, long nowMs) {
        byte[] key = injection.fault().key().getBytes(StandardCharsets.UTF_8);
        Optional<StoredEntry> stored =
                datastores.get(injection.fault().victim()).find(key).filter(entry -> entry.liveAt(nowMs));
        return injection.expected() == null
                ? stored.isEmpty()
                : stored.isPresent() && Arrays.equals(stored.get().value(), injection.expected());
    }

    /** Faults that are still there. */
    public List<Fault> open() {
        return new ArrayList<>(open.keySet());
    }

    /** Faults whose row is correct again. */
    public List<Repaired> repaired() {
        return new ArrayList<>(repaired.values());
    }

    /**
     * A fault whose row is correct again.
     *
     * @param injection the fault
     * @param seenMs when the row was first seen to be correct
     */
    public record Repaired(Injection injection, long seenMs) {

        /** Time from the fault to the correct row. */
        public long afterMs() {
            return Math.max(0, seenMs - injection.atMs());
        }
    }
}
