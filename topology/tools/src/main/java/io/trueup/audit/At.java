package io.trueup.audit;

import java.util.Map;

/** The moment that an audit is about: which records count. */
public sealed interface At {

    /** Every record that was there when the audit began. Expiry counts as of then. */
    record Latest() implements At {}

    /**
     * Every record whose timestamp is not later. Of a key, the last such record in its partition counts. Expiry counts as of
     * then.
     *
     * @param ms milliseconds since the epoch
     */
    record Time(long ms) implements At {}

    /**
     * Every record below given offsets. Expiry counts as of the begin of the audit.
     *
     * @param ends by replica and partition, the first offset that does not count
     */
    record Offsets(Map<Place, Long> ends) implements At {}

    /** A partition of a replica's writes topic. */
    record Place(String replica, int partition) implements Comparable<Place> {

        @Override
        public int compareTo(Place other) {
            int byPartition = Integer.compare(partition, other.partition);
            return byPartition != 0 ? byPartition : replica.compareTo(other.replica);
        }

        /** As {@code eu/3}. */
        @Override
        public String toString() {
            return replica + "/" + partition;
        }
    }
}
