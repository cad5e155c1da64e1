package io.trueup.audit;

import io.trueup.tree.EntryDigest;
import io.trueup.tree.Hash128;
import io.trueup.tree.Scan;
import io.trueup.tree.Write;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** The histories of some keys, gathered from the partitions of all replicas. Used by one thread. */
final class Histories {

    private final Map<Hash128, History> byKey = new HashMap<>();
    private final EntryDigest digests;
    private long moments;
    private long keyBytes;

    Histories(Collection<Hash128> keys, EntryDigest digests, int replicas) {
        this.digests = digests;
        keys.forEach(key -> byKey.put(key, new History(replicas)));
    }

    boolean contains(Hash128 key) {
        return byKey.containsKey(key);
    }

    History of(Hash128 key) {
        return byKey.get(key);
    }

    /** Bytes of memory, about. */
    long memoryBytes() {
        return moments * History.MOMENT_BYTES + byKey.size() * History.KEY_BYTES + keyBytes;
    }

    /** The part of one replica, to be filled in order of offset. */
    Follower.Holdings holdings(int replica) {
        return new Holdings(replica);
    }

    private final class Holdings implements Follower.Holdings {

        private final int replica;

        Holdings(int replica) {
            this.replica = replica;
        }

        @Override
        public void wrote(Hash128 key, Write write, long timeMs) {
            Hash128 value = digests.ofValue(write);
            Hash128 digest = write.deleted()
                    ? Hash128.ZERO
                    : digests.of(key, write.version(), write.vector(), write.expiryMs(), value);
            History history = byKey.get(key);
            if (history.key() == null) {
                keyBytes += write.key().length;
            }
            history.add(
                    new History.Moment(
                            timeMs,
                            replica,
                            write.offset(),
                            digest,
                            write.deleted() ? Long.MIN_VALUE : write.expiryMs()),
                    History.Held.of(write, history.key() == null ? write.key() : history.key(), value, timeMs));
            moments++;
        }

        @Override
        public void scanned(Hash128 key, Write write, long since, long timeMs) {
            History.Held held = byKey.get(key).held(replica);
            if (held == null || held.offset() <= since && !says(write, held)) {
                wrote(key, write, timeMs);
            }
        }

        private boolean says(Write write, History.Held held) {
            return write.version() == held.version()
                    && Objects.equals(write.vector(), held.vector())
                    && write.deleted() == held.deleted()
                    && write.expiryMs() == held.expiryMs()
                    && digests.ofValue(write).equals(held.digest());
        }

        @Override
        public void scanEnded(Scan scan, long since, long offset, long timeMs) {
            byKey.forEach((key, history) -> {
                History.Held held = history.held(replica);
                boolean older = held != null && held.offset() < since && held.isLiveAt(timeMs);
                if (older && !scan.hasFound(key)) {
                    history.add(new History.Moment(timeMs, replica, offset, Hash128.ZERO, Long.MIN_VALUE), null);
                    moments++;
                }
            });
        }
    }
}
