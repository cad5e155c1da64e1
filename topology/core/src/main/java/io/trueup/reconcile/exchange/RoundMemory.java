package io.trueup.reconcile.exchange;

import java.util.HashMap;
import java.util.Map;

/**
 * How much memory the rounds of all partitions of a process may take up together: for the entries that are heard, and for messages
 * that are early. So a process stays alive in which all partitions differ at once. A partition may take what is left; where less is
 * left than its equal part, it takes that part, so that none waits for others whose differences remain. All together then hold twice
 * the bound at most. What a round leaves out, later rounds compare.
 *
 * <p>Version vectors count from the time when entries are asked for, as far as this replica's own show how large they are, and those
 * heard in their place as soon as they are more. Beyond twice the bound no more entries with vectors are heard, as if they were lost,
 * but for a segment or two and the first keys of each peer in a round. Replicas need not agree on any of this. Thread-safe.
 */
public final class RoundMemory {

    /** What the objects of one heard entry take until it is judged, with what is found of it, but without its vector; rounded up. */
    public static final int BYTES_PER_ENTRY = 256;

    private final long maxBytes;
    private final Map<Holder, Share> shares = new HashMap<>();

    private record Holder(String replica, int partition) {}

    public RoundMemory(long maxBytes) {
        this.maxBytes = maxBytes;
    }

    /** For a process with one partition, or a test. */
    public static RoundMemory unlimited() {
        return new RoundMemory(Long.MAX_VALUE);
    }

    /** A bound of a quarter of the heap: rounds hold half of it at most. */
    public static RoundMemory ofHeap(long heapBytes) {
        return new RoundMemory(heapBytes / 4);
    }

    /**
     * What a reconciler holds; replaces what the partition's last one held.
     *
     * @param intervalMs time between cuts: a partition whose last round is further away has moved to another process, perhaps when the
     *     clock was ahead
     */
    public synchronized Share open(String replica, int partition, long intervalMs) {
        Share share = new Share(intervalMs);
        shares.put(new Holder(replica, partition), share);
        return share;
    }

    /** What the rounds of one partition hold. */
    public final class Share {
        private final long intervalMs;
        private long cutMs;
        private long heardBytes;
        private long expectedVectorBytes;
        private long heardVectorBytes;
        private long earlyBytes;

        private Share(long intervalMs) {
            this.intervalMs = intervalMs;
        }

        /** A round is due: what the last one has heard is forgotten. */
        public void begin(long cut) {
            synchronized (RoundMemory.this) {
                cutMs = cut;
                forgetHeard();
            }
        }

        /** Whether this partition holds its part, and all together hold as much as they may. */
        public boolean isExhausted() {
            synchronized (RoundMemory.this) {
                long all = 0;
                int holders = 0;
                for (Share share : shares.values()) {
                    if (isPresent(share)) {
                        all += share.bytes();
                        holders += share.bytes() > 0 || share == this ? 1 : 0;
                    }
                }
                return all >= maxBytes && bytes() >= maxBytes / holders;
            }
        }

        private boolean isPresent(Share share) {
            return Math.abs(share.cutMs - cutMs) <= intervalMs;
        }

        private long bytes() {
            return heardBytes + Math.max(expectedVectorBytes, heardVectorBytes) + earlyBytes;
        }

        private void forgetHeard() {
            heardBytes = 0;
            expectedVectorBytes = 0;
            heardVectorBytes = 0;
        }

        /** Entries will be heard in this round. */
        public void heard(long entries) {
            synchronized (RoundMemory.this) {
                heardBytes += entries * BYTES_PER_ENTRY;
            }
        }

        /** Vectors of entries that will be heard in this round, this replica's included. */
        void expectVectors(long bytes) {
            synchronized (RoundMemory.this) {
                expectedVectorBytes += bytes;
            }
        }

        /** Vectors were heard in this round, or are this replica's own. */
        void heardVectors(long bytes) {
            synchronized (RoundMemory.this) {
                heardVectorBytes += bytes;
            }
        }

        /** Whether there is room for vectors of a peer: because they are expected, or within twice the bound of all. */
        boolean hasRoomForVectors(long bytes) {
            synchronized (RoundMemory.this) {
                long more = heardVectorBytes + bytes - Math.max(expectedVectorBytes, heardVectorBytes);
                if (bytes == 0 || more <= 0) {
                    return true;
                }
                long all = more;
                for (Share share : shares.values()) {
                    all += isPresent(share) ? share.bytes() : 0;
                }
                return all - maxBytes <= maxBytes;
            }
        }

        /** The round is over. */
        public void release() {
            synchronized (RoundMemory.this) {
                forgetHeard();
            }
        }

        /** Early messages take up more memory, or less. */
        void early(long moreBytes) {
            synchronized (RoundMemory.this) {
                earlyBytes += moreBytes;
            }
        }
    }
}
