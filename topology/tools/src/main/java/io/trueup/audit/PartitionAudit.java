package io.trueup.audit;

import io.trueup.audit.result.DivergentKey;
import io.trueup.audit.result.PartitionSummary;
import io.trueup.audit.result.ReplicaPartition;
import io.trueup.audit.table.HashRange;
import io.trueup.audit.table.KeyTable;
import io.trueup.audit.table.LowestHashes;
import io.trueup.avro.RecordCodecs;
import io.trueup.reconcile.settings.Settings;
import io.trueup.topic.GapCause;
import io.trueup.topic.RecordSource;
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
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import java.util.function.Predicate;

/**
 * Compares one partition of all replicas that own it. A first reading fills a table of digests, which shows the keys that
 * differ; a second one, of the records of those keys, shows the rest. What does not fit into memory is compared one range of key
 * hashes at a time. Used by one thread.
 */
final class PartitionAudit {

    private final List<ReplicaSource> sources;
    private final int partition;
    private final Settings settings;
    private final RecordBound bound;
    private final Predicate<Hash128> keys;
    private final boolean keepValues;
    private final long memoryBytes;
    private final Caveats caveats;
    private final KeyedHash hash;
    private final EntryDigest digests;
    private final PartitionReading reading;
    private final List<MerkleTree> trees = new ArrayList<>();
    private final List<Totals> totals = new ArrayList<>();
    private final List<Set<Long>> incompleteScans = new ArrayList<>();
    private final List<Map<Long, ScanRows>> scans = new ArrayList<>();
    private final LowestHashes divergent;
    private long largestTable;
    private long keysInIt;
    private int passes;

    /**
     * @param sources the replicas that own the partition, in order of name, at least one
     * @param keys the keys to compare
     * @param keepValues whether the values of divergent keys are kept
     * @param memoryBytes memory for the key table or the timelines, in bytes
     * @param maxHashes how many hashes of keys that differ are kept; further ones are only counted
     * @param expecting receives how many offsets will be read beyond the first reading of all sources
     */
    PartitionAudit(
            List<ReplicaSource> sources,
            int partition,
            Settings settings,
            RecordCodecs codecs,
            RecordBound bound,
            Predicate<Hash128> keys,
            boolean keepValues,
            long memoryBytes,
            int maxHashes,
            RecordSource records,
            LongConsumer expecting,
            Caveats caveats) {
        this.sources = sources;
        this.partition = partition;
        this.settings = settings;
        this.bound = bound;
        this.keys = keys;
        this.keepValues = keepValues;
        this.memoryBytes = memoryBytes;
        this.caveats = caveats;
        divergent = new LowestHashes(maxHashes);
        hash = new KeyedHash(settings.secret());
        digests = new EntryDigest(hash, settings.rules().compareValues());
        reading = new PartitionReading(sources, records, codecs, hash, bound, expecting, caveats);
        sources.forEach(source -> incompleteScans.add(new HashSet<>()));
    }

    /** Totals of one replica over all hash ranges. */
    private static final class Totals {
        long keys;
        long dead;
        long bytes;
        PartitionReplayer first;
        boolean lacksPast = true;
        boolean knownAfterScans;
        boolean complete;

        /** What one hash range proves about the topic is true for all. */
        void add(PartitionReplayer replayer, boolean behind) {
            lacksPast &= replayer.mayLackThePast(behind);
            complete |= replayer.isComplete();
            knownAfterScans |= replayer.scanDoubt() == null;
            first = first == null ? replayer : first;
        }
    }

    /**
     * Rows of a scan.
     *
     * @param found distinct rows that were read
     * @param sent rows that the scan has sent
     */
    private record ScanRows(long found, long sent) {

        /** Adds the rows of another hash range. */
        ScanRows plus(ScanRows other) {
            return new ScanRows(found + other.found, sent);
        }

        boolean areComplete() {
            return found == sent;
        }
    }

    /** The contents of one hash range of all replicas. */
    private record Pass(KeyTable table, List<PartitionReplayer> replayers, List<Map<Long, ScanRows>> scans) {

        boolean fits(long memoryBytes) {
            long scanBytes =
                    replayers.stream().mapToLong(PartitionReplayer::memoryBytes).sum();
            return table.hasRoomFor(PartitionReading.CHECK_EVERY, memoryBytes - scanBytes);
        }
    }

    /** Reads and compares. After that, the keys that differ are known by hash. */
    void compare() {
        do {
            start();
            Deque<HashRange> ranges = new ArrayDeque<>(List.of(HashRange.ALL));
            while (!ranges.isEmpty()) {
                HashRange range = ranges.pop();
                Pass pass = pass(range);
                if (pass == null) {
                    reading.expect(2);
                    List<HashRange> halves = range.halves();
                    ranges.push(halves.get(1));
                    ranges.push(halves.get(0));
                } else {
                    add(pass);
                }
            }
        } while (foundIncompleteScans());
        addDoubts();
    }

    private void start() {
        trees.clear();
        totals.clear();
        scans.clear();
        divergent.clear();
        sources.forEach(source -> {
            trees.add(new MerkleTree(hash, settings.shape().segmentBits()));
            totals.add(new Totals());
            scans.add(new HashMap<>());
        });
    }

    /** Fills the table of a hash range; returns null if it does not fit into memory. */
    private Pass pass(HashRange range) {
        long[] starts =
                sources.stream().mapToLong(source -> source.offsets().start()).toArray();
        Pass pass = new Pass(new KeyTable(starts), new ArrayList<>(), new ArrayList<>());
        for (int i = 0; i < sources.size(); i++) {
            KeyTableWriter writer = new KeyTableWriter(pass.table(), i, digests, bound.atMs());
            Map<Long, ScanRows> ends = new HashMap<>();
            pass.scans().add(ends);
            pass.replayers()
                    .add(reading.replayer(i, range, keys, scanCheck(ends, incompleteScans.get(i), range), writer));
        }
        passes++;
        boolean fits = reading.read(pass.replayers(), () -> !range.isDivisible() || pass.fits(memoryBytes));
        return fits ? pass : null;
    }

    /**
     * A scan is complete if all its rows were read, in all hash ranges together. With several ranges that is assumed here, and
     * checked after the last one.
     */
    private static PartitionReplayer.ScanCheck scanCheck(
            Map<Long, ScanRows> ends, Set<Long> incomplete, HashRange range) {
        return (offset, found, rows) -> {
            ends.put(offset, new ScanRows(found, rows));
            return range.isAll() ? found == rows : !incomplete.contains(offset);
        };
    }

    /** Whether a scan that was assumed to be complete was not. A single pass over all keys has checked that itself. */
    private boolean foundIncompleteScans() {
        boolean mistaken = false;
        for (int i = 0; i < sources.size(); i++) {
            for (Map.Entry<Long, ScanRows> scan : scans.get(i).entrySet()) {
                if (!scan.getValue().areComplete()) {
                    mistaken |= incompleteScans.get(i).add(scan.getKey()) && passes > 1;
                }
            }
        }
        if (mistaken) {
            reading.expect(1);
        }
        return mistaken;
    }

    private void add(Pass pass) {
        long keysInTable = 0;
        for (int i = 0; i < sources.size(); i++) {
            KeyTable.Contents contents =
                    pass.table().addTo(trees.get(i), settings.shape().segmentBits(), i);
            Totals total = totals.get(i);
            total.keys += contents.live();
            total.dead += contents.dead();
            total.bytes += contents.valueBytes();
            total.add(pass.replayers().get(i), sources.get(i).behind());
            keysInTable += contents.live() + contents.dead();
            Map<Long, ScanRows> ends = scans.get(i);
            pass.scans().get(i).forEach((offset, rows) -> ends.merge(offset, rows, ScanRows::plus));
        }
        pass.table().findDifferences(divergent::add);
        if (pass.table().memoryBytes() >= largestTable) {
            largestTable = pass.table().memoryBytes();
            keysInIt = keysInTable;
        }
    }

    private void addDoubts() {
        for (int i = 0; i < sources.size(); i++) {
            ReplicaSource source = sources.get(i);
            PartitionReplayer read = totals.get(i).first;
            if (read.unreadable() > 0) {
                caveats.unreadable(new Caveats.Unreadable(
                        source.replica(), Set.of(partition), read.unreadable(), read.unreadableExamples()));
            }
            if (!totals.get(i).knownAfterScans) {
                caveats.doubt(read.scanDoubt() + ". So it is not known what "
                        + source.replica().name()
                        + " holds. Scan it again (`trueup scrub`), and audit before records of that scan are compacted away"
                        + " (min.compaction.lag.ms).");
            }
            if (totals.get(i).lacksPast) {
                caveats.doubt(lacksPast(source, read.gaps(source.behind())));
            }
        }
    }

    private static String lacksPast(ReplicaSource source, long gaps) {
        String what = gaps + (gaps == 1 ? " of its offsets holds no record" : " of its offsets hold no record")
                + ": what " + source.replica().name() + " held at that moment may have been compacted away since";
        return source.gapCause() == GapCause.COMPACTION
                ? source.offsets().partition() + " is compacted, and " + what
                        + ". Audit the latest state, or keep write events longer (min.compaction.lag.ms)."
                : source.offsets().partition() + " is not compacted now, but " + what
                        + " if the topic was compacted earlier; brokers do not distinguish that from transactions. Audit the"
                        + " latest state, or state --never-compacted if you know that it never was.";
    }

    /** How many keys differ. */
    long divergentKeys() {
        return divergent.count();
    }

    /** Hashes of the keys that differ, in order, up to the number to be kept. */
    List<Hash128> divergent() {
        return divergent.kept();
    }

    /** The replicas that have records here, all of which are too late to count. */
    List<String> allLater() {
        List<String> later = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            if (isAllLater(i)) {
                later.add(sources.get(i).replica().name());
            }
        }
        return later;
    }

    /** Whether a replica has records here, and all of them are too late to count. */
    boolean isAllLater(int replica) {
        PartitionReplayer read = totals.get(replica).first;
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

    /** @param roots whether all keys were read, so that the trees are complete */
    List<PartitionSummary> summaries(boolean roots) {
        List<PartitionSummary> summaries = new ArrayList<>();
        for (int i = 0; i < sources.size(); i++) {
            ReplicaSource source = sources.get(i);
            Totals total = totals.get(i);
            summaries.add(new PartitionSummary(
                    new ReplicaPartition(source.replica().name(), partition),
                    source.replica().topic(),
                    source.offsets().start(),
                    source.offsets().end(),
                    total.first.counted(),
                    total.keys,
                    total.dead,
                    total.bytes,
                    total.first.unreadable(),
                    bound.atMs(),
                    roots ? Optional.of(root(i)) : Optional.empty()));
        }
        return summaries;
    }

    /** As in a reconciler's control messages: zero where the replica holds nothing, no tombstone either. */
    private Hash128 root(int replica) {
        return totals.get(replica).keys + totals.get(replica).dead == 0
                ? Hash128.ZERO
                : trees.get(replica).node(0, 0);
    }

    /** Reads the records of some of the divergent keys again, and describes the keys in order of key hash. */
    void describe(List<Hash128> chosen, Consumer<DivergentKey> sink) {
        boolean complete = true;
        for (int i = 0; i < sources.size(); i++) {
            complete &= totals.get(i).complete && sources.get(i).offsets().start() == 0;
        }
        new DivergentKeyReader(reading, sources, partition, settings, digests, bound, keepValues, memoryBytes, caveats)
                .describe(chosen, new DivergentKeyReader.Evidence(incompleteScans, complete), sink);
    }
}
