package io.trueup.source;

import io.trueup.avro.MalformedRecordException;
import io.trueup.tree.VersionVector;

/** Checks that apply to write events of all formats. */
final class WriteChecks {

    private WriteChecks() {}

    static void key(byte[] key, int maxBytes) throws MalformedRecordException {
        if (key == null) {
            throw new MalformedRecordException("a write event needs a record key");
        }
        if (key.length > maxBytes) {
            throw new MalformedRecordException(
                    "record key has " + key.length + " bytes; at most " + maxBytes + " are supported");
        }
    }

    /** The lowest version stands for what is unknown, and for nothing: see {@link io.trueup.tree.Entry#isUnread()}. */
    static long version(long version, boolean deleted) throws MalformedRecordException {
        if (version == Long.MIN_VALUE && !deleted) {
            throw new MalformedRecordException("a value must not have the version " + version + ", which is reserved");
        }
        return version;
    }

    static VersionVector vector(VersionVector vector) throws MalformedRecordException {
        if (vector.maxBytes() > WriteFormat.MAX_VECTOR_BYTES) {
            throw new MalformedRecordException(
                    "the version vector has " + vector.counters().size()
                            + " writers and takes about " + vector.maxBytes() + " bytes; at most "
                            + WriteFormat.MAX_VECTOR_BYTES
                            + " are supported");
        }
        return vector;
    }

    static long time(long ms, String name) throws MalformedRecordException {
        if (ms < 0) {
            throw new MalformedRecordException(name + " must not be before 1970: " + ms);
        }
        return ms;
    }
}
