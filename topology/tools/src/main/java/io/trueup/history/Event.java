package io.trueup.history;

import io.trueup.repair.EmittedRepair;
import io.trueup.schema.ConflictEvent;
import io.trueup.schema.ControlMessage;
import io.trueup.schema.RoundReport;
import io.trueup.topic.Place;
import io.trueup.tree.Write;

/** The contents of one record of the dataset's topics. */
public sealed interface Event {

    /** Where the record lies. */
    Place place();

    /** Calls the method of a visitor that is for this kind of event. */
    <T> T accept(Visitor<T> visitor);

    /**
     * Something done for each kind of event. A new kind does not compile until every visitor handles it.
     *
     * @param <T> the result; {@link Void} for none
     */
    interface Visitor<T> {

        T repairEmitted(RepairEmitted emitted);

        T roundReported(RoundReported reported);

        T controlSent(ControlSent sent);

        T conflictUpdated(ConflictUpdated updated);

        T entryWritten(EntryWritten written);
    }

    /**
     * A repair event was emitted.
     *
     * @param place where it lies
     * @param repair its contents
     */
    record RepairEmitted(Place place, EmittedRepair repair) implements Event {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.repairEmitted(this);
        }
    }

    /**
     * A reconciler reported a round.
     *
     * @param place where the report lies
     * @param report its contents
     */
    record RoundReported(Place place, RoundReport report) implements Event {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.roundReported(this);
        }
    }

    /**
     * A reconciler or a person sent a control message to the reconcilers.
     *
     * @param place where the control message lies
     * @param message its contents
     * @param bytes its encoded size
     */
    record ControlSent(Place place, ControlMessage message, int bytes) implements Event {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.controlSent(this);
        }
    }

    /**
     * A replica reported a conflict, which is a key for which no entry wins, or withdrew its report because the conflict is
     * settled. The key array must not be changed.
     *
     * @param place where the conflict event lies
     * @param key the key of the dataset
     * @param reporter the replica; empty for a report of an earlier version, of which all replicas shared one
     * @param conflict its contents; null: the report is withdrawn
     */
    record ConflictUpdated(Place place, byte[] key, String reporter, ConflictEvent conflict) implements Event {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.conflictUpdated(this);
        }
    }

    /**
     * A replica sent a write event: it now holds this entry for a key.
     *
     * @param place where the write event lies
     * @param replica the replica
     * @param write the entry, without the value
     * @param valueBytes size of the value; 0 if there is none, or none was sent
     * @param scanned true: a scan of the datastore found it
     */
    record EntryWritten(Place place, String replica, Write write, int valueBytes, boolean scanned) implements Event {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.entryWritten(this);
        }
    }
}
