package io.trueup.ops.rounds;

import io.trueup.schema.RoundReport;

/** Is informed of what is read from the rounds topic, once it was read to its end. Called on the thread that reads; must not wait. */
public interface RoundsListener {

    /** A round is reported. */
    void reported(RoundReport report);

    /** The dataset, after something was read, and every few seconds besides. */
    void viewed(DatasetView view);
}
