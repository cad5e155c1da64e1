package io.trueup.reconcile.settings;

import io.trueup.tree.KeyedHash;
import java.util.List;

/**
 * Everything that a reconciler must know of the configuration. Times in milliseconds. Immutable; made by {@link Builder}.
 *
 * <p>Longer than 450 lines because it has an accessor and a setter for each setting.
 *
 * @param dataset name of the dataset
 * @param replica the replica whose reconciler this is
 * @param placement which replicas own which partitions
 * @param secret {@code hash.secret}: at least 16 bytes, shared by all reconcilers of the dataset
 * @param shape the shape of the trees
 * @param times intervals, waits and deadlines
 * @param limits bounds of a round
 * @param rules what is compared, and what wins
 */
public record Settings(
        String dataset,
        String replica,
        Placement placement,
        byte[] secret,
        Shape shape,
        Times times,
        Limits limits,
        Rules rules) {

    /** Symbols that are kept beside a tree where sketches are exchanged: they decode up to 90 entries that differ. */
    public static final int KEPT_SYMBOLS = 128;

    /** A window takes up to so many slots per segment, see {@link Limits#expirySlotsPerSegment}. */
    private static final int SLOTS_OF_A_SEGMENT = 4;

    /**
     * The shape of the trees.
     *
     * @param segmentBits the tree has {@code 1 << segmentBits} segments
     * @param stride levels that one message descends
     * @param symbols how many symbols of a sketch are kept beside each tree; 0: replicas descend their trees alone
     */
    public record Shape(int segmentBits, int stride, int symbols) {

        /** Whether replicas first exchange sketches, and descend their trees only where these do not suffice. */
        public boolean sketches() {
            return symbols > 0;
        }
    }

    /**
     * Intervals, waits and deadlines.
     *
     * @param intervalMs from one round to the next
     * @param graceMs how long after its cut a round is due
     * @param patienceMs how long a lagging replica is waited for
     * @param settleMs how long roots of silent peers are waited for after sealing, and after another peer was heard
     * @param deadlineMs how long after it is due a round closes
     * @param repairTimeoutMs how long an emitted repair is waited for before the next attempt
     * @param repairValidityMs how long after its emission a repair event may be applied
     * @param tombstoneRetentionMs how long a tombstone is kept at least
     */
    public record Times(
            long intervalMs,
            long graceMs,
            long patienceMs,
            long settleMs,
            long deadlineMs,
            long repairTimeoutMs,
            long repairValidityMs,
            long tombstoneRetentionMs) {

        /** After so many rounds in a row that compare nothing, an operator is warned: those of the patience, at least three. */
        public int alarmingRounds() {
            return (int) Math.max(3, Math.min(Integer.MAX_VALUE, (patienceMs + intervalMs - 1) / intervalMs));
        }
    }

    /**
     * Bounds of a round.
     *
     * @param repairAttempts after so many attempts a divergence is reported as failed
     * @param repairsPerRound most repairs that are emitted in one round
     * @param windows when the repairs of a replica rest or are slowed down
     * @param floodFraction the flood guard trips where more than this share of a replica's keys would be repaired in a round, in
     *     one partition or in all together
     * @param floodMinKeys the flood guard never trips for fewer keys of a replica, in all partitions together
     * @param maxSegmentsPerRound most segments whose entries are sent in one round on account of one peer
     * @param maxEntriesPerRound so many of its own entries a replica compares in one round with one peer, and the rest of a segment
     * @param maxEntriesPerMessage most entries or node hashes in one message
     * @param expirySlotsPerSegment for how much there is room in memory that is to expire: slots of 24 bytes per segment of a tree.
     *     32 suffice for eight windows in which all segments change
     */
    public record Limits(
            int repairAttempts,
            int repairsPerRound,
            RepairWindows windows,
            double floodFraction,
            int floodMinKeys,
            int maxSegmentsPerRound,
            int maxEntriesPerRound,
            int maxEntriesPerMessage,
            int expirySlotsPerSegment) {}

    /**
     * What is compared, and what wins.
     *
     * @param resolution which entry wins
     * @param primary the replica that wins under {@link Resolution#PRIMARY}, and among several values of one version under
     *     {@link Resolution#LATEST}; may be null otherwise
     * @param compareValues true: entries are equal if their values are; false: if their versions are, too
     * @param sources replicas that are compared but never repaired
     * @param observeOnly true: report divergences, emit nothing
     * @param progress what proves that the replica has seen a write
     * @param approveFills true: an empty replica is filled only once a person approves
     */
    public record Rules(
            Resolution resolution,
            String primary,
            boolean compareValues,
            List<String> sources,
            boolean observeOnly,
            Progress progress,
            boolean approveFills) {

        /** Whether the highest version wins, or the vector that dominates: then no repair makes a replica older. */
        public boolean newestWins() {
            return resolution == Resolution.LATEST || resolution == Resolution.VECTOR;
        }
    }

    /**
     * For how many slots of 24 bytes there is room in what is to expire: so many per segment, and for the symbols of as many windows as
     * fit into that if all segments change, with four slots each.
     */
    public long expirySlots() {
        long perSegment = limits.expirySlotsPerSegment;
        return (perSegment << shape.segmentBits) + perSegment / SLOTS_OF_A_SEGMENT * shape.symbols;
    }

    /** All replicas of the dataset, in order of name. */
    public List<String> replicas() {
        return placement.replicas();
    }

    /** The same settings as another replica has them. */
    public Settings of(String other) {
        return changed().replica(other).build();
    }

    /** The same settings with another placement. */
    public Settings with(Placement other) {
        return changed().placement(other).build();
    }

    /** Whether a repair applies only if the target still holds what it was observed to hold: where others than the newest win. */
    public boolean repairsIfObserved() {
        return !rules.newestWins();
    }

    /** A builder that starts from these settings. */
    public Builder changed() {
        return new Builder(this);
    }

    /** Hash of everything that must be the same on all reconcilers of a partition for their trees to be comparable. */
    public long fingerprint(int partition) {
        return fingerprint(new KeyedHash(secret), partition);
    }

    public long fingerprint(KeyedHash hash, int partition) {
        return hash.text(String.join(
                        "\n",
                        "trueup 4",
                        dataset,
                        String.join(",", placement.owners(partition)),
                        String.join(",", rules.sources),
                        "segments " + shape.segmentBits,
                        "stride " + shape.stride,
                        "interval " + times.intervalMs,
                        "grace " + times.graceMs,
                        "compare values " + rules.compareValues,
                        "resolution " + rules.resolution,
                        "primary " + rules.primary))
                .hi();
    }

    /** What proves that a write has reached a replica. */
    public enum Progress {
        /** All writes reach it through one feed, in order: its write events and its progress events. */
        WRITES,
        /** It has writers of its own, so only progress events are a proof. */
        EVENTS,
        /** How far the datastore's consumer group has consumed the feed. */
        GROUP,
        /** Its writes topic is the authority: everything in the topic, and nothing else, was written. */
        TOPIC
    }

    /** Which of several entries for a key wins. */
    public enum Resolution {
        /** The highest version. */
        LATEST,
        /** The version vector that dominates all others. */
        VECTOR,
        /** The entry that more than half of the owners hold. */
        MAJORITY,
        /** The entry of the primary, even if it is none. */
        PRIMARY
    }

    /** Takes the settings one by one; what is not given has the default of the configuration. Not thread-safe. */
    public static final class Builder {
        private String dataset;
        private String replica;
        private Placement placement;
        private List<String> sources = List.of();
        private byte[] secret;
        private int segmentBits = 12;
        private int stride = 4;
        private int symbols;
        private long intervalMs = 60_000;
        private long graceMs = 30_000;
        private boolean compareValues;
        private Resolution resolution = Resolution.LATEST;
        private String primary;
        private boolean observeOnly;
        private Progress progress = Progress.WRITES;
        private boolean approveFills;
        private long patienceMs = 300_000;
        private long settleMs = 15_000;
        private long deadlineMs = 45_000;
        private long repairTimeoutMs = 150_000;
        private int repairAttempts = 5;
        private long repairValidityMs = 86_400_000;
        private int repairsPerRound = Integer.MAX_VALUE;
        private RepairWindows windows = RepairWindows.NONE;
        private double floodFraction = 0.1;
        private int floodMinKeys = 10;
        private long tombstoneRetentionMs = 7 * 86_400_000L;
        private int maxSegmentsPerRound = 1_024;
        private int maxEntriesPerRound = 100_000;
        private int maxEntriesPerMessage = 4_096;
        private int expirySlotsPerSegment = 32;

        /** All replicas own all partitions, unless another placement is given. */
        public Builder(String dataset, String replica, List<String> replicas, byte[] secret) {
            this.dataset = dataset;
            this.replica = replica;
            this.placement = Placement.all(replicas);
            this.secret = secret;
        }

        private Builder(Settings settings) {
            dataset = settings.dataset();
            replica = settings.replica();
            placement = settings.placement();
            sources = settings.rules.sources;
            secret = settings.secret;
            segmentBits = settings.shape.segmentBits;
            stride = settings.shape.stride;
            symbols = settings.shape.symbols;
            intervalMs = settings.times.intervalMs;
            graceMs = settings.times.graceMs;
            compareValues = settings.rules.compareValues;
            resolution = settings.rules.resolution;
            primary = settings.rules.primary;
            observeOnly = settings.rules.observeOnly;
            progress = settings.rules.progress;
            approveFills = settings.rules.approveFills;
            patienceMs = settings.times.patienceMs;
            settleMs = settings.times.settleMs;
            deadlineMs = settings.times.deadlineMs;
            repairTimeoutMs = settings.times.repairTimeoutMs;
            repairAttempts = settings.limits.repairAttempts;
            repairValidityMs = settings.times.repairValidityMs;
            repairsPerRound = settings.limits.repairsPerRound;
            windows = settings.limits.windows;
            floodFraction = settings.limits.floodFraction;
            floodMinKeys = settings.limits.floodMinKeys;
            tombstoneRetentionMs = settings.times.tombstoneRetentionMs;
            maxSegmentsPerRound = settings.limits.maxSegmentsPerRound;
            maxEntriesPerRound = settings.limits.maxEntriesPerRound;
            maxEntriesPerMessage = settings.limits.maxEntriesPerMessage;
            expirySlotsPerSegment = settings.limits.expirySlotsPerSegment;
        }

        private Builder replica(String replica) {
            this.replica = replica;
            return this;
        }

        public Builder placement(Placement placement) {
            this.placement = placement;
            return this;
        }

        public Builder sources(List<String> sources) {
            this.sources = sources;
            return this;
        }

        public Builder segmentBits(int segmentBits) {
            this.segmentBits = segmentBits;
            return this;
        }

        public Builder stride(int stride) {
            this.stride = stride;
            return this;
        }

        public Builder symbols(int symbols) {
            this.symbols = symbols;
            return this;
        }

        public Builder intervalMs(long intervalMs) {
            this.intervalMs = intervalMs;
            return this;
        }

        public Builder graceMs(long graceMs) {
            this.graceMs = graceMs;
            return this;
        }

        public Builder compareValues(boolean compareValues) {
            this.compareValues = compareValues;
            return this;
        }

        public Builder resolution(Resolution resolution) {
            this.resolution = resolution;
            return this;
        }

        public Builder primary(String primary) {
            this.primary = primary;
            return this;
        }

        public Builder observeOnly(boolean observeOnly) {
            this.observeOnly = observeOnly;
            return this;
        }

        public Builder progress(Progress progress) {
            this.progress = progress;
            return this;
        }

        public Builder approveFills(boolean approveFills) {
            this.approveFills = approveFills;
            return this;
        }

        public Builder patienceMs(long patienceMs) {
            this.patienceMs = patienceMs;
            return this;
        }

        public Builder settleMs(long settleMs) {
            this.settleMs = settleMs;
            return this;
        }

        public Builder deadlineMs(long deadlineMs) {
            this.deadlineMs = deadlineMs;
            return this;
        }

        public Builder repairTimeoutMs(long repairTimeoutMs) {
            this.repairTimeoutMs = repairTimeoutMs;
            return this;
        }

        public Builder repairAttempts(int repairAttempts) {
            this.repairAttempts = repairAttempts;
            return this;
        }

        public Builder repairValidityMs(long repairValidityMs) {
            this.repairValidityMs = repairValidityMs;
            return this;
        }

        public Builder windows(RepairWindows windows) {
            this.windows = windows;
            return this;
        }

        public Builder repairsPerRound(int repairsPerRound) {
            this.repairsPerRound = repairsPerRound;
            return this;
        }

        public Builder floodFraction(double floodFraction) {
            this.floodFraction = floodFraction;
            return this;
        }

        public Builder floodMinKeys(int floodMinKeys) {
            this.floodMinKeys = floodMinKeys;
            return this;
        }

        public Builder tombstoneRetentionMs(long tombstoneRetentionMs) {
            this.tombstoneRetentionMs = tombstoneRetentionMs;
            return this;
        }

        public Builder maxSegmentsPerRound(int maxSegmentsPerRound) {
            this.maxSegmentsPerRound = maxSegmentsPerRound;
            return this;
        }

        public Builder maxEntriesPerRound(int maxEntriesPerRound) {
            this.maxEntriesPerRound = maxEntriesPerRound;
            return this;
        }

        public Builder maxEntriesPerMessage(int maxEntriesPerMessage) {
            this.maxEntriesPerMessage = maxEntriesPerMessage;
            return this;
        }

        public Builder expirySlotsPerSegment(int expirySlotsPerSegment) {
            this.expirySlotsPerSegment = expirySlotsPerSegment;
            return this;
        }

        public Settings build() {
            return new Settings(
                    dataset,
                    replica,
                    placement,
                    secret,
                    new Shape(segmentBits, stride, symbols),
                    new Times(
                            intervalMs,
                            graceMs,
                            patienceMs,
                            settleMs,
                            deadlineMs,
                            repairTimeoutMs,
                            repairValidityMs,
                            tombstoneRetentionMs),
                    new Limits(
                            repairAttempts,
                            repairsPerRound,
                            windows,
                            floodFraction,
                            floodMinKeys,
                            maxSegmentsPerRound,
                            maxEntriesPerRound,
                            maxEntriesPerMessage,
                            expirySlotsPerSegment),
                    new Rules(resolution, primary, compareValues, sources, observeOnly, progress, approveFills));
        }
    }
}
