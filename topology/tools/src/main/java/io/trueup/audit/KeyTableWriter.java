package io.trueup.audit;

import io.trueup.audit.table.KeyTable;
import io.trueup.source.QuickWrite;
import io.trueup.tree.EntryDigest;
import io.trueup.tree.Hash128;
import io.trueup.tree.Scan;
import io.trueup.tree.Write;

/** Writes what one replica holds in a partition into a {@link KeyTable}, which shows the keys that differ. */
final class KeyTableWriter implements PartitionReplayer.ReplicaState {

    private final KeyTable table;
    private final int replica;
    private final EntryDigest digests;
    private final long atMs;
    private long dropped;

    /**
     * @param replica its number in the table
     * @param atMs entries that expire up to this time count as dead
     */
    KeyTableWriter(KeyTable table, int replica, EntryDigest digests, long atMs) {
        this.table = table;
        this.replica = replica;
        this.digests = digests;
        this.atMs = atMs;
    }

    @Override
    public void wrote(Hash128 key, Write write, long timeMs) {
        put(key, write, digest(key, write));
    }

    @Override
    public boolean wrote(Hash128 key, QuickWrite write, long offset) {
        if (write.deleted() || write.expiryMs() <= atMs) {
            table.put(replica, key.hi(), key.lo(), 0, 0, offset, 0);
        } else {
            Hash128 value = digests.ofValue(write.array(), write.valueOffset(), write.valueLength());
            Hash128 digest = digests.of(key, write.version(), null, write.expiryMs(), value);
            table.put(replica, key.hi(), key.lo(), digest.hi(), digest.lo(), offset, write.valueLength());
        }
        return true;
    }

    @Override
    public void scanned(Hash128 key, Write write, long since, long timeMs) {
        Hash128 digest = digest(key, write);
        long offset = table.offset(replica, key.hi(), key.lo());
        boolean known = offset >= 0 && table.holds(replica, key.hi(), key.lo(), digest.hi(), digest.lo());
        if (offset <= since && !known) {
            put(key, write, digest);
        }
    }

    @Override
    public void scanEnded(Scan scan, long since, long offset, long timeMs) {
        dropped += table.dropUnfound(replica, scan, since);
    }

    /** Keys that a scan has dropped and that were written again count twice. */
    @Override
    public long keysSeen() {
        return table.written(replica) + dropped;
    }

    private void put(Hash128 key, Write write, Hash128 digest) {
        int length = write.value() == null || digest.equals(Hash128.ZERO) ? 0 : write.value().length;
        table.put(replica, key.hi(), key.lo(), digest.hi(), digest.lo(), write.offset(), length);
    }

    private Hash128 digest(Hash128 key, Write write) {
        if (write.deleted() || write.expiryMs() <= atMs) {
            return Hash128.ZERO;
        }
        return digests.of(key, write.version(), write.vector(), write.expiryMs(), digests.ofValue(write));
    }
}
