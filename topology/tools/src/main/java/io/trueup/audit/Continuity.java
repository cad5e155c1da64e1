package io.trueup.audit;

import java.util.function.BooleanSupplier;

/**
 * Which offsets of a partition hold no record, and whether records may be missing there.
 *
 * <p>Where a topic was compacted only in the past, its records tell how far: what was cleaned holds each key once. So where a
 * key has come twice, nothing was compacted away by what comes behind, and gaps from there on are those of transactions.
 * A topic that is compacted now may be cleaned while it is read; there every gap counts. Used by one thread.
 */
final class Continuity {

    private final Gaps meaning;
    private final BooleanSupplier repeated;
    private long next;
    private long gaps;
    private boolean repeatedAtFirstGap;

    /**
     * @param start the first offset
     * @param repeated whether a key has come twice so far; false where that is not known
     */
    Continuity(long start, Gaps meaning, BooleanSupplier repeated) {
        this.next = start;
        this.meaning = meaning;
        this.repeated = repeated;
    }

    /**
     * A place in a partition.
     *
     * @param gaps offsets before it that hold no record
     * @param repeated whether a key had come twice
     */
    record Mark(long gaps, boolean repeated) {

        static final Mark START = new Mark(0, false);
    }

    /** A record of this offset comes, before anything is made of it. */
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
    long gaps() {
        return gaps;
    }

    Mark mark() {
        return new Mark(gaps, repeated.getAsBoolean());
    }

    /** Whether a record since a mark may be missing, because of another that has already come. */
    boolean mayLackSince(Mark mark) {
        return switch (meaning) {
            case COMPACTION -> gaps > mark.gaps();
            case UNCLEAR -> gaps > mark.gaps() && !mark.repeated();
            case TRANSACTIONS -> false;
        };
    }

    /**
     * Whether a record before this place may be missing, because of another that came before this place: what was cleaned up
     * to here would hold no key twice.
     */
    boolean mayLackBeforeHere(Mark mark) {
        return mayLackSince(mark) && (meaning == Gaps.COMPACTION || !repeated.getAsBoolean());
    }

    /** Whether a later record may have replaced one that is missing. */
    boolean mayLackForWhatComes() {
        return meaning == Gaps.COMPACTION || meaning == Gaps.UNCLEAR && !repeated.getAsBoolean();
    }

    /** Whether every record that ever was there has come. */
    boolean isWhole() {
        return gaps == 0 || meaning == Gaps.TRANSACTIONS || meaning == Gaps.UNCLEAR && repeatedAtFirstGap;
    }

    Gaps meaning() {
        return meaning;
    }
}
