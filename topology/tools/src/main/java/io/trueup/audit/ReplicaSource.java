package io.trueup.audit;

import io.trueup.topic.GapCause;
import io.trueup.topic.OffsetRange;

/**
 * The records of one replica in one partition.
 *
 * @param replica the replica
 * @param offsets the offsets to be read
 * @param gapCause what may be the cause of offsets without a record
 * @param behind whether the topic has records behind the offset range
 */
record ReplicaSource(AuditedReplica replica, OffsetRange offsets, GapCause gapCause, boolean behind) {

    /** How many offsets are to be read. */
    long length() {
        return offsets.length();
    }
}
