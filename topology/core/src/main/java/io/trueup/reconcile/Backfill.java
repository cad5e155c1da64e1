package io.trueup.reconcile;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.trueup.reconcile.Message.Root;
import io.trueup.tree.EntryTable;
import io.trueup.tree.Hash128;
import java.util.Set;
import java.util.TreeMap;

/**
 * Whether this replica has been empty and is filled, and how far others that are were told the tombstones. Noted beside the
 * entries, so that a restart goes on with it. Not thread-safe.
 *
 * <p>A replica that joins takes live writes before its first cut. So who was never compared with all others, and holds
 * little, is filled as if it were empty.
 */
final class Backfill {

    private static final String NOTE = "seeding";
    private static final String TOLD_NOTE = "tombstones told";
    private static final byte[] FILLED = {1};
    private static final byte[] COMPARED = {0};

    private final Settings settings;
    private final EntryTable table;
    private final TreeMap<String, Integer> told = new TreeMap<>();
    private Set<String> noted = Set.of();
    private boolean filled;
    private boolean isNew;
    private long mostHeld;

    Backfill(Settings settings, EntryTable table) {
        this.settings = settings;
        this.table = table;
        byte[] state = table.note(NOTE);
        isNew = state == null;
        filled = state != null && state[0] == FILLED[0];
        recallTold();
    }

    /** Whether this replica has been empty, and lacks much still. */
    boolean isFilled() {
        return filled;
    }

    /**
     * Whether this replica was never compared with all others. Who holds much less than it did before is not new, though
     * nobody may have heard it: it has lost something.
     */
    boolean isNew(long entries) {
        if (isNew && 2 * entries < mostHeld) {
            note(false);
        }
        mostHeld = Math.max(mostHeld, entries);
        return isNew;
    }

    /** Whether a replica has been empty, or is as good as empty, by what its root says. */
    boolean wasEmpty(Root root, long most) {
        return root.seeding()
                || root.entries() == 0
                || root.joining() && root.entries() < settings.limits().floodFraction() * most;
    }

    /** Whether a replica has been empty and lacks much still. One that holds as many entries as others is no longer filled. */
    boolean isFilled(Root root, long most) {
        return wasEmpty(root, most) && root.entries() < (1 - settings.limits().floodFraction()) * most;
    }

    /**
     * Notes what a round has shown.
     *
     * @param own what this replica has said of itself
     * @param most live entries of the peer that has most, of those compared; -1 if none was
     * @param all whether all owners were compared
     */
    void compared(Root own, boolean heldNothing, long most, boolean all) {
        if (most < 0) {
            return;
        }
        boolean asGoodAsEmpty = heldNothing
                || own.joining() && own.entries() < settings.limits().floodFraction() * most;
        boolean full = own.entries() >= (1 - settings.limits().floodFraction()) * most;
        if (!filled && most > 0 && asGoodAsEmpty) {
            note(true);
        } else if (full ? filled || isNew && most > 0 : isNew && !filled && all) {
            note(false);
        }
    }

    private void note(boolean nowFilled) {
        filled = nowFilled;
        isNew = false;
        table.note(NOTE, nowFilled ? FILLED : COMPARED);
    }

    /** From which segment on a replica is still to be told the tombstones; null if it is not to be told any. */
    Integer toTell(String target) {
        return told.get(target);
    }

    /**
     * Notes what a target says of itself: who has been empty, and lacks what others hold, is told from the first segment on. Who
     * fills itself is not: it meets the deletes as well.
     *
     * @param segments how many there are
     * @param lacks whether it was seen to lack something that is not on its way
     */
    void heard(String target, Root root, int segments, boolean lacks) {
        boolean nothing = root.hash().equals(Hash128.ZERO);
        if (nothing && (lacks || told.containsKey(target))) {
            told.put(target, 0);
        } else if (root.seeding() && lacks) {
            told.putIfAbsent(target, 0);
        } else if (!root.seeding() && told.getOrDefault(target, 0) == segments) {
            told.remove(target);
        }
        if (!told.keySet().equals(noted)) {
            noteTold();
        }
    }

    /** Tombstones below a segment are told. */
    void told(String target, int segment) {
        told.put(target, segment);
    }

    /** Notes who is still to be told, not how far that has come: what was told last before a stop may not have arrived. */
    private void noteTold() {
        noted = Set.copyOf(told.keySet());
        table.note(
                TOLD_NOTE,
                noted.isEmpty() ? null : String.join("\n", told.keySet()).getBytes(UTF_8));
    }

    private void recallTold() {
        byte[] names = table.note(TOLD_NOTE);
        if (names != null) {
            new String(names, UTF_8).lines().forEach(target -> told.put(target, 0));
            noted = Set.copyOf(told.keySet());
        }
    }
}
