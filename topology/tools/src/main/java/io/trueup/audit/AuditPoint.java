package io.trueup.audit;

import io.trueup.audit.result.ReplicaPartition;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/** The point in the topics that an audit is about: which records count. */
public sealed interface AuditPoint {

    /** Calls the method of a visitor that is for this kind of point. */
    <T> T accept(Visitor<T> visitor);

    /**
     * Something done for each kind of point. A new kind does not compile until every visitor handles it.
     *
     * @param <T> the result
     */
    interface Visitor<T> {

        T latest(Latest latest);

        T time(Time time);

        T offsets(Offsets offsets);
    }

    /** Every record that was there when the audit began. Expiry counts as of then. */
    record Latest() implements AuditPoint {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.latest(this);
        }
    }

    /**
     * Every record whose timestamp is not later. Of a key, the last such record in its partition counts. Expiry counts as of
     * then.
     *
     * @param ms milliseconds since the epoch
     * @param ago how long before the beginning of the audit, if it was asked for so
     */
    record Time(long ms, Optional<Duration> ago) implements AuditPoint {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.time(this);
        }
    }

    /**
     * Every record below given offsets. Expiry counts as of the beginning of the audit.
     *
     * @param ends by replica and partition, the first offset that does not count
     */
    record Offsets(Map<ReplicaPartition, Long> ends) implements AuditPoint {
        @Override
        public <T> T accept(Visitor<T> visitor) {
            return visitor.offsets(this);
        }
    }
}
