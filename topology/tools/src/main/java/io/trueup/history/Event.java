package io.trueup.history;

import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.RoundReport;
import io.trueup.topic.Place;
import io.trueup.tree.Write;

/** What one record of the dataset's topics tells. */
public sealed interface Event {

    /** Where the record lies. */
    Place place();

    /**
     * A repair event was emitted.
     *
     * @param place where it lies
     * @param repair what it says
     */
    record Emitted(Place place, EmittedRepair repair) implements Event {}

    /**
     * A reconciler reported a round.
     *
     * @param place where the report lies
     * @param report what it says
     */
    record Reported(Place place, RoundReport report) implements Event {}

    /**
     * A reconciler, or a person, told something to the reconcilers.
     *
     * @param place where the control message lies
     * @param message what it says
     * @param bytes its encoded size
     */
    record Told(Place place, ControlMessage message, int bytes) implements Event {}

    /**
     * A key for which no entry wins was told. The key array must not be changed.
     *
     * @param place where the conflict event lies
     * @param key the record key
     * @param conflict what it says; null: the conflict is settled
     */
    record Disputed(Place place, byte[] key, ConflictEvent conflict) implements Event {}

    /**
     * A replica told what it holds for a key.
     *
     * @param place where the write event lies
     * @param replica who tells it
     * @param write what it holds, without the value
     * @param valueBytes size of the value; 0 if there is none, or none was sent
     * @param scanned true: a scan of the datastore found it
     */
    record Wrote(Place place, String replica, Write write, int valueBytes, boolean scanned) implements Event {}
}
