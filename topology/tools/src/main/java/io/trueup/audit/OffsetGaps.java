package io.trueup.audit;

import io.trueup.topic.GapCause;
import java.util.function.BooleanSupplier;

/**
 * Offsets of a partition that hold no record, and whether records may be missing there.
 *
 * <p>Where a topic was compacted only in the past, its records show how far: the compacted part holds each key once. So once a
 * key occurs twice, later records have replaced nothing, and gaps from there on belong to transactions. A topic that is
 * compacted now may be compacted while it is read; there every gap counts. Used by one thread.
 */
final class OffsetGaps {

    private final GapCause cause;
    private final BooleanSupplier repeated;
    private long next;
    private long gaps;
    private boolean repeatedAtFirstGap;

    /**
     * @param start the first offset
     * @param repeated whether a key has occurred twice so far; false where that is not known
     */
    OffsetGaps(long start, GapCause cause, BooleanSupplier repeated) {
        this.next = start;
        this.cause = cause;
        this.repeated = repeated;
    }

    /**
     * A point in a partition.
     *
     * @param gaps offsets before it that hold no record
     * @param repeated whether a key had occurred twice
     */
    record Mark(long gaps, boolean repeated) {

        static final Mark START = new Mark(0, false);
    }

    /** The next record has this offset. To be called before the record is processed. */
    void pass(long offset) {
        if (offset != next) {
            if (gaps == 0) {
                repeatedAtFirstGap = repeated.getAsBoolean();
            }
            gaps += offset - next;
        }
        next = offset + 1;
    }

    /** The first offset that has not been passed. */
    long next() {
        return next;
    }

    /** Offsets passed that hold no record. */
    long count() {
        return gaps;
    }

    Mark mark() {
        return new Mark(gaps, repeated.getAsBoolean());
    }

    /** Whether a record behind a mark may be missing because another one, passed already, has replaced it. */
    boolean mayLackSince(Mark mark) {
        return switch (cause) {
            case COMPACTION -> gaps > mark.gaps();
            case UNCLEAR -> gaps > mark.gaps() && !mark.repeated();
            case TRANSACTIONS -> false;
        };
    }

    /**
     * Whether a record between a mark and this point may be missing because another one before this point has replaced it: if
     * the topic was compacted up to here, no key has occurred twice.
     */
    boolean mayLackBeforeHere(Mark mark) {
        return mayLackSince(mark) && (cause == GapCause.COMPACTION || !repeated.getAsBoolean());
    }

    /** Whether a record that is still to come may have replaced one that is missing. */
    boolean mayLackBecauseOfLater() {
        return cause == GapCause.COMPACTION || cause == GapCause.UNCLEAR && !repeated.getAsBoolean();
    }

    /** Whether every record that ever was in the part passed is there. */
    boolean isComplete() {
        return gaps == 0 || cause == GapCause.TRANSACTIONS || cause == GapCause.UNCLEAR && repeatedAtFirstGap;
    }
}
