package io.trueup.stream;

import io.trueup.reconcile.Repair;
import io.trueup.repair.ReadRequest;
import io.trueup.repair.ReadResult;
import io.trueup.repair.ValueReader;

/** ValueReads of one replica's write events, read back from where they lie. No call waits. */
public interface ValueReads {

    /** Asks for the value of a repair, or returns false if too many are asked for already. */
    boolean offer(ReadRequest<Repair> request);

    /** An answer for a partition, or null if there is none now. */
    ReadResult<Repair> poll(int partition);

    /** Drops all questions and answers of a partition. */
    void forget(int partition);

    static ValueReads of(ValueReader<Repair> reader) {
        return new ValueReads() {
            @Override
            public boolean offer(ReadRequest<Repair> request) {
                return reader.offer(request);
            }

            @Override
            public ReadResult<Repair> poll(int partition) {
                return reader.poll(partition);
            }

            @Override
            public void forget(int partition) {
                reader.forget(partition);
            }
        };
    }
}
