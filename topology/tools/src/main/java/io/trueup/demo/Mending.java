package io.trueup.demo;

import io.trueup.replica.entry.StoredEntry;
import io.trueup.replica.table.Datastore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Looks into the databases, again and again, to see which faults are still there. Not thread-safe.
 */
final class Mending {

    private final Map<String, Datastore> datastores;
    private final Map<Fault, Injection> standing = new LinkedHashMap<>();
    private final Map<Fault, Mended> mended = new LinkedHashMap<>();

    /** @param datastores the databases by replica */
    Mending(Map<String, Datastore> datastores) {
        this.datastores = datastores;
    }

    /** Looks at every key that was faulty the last time or has become so since. */
    void look(List<Injection> happened, long nowMs) {
        for (Injection injection : happened) {
            if (!mended.containsKey(injection.fault())) {
                standing.put(injection.fault(), injection);
            }
        }
        standing.values().removeIf(injection -> {
            boolean right = holdsWhatItShould(injection, nowMs);
            if (right) {
                mended.put(injection.fault(), new Mended(injection, nowMs));
            }
            return right;
        });
    }

    private boolean holdsWhatItShould(Injection injection, long nowMs) {
        byte[] key = injection.fault().key().getBytes(StandardCharsets.UTF_8);
        Optional<StoredEntry> held =
                datastores.get(injection.fault().victim()).find(key).filter(entry -> entry.liveAt(nowMs));
        return injection.wanted() == null
                ? held.isEmpty()
                : held.isPresent() && Arrays.equals(held.get().value(), injection.wanted());
    }

    /** Faults that are still there. */
    List<Fault> standing() {
        return new ArrayList<>(standing.keySet());
    }

    /** Faults that are gone. */
    List<Mended> mended() {
        return new ArrayList<>(mended.values());
    }

    /**
     * A fault that is gone.
     *
     * @param injection when and what it was
     * @param seenMs when the table was first seen to be right again
     */
    record Mended(Injection injection, long seenMs) {

        long afterMs() {
            return Math.max(0, seenMs - injection.atMs());
        }
    }
}
