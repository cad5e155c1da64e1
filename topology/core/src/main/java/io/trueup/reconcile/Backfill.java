package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.exchange.Message.Pause;
import io.trueup.reconcile.exchange.Message.Root;
import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.EntryTable;
import io.trueup.tree.Hash128;
import java.util.HashSet;
import java.util.Set;
import java.util.TreeMap;

/**
 * Whether this replica was empty and is being filled, and up to which segment other replicas that are being filled were sent
 * the tombstones. Noted beside the entries, so that it survives a restart. Not thread-safe.
 *
 * <p>A replica that joins takes live writes before its first cut. So a replica that was never compared with all others, and
 * holds little, is filled as if it were empty.
 */
final class Backfill {

    // The names of the notes are part of the stored state.
    private static final String STATE_NOTE = "seeding";
    private static final String TOMBSTONES_NOTE = "tombstones told";
    private static final byte[] BEING_FILLED = {1};
    private static final byte[] COMPARED = {0};

    private final Settings settings;
    private final EntryTable table;
    /** For each replica that must receive the tombstones, the first segment whose tombstones were not sent to it. */
    private final TreeMap<String, Integer> nextTombstones = new TreeMap<>();

    /** Replicas whose filling is announced. */
    private final Set<String> announced = new HashSet<>();

    private Set<String> noted = Set.of();
    private boolean beingFilled;
    private boolean isNew;
    private long mostHeld;

    Backfill(Settings settings, EntryTable table) {
        this.settings = settings;
        this.table = table;
        byte[] state = table.note(STATE_NOTE);
        isNew = state == null;
        beingFilled = state != null && state[0] == BEING_FILLED[0];
        readTombstonesNote();
    }

    /** Whether this replica was empty, and still lacks much. */
    boolean isBeingFilled() {
        return beingFilled;
    }

    /**
     * Whether this replica was never compared with all others. A replica that holds much less than before is not new, even if
     * no peer has heard it: it has lost something.
     */
    boolean isNew(long entries) {
        if (isNew && 2 * entries < mostHeld) {
            note(false);
        }
        mostHeld = Math.max(mostHeld, entries);
        return isNew;
    }

    /**
     * Whether a replica was empty, or holds next to nothing, by its root. One that holds tombstones alone is not empty: it may
     * have lost what it held.
     */
    boolean wasEmpty(Root root, long mostEntries) {
        return root.filling() || holdsNothing(root) || root.joining() && isLittle(root, mostEntries);
    }

    private static boolean holdsNothing(Root root) {
        return root.hash().equals(Hash128.ZERO);
    }

    /** Whether a replica was empty and still lacks much. One that holds as many entries as others is no longer filled. */
    boolean isBeingFilled(Root root, long mostEntries) {
        return wasEmpty(root, mostEntries) && !isFull(root, mostEntries);
    }

    private boolean isLittle(Root root, long mostEntries) {
        return root.entries() < settings.limits().floodFraction() * mostEntries;
    }

    private boolean isFull(Root root, long mostEntries) {
        return root.entries() >= (1 - settings.limits().floodFraction()) * mostEntries;
    }

    /**
     * Notes the result of a round.
     *
     * @param own the root that this replica has published
     * @param heldNothing whether it held nothing, tombstones included
     * @param mostEntries live entries of the peer that has most, of those compared; -1 if none was
     * @param allCompared whether all owners were compared
     */
    void compared(Root own, boolean heldNothing, long mostEntries, boolean allCompared) {
        if (mostEntries < 0) {
            return;
        }
        boolean nextToNothing = heldNothing || own.joining() && isLittle(own, mostEntries);
        boolean full = isFull(own, mostEntries);
        boolean endsFilling = full && (beingFilled || isNew && mostEntries > 0);
        boolean startsCompared = !full && isNew && !beingFilled && allCompared;
        if (!beingFilled && mostEntries > 0 && nextToNothing) {
            note(true);
        } else if (endsFilling || startsCompared) {
            note(false);
        }
    }

    private void note(boolean nowBeingFilled) {
        beingFilled = nowBeingFilled;
        isNew = false;
        table.note(STATE_NOTE, nowBeingFilled ? BEING_FILLED : COMPARED);
    }

    /** Whether the filling of a replica begins, as far as this reconciler knows: once until it is filled, or until a restart. */
    boolean begins(String target, boolean isToBeFilled) {
        if (isToBeFilled) {
            return announced.add(target);
        }
        announced.remove(target);
        return false;
    }

    /** The first segment whose tombstones must be sent to a replica next; null if it needs none. */
    Integer nextTombstones(String target) {
        return nextTombstones.get(target);
    }

    /** Notes that a replica was sent the tombstones of all segments before one. */
    void tombstonesSent(String target, int nextSegment) {
        nextTombstones.put(target, nextSegment);
    }

    /**
     * Repairs of a target, or of all, are paused. What waits to be sent is dropped, so the tombstones are sent again from the first segment
     * on.
     */
    void paused(String target) {
        nextTombstones.replaceAll((name, next) -> target.equals(Pause.ALL) || target.equals(name) ? 0 : next);
    }

    /**
     * Notes a peer's root: a replica that was empty, and lacks what others hold, is sent the tombstones from the first segment
     * on. A replica that fills itself from the feed is not: it receives the deletes as well.
     *
     * @param segments number of segments
     * @param lacks whether it was seen to lack an entry that is not on its way
     */
    void heard(String target, Root root, int segments, boolean lacks) {
        boolean nothing = holdsNothing(root);
        if (nothing && (lacks || nextTombstones.containsKey(target))) {
            nextTombstones.put(target, 0);
        } else if (root.filling() && lacks) {
            nextTombstones.putIfAbsent(target, 0);
        } else if (!root.filling() && nextTombstones.getOrDefault(target, 0) == segments) {
            nextTombstones.remove(target);
        }
        if (!nextTombstones.keySet().equals(noted)) {
            writeTombstonesNote();
        }
    }

    /** Notes the names alone, no segment: what was sent last before a stop may not have arrived. */
    private void writeTombstonesNote() {
        noted = Set.copyOf(nextTombstones.keySet());
        table.note(
                TOMBSTONES_NOTE,
                noted.isEmpty()
                        ? null
                        : String.join("\n", nextTombstones.keySet()).getBytes(UTF_8));
    }

    private void readTombstonesNote() {
        byte[] names = table.note(TOMBSTONES_NOTE);
        if (names != null) {
            new String(names, UTF_8).lines().forEach(target -> nextTombstones.put(target, 0));
            noted = Set.copyOf(nextTombstones.keySet());
        }
    }
}
