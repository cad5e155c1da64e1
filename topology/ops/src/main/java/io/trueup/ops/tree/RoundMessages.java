package io.trueup.ops.tree;

import io.trueup.command.EntryView;
import io.trueup.reconcile.exchange.Message;
import io.trueup.reconcile.exchange.Message.Entries;
import io.trueup.reconcile.exchange.Message.Level;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.exchange.Message.Segment;
import io.trueup.reconcile.exchange.Message.Symbols;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.tree.Entry;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * The messages of the rounds of one partition, from which those of one round are chosen. A replica that has sealed a cut twice counts with
 * what it has sent the second time. Not thread-safe.
 */
final class RoundMessages {

    private final Map<Long, List<Message>> byCut = new TreeMap<>();

    /** Whether a message is of interest: part of a round. */
    static boolean isOfRound(Message message) {
        Message.Body body = message.body();
        return body instanceof Root
                || body instanceof Level
                || body instanceof Segment
                || body instanceof Entries
                || body instanceof Symbols;
    }

    void take(Message message) {
        byCut.computeIfAbsent(message.cutMs(), cut -> new ArrayList<>()).add(message);
    }

    /**
     * The latest cut whose round has ended and in which replicas have descended: of a round that goes on, messages may be missing that would
     * show what differs. Without one, the latest cut at which they have descended; otherwise the latest one of which there is a message.
     *
     * @param endedMs the rounds of cuts up to this time have ended
     */
    OptionalLong latestCut(long endedMs) {
        List<Long> descended = byCut.entrySet().stream()
                .filter(round -> round.getValue().stream().anyMatch(message -> !(message.body() instanceof Root)))
                .map(Map.Entry::getKey)
                .toList();
        OptionalLong ended = latest(descended.stream().filter(cut -> cut <= endedMs));
        if (ended.isPresent()) {
            return ended;
        }
        return latest(descended.isEmpty() ? byCut.keySet().stream() : descended.stream());
    }

    private static OptionalLong latest(Stream<Long> cuts) {
        return cuts.mapToLong(Long::longValue).max();
    }

    /** The messages of a cut: of each replica those of its latest sealing. */
    List<Message> of(long cutMs) {
        List<Message> all = byCut.getOrDefault(cutMs, List.of());
        Map<String, Long> sealed = new HashMap<>();
        all.forEach(message -> sealed.merge(message.replica(), message.sealOffset(), Math::max));
        return all.stream()
                .filter(message -> message.sealOffset() == sealed.get(message.replica()))
                .toList();
    }

    /** Where the trees differ. */
    static ComparedTree tree(List<Message> round, int bits, Map<Integer, List<SegmentKey>> keys) {
        ComparedTree tree = new ComparedTree(
                bits,
                round.stream()
                        .filter(message -> message.body() instanceof Root)
                        .map(Message::replica)
                        .toList());
        for (Message message : round) {
            if (message.body() instanceof Root root) {
                tree.hash(message.replica(), 0, 0, root.hash());
            } else if (message.body() instanceof Level level && level.level() <= bits) {
                take(tree, message.replica(), level);
            }
        }
        keys.keySet().forEach(tree::differs);
        tree.compare();
        return tree;
    }

    private static void take(ComparedTree tree, String replica, Level level) {
        int fan = level.level() - level.parentLevel();
        int at = 0;
        for (int parent : level.parents()) {
            for (int child = 0; child < 1 << fan; child++) {
                tree.hash(
                        replica,
                        level.level(),
                        (parent << fan) + child,
                        new Hash128(level.hashes()[at], level.hashes()[at + 1]));
                at += 2;
            }
        }
    }

    /**
     * The keys of which replicas have sent different entries, by segment, in order of their hashes.
     *
     * @param byValue whether entries are equal if their values are, whatever their versions
     * @param keyOf the key of a hash, if it is known
     */
    static Map<Integer, List<SegmentKey>> keys(
            List<Message> round, int bits, boolean byValue, Function<Hash128, Optional<byte[]>> keyOf) {
        Map<Hash128, Map<String, Optional<EntrySummary>>> held = new TreeMap<>();
        Map<Integer, Set<String>> sent = new HashMap<>();
        for (Message message : round) {
            if (message.body() instanceof Segment segment) {
                sent.computeIfAbsent(segment.index(), s -> new TreeSet<>()).add(message.replica());
                segment.entries().forEach(entry -> put(held, message.replica(), entry));
            } else if (message.body() instanceof Entries entries) {
                entries.entries().forEach(entry -> put(held, message.replica(), entry));
            }
        }
        addAbsent(round, held);
        Map<Integer, List<SegmentKey>> bySegment = new TreeMap<>();
        held.forEach((hash, entries) -> {
            int segment = bits == 0 ? 0 : (int) (hash.hi() >>> -bits);
            sent.getOrDefault(segment, Set.of()).forEach(replica -> entries.putIfAbsent(replica, Optional.empty()));
            if (differ(entries, byValue)) {
                bySegment.computeIfAbsent(segment, s -> new ArrayList<>()).add(key(hash, entries, keyOf));
            }
        });
        return bySegment;
    }

    private static void put(
            Map<Hash128, Map<String, Optional<EntrySummary>>> held, String replica, EntrySummary entry) {
        held.computeIfAbsent(entry.keyHash(), hash -> new TreeMap<>()).put(replica, Optional.of(entry));
    }

    /** Of a key that a sketch has shown, a replica without it knows only the upper lane of the hash. */
    private static void addAbsent(List<Message> round, Map<Hash128, Map<String, Optional<EntrySummary>>> held) {
        Map<Long, Hash128> byUpperLane = new HashMap<>();
        held.keySet().forEach(hash -> byUpperLane.put(hash.hi(), hash));
        for (Message message : round) {
            if (message.body() instanceof Entries entries) {
                for (Hash128 absent : entries.absent()) {
                    Optional.ofNullable(byUpperLane.get(absent.hi()))
                            .ifPresent(hash -> held.get(hash).putIfAbsent(message.replica(), Optional.empty()));
                }
            }
        }
    }

    private static boolean differ(Map<String, Optional<EntrySummary>> entries, boolean byValue) {
        Set<List<Object>> different = new HashSet<>();
        entries.values().forEach(entry -> different.add(compared(entry, byValue)));
        return different.size() > 1;
    }

    /** What of an entry is compared. A delete equals absence. */
    private static List<Object> compared(Optional<EntrySummary> held, boolean byValue) {
        if (held.isEmpty() || held.get().deleted()) {
            return List.of();
        }
        EntrySummary entry = held.get();
        return byValue
                ? List.of(entry.digest())
                : List.of(
                        entry.digest(),
                        entry.version(),
                        Optional.ofNullable(entry.vector()),
                        entry.expiryMs() == Entry.NEVER ? "" : entry.expiryMs());
    }

    private static SegmentKey key(
            Hash128 hash, Map<String, Optional<EntrySummary>> entries, Function<Hash128, Optional<byte[]>> keyOf) {
        Map<String, Optional<EntryView>> views = new TreeMap<>();
        entries.forEach((replica, entry) -> views.put(replica, entry.map(EntryView::of)));
        return new SegmentKey(hash.toString(), keyOf.apply(hash), views);
    }
}
