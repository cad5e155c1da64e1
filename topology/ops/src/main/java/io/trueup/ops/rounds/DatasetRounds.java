package io.trueup.ops.rounds;

import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.settings.Settings;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import io.trueup.status.ReportedRounds;
import io.trueup.status.RoundTimes;
import io.trueup.tree.Hash128;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.IntStream;

/**
 * What the reports add up to, and the latest of them. Bounded: of each replica and partition a few numbers are kept, and sums of the latest cuts, besides at most
 * {@value #MAX_REPORTS} reports of {@value #MAX_BYTES} bytes together. Thread-safe.
 */
public final class DatasetRounds {

    /** So many reports are kept at most. */
    public static final int MAX_REPORTS = 10_000;

    static final long MAX_BYTES = 8 << 20;

    private final TrueupConfig config;
    private final Settings settings;
    private final int partitions;
    private final long startMs;
    private final List<List<String>> owners;
    private final ReportedRounds model;
    private final Cuts cuts;
    private final Map<String, Progress> progress = new HashMap<>();
    /** The first cut of which somebody has reported, by partition. */
    private final Map<Integer, Long> firstMs = new HashMap<>();

    private final Deque<Kept> latest = new ArrayDeque<>();
    private long bytes;

    /** Numbers of one replica in one partition. */
    private static final class Progress {

        private long equalMs = Long.MIN_VALUE;
        private long reportedMs = Long.MIN_VALUE;
        private long watermarkMs = Long.MIN_VALUE;
    }

    private record Kept(RoundReport report, int bytes) {}

    /**
     * @param partitions partitions of the dataset
     * @param startMs the time now
     */
    public DatasetRounds(TrueupConfig config, int partitions, long startMs) {
        this.config = config;
        this.partitions = partitions;
        this.startMs = startMs;
        settings = config.settings(config.replicas().get(0));
        owners = IntStream.range(0, partitions).mapToObj(config::owners).toList();
        model = new ReportedRounds(RoundTimes.of(settings.times()), partitions, owners::get);
        cuts = new Cuts(owners);
    }

    /**
     * Takes a report.
     *
     * @param size its encoded size in bytes
     * @param nowMs the time at which it is read; a report of a later cut counts for nothing
     */
    public synchronized void take(RoundReport report, int size, long nowMs) {
        if (!report.getDataset().equals(config.dataset())
                || report.getPartition() < 0
                || report.getPartition() >= partitions) {
            return;
        }
        model.take(report, nowMs);
        if (report.getCut() <= nowMs) {
            note(report);
            cuts.take(report);
        }
        latest.addFirst(new Kept(report, size));
        bytes += size;
        while (latest.size() > MAX_REPORTS || bytes > MAX_BYTES) {
            bytes -= latest.removeLast().bytes();
        }
    }

    /** Notes an authentic report that cannot be read, see {@link ReportedRounds#unread}. */
    public synchronized void unread(OptionalInt partition, long recordMs, long nowMs, String example) {
        model.unread(partition, recordMs, nowMs, example);
    }

    private void note(RoundReport report) {
        Progress of = progress.computeIfAbsent(place(report.getReplica(), report.getPartition()), p -> new Progress());
        firstMs.merge(report.getPartition(), report.getCut(), Math::min);
        of.reportedMs = Math.max(of.reportedMs, report.getCut());
        if (report.getOutcome() != Outcome.SKIPPED) {
            of.watermarkMs = Math.max(of.watermarkMs, report.getWatermark());
        }
        Set<String> compared = new HashSet<>(report.getHeard());
        compared.add(report.getReplica());
        if (report.getOutcome() == Outcome.EQUAL && compared.containsAll(owners.get(report.getPartition()))) {
            of.equalMs = Math.max(of.equalMs, report.getCut());
        }
    }

    private static String place(String replica, int partition) {
        return replica + '/' + partition;
    }

    /** The latest reports, the last one first. */
    public synchronized List<RoundReport> latest(Predicate<RoundReport> wanted, int limit) {
        List<RoundReport> found = new ArrayList<>();
        Iterator<Kept> kept = latest.iterator();
        while (kept.hasNext() && found.size() < limit) {
            RoundReport report = kept.next().report();
            if (wanted.test(report)) {
                found.add(report);
            }
        }
        return found;
    }

    /** The number of partitions of the dataset. */
    public int partitions() {
        return partitions;
    }

    /**
     * The segment of a key in the trees: the top bits of its hash.
     *
     * @param keyHash the hash as a report has it
     * @return empty if that is no hash
     */
    public OptionalInt segment(String keyHash) {
        int bits = settings.shape().segmentBits();
        try {
            return OptionalInt.of(bits == 0 ? 0 : (int) (Hash128.parse(keyHash).hi() >>> -bits));
        } catch (IllegalArgumentException e) {
            return OptionalInt.empty();
        }
    }

    /** The depth of the trees: they have {@code 1 << segmentBits()} segments. */
    public int segmentBits() {
        return settings.shape().segmentBits();
    }

    /** The keys of a partition that the reports name, by their hashes as the reports have them. The arrays must not be changed. */
    public synchronized Map<String, byte[]> reportedKeys(int partition) {
        Map<String, byte[]> keys = new HashMap<>();
        latest.stream()
                .filter(kept -> kept.report().getPartition() == partition)
                .flatMap(kept -> kept.report().getSample().stream())
                .filter(key -> key.getKey() != null)
                .forEach(key -> keys.computeIfAbsent(key.getKeyHash(), hash -> bytes(key.getKey())));
        return keys;
    }

    private static byte[] bytes(ByteBuffer key) {
        byte[] bytes = new byte[key.remaining()];
        key.duplicate().get(bytes);
        return bytes;
    }

    /** What the reports of each of the latest cuts add up to, in order. */
    public synchronized List<CutTotals> cuts(int limit) {
        return cuts.latest(limit);
    }

    /**
     * The dataset at a time.
     *
     * @param isRead whether the rounds topic can be read
     */
    public synchronized DatasetView at(long nowMs, boolean isRead) {
        return new DatasetView(
                model.at(nowMs, config.dataset(), settings.rules().observeOnly()),
                config.replicas().stream().map(name -> progress(name, nowMs)).toList(),
                isRead);
    }

    private ReplicaProgress progress(String replica, long nowMs) {
        long agreementAgeMs = 0;
        long lagMs = 0;
        long reportAgeMs = 0;
        for (int partition = 0; partition < partitions; partition++) {
            List<String> all = owners.get(partition);
            if (all.size() < 2 || !all.contains(replica)) {
                continue;
            }
            Progress own = progress.getOrDefault(place(replica, partition), new Progress());
            long firstMs = this.firstMs.getOrDefault(partition, startMs);
            agreementAgeMs = Math.max(agreementAgeMs, nowMs - Math.max(firstMs, own.equalMs));
            reportAgeMs = Math.max(reportAgeMs, nowMs - Math.max(firstMs, own.reportedMs));
            boolean isEqualNow = own.equalMs == own.reportedMs; // a repair does not move the watermark
            if (own.watermarkMs != Long.MIN_VALUE && !isEqualNow) {
                lagMs = Math.max(lagMs, newestWatermarkMs(all, partition) - own.watermarkMs);
            }
        }
        return new ReplicaProgress(replica, agreementAgeMs, lagMs, reportAgeMs);
    }

    private long newestWatermarkMs(List<String> all, int partition) {
        return all.stream()
                .map(owner -> progress.get(place(owner, partition)))
                .filter(of -> of != null)
                .mapToLong(of -> of.watermarkMs)
                .max()
                .orElse(Long.MIN_VALUE);
    }
}
