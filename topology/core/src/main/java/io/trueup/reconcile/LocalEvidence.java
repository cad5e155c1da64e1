package io.trueup.reconcile;

import io.trueup.reconcile.decision.OpenDeletes;
import io.trueup.reconcile.rule.Evidence;
import io.trueup.reconcile.settings.Settings;
import io.trueup.reconcile.settings.Settings.Progress;
import io.trueup.tree.EntryTable;
import io.trueup.tree.EntryTree;
import io.trueup.tree.Hash128;
import io.trueup.tree.Windows;
import io.trueup.tree.Write;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongBinaryOperator;
import java.util.function.Predicate;

/**
 * What the local replica can prove about how much it has seen. What must survive a restart is noted beside the entries.
 *
 * <p>A time since when the state is known, or a horizon, that only the own clock has dated may be too early. It follows the
 * clock from cut to cut, until another clock confirms that it is right: the loss lies before that. Not thread-safe.
 */
final class LocalEvidence {

    /** The time from which on the state contains every write; without the note it contains all. */
    private static final String KNOWN_FROM_NOTE = "known from";
    /** The time up to which deletes may be missing in a rebuilt state; without the note none is missing. */
    private static final String HORIZON_NOTE = "tombstone horizon";

    /** Present if only the own clock has dated the time from which on the state is known. */
    private static final String OWN_CLOCK_NOTE = "known from, by the own clock";
    /** For how long the topic keeps deletes, if there is a horizon. */
    private static final String DELETES_KEPT_NOTE = "deletes kept";
    /** Present until another clock confirms the one that has dated these. */
    private static final String UNCONFIRMED_NOTE = "own clock unconfirmed";

    private static final String FORGOTTEN_NOTE = "tombstones forgotten until";
    private static final String AGREED_NOTE = "agreed until";

    private final Progress progress;
    private final EntryTable table;
    private final EntryTree tree;
    private final Settings.Times times;
    private final OpenDeletes openDeletes;
    /** How far the datastore had consumed its feed, by the time when that was seen; those that a cut may still need. */
    private final NavigableMap<Long, Long> fed = new TreeMap<>();

    private long knownFromMs;
    private long horizonMs;
    private long forgottenMs;
    private long agreedMs;
    /** A cut up to this one lacks an entry that has appeared since. */
    private long appearedAfterMs = Evidence.NONE;

    private boolean unconfirmed;
    /** Whether it was seen since the start that everything is consumed. */
    private boolean consumed;

    LocalEvidence(Settings settings, EntryTable table, EntryTree tree) {
        this.progress = settings.rules().progress();
        this.times = settings.times();
        this.table = table;
        this.tree = tree;
        knownFromMs = read(KNOWN_FROM_NOTE);
        horizonMs = read(HORIZON_NOTE);
        forgottenMs = read(FORGOTTEN_NOTE);
        unconfirmed = read(UNCONFIRMED_NOTE) != Evidence.NONE;
        openDeletes = new OpenDeletes(table);
        Windows windows =
                new Windows(settings.times().intervalMs(), settings.times().graceMs());
        // a cut ahead was agreed on by a clock that was wrong
        agreedMs = Math.min(read(AGREED_NOTE), windows.cutMs(tree.sealedRound()));
    }

    /**
     * Notes since when a new state knows the writes topic. What it lacks already, it goes on lacking. It may lack deletes on which the
     * former state has agreed.
     */
    static void noteKnownFrom(EntryTable table, long knownFromMs, boolean confirmed) {
        write(table, KNOWN_FROM_NOTE, Math.max(knownFromMs, read(table, KNOWN_FROM_NOTE)));
        write(table, AGREED_NOTE, Evidence.NONE);
        if (!confirmed) {
            write(table, OWN_CLOCK_NOTE, knownFromMs);
            write(table, UNCONFIRMED_NOTE, knownFromMs);
        }
    }

    /** Whether a note says since when the state knows the writes topic, or how sure that is. */
    static boolean isNoteOfMissingHistory(String name) {
        return Set.of(KNOWN_FROM_NOTE, OWN_CLOCK_NOTE, UNCONFIRMED_NOTE).contains(name);
    }

    /** The own clock was wrong: what it alone has dated is dated again. */
    static void noteWrongClock(EntryTable table) {
        long datedMs = Math.max(read(table, OWN_CLOCK_NOTE), read(table, DELETES_KEPT_NOTE));
        write(table, UNCONFIRMED_NOTE, datedMs);
    }

    /** The own clock shows a time at which everything is consumed that the writes partition contains. */
    void consumedAt(long nowMs) {
        consumed = true;
        if (unconfirmed) {
            date(nowMs, Math::max);
        }
    }

    /** Another clock shows the same time. Confirms only what the own clock has dated since the start. */
    void timeIsConfirmed(long nowMs) {
        if (unconfirmed && consumed) {
            date(nowMs, Math::min);
            write(UNCONFIRMED_NOTE, Evidence.NONE);
            unconfirmed = false;
        }
    }

    private void date(long nowMs, LongBinaryOperator choice) {
        if (read(OWN_CLOCK_NOTE) != Evidence.NONE) {
            knownFromMs = write(KNOWN_FROM_NOTE, choice.applyAsLong(knownFromMs, nowMs));
        }
        long keptMs = read(DELETES_KEPT_NOTE);
        if (keptMs != Evidence.NONE) {
            horizonMs = write(HORIZON_NOTE, choice.applyAsLong(horizonMs, nowMs - keptMs));
        }
    }

    /** What is proved once everything is consumed that was in the writes partition at a time. */
    Evidence consumedUpTo(long timeMs) {
        long progressMs = switch (progress) {
            case WRITES, EVENTS -> tree.watermarkMs();
            case GROUP -> fedBy(timeMs - times.graceMs());
            case TOPIC -> timeMs;
        };
        return new Evidence(
                tree.watermarkMs(), progressMs, progress, knownFromMs, horizonMs, forgottenMs, publishedAgreedMs());
    }

    private long publishedAgreedMs() {
        return Math.min(agreedMs, openDeletes.earliestMs() - 1);
    }

    /** Up to where the datastore had consumed its feed at a time. What it had consumed by then has been written the grace later. */
    private long fedBy(long seenMs) {
        Map.Entry<Long, Long> last = fed.floorEntry(seenMs);
        return last == null ? Evidence.NONE : last.getValue();
    }

    /** It is seen that the datastore has consumed its feed up to a position; none if that is unknown. */
    void fed(long nowMs, long positionMs) {
        if (fed.isEmpty() || fed.lastEntry().getValue() != positionMs) {
            fed.put(nowMs, positionMs);
        }
        Long needed = fed.floorKey(nowMs - times.graceMs() - 2 * times.intervalMs());
        if (needed != null) {
            fed.headMap(needed, false).clear();
        }
    }

    /**
     * The state is built again.
     *
     * @param keptMs deletes older than that may be missing in it; empty if none is
     */
    void rebuilt(OptionalLong keptMs) {
        if (keptMs.isPresent()) {
            write(DELETES_KEPT_NOTE, keptMs.getAsLong());
            write(UNCONFIRMED_NOTE, keptMs.getAsLong());
            unconfirmed = true;
        }
    }

    /** The state is complete: a person says so, or a scan has found every row. */
    void isComplete() {
        knownFromMs = write(KNOWN_FROM_NOTE, Evidence.NONE);
        write(OWN_CLOCK_NOTE, Evidence.NONE);
    }

    /** Tombstones were forgotten, here or by a peer, the latest of which had died at a time. */
    void forgot(long diedMs) {
        if (diedMs > forgottenMs) {
            forgottenMs = write(FORGOTTEN_NOTE, diedMs);
        }
    }

    /**
     * This replica is no owner. The owners may have forgotten what had been dead for the retention by then, and by the next rounds.
     */
    void isAway(long cutMs) {
        if (agreedMs != Evidence.NONE) {
            forgot(cutMs + 2 * times.intervalMs() - times.tombstoneRetentionMs());
        }
    }

    /**
     * A write event, or a row that a scan has found, was taken in.
     *
     * @param sealedMs the cut that is sealed
     */
    void stored(EntryTree.Applied applied, Write write, long sealedMs) {
        if (applied == EntryTree.Applied.APPEARED) {
            appeared(write, sealedMs);
        }
    }

    /**
     * A row of which the state said that it is not there, or is deleted. Peers may have forgotten its delete, because this replica
     * agreed that it is dead: so nothing is agreed on since the row was written.
     *
     * @param sealedMs the cut that is sealed, which lacks the row
     */
    void appeared(Write row, long sealedMs) {
        appearedAfterMs = sealedMs;
        boolean undated = row.isUnread() || row.positionMs() > row.appendTimeMs() + times.graceMs();
        long beforeMs = undated ? Evidence.NONE : row.positionMs() - 1;
        if (agreedMs > beforeMs) {
            agreedMs = write(AGREED_NOTE, beforeMs);
        }
    }

    /**
     * The owners have compared everything at a cut. Equality at a cut says nothing about entries that were written after it.
     *
     * @param peersForgottenMs the latest death of a tombstone that a peer has forgotten
     * @param trusted whether nothing that only this replica holds, and nothing that only it lacks, is left to decide
     */
    void compared(long cutMs, long peersForgottenMs, boolean trusted) {
        boolean gap = Math.max(peersForgottenMs, forgottenMs) > agreedMs;
        if ((trusted || !gap) && cutMs > appearedAfterMs) {
            agreedMs = write(AGREED_NOTE, cutMs);
        }
        boolean containsWhatMayBeDeleted = cutMs >= horizonMs + times.graceMs();
        if (trusted && horizonMs != Evidence.NONE && containsWhatMayBeDeleted) {
            horizonMs = write(HORIZON_NOTE, Evidence.NONE);
            write(DELETES_KEPT_NOTE, Evidence.NONE);
        }
    }

    /**
     * This replica still holds what another owner has deleted. It has not agreed to that delete: the other owners forget it if this
     * replica leaves them before it has applied it.
     *
     * @param sinceMs since when the other owner keeps the delete
     */
    void deleteIsOpen(Hash128 keyHash, long sinceMs) {
        if (!openDeletes.add(keyHash, sinceMs) && agreedMs >= sinceMs) {
            agreedMs = write(AGREED_NOTE, sinceMs - 1);
        }
    }

    /**
     * Notes which deletes are open.
     *
     * @param isOver whether all owners are seen to hold the same of a key
     */
    void openDeletes(Predicate<Hash128> isOver) {
        openDeletes.removeIf(isOver);
        openDeletes.save();
    }

    private long read(String note) {
        return read(table, note);
    }

    private static long read(EntryTable table, String note) {
        byte[] bytes = table.note(note);
        return bytes == null ? Evidence.NONE : ByteBuffer.wrap(bytes).getLong();
    }

    private long write(String note, long timeMs) {
        return write(table, note, timeMs);
    }

    private static long write(EntryTable table, String note, long timeMs) {
        table.note(
                note,
                timeMs == Evidence.NONE
                        ? null
                        : ByteBuffer.allocate(Long.BYTES).putLong(timeMs).array());
        return timeMs;
    }
}
