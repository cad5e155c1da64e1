package io.trueup.source;

import io.trueup.avro.MalformedRecordException;

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

    static long time(long ms, String name) throws MalformedRecordException {
        if (ms < 0) {
            throw new MalformedRecordException(name + " must not be before 1970: " + ms);
        }
        return ms;
    }
}
