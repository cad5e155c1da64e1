package io.trueup.simulation;

import io.trueup.reconcile.settings.Settings.Resolution;

/**
 * What can go wrong in a schedule. Each fault strikes in at least {@value #MIN_PERCENT} of 100 schedules; otherwise the test of
 * many schedules fails.
 */
enum Fault {
    /** A datastore skips a write of the feed. */
    LOST_WRITE(Kind.DATASTORE),
    /** A datastore skips a delete of the feed. */
    LOST_DELETE(Kind.DATASTORE),
    /** A datastore applies a write, but its write event is never appended. */
    LOST_EVENT(Kind.DATASTORE),
    /** A write event is appended long after later ones, so that the latest event of the key in the log is an old one. */
    LATE_EVENT(Kind.DATASTORE),
    /** A datastore falls back to an older entry of a key. */
    STALE(Kind.DATASTORE),
    /** A datastore changes a value under the same version. */
    CORRUPT(Kind.DATASTORE),
    /** A datastore deletes a key under the same version. */
    DROPPED(Kind.DATASTORE),
    /** A datastore never receives any write of one key. */
    DEAF_KEY(Kind.DATASTORE),
    /** A datastore applies nothing for longer than patience, then catches up. */
    LONG_OUTAGE(Kind.DATASTORE),
    /** A datastore applies nothing for longer than the grace, then catches up before patience ends. */
    SHORT_OUTAGE(Kind.LAG),
    /** A datastore is behind the feed by more than the grace, but less than patience, all the time. */
    SLOW(Kind.LAG),
    /** Control messages get lost. */
    MESSAGE_LOSS(Kind.CONTROL),
    /** Control messages arrive twice, the second time later. */
    MESSAGE_DUPLICATION(Kind.CONTROL),
    /** Control messages overtake each other. */
    MESSAGE_REORDERING(Kind.CONTROL),
    /** Control messages are delayed by up to two intervals. */
    MESSAGE_DELAY(Kind.CONTROL),
    /** Repair events get lost. */
    REPAIR_LOSS(Kind.CONTROL),
    /** Repair events arrive twice. */
    REPAIR_DUPLICATION(Kind.CONTROL),
    /** The link from one supplier to one target never works, even after the faults have stopped. */
    BROKEN_LINK(Kind.CONTROL),
    /** Reconcilers stop and continue with the same table. */
    RESTART(Kind.RECONCILER),
    /** Reconcilers crash and continue with an older table, or with the table and an older offset. */
    CRASH(Kind.RECONCILER),
    /** Reconcilers stop consuming write events for a while. */
    BACKLOG(Kind.RECONCILER),
    /** Writes reach the feed long after their position. */
    LATE_POSITION(Kind.LOAD),
    /** Writes carry positions in the future. */
    AHEAD_POSITION(Kind.LOAD),
    /** Write events are appended twice in a row. */
    EVENT_DUPLICATION(Kind.LOAD),
    /** Entries expire. */
    EXPIRY(Kind.LOAD),
    /** One key takes most of the writes. */
    HOT_KEY(Kind.LOAD),
    /**
     * A datastore is out for longer than patience and longer than the feed is kept: it never receives the writes of that time
     * and continues with new ones.
     */
    OUTLASTED(Kind.DATASTORE),
    /**
     * A datastore loses everything, tombstones included, and reports nothing. Its reconciler loses its table, and the writes
     * topic begins anew.
     */
    DISK_LOST(Kind.DATASTORE),
    /** A reconciler loses its table and reads its writes topic from the beginning. */
    RECONCILER_DISK_LOST(Kind.RECONCILER),
    /** The clock of a reconciler jumps ahead or back by seconds, and returns to the right time later. */
    CLOCK_JUMP(Kind.RECONCILER),
    /** A value changes in a datastore under the same version without a write event; a scan finds it. */
    SILENT_CORRUPT(Kind.DATASTORE),
    /** A row vanishes from a datastore without a write event; a scan finds it. */
    SILENT_LOSS(Kind.DATASTORE),
    /** Datastores are scanned while writes go on. */
    SCAN(Kind.LOAD),
    /** Single keys are compared by probes. */
    PROBE(Kind.LOAD),
    /** A datastore loses most of its rows at once and a scan finds it; a person approves the repairs later. */
    MASS_LOSS(Kind.DATASTORE),
    /** The producer of a datastore has another partitioner: half of its write events lie in the wrong partition. */
    WRONG_PARTITIONER(Kind.DATASTORE),
    /** A replica that holds nothing of a partition begins to own it. */
    JOIN(Kind.DATASTORE),
    /** A replica that has followed the feed begins to own a partition. */
    PROMOTION(Kind.RECONCILER),
    /** An owner of a partition stops owning it. */
    LEAVE(Kind.RECONCILER),
    /** The datastore of the primary applies nothing for longer than patience, while its reconciler goes on. */
    PRIMARY_DOWN(Kind.DATASTORE),
    /** More than half of the datastores apply nothing for longer than patience, where the majority wins. */
    DEAD_VOTER(Kind.DATASTORE),
    /** No replica sends progress events, where an older entry may win: what is written last cannot be proved to be seen. */
    NO_PROGRESS(Kind.LOAD),
    /** Many writes have old positions, also while datastores are behind. */
    BACKFILL(Kind.LOAD),
    /** All reconcilers whose replicas hold the side of a conflict that a person has chosen restart before they can act. */
    CHOICE_LOST(Kind.RECONCILER),
    /**
     * A reconciler loses its table, and builds it again from its writes topic, from which compaction has removed earlier events
     * of keys and old deletes.
     */
    STATE_LOST(Kind.RECONCILER),
    /** Records at the beginning of a writes topic are deleted, and the reconciler loses its table. A scan shows what is left. */
    TRIMMED(Kind.RECONCILER),
    /** The last records of a writes topic vanish, as if a disk was restored from a backup. A scan shows what is left. */
    LOG_WENT_BACK(Kind.DATASTORE),
    /** While conflicts stand, one owner does not hear another one for some rounds, or not its segments. */
    PARTIAL_REPORT(Kind.CONTROL),
    /**
     * A datastore loses most of its rows of all partitions at once, in each of them fewer than a flood, and scans find it; a
     * person approves the repairs later.
     */
    SPREAD_LOSS(Kind.DATASTORE),
    /**
     * An owner leaves, receives nothing until the others have forgotten deletes of that time, and owns the partition again with what
     * it held before.
     */
    RETURN(Kind.DATASTORE),
    /**
     * The wall clock of a reconciler steps ahead or back by an hour or a day, for seconds or for good. The reconciler may be
     * restarted meanwhile.
     */
    CLOCK_STEP(Kind.RECONCILER),
    /** The reconciler cannot read a write event, an answer to a repair or a row of a scan, but for its key. */
    UNREADABLE_EVENT(Kind.DATASTORE),
    /**
     * The primary receives nothing of the feed for longer than patience, though its datastore answers repairs: nothing is written there,
     * unless by writers of its own, and it sends no progress events.
     */
    IDLE_PRIMARY(Kind.DATASTORE);

    static final int MIN_PERCENT = 2;

    enum Kind {
        DATASTORE,
        LAG,
        CONTROL,
        RECONCILER,
        LOAD
    }

    final Kind kind;

    Fault(Kind kind) {
        this.kind = kind;
    }

    /** Whether this fault was added after the first set: it is drawn from another source, see {@link Plan#draw}. */
    boolean isAddedLater() {
        return compareTo(HOT_KEY) > 0;
    }

    /**
     * Whether this fault may happen where a rule decides.
     *
     * <ul>
     *   <li>The flood guard counts what one partition repairs whatever the rule, so {@link #MASS_LOSS} and {@link #WRONG_PARTITIONER}
     *       come with the plainest rule alone; {@link #SPREAD_LOSS} comes with all.
     *   <li>The authority is down, or idle, where an older entry wins by it: a primary or a majority.
     *   <li>A choice is lost where a person is asked to choose between values of one version. A primary decides that by itself, and
     *       between vectors each choice makes a new one, which is a write.
     *   <li>{@link #JOIN}, {@link #PROMOTION} and {@link #LEAVE} follow from the owners, which change where the newest wins, and with any
     *       rule where a replica returns.
     * </ul>
     */
    boolean comesWith(Resolution resolution) {
        return switch (this) {
            case MASS_LOSS, WRONG_PARTITIONER -> resolution == Resolution.LATEST;
            case PRIMARY_DOWN, IDLE_PRIMARY -> resolution == Resolution.PRIMARY;
            case DEAD_VOTER -> resolution == Resolution.MAJORITY;
            case CHOICE_LOST -> resolution == Resolution.LATEST || resolution == Resolution.MAJORITY;
            default -> true;
        };
    }

    /** Whether this fault happens only in schedules that are drawn for it. */
    boolean isDrawnSeparately() {
        return compareTo(PROBE) > 0;
    }
}
