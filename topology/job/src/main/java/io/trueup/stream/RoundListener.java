package io.trueup.stream;

import io.trueup.reconcile.RoundSummary;

/** Takes note of what the tasks of this process report: rounds, and how long repairs have taken. */
@FunctionalInterface
public interface RoundListener {

    /** Takes no note. */
    RoundListener NONE = (replica, partition, round) -> {};

    /**
     * Takes note of the report of a round. Called on the stream thread of the task, once for each report; it must return at once, and
     * must not throw.
     *
     * @param replica the replica whose reconciler reports
     */
    void reported(String replica, int partition, RoundSummary round);

    /**
     * A difference is repaired for the first time since its task has started. Called as {@link #reported} is.
     *
     * @param replica the replica whose reconciler sends the repair
     * @param afterMs from the later of two writes until the repair was decided: that of the winning entry, and that of what the
     *     target holds
     */
    default void detected(String replica, long afterMs) {}

    /**
     * A repair is verified. Called as {@link #reported} is.
     *
     * @param replica the replica that has answered it
     * @param afterMs from when its reconciler has read the repair until the answer was appended
     */
    default void verified(String replica, long afterMs) {}
}
