package io.trueup.reconcile;

import io.trueup.tree.EntryTable;
import io.trueup.tree.Write;

/**
 * The reconciler of one replica and one partition: keeps the tree current, takes part in rounds, decides repairs.
 *
 * <p>A state machine: it reads no clock and does no input or output. Time comes with each call and never goes back;
 * everything that it sends goes to the {@link Outbox}. Not thread-safe: one thread at a time.
 */
public final class Reconciler {

    /** @param entries what the replica holds; the tree is built from it at once */
    public Reconciler(Settings settings, int partition, EntryTable entries, Outbox outbox, long nowMs) {}

    /** Takes in a write event of this replica. */
    public void write(Write write) {}

    /** Takes in a progress event: every write of this partition up to {@code positionMs} is applied. */
    public void progress(long positionMs) {}

    /** Takes in a control message; own and foreign partitions' messages are ignored. */
    public void message(long nowMs, Message message) {}

    /** Takes in a repair event that some supplier has sent to this replica, to watch it being answered. */
    public void repairSent(long nowMs, String id, byte[] key, long version, boolean deleted, long validUntilMs) {}

    /** Lets time pass: starts and closes rounds. To be called every 50 to 100 ms. */
    public void tick(long nowMs) {}

    /**
     * Answers {@link Outbox#awaitEnd}: the writes partition is consumed up to an end offset seen after the request.
     *
     * @param round the round of the request
     * @param offset the offset up to which the partition is consumed
     */
    public void sealed(long nowMs, long round, long offset) {}
}
