package io.trueup.ops.key;

import io.trueup.reconcile.exchange.Message.Choice;
import io.trueup.reconcile.rule.EntrySummary;
import io.trueup.repair.EmittedRepair;

/** What one record says about the key. */
sealed interface KeyEvent {

    /** Where the record lies. */
    Place place();

    /** Calls the method of a visitor that is for this kind of event. */
    void accept(Visitor visitor);

    /** Something done for each kind of event. */
    interface Visitor {

        void repaired(Repaired event);

        void wrote(Wrote event);

        void compared(Compared event);

        void probed(Probed event);

        void chosen(Chosen event);
    }

    /** A repair event was sent. */
    record Repaired(Place place, EmittedRepair repair) implements KeyEvent {
        @Override
        public void accept(Visitor visitor) {
            visitor.repaired(this);
        }
    }

    /**
     * A replica has sent a write event: it holds this entry.
     *
     * @param entry the entry; one that {@link EntrySummary#isUnread} if the write event cannot be read
     * @param repairId the repair that the write event answers; null if none
     * @param valueBytes size of the value; 0 if there is none, or none was sent
     * @param scanned whether a scan of the datastore has found it
     */
    record Wrote(Place place, String replica, EntrySummary entry, String repairId, int valueBytes, boolean scanned)
            implements KeyEvent {
        @Override
        public void accept(Visitor visitor) {
            visitor.wrote(this);
        }
    }

    /**
     * In a comparison, a reconciler has sent what its replica held at that time.
     *
     * @param sealOffset all write events before this offset are part of what it has sent; negative if that is not known
     * @param entry the entry; null: the replica held nothing
     * @param probe whether it has answered a probe
     */
    record Compared(Place place, String replica, long sealOffset, EntrySummary entry, boolean probe)
            implements KeyEvent {
        @Override
        public void accept(Visitor visitor) {
            visitor.compared(this);
        }
    }

    /**
     * Somebody has asked to compare the key at once.
     *
     * @param by the replica whose reconciler has asked, because of what a client has read; empty for a person
     */
    record Probed(Place place, String by) implements KeyEvent {
        @Override
        public void accept(Visitor visitor) {
            visitor.probed(this);
        }
    }

    /** A person has chosen what a replica holds. */
    record Chosen(Place place, Choice choice) implements KeyEvent {
        @Override
        public void accept(Visitor visitor) {
            visitor.chosen(this);
        }
    }
}
