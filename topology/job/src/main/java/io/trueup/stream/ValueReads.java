package io.trueup.stream;

import io.trueup.reconcile.Repair;
import io.trueup.repair.ReadRequest;
import io.trueup.repair.ReadResult;
import io.trueup.repair.ValueReader;

/** Reads values of one replica's write events back from its writes topic. No call blocks. */
public interface ValueReads {

    /** Requests the value of a repair. Returns false if too many requests are under way. */
    boolean offer(ReadRequest<Repair> request);

    /** Returns a result for a partition, or null if there is none now. */
    ReadResult<Repair> poll(int partition);

    /** Drops all requests and results of a partition. */
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
