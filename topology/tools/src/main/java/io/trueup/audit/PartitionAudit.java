package io.trueup.audit;

import io.trueup.audit.DivergentKey.Entry;
import io.trueup.audit.DivergentKey.Place;
import io.trueup.audit.DivergentKey.Since;
import io.trueup.audit.DivergentKey.State;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.rule.SettledComparison;
import io.trueup.tree.EntryDigest;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.MerkleTree;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

/**
 * Compares one partition of all replicas that own it. First a table of digests is filled, which tells the keys that differ;
 * then the records of those keys are read once more, which tell the rest. What does not fit into memory is done a range of
 * key hashes at a time. Used by one thread.
 */
final class PartitionAudit {

    /** Records between two looks at the memory taken. */
    private static final int CHECK_EVERY = 4096;

    private final List<Source> sources;
    private final int partition;
    private final Settings settings;
    private final Bound bound;
    private final Predicate<Hash128> keys;
    private final long memoryBytes;
    private final RecordSource reader;
    private final LongConsumer expecting;
    private final Doubts doubts;
    private final KeyedHash hash;
    private final EntryDigest digests;
    private final List<MerkleTree> trees = new ArrayList<>();
    private final List<Sums> sums = new ArrayList<>();
    private final List<Set<Long>> torn = new ArrayList<>();
    private final List<Map<Long, long[]>> scans = new ArrayList<>();
    private final Lowest divergent;
    private long largestTable;
    private long keysInIt;
    private int passes;

    /**
     * @param sources the replicas that own the partition, in order of name, at least one
     * @param keys the keys to compare
     * @param memoryBytes what table or histories may take
     * @param most how many hashes of keys that differ are kept; further ones are counted
     * @param expecting told how many offsets are to be read beyond the first reading of all sources
     */
    PartitionAudit(
            List<Source> sources,
            int partition,
            Settings settings,
            Bound bound,
            Predicate<Hash128> keys,
            long memoryBytes,
            int most,
            RecordSource reader,
            LongConsumer expecting,
            Doubts doubts) {
        this.sources = sources;
        this.partition = partition;
        this.settings = settings;
        this.bound = bound;
        this.keys = keys;
        this.memoryBytes = memoryBytes;
        this.reader = reader;
        this.expecting = expecting;
        this.doubts = doubts;
        divergent = new Lowest(most);
        hash = new KeyedHash(settings.secret());
        digests = new EntryDigest(hash, settings.rules().compareValues());
        sources.forEach(source -> torn.add(new HashSet<>()));
    }

    /**
     * A replica's partition to be read.
     *
     * @param replica the replica
     * @param stretch what is read
     * @param gaps what offsets without a record mean
     * @param behind whether the topic has records behind the stretch
     */
    record Source(AuditedReplica replica, Stretch stretch, Gaps gaps, boolean behind) {

        long length() {
            return stretch.end() - stretch.start();
        }
    }

    /** What is summed up over the ranges of one replica. */
    private static final class Sums {
        long keys;
        long dead;
        long bytes;
        Follower first;
        boolean lacksPast = true;
        boolean scanned;
        boolean whole;

        /** What one range proves of the topic holds for all. */
        void see(Follower follower, boolean behind) {
            lacksPast &= follower.mayLackThePast(behind);
            whole |= follower.isWhole();
            scanned |= follower.scanDoubt() == null;
            first = first == null ? follower : first;
        }
    }

    /** What is known of one range of all replicas. */
    private record Pass(KeyTable keys, List<Follower> followers, List<Map<Long, long[]>> scans) {

        boolean fits(long memoryBytes) {
            long scans = followers.stream().mapToLong(Follower::memoryBytes).sum();
            return keys.hasRoomFor(CHECK_EVERY, memoryBytes - scans);
        }
    }

    /** Reads and compares; keys that differ are then known by hash. */
    void compare() {
        do {
            start();
            Deque<HashRange> ranges = new ArrayDeque<>(List.of(HashRange.ALL));
            while (!ranges.isEmpty()) {
                HashRange range = ranges.pop();
                Pass pass = pass(range);
                if (pass == null) {
                    expecting.accept(2 * length());
                    List<HashRange> halves = range.halves();
                    ranges.push(halves.get(1));
                    ranges.push(halves.get(0));
                } else {
                    take(pass);
                }
            }
        } while (foundTornScans());
        doubt();
    }

    private long length() {
        return sources.stream().mapToLong(Source::length).sum();
    }

    private void start() {
        trees.clear();
        sums.clear();
        scans.clear();
        divergent.clear();
        sources.forEach(source -> {
            trees.add(new MerkleTree(hash, settings.shape().segmentBits()));
            sums.add(new Sums());
            scans.add(new HashMap<>());
        });
    }

    /** Fills the table of a range, or returns null if it does not fit. */
    private Pass pass(HashRange range) {
        long[] starts =
                sources.stream().mapToLong(source -> source.stretch().start()).toArray();
        Pass pass = new Pass(new KeyTable(starts), new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < sources.size(); i++) {
            Table table = new Table(pass.keys(), i, digests, bound.atMs());
            Map<Long, long[]> ends = new HashMap<>();
            pass.scans().add(ends);
            pass.followers().add(follower(i, range, keys, wholeness(ends, torn.get(i), range), table));
        }
        passes++;
        boolean whole = read(pass.followers(), () -> !range.isDivisible() || pass.fits(memoryBytes));
        return whole ? pass : null;
    }

    private Follower follower(
            int i,
            HashRange range,
            Predicate<Hash128> wanted,
            Follower.Wholeness wholeness,
            Follower.Holdings holdings) {
        Source source = sources.get(i);
        return new Follower(
                source.stretch(),
                source.gaps(),
                source.replica().topic(),
                source.replica().format(),
                hash,
                bound,
                range,
                wanted,
                wholeness,
                holdings);
    }

    /** A scan is whole if all rows of it were seen, in all ranges together: taken for granted, and looked at in the end. */
    private static Follower.Wholeness wholeness(Map<Long, long[]> ends, Set<Long> torn, HashRange range) {
        return (offset, found, rows) -> {
            ends.put(offset, new long[] {found, rows});
            return range.isAll() ? found == rows : !torn.contains(offset);
        };
    }

    /** Whether a scan that was taken for whole was not. A single pass over all keys has seen that itself. */
    private boolean foundTornScans() {
        boolean mistaken = false;
        for (int i = 0; i < sources.size(); i++) {
            for (Map.Entry<Long, long[]> scan : scans.get(i).entrySet()) {
                if (scan.getValue()[0] != scan.getValue()[1]) {
                    mistaken |= torn.get(i).add(scan.getKey()) && passes > 1;
                }
            }
        }
        if (mistaken) {
            expecting.accept(length());
        }
        return mistaken;
    }

    private boolean read(List<Follower> followers, Fits fits) {
        int[] countdown = {CHECK_EVERY};
        try {
            Map<Integer, Long> unfinished =
                    reader.read(followers.stream().map(Follower::stretch).toList(), (i, record) -> {
                        followers.get(i).accept(record);
                        if (--countdown[0] == 0) {
                            countdown[0] = CHECK_EVERY;
                            if (!fits.now()) {
                                throw new DoesNotFitException();
                            }
                        }
                    });
            unfinished.forEach((i, position) -> doubtEnd(followers.get(i).stretch(), position));
        } catch (DoesNotFitException e) {
            expecting.accept(-followers.stream().mapToLong(Follower::left).sum());
            return false;
        }
        return fits.now();
    }

    /** Whether what was gathered so far fits into memory. */
    @FunctionalInterface
    private interface Fits {
        boolean now();
    }

    private static final class DoesNotFitException extends RuntimeException {

        private static final long serialVersionUID = 1L;

        DoesNotFitException() {
            super("does not fit into memory", null, false, false);
        }
    }

    private void take(Pass pass) {
        long held = 0;
        for (int i = 0; i < sources.size(); i++) {
            KeyTable.Held added =
                    pass.keys().addTo(trees.get(i), settings.shape().segmentBits(), i);
            Sums sum = sums.get(i);
            sum.keys += added.live();
            sum.dead += added.dead();
            sum.bytes += added.valueBytes();
            sum.see(pass.followers().get(i), sources.get(i).behind());
            held += added.live() + added.dead();
            Map<Long, long[]> ends = scans.get(i);
            pass.scans()
                    .get(i)
                    .forEach((offset, seen) ->
                            ends.merge(offset, seen, (one, other) -> new long[] {one[0] + other[0], one[1]}));
        }
        pass.keys().findDifferences(divergent::add);
        if (pass.keys().memoryBytes() >= largestTable) {
            largestTable = pass.keys().memoryBytes();
            keysInIt = held;
        }
    }

    private void doubt() {
        for (int i = 0; i < sources.size(); i++) {
            Source source = sources.get(i);
            Follower read = sums.get(i).first;
            if (read.unreadable() > 0) {
                doubts.add(read.unreadable()
                        + (read.unreadable() == 1 ? " record" : " records") + " of "
                        + source.stretch().partition() + " cannot be read as "
                        + source.replica().format()
                        + ": what they said of " + source.replica().name() + " is not known. "
                        + String.join("; ", read.unreadableExamples())
                        + (read.unreadable() > read.unreadableExamples().size() ? "; …" : "") + ".");
            }
            if (!sums.get(i).scanned) {
                doubts.add(read.scanDoubt() + ". So what " + source.replica().name()
                        + " holds is not known. Have it scanned again (`trueup scrub`), and audit before records of that scan"
                        + " are compacted away (min.compaction.lag.ms).");
            }
            if (sums.get(i).lacksPast) {
                doubts.add(past(source, read.gaps(source.behind())));
            }
        }
    }

    private static String past(Source source, long gaps) {
        String what = gaps + (gaps == 1 ? " of its offsets holds no record" : " of its offsets hold no record")
                + ": what " + source.replica().name() + " held at that moment may have been compacted away since";
        return source.gaps() == Gaps.COMPACTION
                ? source.stretch().partition() + " is compacted, and " + what
                        + ". Audit the latest state, or keep write events longer (min.compaction.lag.ms)."
                : source.stretch().partition() + " is not compacted now, yet " + what
                        + ", if the topic was compacted earlier; brokers do not tell that from transactions. Audit the latest"
                        + " state, or say --never-compacted if you know that it never was.";
    }

    private void doubtEnd(Stretch stretch, long position) {
        doubts.add("Nothing of " + stretch.partition() + " could be read from offset " + position + " on, up to "
                + stretch.end()
                + ": an open transaction holds it back, or the brokers do not answer. Audit again when it"
                + " has ended (kafka-transactions.sh find-hanging finds one that never will), or wait longer with"
                + " --patience.");
    }

    /** How many keys differ. */
    long divergentKeys() {
        return divergent.count();
    }

    /** Hashes of the keys that differ, in order, as many as are to be kept. */
    List<Hash128> divergent() {
        return divergent.kept();
    }

    /** Whether a replica has records here that are later than the moment in question, and no others. */
    boolean isAllLater(int i) {
        Follower read = sums.get(i).first;
        return read.counted() == 0 && read.later() > 0;
    }

    long largestTable() {
        return largestTable;
    }

    long keysInIt() {
        return keysInIt;
    }

    int passes() {
        return passes;
    }

    /** @param roots whether all keys were read, so that the trees are whole */
    List<PartitionSummary> summaries(boolean roots) {
        List<PartitionSummary> summaries = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            Source source = sources.get(i);
            Sums sum = sums.get(i);
            summaries.add(new PartitionSummary(
                    new At.Place(source.replica().name(), partition),
                    source.replica().topic(),
                    source.stretch().start(),
                    source.stretch().end(),
                    sum.first.counted(),
                    sum.keys,
                    sum.dead,
                    sum.bytes,
                    sum.first.unreadable(),
                    roots ? Optional.of(root(i)) : Optional.empty()));
        }
        return summaries;
    }

    /** As a reconciler says it: zero where the replica holds nothing, no tombstone either. */
    private Hash128 root(int i) {
        return sums.get(i).keys + sums.get(i).dead == 0
                ? Hash128.ZERO
                : trees.get(i).node(0, 0);
    }

    /** Reads the histories of some of the divergent keys, and describes them in order of key hash. */
    void describe(List<Hash128> chosen, Consumer<DivergentKey> sink) {
        if (chosen.isEmpty()) {
            return;
        }
        expecting.accept(length());
        Histories histories = new Histories(chosen, digests, sources.size());
        List<Follower> followers = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            Set<Long> partial = torn.get(i);
            followers.add(follower(
                    i,
                    HashRange.ALL,
                    histories::contains,
                    (offset, found, rows) -> !partial.contains(offset),
                    histories.holdings(i)));
        }
        boolean divisible = chosen.size() > 1;
        if (!read(followers, () -> !divisible || histories.memoryBytes() <= memoryBytes)) {
            int half = chosen.size() / 2;
            describe(chosen.subList(0, half), sink);
            describe(chosen.subList(half, chosen.size()), sink);
            return;
        }
        boolean exact = true;
        for (int i = 0; i < sources.size(); i++) {
            exact &= sums.get(i).whole
                    && sources.get(i).stretch().start() == 0
                    && followers.get(i).unreadable() == 0;
        }
        for (Hash128 key : new TreeSet<>(chosen)) {
            describe(key, histories.of(key), exact).ifPresent(sink);
        }
    }

    private Optional<DivergentKey> describe(Hash128 keyHash, History history, boolean exact) {
        List<String> owners =
                sources.stream().map(source -> source.replica().name()).toList();
        SettledComparison comparison = new SettledComparison(settings, owners);
        SortedMap<String, EntrySummary> summaries = new TreeMap<>();
        SortedMap<String, Optional<Entry>> entries = new TreeMap<>();
        for (int i = 0; i < owners.size(); i++) {
            History.Held held = history.held(i);
            summaries.put(owners.get(i), held == null ? null : summary(keyHash, held));
            entries.put(owners.get(i), held == null ? Optional.empty() : Optional.of(entry(i, held)));
        }
        Optional<History.Origin> origin = history.origin(bound.atMs());
        if (origin.isEmpty() || comparison.equal(bound.atMs(), summaries)) {
            doubts.add("A key of partition " + partition + " differed when it was read first, and not when it was read"
                    + " again: records were removed meanwhile. Audit again.");
            return Optional.empty();
        }
        return Optional.of(new DivergentKey(
                history.key(),
                partition,
                entries,
                comparison.differences(bound.atMs(), summaries),
                since(origin.get(), exact),
                DivergentKey.Repairs.unknown("they were not looked for")));
    }

    private static EntrySummary summary(Hash128 keyHash, History.Held held) {
        return new EntrySummary(
                keyHash,
                held.version(),
                held.vector(),
                held.positionMs(),
                held.timeMs(),
                held.expiryMs(),
                held.deleted(),
                held.digest());
    }

    private Entry entry(int replica, History.Held held) {
        boolean expires = held.expiryMs() != io.trueup.tree.Entry.NEVER;
        return new Entry(
                held.version(),
                Optional.ofNullable(held.vector()).map(Object::toString),
                held.positionMs(),
                held.deleted() ? State.DELETED : held.isLiveAt(bound.atMs()) ? State.LIVE : State.EXPIRED,
                expires ? Optional.of(held.expiryMs()) : Optional.empty(),
                held.digest(),
                held.valueLength(),
                place(replica, held.offset(), held.timeMs()));
    }

    private Since since(History.Origin origin, boolean exact) {
        History.Moment moment = origin.moment();
        return new Since(
                sources.get(moment.replica()).replica().name(),
                place(moment.replica(), moment.offset(), moment.timeMs()),
                origin.timeMs(),
                origin.byExpiry(),
                exact);
    }

    private Place place(int replica, long offset, long timeMs) {
        return new Place(sources.get(replica).replica().topic(), partition, offset, timeMs);
    }
}
