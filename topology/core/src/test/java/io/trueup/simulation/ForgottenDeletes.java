package io.trueup.simulation;

import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.Conflict.Side;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.reconcile.settings.Settings;

/**
 * Checks that a key is listed because its delete may be forgotten only where that is so: from which logs deletes were removed, and
 * which replicas were away, is known here without the reconcilers.
 */
final class ForgottenDeletes {

    private final World world;
    private final Settings settings;

    ForgottenDeletes(World world) {
        this.world = world;
        this.settings = world.plan.settings();
    }

    /** A key is listed. */
    void reported(Node from, String key, Conflict conflict) {
        if (conflict.reason() == Conflict.Reason.REBUILT) {
            world.truth.require(
                    mayHaveLostTheDelete(from, key, conflict),
                    key,
                    from + " lists what the others hold though no log has lost a delete of that time");
        } else if (conflict.reason() == Conflict.Reason.RETURNED) {
            world.truth.require(
                    conflict.sides().stream()
                            .filter(side -> !side.entry().statesAbsence())
                            .allMatch(side -> mayBeForgotten(from, key, side)),
                    key,
                    from + " lists what a replica holds though its delete cannot be forgotten");
        }
    }

    /** Whether an owner that holds nothing was rebuilt from a log from which deletes of the time of an entry may be gone. */
    private boolean mayHaveLostTheDelete(Node from, String key, Conflict conflict) {
        long firstMs = conflict.sides().stream()
                .map(Side::entry)
                .filter(entry -> !entry.statesAbsence())
                .mapToLong(entry -> firstWrittenMs(from.partition, key, entry))
                .min()
                .orElseThrow();
        return world.nodes.get(from.partition).stream()
                .filter(node -> conflict.heardMs().containsKey(node.replica))
                .filter(node -> conflict.sides().stream()
                        .noneMatch(side ->
                                !side.entry().statesAbsence() && side.replicas().contains(node.replica)))
                .anyMatch(node -> node.deletesLostUntilMs() != Long.MIN_VALUE
                        && firstMs <= node.deletesLostUntilMs() + doubtMs());
    }

    /**
     * Whether a delete that is later than an entry may have been kept for as long as deletes are kept, and no holder of the entry need
     * have taken part when it was forgotten: it was away, or has not agreed while another replica had deleted what it held. Where a
     * replica has keys in wrong partitions, all partitions differ.
     */
    private boolean mayBeForgotten(Node from, String key, Side side) {
        long keptSinceMs = world.time.nowMs() - settings.times().tombstoneRetentionMs();
        return firstWrittenMs(from.partition, key, side.entry()) <= keptSinceMs + doubtMs()
                && (world.truth.hasDiffered(from.partition)
                        || world.plan.has(Fault.WRONG_PARTITIONER)
                        || side.replicas().stream()
                                .allMatch(holder ->
                                        world.node(from.partition, holder).hadGap()));
    }

    /** By how much a time may be taken for a later one: a rebuild lasts, and the owners learn of a departure, rounds later. */
    private long doubtMs() {
        long roundsMs = 3 * settings.times().intervalMs();
        long clocksMs = world.plan.has(Fault.CLOCK_STEP)
                ? Long.MAX_VALUE / 4
                : world.plan.has(Fault.CLOCK_JUMP) ? Truth.CLOCKS_APART_MS : world.plan.maxSkewMs();
        return settings.times().graceMs() + roundsMs + clocksMs;
    }

    /** {@link Long#MIN_VALUE} where some holder cannot date the write: by its position, the write was ahead of its time. */
    private long firstWrittenMs(int partition, String key, EntrySummary entry) {
        boolean undated = entry.undated()
                || entry.isUnread()
                || entry.positionMs() > entry.appendTimeMs() + settings.times().graceMs()
                || world.feeds.get(partition).of(key).stream()
                        .anyMatch(write ->
                                write.held().positionMs() == entry.positionMs() && isAhead(entry, write.publishedMs()));
        return undated ? Long.MIN_VALUE : entry.writtenMs();
    }

    private boolean isAhead(EntrySummary entry, long publishedMs) {
        return entry.positionMs() > publishedMs + settings.times().graceMs() - world.plan.maxSkewMs();
    }
}
