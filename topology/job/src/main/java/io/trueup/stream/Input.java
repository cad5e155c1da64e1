package io.trueup.stream;

import io.trueup.reconcile.Message;
import io.trueup.tree.Write;

/** What the decoders hand to the reconcile processor. The record key is the original one. */
sealed interface Input {

    /** A write event of this replica. */
    record Wrote(Write write) implements Input {}

    /** A progress event of this replica, at an offset of the writes topic. */
    record Progressed(long positionMs, long appendTimeMs, long offset) implements Input {}

    /** A scan of this replica's datastore begins, at an offset of the writes topic. */
    record ScanStarted(String scan, long offset) implements Input {}

    /** A row that a scan has found, where {@code since} is the offset of its start. The write has the row's own offset. */
    record Scanned(Write write, String scan, long since) implements Input {}

    /** A scan has sent all its rows, so many distinct ones, at an offset of the writes topic. */
    record ScanEnded(String scan, long since, long rows, long offset) implements Input {}

    /** A record of the writes topic that could not be decoded and is in the dead-letter topic. */
    record SkippedWrite(long offset) implements Input {}

    /** A peer's control message; {@code encoded} is the record value that it was decoded from. */
    record Heard(Message message, byte[] encoded) implements Input {}

    /** A client has read differing answers for the record key. */
    record ReadObserved() implements Input {}

    /** A repair event that some supplier has sent to this replica. */
    record RepairSeen(String id, long version, boolean deleted, long validUntilMs) implements Input {}
}
