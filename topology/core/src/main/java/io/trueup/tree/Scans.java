package io.trueup.tree;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * The scans of the datastore: one that is under way, and one that has ended, whose missing entries are dropped in slices. Not
 * thread-safe.
 */
final class Scans {

    private Scan underWay;

    /** Its missing entries are being dropped; null if there is none. */
    private Scan ended;

    private Pass pass;
    private long dropped;

    /** A scan starts; the offset of its start names it together with its id. */
    void started(String id, long since) {
        underWay = new Scan(id, since);
    }

    /** A scan has found a key. What it finds is not missing, either, for one that has ended before. */
    void found(Hash128 keyHash, String id, long since) {
        if (underWay != null && underWay.is(id, since)) {
            underWay.found(keyHash);
        }
        if (ended != null) {
            ended.found(keyHash);
        }
    }

    /** A scan has ended; one that has ended before, and is not done, is continued with it. Returns whether it was seen whole. */
    boolean ended(String id, long since, long found) {
        if (underWay == null || !underWay.is(id, since) || underWay.size() != found) {
            return false;
        }
        ended = underWay;
        underWay = null;
        pass = new Pass();
        return true;
    }

    /** Whether entries are to be dropped. */
    boolean isDropping() {
        return ended != null;
    }

    /**
     * Drops what is missing in further slices of the table.
     *
     * @param nowMs what has expired by then is left alone
     * @return what was dropped for this scan, once all is; else null
     */
    EntryTree.Completed drop(EntryTable table, int slices, long nowMs, Consumer<Hash128> drop) {
        List<Hash128> gone = new ArrayList<>();
        boolean done = pass.read(table, slices, (keyHash, entry) -> {
            if (entry.offset() < ended.since() && entry.liveAt(nowMs) && !ended.hasFound(keyHash)) {
                gone.add(keyHash);
            }
        });
        gone.forEach(drop);
        dropped += gone.size();
        if (!done) {
            return null;
        }
        EntryTree.Completed completed = new EntryTree.Completed(ended.id(), dropped);
        ended = null;
        dropped = 0;
        return completed;
    }
}
