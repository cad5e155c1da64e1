package io.trueup.reconcile.exchange;

import io.trueup.reconcile.exchange.Message.Body;
import io.trueup.reconcile.exchange.Message.Entries;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Exchanges what replicas hold of single keys: of those that a sketch has shown to differ, and those that a peer has sent. Each
 * key is answered once. A key that was resolved without some owner is pending again once that owner answers. A key stands for the
 * upper lane of its hash; should two keys share it, both are compared.
 *
 * <p>A peer may ask for as many keys as its sketches decode at most; what it sends beyond that is ignored. Not thread-safe.
 */
final class KeyExchange {

    private final Settings settings;
    private final int owners;
    private final LocalSketches local;
    private final Consumer<Body> publish;
    private final RoundMemory.Share memory;
    private final KeyRange ranges;
    private final Set<Long> answered = new HashSet<>();
    private final Set<Long> resolved = new HashSet<>();
    /** What was heard of keys that wait for the entries of all replicas that take part, by key and replica. */
    private final TreeMap<Long, TreeMap<String, List<EntrySummary>>> pending = new TreeMap<>(Long::compareUnsigned);

    /** What was heard of keys that were resolved without some owner, by key and replica. */
    private final TreeMap<Long, TreeMap<String, List<EntrySummary>>> withoutSome = new TreeMap<>(Long::compareUnsigned);

    /** How many keys were answered because a peer has sent them, by peer. */
    private final Map<String, Integer> asked = new HashMap<>();

    /**
     * Nothing is sent or heard yet.
     *
     * @param owners number of replicas that own the partition, this one included
     * @param memory where this replica's own vectors are counted
     */
    KeyExchange(Settings settings, int owners, LocalSketches local, Consumer<Body> publish, RoundMemory.Share memory) {
        this.settings = settings;
        this.owners = owners;
        this.local = local;
        this.publish = publish;
        this.memory = memory;
        this.ranges = new KeyRange(settings.shape().segmentBits());
    }

    /** Publishes what this replica holds of keys. */
    void send(Collection<Long> keys) {
        send(keys, true);
    }

    /** @param kept whether the entries are kept for when the peers' are heard */
    private void send(Collection<Long> keys, boolean kept) {
        List<EntrySummary> entries = new ArrayList<>();
        List<Hash128> absent = new ArrayList<>();
        int bytes = 0;
        for (long key : keys) {
            if (!answered.add(key)) {
                continue;
            }
            List<EntrySummary> held = local.key(key);
            if (kept) {
                memory.heardVectors(MessageMemory.vectorBytes(held));
                put(key, settings.replica(), held);
            }
            int more = held.isEmpty()
                    ? Hash128.BYTES
                    : held.stream().mapToInt(EntrySummary::maxBytes).sum();
            boolean full = entries.size() + absent.size() >= settings.limits().maxEntriesPerMessage()
                    || bytes + more > Message.MAX_ENTRIES_BYTES;
            if (full && bytes > 0) {
                publish.accept(new Entries(List.copyOf(entries), List.copyOf(absent)));
                entries.clear();
                absent.clear();
                bytes = 0;
            }
            bytes += more;
            entries.addAll(held);
            if (held.isEmpty()) {
                absent.add(new Hash128(key, 0));
            }
        }
        if (bytes > 0) {
            publish.accept(new Entries(List.copyOf(entries), List.copyOf(absent)));
        }
    }

    /** Takes in what a peer holds, and answers; returns the keys that it is about. */
    Collection<Long> receive(String replica, Entries heard) {
        TreeMap<Long, List<EntrySummary>> byKey = byKey(replica, heard);
        byKey.forEach((key, entries) -> put(key, replica, entries));
        send(byKey.keySet());
        return byKey.keySet();
    }

    /** Answers a peer for whose entries there is no room. */
    void answer(String replica, Entries unheard) {
        send(byKey(replica, unheard).keySet(), false);
    }

    private TreeMap<Long, List<EntrySummary>> byKey(String replica, Entries heard) {
        TreeMap<Long, List<EntrySummary>> byKey = new TreeMap<>(Long::compareUnsigned);
        heard.absent().forEach(keyHash -> byKey.put(keyHash.hi(), new ArrayList<>()));
        heard.entries()
                .forEach(entry -> byKey.computeIfAbsent(entry.keyHash().hi(), k -> new ArrayList<>())
                        .add(entry));
        byKey.keySet().removeIf(key -> !answered.contains(key) && !mayAsk(replica));
        return byKey;
    }

    /** Counts a key that a peer asks for; whether it is answered. Each pair of owners has keys of its own. */
    private boolean mayAsk(String replica) {
        long most = (long) owners * (settings.limits().maxEntriesPerRound() + MessageCheck.MAX_SYMBOLS);
        return asked.merge(replica, 1, Integer::sum) <= most;
    }

    private void put(long key, String replica, List<EntrySummary> entries) {
        TreeMap<String, List<EntrySummary>> before = withoutSome.get(key);
        if (before != null && !before.containsKey(replica)) {
            pending.put(key, before);
            withoutSome.remove(key);
        }
        if (pending.containsKey(key) || !resolved.contains(key)) {
            pending.computeIfAbsent(key, k -> new TreeMap<>()).put(replica, entries);
        }
    }

    /** Keys that are not resolved, of which something was heard or sent. */
    Collection<Long> pending() {
        return new TreeSet<>(pending.keySet());
    }

    boolean hasPending() {
        return !pending.isEmpty();
    }

    /** What each replica that was heard holds of a key that is not resolved, by name. */
    Map<String, List<EntrySummary>> heard(long key) {
        return new TreeMap<>(pending.getOrDefault(key, new TreeMap<>()));
    }

    /** The keys of a segment of which something was heard, and not yet of all owners, with what each replica holds. */
    Map<Long, TreeMap<String, List<EntrySummary>>> heardIn(int segment) {
        TreeMap<Long, TreeMap<String, List<EntrySummary>>> heard = new TreeMap<>(Long::compareUnsigned);
        ranges.of(withoutSome, segment).forEach((key, entries) -> heard.put(key, new TreeMap<>(entries)));
        ranges.of(pending, segment).forEach((key, entries) -> heard.put(key, new TreeMap<>(entries)));
        return heard;
    }

    /** A key is resolved by what was heard, until an owner that was not heard answers. */
    void resolve(long key, Map<String, List<EntrySummary>> heard) {
        pending.remove(key);
        withoutSome.remove(key);
        resolved.add(key);
        if (heard.size() < owners) {
            withoutSome.put(key, new TreeMap<>(heard));
        }
    }

    Set<Long> resolved() {
        return resolved;
    }

    /** Drops what was heard of a replica: it has sealed its tree anew. */
    void forget(String replica) {
        pending.values().forEach(heard -> heard.remove(replica));
        withoutSome.values().forEach(heard -> heard.remove(replica));
    }
}
