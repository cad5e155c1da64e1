package io.trueup.reconcile.exchange;

import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.tree.VersionVector;
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
 * but for a segment or two and the first keys of each peer in a round; and no more symbols of sketches are held, so that trees are
 * descended. Replicas need not agree on any of this. Thread-safe.
 */
public final class RoundMemory {

    /** What the objects of one heard entry take until it is judged, with what is found of it, but without its vector; rounded up. */
    public static final int BYTES_PER_ENTRY = 256;

    private final long maxBytes;
    private final long maxAttemptBytes;
    private long waitingBytes;
    private final Map<Holder, Share> shares = new HashMap<>();

    private record Holder(String replica, int partition) {}

    /**
     * What takes up memory in this process, in bytes, about.
     *
     * @param heard entries that rounds have heard or will hear, with their vectors, and symbols of sketches
     * @param early messages about cuts that are not sealed yet
     * @param attempts attempts to repair, from one round to the next
     * @param waiting repairs that wait for the rate, or for their values
     * @param expiries windows in which entries expire
     */
    public record Use(long heard, long early, long attempts, long waiting, long expiries) {}

    /** A bound of what rounds hear; attempts to repair have none. */
    public RoundMemory(long maxBytes) {
        this(maxBytes, Long.MAX_VALUE);
    }

    /**
     * What rounds may hold, and what may be remembered from one round to the next.
     *
     * @param maxBytes of entries that are heard and messages that are early
     * @param maxAttemptBytes of attempts to repair: a partition whose equal part is used up remembers no more beyond that; the same
     *     for repairs that are decided and not sent yet
     */
    public RoundMemory(long maxBytes, long maxAttemptBytes) {
        this.maxBytes = maxBytes;
        this.maxAttemptBytes = maxAttemptBytes;
    }

    /** What the vector of an entry takes up; 0 without one, and for null. */
    public static long vectorBytes(EntrySummary entry) {
        return entry == null ? 0 : vectorBytes(entry.vector());
    }

    /** What a vector takes up; 0 for null. */
    public static long vectorBytes(VersionVector vector) {
        return MessageMemory.bytes(vector);
    }

    /** For a process with one partition, or a test. */
    public static RoundMemory unlimited() {
        return new RoundMemory(Long.MAX_VALUE);
    }

    /** Rounds hold half of the heap at most, attempts to repair an eighth of it, repairs that wait to be sent a sixteenth. */
    public static RoundMemory ofHeap(long heapBytes) {
        return new RoundMemory(heapBytes / 4, heapBytes / 16);
    }

    /**
     * What a reconciler holds; replaces what the partition's last one held.
     *
     * @param intervalMs time between cuts: a partition whose last round is further away has moved to another process, perhaps when the
     *     clock was ahead
     */
    public synchronized Share open(String replica, int partition, long intervalMs) {
        Holder holder = new Holder(replica, partition);
        Share share = new Share(holder, intervalMs);
        shares.put(holder, share);
        return share;
    }

    /** What is held now by all partitions. */
    public synchronized Use use() {
        long heard = 0;
        long early = 0;
        long attempts = 0;
        long expiries = 0;
        for (Share share : shares.values()) {
            heard += share.bytes() - share.earlyBytes;
            early += share.earlyBytes;
            attempts += share.attemptBytes;
            expiries += share.expiryBytes;
        }
        return new Use(heard, early, attempts, waitingBytes, expiries);
    }

    /** What is held by all rounds: for entries that are or will be heard, and for messages that are early. */
    public synchronized long heldBytes() {
        return shares.values().stream().mapToLong(Share::bytes).sum();
    }

    /** Whether another repair may wait to be sent. */
    public synchronized boolean hasRoomForWaiting(long bytes) {
        return waitingBytes + bytes <= maxAttemptBytes;
    }

    /** Repairs that wait to be sent take up more memory, or less. */
    public synchronized void waiting(long moreBytes) {
        waitingBytes += moreBytes;
    }

    /** What the repairs that wait to be sent take up. */
    public synchronized long waitingBytes() {
        return waitingBytes;
    }

    /** What the rounds of one partition hold. */
    public final class Share {
        private final Holder holder;
        private final long intervalMs;
        private long cutMs;
        private long heardBytes;
        private long expectedVectorBytes;
        private long heardVectorBytes;
        private long earlyBytes;
        private long attemptBytes;
        private long expiryBytes;

        private Share(Holder holder, long intervalMs) {
            this.holder = holder;
            this.intervalMs = intervalMs;
        }

        /** The partition has left the process, unless it was opened again. */
        public void close() {
            synchronized (RoundMemory.this) {
                shares.remove(holder, this);
            }
        }

        /** So much is held now for entries that expire. It is bounded for each partition, and is only measured here. */
        public void expires(long bytes) {
            synchronized (RoundMemory.this) {
                expiryBytes = bytes;
            }
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
                return bytes == 0 || more <= 0 || hasRoom(more);
            }
        }

        private boolean hasRoom(long more) {
            long all = more;
            for (Share share : shares.values()) {
                all += isPresent(share) ? share.bytes() : 0;
            }
            return all - maxBytes <= maxBytes;
        }

        /** Symbols of sketches count until the round is over; false, and they do not, beyond twice the bound of all. */
        boolean holdSymbols(long bytes) {
            synchronized (RoundMemory.this) {
                if (!hasRoom(bytes)) {
                    return false;
                }
                heardBytes += bytes;
                return true;
            }
        }

        /** The round is over. */
        public void release() {
            synchronized (RoundMemory.this) {
                forgetHeard();
            }
        }

        /** Whether another attempt to repair may be remembered. */
        public boolean hasRoomForAttempt(long bytes) {
            synchronized (RoundMemory.this) {
                long all = bytes;
                int holders = 0;
                for (Share share : shares.values()) {
                    if (isPresent(share)) {
                        all += share.attemptBytes;
                        holders += share.attemptBytes > 0 || share == this ? 1 : 0;
                    }
                }
                return all <= maxAttemptBytes || attemptBytes + bytes <= maxAttemptBytes / holders;
            }
        }

        /** Attempts that are remembered take up more memory, or less. */
        public void attempts(long moreBytes) {
            synchronized (RoundMemory.this) {
                attemptBytes += moreBytes;
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
