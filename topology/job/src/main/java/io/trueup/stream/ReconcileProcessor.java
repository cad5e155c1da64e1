package io.trueup.stream;

import io.trueup.reconcile.InvalidMessageException;
import io.trueup.reconcile.Reconciler;
import io.trueup.state.EntryStore;
import java.time.Duration;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives the {@link Reconciler} of one partition: hands it what the decoders understood, lets time pass, tells it when its
 * input is consumed.
 *
 * <p>Everything that it holds in memory is made anew in {@link #init}: Kafka Streams calls that again, on the same object,
 * whenever the task starts again at its last commit. The tree is then rebuilt from the store.
 */
final class ReconcileProcessor implements Processor<byte[], Input, byte[], OutputRecord> {

    private static final Logger LOG = LoggerFactory.getLogger(ReconcileProcessor.class);
    private static final Duration TICK = Duration.ofMillis(50);
    private static final long HYDRATION_SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    private final ReplicaContext parts;

    private ProcessorContext<byte[], OutputRecord> context;
    private Cancellable ticking;
    private ReplicaMetrics.PartitionTally tally;
    private ActiveConfig taken;
    private CatchUp seal;
    private CatchUp probeSeal;
    private Sender sender;
    private Reconciler reconciler;
    private long nowMs;

    ReconcileProcessor(ReplicaContext parts) {
        this.parts = parts;
    }

    @Override
    public void init(ProcessorContext<byte[], OutputRecord> context) {
        this.context = context;
        int partition = context.taskId().partition();
        nowMs = context.currentSystemTimeMs();
        EntryStore entries = new EntryStore(context.getStateStore(EntryStore.NAME));
        entries.claim(parts.identity());
        seal = new CatchUp(parts.writesPartition(partition), parts.ends(), parts.positions());
        probeSeal = new CatchUp(parts.writesPartition(partition), parts.ends(), parts.positions());
        taken = parts.present();
        List<String> owners = taken.owners(partition);
        sender = new Sender(parts, partition, owners, context, entries, seal, probeSeal, this::now);
        long start = System.nanoTime();
        reconciler = new Reconciler(taken.settings(), partition, entries, sender, nowMs);
        LOG.info("{}/{}: tree built from the stored entries in {} ms", parts.replica(), partition, millisSince(start));
        parts.tally().treesBuilt.increment();
        tally = parts.tally().partition(partition);
        tally.opened(owners.contains(parts.replica()));
        taken.change().built(partition);
        ticking = context.schedule(TICK, PunctuationType.WALL_CLOCK_TIME, this::tick);
    }

    @Override
    public void process(Record<byte[], Input> record) {
        advance(context.currentSystemTimeMs());
        Input input = record.value();
        if (input instanceof Input.Wrote wrote) {
            reconciler.write(wrote.write());
            processed(wrote.write().offset());
        } else if (input instanceof Input.Progressed progressed) {
            reconciler.progress(progressed.positionMs(), progressed.appendTimeMs());
            processed(progressed.offset());
        } else if (input instanceof Input.SkippedWrite skipped) {
            processed(skipped.offset());
        } else if (input instanceof Input.ScanStarted started) {
            reconciler.scanStarted(started.scan(), started.offset());
            processed(started.offset());
        } else if (input instanceof Input.Scanned scanned) {
            reconciler.scanned(scanned.write(), scanned.scan(), scanned.since());
            processed(scanned.write().offset());
        } else if (input instanceof Input.ScanEnded ended) {
            scanEnded(ended);
            processed(ended.offset());
        } else if (input instanceof Input.Heard heard) {
            hear(record, heard);
        } else if (input instanceof Input.ReadObserved) {
            reconciler.probe(nowMs, record.key());
        } else if (input instanceof Input.RepairSeen seen) {
            reconciler.repairSent(nowMs, seen.id(), record.key(), seen.version(), seen.deleted(), seen.validUntilMs());
        }
        sender.commitWhatWasSent();
    }

    private void scanEnded(Input.ScanEnded ended) {
        long dropped = reconciler.scanEnded(nowMs, ended.scan(), ended.since(), ended.rows());
        String where = parts.replica() + "/" + context.taskId().partition();
        if (dropped < 0) {
            LOG.warn(
                    "{}: scan {} ends at offset {}, but was not seen whole (the job started or failed over in between):"
                            + " what it found counts, nothing is dropped; scan again to find lost rows",
                    where,
                    ended.scan(),
                    ended.offset());
        } else {
            LOG.info("{}: scan {} found {} rows; {} entries are gone", where, ended.scan(), ended.rows(), dropped);
        }
    }

    private void processed(long offset) {
        seal.processed(offset);
        probeSeal.processed(offset);
    }

    private void hear(Record<byte[], Input> record, Input.Heard heard) {
        try {
            reconciler.message(nowMs, heard.message());
        } catch (InvalidMessageException e) {
            context.forward(
                    parts.deadLetters()
                            .letter(
                                    record,
                                    heard.encoded(),
                                    context.recordMetadata().orElseThrow(),
                                    e.getMessage(),
                                    nowMs),
                    Nodes.DEAD_LETTER_SINK);
        }
    }

    private void tick(long timeMs) {
        advance(timeMs);
        ActiveConfig present = parts.present();
        if (!present.config().equals(taken.config())) {
            take(present);
        }
        OptionalLong position = seal.reached();
        if (position.isPresent()) {
            reconciler.sealed(nowMs, seal.round(), position.getAsLong());
        }
        probeSeal.reached().ifPresent(offset -> reconciler.probesConsumed(nowMs, probeSeal.round()));
        reconciler.tick(nowMs);
        sender.drain(HYDRATION_SLICE_NANOS);
        parts.floodAlarm().tick(nowMs);
        sender.commitWhatWasSent();
    }

    /** Another configuration is in force: the owners of this partition may be others. The tree stays as it is. */
    private void take(ActiveConfig present) {
        int partition = context.taskId().partition();
        List<String> owners = present.owners(partition);
        if (!owners.equals(taken.owners(partition))) {
            reconciler.place(present.settings().placement());
            sender.placed(owners);
            tally.placed(owners.contains(parts.replica()));
            parts.floodAlarm().closed(parts.replica(), partition);
        }
        taken = present;
        present.change().takenUp(partition);
    }

    /** The reconciler's time never goes back, whatever the clock does. */
    private void advance(long timeMs) {
        nowMs = Math.max(nowMs, timeMs);
    }

    private long now() {
        return nowMs;
    }

    @Override
    public void close() {
        if (ticking != null) {
            ticking.cancel();
            ticking = null;
        }
        if (tally != null) {
            sender.close();
            tally.closed();
            parts.present().change().gone(context.taskId().partition());
            parts.floodAlarm().closed(parts.replica(), context.taskId().partition());
        }
    }

    private static long millisSince(long startNanos) {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - startNanos);
    }
}
