package io.trueup.ops.key;

import io.trueup.reconcile.rule.EntrySummary;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;

/** Finds out from events what each replica holds now. Not thread-safe. */
final class Holdings implements KeyEvent.Visitor {

    private final Map<String, KeyEvent.Wrote> written = new HashMap<>();
    private final Map<String, KeyEvent.Compared> compared = new HashMap<>();

    /**
     * What owners hold.
     *
     * @param events in order of time
     * @param wholeTopics the replicas whose writes topics were read from offset 0 on
     */
    static List<Holding> of(List<String> owners, List<KeyEvent> events, List<String> wholeTopics) {
        Holdings holdings = new Holdings();
        events.forEach(event -> event.accept(holdings));
        return owners.stream()
                .map(owner -> holdings.of(owner, wholeTopics.contains(owner)))
                .toList();
    }

    @Override
    public void wrote(KeyEvent.Wrote event) {
        KeyEvent.Wrote before = written.get(event.replica());
        if (before == null || before.place().offset() < event.place().offset()) {
            written.put(event.replica(), event);
        }
    }

    @Override
    public void compared(KeyEvent.Compared event) {
        compared.put(event.replica(), event);
    }

    @Override
    public void repaired(KeyEvent.Repaired event) {}

    @Override
    public void probed(KeyEvent.Probed event) {}

    @Override
    public void chosen(KeyEvent.Chosen event) {}

    private Holding of(String replica, boolean isWholeTopic) {
        KeyEvent.Wrote wrote = written.get(replica);
        KeyEvent.Compared seen = compared.get(replica);
        if (seen != null && (wrote == null || hasSeen(seen, wrote))) {
            return of(seen, wrote);
        }
        if (wrote == null) {
            Holding.Origin origin = isWholeTopic ? Holding.Origin.WHOLE_TOPIC : Holding.Origin.NONE;
            return new Holding(
                    replica, origin, Optional.empty(), OptionalInt.empty(), Optional.empty(), OptionalLong.empty());
        }
        return new Holding(
                replica,
                Holding.Origin.WRITE_EVENT,
                Optional.of(wrote.entry()),
                size(wrote),
                Optional.of(wrote.place()),
                OptionalLong.of(wrote.place().timeMs()));
    }

    /** Whether a reconciler had read a write event when it sent what its replica held. Timestamps are those of producers, and count only for want of an offset. */
    private static boolean hasSeen(KeyEvent.Compared seen, KeyEvent.Wrote wrote) {
        return seen.sealOffset() < 0
                ? wrote.place().timeMs() <= seen.place().timeMs()
                : wrote.place().offset() < seen.sealOffset();
    }

    private static Holding of(KeyEvent.Compared seen, KeyEvent.Wrote wrote) {
        Optional<KeyEvent.Wrote> origin =
                Optional.ofNullable(wrote).filter(event -> seen.entry() != null && isSame(event.entry(), seen.entry()));
        return new Holding(
                seen.replica(),
                Holding.Origin.COMPARISON,
                Optional.ofNullable(seen.entry()),
                origin.map(Holdings::size).orElse(OptionalInt.empty()),
                origin.map(KeyEvent.Wrote::place),
                OptionalLong.of(seen.place().timeMs()));
    }

    private static boolean isSame(EntrySummary a, EntrySummary b) {
        return a.version() == b.version()
                && a.deleted() == b.deleted()
                && a.digest().equals(b.digest());
    }

    private static OptionalInt size(KeyEvent.Wrote wrote) {
        return wrote.valueBytes() == 0 ? OptionalInt.empty() : OptionalInt.of(wrote.valueBytes());
    }
}
