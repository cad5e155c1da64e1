package io.trueup.report;

import io.trueup.reconcile.rule.Conflict;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ConflictSide;
import io.trueup.tree.Entry;

/** Converts the reconciler's conflicts to the public event. */
public final class ConflictEvents {

    private ConflictEvents() {}

    /** Returns the event of an open conflict. */
    public static ConflictEvent event(String dataset, int partition, Conflict conflict) {
        return ConflictEvent.newBuilder()
                .setDataset(dataset)
                .setPartition(partition)
                .setKeyHash(conflict.keyHash().toString())
                .setCut(conflict.cutMs())
                .setReporter(conflict.reporter())
                .setReason(conflict.reason().name())
                .setHeard(conflict.heardMs())
                .setSides(conflict.sides().stream().map(ConflictEvents::side).toList())
                .build();
    }

    private static ConflictSide side(Conflict.Side side) {
        EntrySummary entry = side.entry();
        return ConflictSide.newBuilder()
                .setReplicas(side.replicas())
                .setVersion(entry.version())
                .setVector(entry.vector() == null ? null : entry.vector().counters())
                .setPosition(entry.positionMs())
                .setAppendTime(entry.appendTimeMs())
                .setExpiry(entry.expiryMs() == Entry.NEVER ? null : entry.expiryMs())
                .setDeleted(entry.deleted())
                .setDigest(entry.deleted() ? null : entry.digest().toString())
                .build();
    }
}
