package io.trueup.stream;

import io.trueup.reconcile.Reconciler;
import io.trueup.state.EntryStore;
import io.trueup.state.StateIdentity;
import io.trueup.stream.WritesHistory.Offsets;
import io.trueup.tree.FieldWriter;
import io.trueup.tree.NoteReader;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalLong;
import org.apache.kafka.common.TopicPartition;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepares the state of a task whose entries are not known to be whole: the writes partition is then read again from its
 * beginning by the task's own consumer, and what the topic no longer contains is noted. An empty state is not an empty replica.
 *
 * <p>Kafka Streams creates an empty store where the changelog is gone, and continues at the committed offset. Such a state was
 * lost. A state that was not kept up to date for longer than a compacted topic keeps deletes may have missed some. The note of
 * a rebuild stays until the partition is read up to its end; until then a restart continues at the committed
 * offset if that was committed during the rebuild, and begins again otherwise. Used by the task's thread.
 */
final class StateRebuild {

    private static final Logger LOG = LoggerFactory.getLogger(StateRebuild.class);
    // The name of the note is part of the stored state.
    private static final String CONSUMED_NOTE = "consumed until";
    /** Present while the entries are being dropped. */
    private static final String DROPPING_NOTE = "dropping";

    private static final byte VERSION = 1;
    private static final int ENTRIES_PER_SLICE = 1_000;
    private static final long MAX_NOTED_EVERY_MS = 60_000;
    /** What is noted once per round says nothing about deletes that are kept for less than a few of them. */
    private static final int MIN_ROUNDS_KEPT = 4;

    private final String replica;
    private final String where;
    private final TopicPartition writes;
    private final WritesHistory history;
    private final ConsumerPositions positions;
    private final long intervalMs;
    private final EntryStore entries;
    private final long nowMs;

    StateRebuild(ReplicaContext context, int partition, EntryStore entries, long nowMs) {
        this.writes = context.writesPartition(partition);
        this.replica = context.replica();
        this.where = context.replica() + "/" + partition;
        this.history = context.writes().history();
        this.positions = context.writes().positions();
        this.intervalMs = context.settings().times().intervalMs();
        this.entries = entries;
        this.nowMs = nowMs;
    }

    /** Prepares the state of a task that starts. */
    void start(EntryStore.Claim claim) {
        OptionalLong until = Reconciler.rebuildsUntil(entries);
        if (isDropping()) {
            LOG.warn("{}: the state is dropped further, before {} is read again.", where, writes);
        } else if (until.isPresent()) {
            continueRebuild(until.getAsLong());
        } else if (claim == EntryStore.Claim.NEW) {
            startNew();
        } else if (claim == EntryStore.Claim.OF_EARLIER_VERSION) {
            Offsets offsets = history.offsets(writes);
            LOG.warn(
                    "{}: the state was written by an earlier version, which did not note whether it is whole. {} is read again"
                            + " from offset {}; until then this replica takes part in no round.",
                    where,
                    writes,
                    offsets.beginning());
            rebuild(offsets);
        } else if (hasMissedDeletes()) {
            readAgain();
        }
    }

    /**
     * A person has the state built again: the entries are dropped, with all notes but those of what the topic lacks. If they were
     * built from another topic, it lacks what that one has contained.
     */
    void reset(StateIdentity identity) {
        boolean sameTopic = entries.removeNotes(Reconciler::isNoteOfMissingHistory, identity);
        if (!sameTopic) {
            Reconciler.noteKnownFrom(entries, nowMs, false);
        }
        LOG.warn(
                "{}: `trueup reset` has marked the state: it is dropped, and {} is read again from its beginning; until then this"
                        + " replica takes part in no round.{}",
                where,
                writes,
                sameTopic ? "" : " " + unknown(nowMs));
        beginToDrop();
    }

    /** What follows where a partition may not contain what was written before a time. */
    private String unknown(long beforeMs) {
        return "Keys written before " + Instant.ofEpochMilli(beforeMs)
                + " that it does not contain are neither filled nor"
                + " deleted here, and are reported as ABSENCE_UNKNOWN, until a scan of the datastore ends, or until `trueup"
                + " complete --replica " + replica + "` says that the topic contains every key.";
    }

    /** What follows for the entries from the fact that the partition was consumed to its end. */
    enum Verdict {
        /** No delete was missed: the entries are those of the replica. */
        WHOLE,
        /** Deletes may have been missed; the state must be built again. */
        MISSED_DELETES,
        /** The brokers do not say for how long they keep deletes: nothing may be concluded from the entries now. */
        UNKNOWN
    }

    /** All is consumed that was in the partition at a time. */
    Verdict consumed(long untilMs) {
        OptionalLong until = consumedUntil();
        long passedMs = nowMs - until.orElse(nowMs);
        try {
            if (until.isPresent() && passedMs >= 0 && passedMs < notedEveryMs()) {
                return Verdict.WHOLE;
            }
            if (hasMissedDeletes()) {
                return Verdict.MISSED_DELETES;
            }
        } catch (RuntimeException e) {
            if (mayHaveMissedDeletes(passedMs)) {
                LOG.warn(
                        "{}: {}. Deletes may have been missed since {}, so nothing is compared, and no probe is answered. Asked"
                                + " again in the next round; check that the job may describe the configuration of topic {}.",
                        where,
                        e.getMessage(),
                        Instant.ofEpochMilli(until.orElse(nowMs)),
                        writes.topic());
                return Verdict.UNKNOWN;
            }
            LOG.warn("{}: {}. Asked again in the next round.", where, e.getMessage());
        }
        entries.note(
                CONSUMED_NOTE, new FieldWriter().tag(VERSION).number(untilMs).toBytes());
        return Verdict.WHOLE;
    }

    /** Often enough that the note is never much older than for how long deletes are kept. */
    private long notedEveryMs() {
        return Math.min(MAX_NOTED_EVERY_MS, history.deletesKeptMs(writes) / 4);
    }

    private OptionalLong consumedUntil() {
        byte[] note = entries.note(CONSUMED_NOTE);
        if (note == null) {
            return OptionalLong.empty();
        }
        NoteReader in = new NoteReader(CONSUMED_NOTE, note, VERSION);
        long until = in.number();
        in.end();
        return OptionalLong.of(until);
    }

    /** Whether deletes may have been written, and compacted away, since everything was consumed last. */
    private boolean hasMissedDeletes() {
        OptionalLong until = consumedUntil();
        long keptMs = history.deletesKeptMs(writes);
        long passedMs = nowMs - until.orElse(nowMs);
        return mayHaveMissedDeletes(passedMs) && passedMs > keptMs;
    }

    /** Whether it matters for how long the topic keeps deletes. */
    private boolean mayHaveMissedDeletes(long passedMs) {
        return passedMs > MIN_ROUNDS_KEPT * intervalMs;
    }

    /** Deletes may have been missed: the entries are dropped, and the partition is read again. */
    void readAgain() {
        Offsets offsets = history.offsets(writes);
        LOG.warn(
                "{}: {} was last consumed to its end at {}, and keeps the records of deletes for {} only"
                        + " (delete.retention.ms): the state may contain entries that were deleted meanwhile. The state is"
                        + " dropped, and the partition is read again from offset {}; until then this replica takes part in no"
                        + " round.",
                where,
                writes,
                Instant.ofEpochMilli(consumedUntil().orElse(nowMs)),
                Duration.ofMillis(history.deletesKeptMs(writes)),
                offsets.beginning());
        beginToDrop();
    }

    private void beginToDrop() {
        entries.note(DROPPING_NOTE, new FieldWriter().tag(VERSION).toBytes());
    }

    /** Whether entries are being dropped. Until that is done, they say nothing, and what is written is not taken in. */
    boolean isDropping() {
        return entries.note(DROPPING_NOTE) != null;
    }

    /**
     * Drops further entries, as much as it takes to read so many slices of a store of a million.
     *
     * @return whether all are dropped
     */
    boolean drop(int slices) {
        return entries.remove(slices * ENTRIES_PER_SLICE);
    }

    /** All entries are dropped: the partition is read from its beginning from now on. */
    void dropped() {
        rebuild(history.offsets(writes));
        entries.note(DROPPING_NOTE, null);
    }

    private void startNew() {
        Offsets offsets = history.offsets(writes);
        long committed = offsets.committed().orElse(0);
        if (offsets.wentBack()) {
            historyChanged();
        } else if (committed > offsets.beginning()) {
            LOG.error(
                    "{}: the state was lost, for example with its changelog topic: it is empty, but {} was consumed up to"
                            + " offset {}. The partition is read again from offset {}; until then this replica takes part in no"
                            + " round.",
                    where,
                    writes,
                    committed,
                    offsets.beginning());
            rebuild(offsets);
        } else {
            noteBeginning(offsets);
        }
    }

    private void continueRebuild(long until) {
        Offsets offsets = history.offsets(writes);
        long committed = offsets.committed().orElse(until);
        if (committed < offsets.beginning() || offsets.wentBack()) {
            historyChanged();
            return;
        }
        boolean begins = committed >= until;
        if (begins) {
            noteBeginning(offsets);
            positions.rewind(writes, offsets.beginning());
        }
        LOG.warn(
                "{}: the rebuild of the state continues at offset {} of {}.",
                where,
                begins ? offsets.beginning() : committed,
                writes);
    }

    /**
     * The partition no longer contains records that the state was built from, or those after them: the entries are dropped, and
     * the partition is read again.
     */
    void historyChanged() {
        Offsets offsets = history.offsets(writes);
        LOG.error(
                "{}: {} has lost records that the state was built from, or was to be built from: a broker's disk may have been"
                        + " restored from a backup, a replica that lagged behind may have become leader, or records were"
                        + " deleted before they were consumed. The state is dropped, and the partition is read again from offset"
                        + " {}. {}",
                where,
                writes,
                offsets.beginning(),
                unknown(nowMs));
        Reconciler.noteKnownFrom(entries, nowMs, false);
        beginToDrop();
    }

    private void rebuild(Offsets offsets) {
        noteBeginning(offsets);
        readFrom(offsets);
    }

    private void readFrom(Offsets offsets) {
        entries.note(CONSUMED_NOTE, null);
        Reconciler.noteRebuild(
                entries, nowMs, offsets.committed().orElse(Long.MAX_VALUE), history.deletesKeptMs(writes));
        positions.rewind(writes, offsets.beginning());
    }

    /** Notes since when the state will contain every write, if the partition does not begin at its first record. */
    private void noteBeginning(Offsets offsets) {
        if (offsets.beginning() == 0) {
            return;
        }
        OptionalLong dated = history.beginningMs(writes);
        long beginningMs = dated.orElse(nowMs);
        Reconciler.noteKnownFrom(entries, beginningMs, dated.isPresent());
        LOG.warn(
                "{}: {} begins at offset {}, and earlier records are deleted. {}",
                where,
                writes,
                offsets.beginning(),
                unknown(beginningMs));
    }
}
