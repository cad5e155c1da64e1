package io.trueup.stream.record;

import io.trueup.reconcile.exchange.Message;
import io.trueup.repair.SentRepair;
import io.trueup.source.Observation;
import org.apache.kafka.streams.processor.api.Record;

/** What the decoders forward to the reconcile processor. */
public sealed interface Input {

    /** Calls the method of a visitor that is for this kind of input. */
    void accept(Visitor visitor);

    /** Something done for each kind of input. A new kind does not compile until every visitor handles it. */
    interface Visitor {

        void fromWrites(FromWrites input);

        void skippedWrite(SkippedWrite input);

        void peerMessage(PeerMessage input);

        void readObservation(ReadObservation input);

        void repairSent(RepairSent input);
    }

    /**
     * A record of this replica's writes topic.
     *
     * @param observation what the record says about the replica
     * @param offset its offset
     * @param appendTimeMs when it was appended, or first read, in milliseconds since the epoch
     */
    record FromWrites(Observation observation, long offset, long appendTimeMs) implements Input {
        @Override
        public void accept(Visitor visitor) {
            visitor.fromWrites(this);
        }
    }

    /**
     * A record of the writes topic that could not be decoded and is in the dead-letter topic.
     *
     * @param key its key; null where it has none that can be stored
     * @param value its value, or null
     * @param row the scan of which it is a row; null if it is none, or if that cannot be read
     * @param offset its offset
     * @param appendTimeMs when it was appended, or first read, in milliseconds since the epoch
     */
    record SkippedWrite(byte[] key, byte[] value, ScanRow row, long offset, long appendTimeMs) implements Input {
        @Override
        public void accept(Visitor visitor) {
            visitor.skippedWrite(this);
        }
    }

    /**
     * Of which scan a record is a row.
     *
     * @param scan id of the scan
     * @param since offset of its start marker
     */
    record ScanRow(String scan, long since) {}

    /**
     * A control message of a peer or a person.
     *
     * @param message the message
     * @param record the record that it was decoded from
     */
    record PeerMessage(Message message, Record<byte[], byte[]> record) implements Input {
        @Override
        public void accept(Visitor visitor) {
            visitor.peerMessage(this);
        }
    }

    /** A client has read differing answers for a key. */
    record ReadObservation(byte[] key) implements Input {
        @Override
        public void accept(Visitor visitor) {
            visitor.readObservation(this);
        }
    }

    /** A repair event that a supplier has sent to this replica. */
    record RepairSent(SentRepair repair) implements Input {
        @Override
        public void accept(Visitor visitor) {
            visitor.repairSent(this);
        }
    }
}
