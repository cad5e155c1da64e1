package io.trueup.stream;

import io.trueup.reconcile.Reconciler;
import io.trueup.source.Observation;
import io.trueup.stream.record.Input;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Passes what the records of a writes partition say to its reconciler. Used by the task's thread. */
final class WritesHandler implements Observation.Visitor<Void> {

    private static final Logger LOG = LoggerFactory.getLogger(WritesHandler.class);

    private final Reconciler reconciler;
    private final String where;
    private final Runnable read;
    private Input.FromWrites input;

    /**
     * @param where replica and partition, for messages
     * @param read reads further entries, once a scan has ended
     */
    WritesHandler(Reconciler reconciler, String where, Runnable read) {
        this.reconciler = reconciler;
        this.where = where;
        this.read = read;
    }

    /** Takes what a record says. */
    void take(Input.FromWrites decoded) {
        input = decoded;
        decoded.observation().accept(this);
    }

    /** Takes a record of which nothing but the key can be read, and of a row of a scan, which scan it is. */
    void take(Input.SkippedWrite skipped) {
        byte[] key = skipped.key();
        if (key != null && skipped.row() != null) {
            reconciler.unreadRow(
                    key,
                    skipped.value(),
                    skipped.offset(),
                    skipped.appendTimeMs(),
                    skipped.row().scan(),
                    skipped.row().since());
        } else if (key != null) {
            reconciler.unread(key, skipped.value(), skipped.offset(), skipped.appendTimeMs());
        }
    }

    @Override
    public Void observed(Observation.Observed observed) {
        reconciler.write(observed.write());
        return null;
    }

    @Override
    public Void progress(Observation.Progress progress) {
        reconciler.progress(progress.positionMs(), input.appendTimeMs());
        return null;
    }

    @Override
    public Void scanStarted(Observation.ScanStarted started) {
        reconciler.scanStarted(started.scan(), input.offset());
        return null;
    }

    @Override
    public Void scanned(Observation.Scanned scanned) {
        reconciler.scanned(scanned.write(), scanned.scan(), scanned.since());
        return null;
    }

    @Override
    public Void scanEnded(Observation.ScanEnded ended) {
        if (!reconciler.scanEnded(ended.scan(), ended.since(), ended.rows())) {
            LOG.warn(
                    "{}: scan {} ends at offset {}, but the job has not read all of it, because it started or failed over"
                            + " during the scan: the rows read count, and nothing is dropped. Scan again to find lost"
                            + " rows.",
                    where,
                    ended.scan(),
                    input.offset());
        }
        read.run();
        return null;
    }

    @Override
    public Void unrelated(Observation.Unrelated unrelated) {
        return null;
    }
}
