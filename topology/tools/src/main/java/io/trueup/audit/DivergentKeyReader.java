package io.trueup.audit;

import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.DivergentKey.Entry;
import io.trueup.audit.result.DivergentKey.Since;
import io.trueup.audit.result.DivergentKey.State;
import io.trueup.audit.table.HashRange;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.rule.SettledComparison.Difference;
import io.trueup.reconcile.settings.Settings;
import io.trueup.topic.Place;
import io.trueup.tree.EntryDigest;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Reads the records of divergent keys of one partition once more, and describes each key: what the replicas hold, what wins, and
 * since when they differ. If the timelines do not fit into memory, the keys are described in several readings. Used by one
 * thread.
 */
final class DivergentKeyReader {

    private final PartitionReading reading;
    private final List<ReplicaSource> sources;
    private final int partition;
    private final Settings settings;
    private final EntryDigest digests;
    private final RecordBound bound;
    private final boolean keepValues;
    private final long memoryBytes;
    private final Caveats caveats;

    /**
     * @param sources the replicas that own the partition, in order of name
     * @param bound which records count, and how long a difference must have lasted
     * @param keepValues whether the values of the keys are kept
     * @param memoryBytes memory for the timelines, in bytes
     */
    DivergentKeyReader(
            PartitionReading reading,
            List<ReplicaSource> sources,
            int partition,
            Settings settings,
            EntryDigest digests,
            RecordBound bound,
            boolean keepValues,
            long memoryBytes,
            Caveats caveats) {
        this.reading = reading;
        this.sources = sources;
        this.partition = partition;
        this.settings = settings;
        this.digests = digests;
        this.bound = bound;
        this.keepValues = keepValues;
        this.memoryBytes = memoryBytes;
        this.caveats = caveats;
    }

    /**
     * What the first reading has shown of the records.
     *
     * @param incompleteScans by replica, offsets where scans end of which rows are missing
     * @param complete whether every record that ever was written is there
     */
    record Evidence(List<Set<Long>> incompleteScans, boolean complete) {}

    /** Describes keys in order of key hash. */
    void describe(List<Hash128> chosen, Evidence evidence, Consumer<DivergentKey> sink) {
        if (chosen.isEmpty()) {
            return;
        }
        reading.expect(1);
        KeyTimelines timelines = new KeyTimelines(chosen, digests, sources.size(), bound, keepValues);
        List<PartitionReplayer> replayers = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            Set<Long> incomplete = evidence.incompleteScans().get(i);
            replayers.add(reading.replayer(
                    i,
                    HashRange.ALL,
                    timelines::contains,
                    (offset, found, rows) -> !incomplete.contains(offset),
                    timelines.writer(i)));
        }
        boolean divisible = chosen.size() > 1;
        if (!reading.read(replayers, () -> !divisible || timelines.memoryBytes() <= memoryBytes)) {
            int half = chosen.size() / 2;
            describe(chosen.subList(0, half), evidence, sink);
            describe(chosen.subList(half, chosen.size()), evidence, sink);
            return;
        }
        boolean exact = evidence.complete() && replayers.stream().allMatch(replayer -> replayer.unreadable() == 0);
        for (Hash128 key : new TreeSet<>(chosen)) {
            describe(key, timelines.of(key), exact).ifPresent(sink);
        }
    }

    private Optional<DivergentKey> describe(Hash128 keyHash, KeyTimeline timeline, boolean exact) {
        List<String> owners =
                sources.stream().map(source -> source.replica().name()).toList();
        LastingDifferences differences = new LastingDifferences(settings, owners, bound);
        SortedMap<String, LastingDifferences.Holding> replicas = new TreeMap<>();
        SortedMap<String, Optional<Entry>> entries = new TreeMap<>();
        for (int i = 0; i < owners.size(); i++) {
            KeyTimeline.Held held = timeline.held(i);
            replicas.put(
                    owners.get(i),
                    new LastingDifferences.Holding(
                            summary(keyHash, held), summary(keyHash, timeline.settled(i)), timeline.sinceMs(i)));
            entries.put(owners.get(i), held == null ? Optional.empty() : Optional.of(entry(i, held)));
        }
        Optional<KeyTimeline.Origin> origin = timeline.origin(bound.atMs());
        if (origin.isEmpty() || differences.equal(replicas)) {
            caveats.doubt(
                    "A key of partition " + partition + " differed when it was read first, and did not when it was"
                            + " read again: records were removed meanwhile. Audit again.");
            return Optional.empty();
        }
        if (bound.isAhead(origin.get().timeMs())) {
            caveats.note("Some records have timestamps that are more than " + bound.settleMs() / 1000.0
                    + " s ahead of this machine's clock. Their writes count as differences, although they may be in flight:"
                    + " check the clocks.");
        }
        Map<Boolean, List<Difference>> found = differences.all(replicas).stream()
                .collect(Collectors.partitioningBy(difference ->
                        differences.hasLasted(difference, replicas, origin.get().timeMs())));
        return Optional.of(new DivergentKey(
                timeline.key(),
                partition,
                entries,
                found.get(true),
                found.get(false).stream()
                        .flatMap(difference -> LastingDifferences.targets(difference).stream())
                        .distinct()
                        .toList(),
                since(origin.get(), exact),
                DivergentKey.Repairs.unknown("they were not looked for")));
    }

    private static EntrySummary summary(Hash128 keyHash, KeyTimeline.Held held) {
        return held == null
                ? null
                : new EntrySummary(
                        keyHash,
                        held.version(),
                        held.vector(),
                        held.positionMs(),
                        held.timeMs(),
                        held.expiryMs(),
                        held.deleted(),
                        held.digest(),
                        false);
    }

    private Entry entry(int replica, KeyTimeline.Held held) {
        boolean expires = held.expiryMs() != io.trueup.tree.Entry.NEVER;
        boolean live = held.isLiveAt(bound.atMs());
        return new Entry(
                held.version(),
                Optional.ofNullable(held.vector()).map(Object::toString),
                held.positionMs(),
                state(held, live),
                expires ? Optional.of(held.expiryMs()) : Optional.empty(),
                held.digest(),
                held.valueLength(),
                Optional.ofNullable(live ? held.value() : null),
                place(replica, held.offset(), held.timeMs()));
    }

    private static State state(KeyTimeline.Held held, boolean live) {
        if (io.trueup.tree.Entry.isUnread(held.version(), held.deleted())) {
            return State.UNREAD;
        }
        return held.deleted() ? State.DELETED : live ? State.LIVE : State.EXPIRED;
    }

    private Since since(KeyTimeline.Origin origin, boolean exact) {
        KeyTimeline.Change change = origin.change();
        return new Since(
                sources.get(change.replica()).replica().name(),
                place(change.replica(), change.offset(), change.timeMs()),
                origin.timeMs(),
                origin.byExpiry(),
                exact);
    }

    private Place place(int replica, long offset, long timeMs) {
        return new Place(sources.get(replica).replica().topic(), partition, offset, timeMs);
    }
}
