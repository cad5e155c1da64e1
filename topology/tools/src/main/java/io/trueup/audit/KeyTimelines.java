package io.trueup.audit;

import io.trueup.tree.EntryDigest;
import io.trueup.tree.Hash128;
import io.trueup.tree.Scan;
import io.trueup.tree.Write;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/** The timelines of some keys, built from the partitions of all replicas. Used by one thread. */
final class KeyTimelines {

    private final Map<Hash128, KeyTimeline> byKey = new HashMap<>();
    private final EntryDigest digests;
    private final boolean keepValues;
    private long changes;
    private long valueBytes;
    private long keyBytes;

    /** @param keepValues whether the values that the replicas hold in the end are kept */
    KeyTimelines(Collection<Hash128> keys, EntryDigest digests, int replicas, RecordBound bound, boolean keepValues) {
        this.digests = digests;
        this.keepValues = keepValues;
        keys.forEach(key -> byKey.put(key, new KeyTimeline(replicas, bound::isSettled)));
    }

    boolean contains(Hash128 key) {
        return byKey.containsKey(key);
    }

    KeyTimeline of(Hash128 key) {
        return byKey.get(key);
    }

    /** Approximate bytes of memory. */
    long memoryBytes() {
        return changes * KeyTimeline.CHANGE_BYTES + byKey.size() * KeyTimeline.KEY_BYTES + keyBytes + valueBytes;
    }

    /** Adds the records of one replica to the timelines; they must come in order of offset. */
    PartitionReplayer.ReplicaState writer(int replica) {
        return new Writer(replica);
    }

    private final class Writer implements PartitionReplayer.ReplicaState {

        private final int replica;

        Writer(int replica) {
            this.replica = replica;
        }

        @Override
        public void wrote(Hash128 key, Write write, long timeMs) {
            Hash128 value = digests.ofValue(write);
            Hash128 digest = write.deleted()
                    ? Hash128.ZERO
                    : digests.of(key, write.version(), write.vector(), write.expiryMs(), value);
            KeyTimeline timeline = byKey.get(key);
            if (timeline.key() == null) {
                keyBytes += write.key().length;
            }
            add(
                    timeline,
                    new KeyTimeline.Change(
                            timeMs,
                            replica,
                            write.offset(),
                            digest,
                            write.deleted() ? Long.MIN_VALUE : write.expiryMs()),
                    KeyTimeline.Held.of(
                            write, timeline.key() == null ? write.key() : timeline.key(), value, timeMs, keepValues));
        }

        @Override
        public void scanned(Hash128 key, Write write, long since, long timeMs) {
            KeyTimeline.Held held = byKey.get(key).held(replica);
            if (held == null || held.offset() <= since && !isEqual(write, held)) {
                wrote(key, write, timeMs);
            }
        }

        private boolean isEqual(Write write, KeyTimeline.Held held) {
            return write.version() == held.version()
                    && Objects.equals(write.vector(), held.vector())
                    && write.deleted() == held.deleted()
                    && write.expiryMs() == held.expiryMs()
                    && digests.ofValue(write).equals(held.digest());
        }

        @Override
        public void scanEnded(Scan scan, long since, long offset, long timeMs) {
            byKey.forEach((key, timeline) -> {
                KeyTimeline.Held held = timeline.held(replica);
                boolean older = held != null && held.offset() < since && held.isLiveAt(timeMs);
                if (older && !scan.hasFound(key)) {
                    add(timeline, new KeyTimeline.Change(timeMs, replica, offset, Hash128.ZERO, Long.MIN_VALUE), null);
                }
            });
        }

        private void add(KeyTimeline timeline, KeyTimeline.Change change, KeyTimeline.Held now) {
            KeyTimeline.Held before = timeline.held(replica);
            valueBytes += (now == null ? 0 : now.valueBytes()) - (before == null ? 0 : before.valueBytes());
            timeline.add(change, now);
            changes++;
        }
    }
}
