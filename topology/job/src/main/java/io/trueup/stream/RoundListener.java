package io.trueup.stream;

import io.trueup.reconcile.RoundSummary;

/** Takes note of the rounds that the tasks of this process report. */
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
}
