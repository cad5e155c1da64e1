package io.trueup.source;

import io.trueup.avro.MalformedRecordException;

/**
 * Of a row of a scan, only the scan and the key can be read. Other than a write event of which only the key can be read, it says
 * nothing about what was written since the scan began.
 */
public final class MalformedRowException extends MalformedRecordException {

    private static final long serialVersionUID = 1L;

    private final String scan;
    private final long since;

    /** @param cause why the row cannot be read */
    public MalformedRowException(MalformedRecordException cause, String scan, long since) {
        super(cause.getMessage(), cause);
        this.scan = scan;
        this.since = since;
    }

    /** Id of the scan. */
    public String scan() {
        return scan;
    }

    /** Offset of the scan's start marker in the partition of the row. */
    public long since() {
        return since;
    }
}
