package io.trueup.ops.key;

import io.trueup.command.EntryView;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.tree.Entry;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/**
 * What a replica holds for the key, as far as is known. Immutable.
 *
 * @param replica the replica
 * @param origin from what that is known
 * @param entry the entry; empty for nothing, and where nothing is known
 * @param valueBytes size of the value; empty if its write event was not read, or did not contain it
 * @param written where the write event of the entry lies, if it was read
 * @param asOfMs the time of the record from which it is known; empty if none was read
 */
public record Holding(
        String replica,
        Origin origin,
        Optional<EntrySummary> entry,
        OptionalInt valueBytes,
        Optional<Place> written,
        OptionalLong asOfMs) {

    /** From what is known what a replica holds. */
    public enum Origin {
        /** Its latest write event of the key. */
        WRITE_EVENT,
        /** What its reconciler has sent when the key was compared, which is later than its write event, or that was not read. */
        COMPARISON,
        /** Its writes topic was read from offset 0 on, and has no write event of the key. */
        WHOLE_TOPIC,
        /** Nothing: its write event is older than what was read, or its topics could not be read. */
        NONE
    }

    /** What kind of entry it is. */
    public enum State {
        /** A value. */
        VALUE,
        /** A delete that it remembers. */
        DELETED,
        /** Nothing, not even a delete. */
        NOTHING,
        /** Its write event cannot be read, so nobody knows. */
        UNREAD,
        /** Not found in what was read. */
        UNKNOWN
    }

    /** What kind of entry it is. */
    public State state() {
        if (origin == Origin.NONE) {
            return State.UNKNOWN;
        }
        if (entry.isEmpty() || entry.get().statesAbsence()) {
            return State.NOTHING;
        }
        if (entry.get().isUnread()) {
            return State.UNREAD;
        }
        return entry.get().deleted() ? State.DELETED : State.VALUE;
    }

    /** The entry for people; empty unless it is a value or a delete. */
    public Optional<EntryView> view() {
        return state() == State.VALUE || state() == State.DELETED ? entry.map(EntryView::of) : Optional.empty();
    }

    /** When the entry expires; empty if it does not. */
    public OptionalLong expiryMs() {
        return view().isPresent() && entry.get().expiryMs() != Entry.NEVER
                ? OptionalLong.of(entry.get().expiryMs())
                : OptionalLong.empty();
    }

    /** Whether it is known what the replica holds. */
    boolean isKnown() {
        return state() != State.UNKNOWN && state() != State.UNREAD;
    }

    /** Whether it holds no value at a time. */
    boolean isDead(long nowMs) {
        return state() != State.VALUE || entry.get().expiryMs() <= nowMs;
    }

    /** As a sentence has it: {@code version 2}, {@code a delete of version 3}, {@code nothing}. */
    String text() {
        return switch (state()) {
            case VALUE -> "version " + EntryView.of(entry.get()).shownVersion();
            case DELETED -> "a delete of version " + EntryView.of(entry.get()).shownVersion();
            case NOTHING -> "nothing";
            case UNREAD -> "what cannot be read";
            case UNKNOWN -> "what is not known";
        };
    }
}
