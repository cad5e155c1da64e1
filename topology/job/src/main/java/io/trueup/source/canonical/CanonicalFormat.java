package io.trueup.source.canonical;

import io.trueup.avro.MalformedRecordException;
import io.trueup.source.MalformedRowException;
import io.trueup.source.Observation;
import io.trueup.source.WriteFormat;
import io.trueup.tree.KeyedHash;
import io.trueup.tree.Write;
import org.apache.kafka.common.header.Headers;

/**
 * Gives each write the digest of its value in canonical form. The value itself stays as it is: it is what a repair carries. A digest
 * that the datastore has given stays, too. Not thread-safe, apart from {@link #isReady}.
 */
final class CanonicalFormat implements WriteFormat {

    private final WriteFormat format;
    private final Canonical canonical;
    private final KeyedHash hash;

    CanonicalFormat(WriteFormat format, Canonical canonical, KeyedHash hash) {
        this.format = format;
        this.canonical = canonical;
        this.hash = hash;
    }

    @Override
    public Observation decode(
            byte[] key, byte[] value, Headers headers, long recordTimestampMs, long offset, long appendTimeMs)
            throws MalformedRecordException {
        Observation seen = format.decode(key, value, headers, recordTimestampMs, offset, appendTimeMs);
        if (seen instanceof Observation.Observed observed) {
            return new Observation.Observed(digested(observed.write()));
        }
        if (seen instanceof Observation.Scanned row) {
            return scanned(row);
        }
        return seen;
    }

    private Observation scanned(Observation.Scanned row) throws MalformedRowException {
        try {
            return new Observation.Scanned(digested(row.write()), row.scan(), row.since());
        } catch (MalformedRecordException e) {
            throw new MalformedRowException(e, row.scan(), row.since());
        }
    }

    @Override
    public byte[] content(byte[] value) {
        return format.content(value);
    }

    @Override
    public byte[] datasetKey(byte[] key) {
        return format.datasetKey(key);
    }

    @Override
    public boolean isReady(byte[] key, byte[] value) {
        return format.isReady(key, value) && canonical.isReady(() -> format.content(value));
    }

    private Write digested(Write write) throws MalformedRecordException {
        if (write.value() == null || write.digest() != null) {
            return write;
        }
        return new Write(
                write.key(),
                write.version(),
                write.vector(),
                write.positionMs(),
                write.deleted(),
                write.value(),
                hash.value(canonical.form(write.value())),
                write.expiryMs(),
                write.repairId(),
                write.offset(),
                write.appendTimeMs());
    }
}
