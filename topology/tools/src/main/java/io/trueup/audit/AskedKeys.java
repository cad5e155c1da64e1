package io.trueup.audit;

import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;

/** The keys that an audit was asked for, and which of them occur in the topics. Thread-safe. */
final class AskedKeys {

    private final Map<Hash128, byte[]> asked = new LinkedHashMap<>();
    private final Set<Hash128> seen = ConcurrentHashMap.newKeySet();

    /** @param keys the keys that were asked for */
    AskedKeys(Collection<byte[]> keys, KeyedHash hash) {
        keys.forEach(key -> asked.put(hash.key(key), key));
    }

    /** Whether a key was asked for, by its hash. The records of the topics are passed through it. */
    Predicate<Hash128> seen() {
        return key -> {
            boolean wanted = asked.containsKey(key);
            if (wanted) {
                seen.add(key);
            }
            return wanted;
        };
    }

    /** The hashes of the keys of which a record was seen. */
    Set<Hash128> hashesSeen() {
        return Set.copyOf(seen);
    }

    /** Adds keys of which an earlier run has seen a record. */
    void addSeen(Collection<Hash128> hashes) {
        hashes.stream().filter(asked::containsKey).forEach(seen::add);
    }

    /** How many different keys were asked for. */
    int count() {
        return asked.size();
    }

    /** The keys of which no record was seen, in the order in which they were asked for. */
    List<byte[]> neverWritten() {
        return asked.entrySet().stream()
                .filter(key -> !seen.contains(key.getKey()))
                .map(Map.Entry::getValue)
                .toList();
    }
}
