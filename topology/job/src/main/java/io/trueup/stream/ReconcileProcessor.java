package io.trueup.stream;

import io.trueup.failure.RateLimitedLog;
import io.trueup.reconcile.Reconciler;
import io.trueup.reconcile.clock.RoundClock;
import io.trueup.reconcile.exchange.InvalidMessageException;
import io.trueup.reconcile.exchange.Message;
import io.trueup.repair.SentRepair;
import io.trueup.state.EntryStore;
import io.trueup.stream.record.Input;
import io.trueup.stream.record.Nodes;
import io.trueup.stream.record.OutputRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.Cancellable;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Drives the {@link Reconciler} of one partition: passes it decoded input, advances its time, and notifies it when its input
 * is consumed up to the end.
 *
 * <p>Everything that it holds in memory is made anew in {@link #init}: Kafka Streams calls that again, on the same object,
 * whenever the task starts again at its last commit. The tree is then rebuilt from the store: in slices, because the tasks of a
 * thread share a transaction, which expires if one of them does not return for long.
 *
 * <p>Longer than 450 lines because the life of a task is in one place: what is opened, ticks, begins again and is closed must stay in step.
 */
final class ReconcileProcessor implements Processor<byte[], Input, byte[], OutputRecord> {

    private static final Logger LOG = LoggerFactory.getLogger(ReconcileProcessor.class);
    private static final RateLimitedLog IGNORED = new RateLimitedLog(LOG);
    /** While there is something to read or to send; otherwise a task of a long interval ticks less often: see {@link #idleTick}. */
    private static final Duration TICK = Duration.ofMillis(50);

    private static final long MAX_IDLE_TICK_MS = 250;
    private static final long IDLE_TICKS_PER_ROUND = 240;
    private static final long HYDRATION_SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    /**
     * While trees are built, the other tasks of the thread wait. This is for all trees together, however many tasks build one: a
     * thread must return well before the transaction of its tasks expires. Longer at the start, when nothing of the task waits.
     */
    private static final long FIRST_SLICE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final long SLICE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

    private final ReplicaContext context;
    private final Input.Visitor inputHandler = new InputHandler();

    private ProcessorContext<byte[], OutputRecord> processorContext;
    private Cancellable ticking;
    private Duration tickEvery;
    private ReplicaMetrics.PartitionMetrics metrics;
    private TopicPartition writes;
    private EntryStore entries;
    private ActiveConfig applied;
    private RoundClock clock;
    private InputEnd inputEnd;
    private Sender sender;
    private Reconciler reconciler;
    private WritesHandler writesHandler;
    private TimeShare share;
    private boolean dropping;
    private boolean built;
    private long buildNanos;
    private long nowMs;
    /** Offset of the last record of the writes partition that was passed on. */
    private long lastProcessed;
    /** Records up to this offset were returned before the history of the partition changed, and are skipped. */
    private long skippedTo;

    ReconcileProcessor(ReplicaContext context) {
        this.context = context;
    }

    @Override
    public void init(ProcessorContext<byte[], OutputRecord> processorContext) {
        this.processorContext = processorContext;
        int partition = partition();
        clock = context.clock(partition, processorContext.currentSystemTimeMs());
        advance(processorContext.currentSystemTimeMs());
        writes = context.writesPartition(partition);
        entries = EntryStore.of(processorContext.getStateStore(EntryStore.NAME));
        applied = context.active();
        lastProcessed = ConsumerPositions.UNKNOWN;
        skippedTo = ConsumerPositions.UNKNOWN;
        share = new TimeShare(context.metrics().readingTasks);
        StateRebuild rebuild = rebuild();
        if (entries.isReset()) {
            rebuild.reset(context.identity());
        }
        rebuild.start(entries.check(context.identity()));
        entries.claim(context.identity());
        OptionalLong invalid = context.writes().positions().takeInvalid(writes);
        if (invalid.isPresent()) {
            requireNothingReturned(invalid.getAsLong());
            rebuild.historyChanged();
        }
        inputEnd =
                new InputEnd(writes, context.writes().ends(), context.writes().positions());
        build();
        metrics = context.metrics().partition(partition);
        context.clocks().opened(context.replica(), partition);
        metrics.opened(applied.owners(partition).contains(context.replica()));
        applied.change().built(partition);
        tickEvery(TICK);
    }

    private void tickEvery(Duration every) {
        if (ticking == null || !every.equals(tickEvery)) {
            if (ticking != null) {
                ticking.cancel();
            }
            ticking = processorContext.schedule(every, PunctuationType.WALL_CLOCK_TIME, this::tick);
            tickEvery = every;
        }
    }

    /** A small part of the interval: a process may have a thousand tasks that only wait for the next round. */
    private Duration idleTick() {
        long intervalMs = applied.settings().times().intervalMs();
        return Duration.ofMillis(
                Math.min(MAX_IDLE_TICK_MS, Math.max(TICK.toMillis(), intervalMs / IDLE_TICKS_PER_ROUND)));
    }

    /** Records that were read before the history changed must not be applied. A new thread reads nothing twice. */
    private void requireNothingReturned(long last) {
        if (last != ConsumerPositions.UNKNOWN) {
            throw new IllegalStateException(writes + " has lost records while its task started; the task starts again");
        }
    }

    /** Builds the reconciler from the entries, unless they are being dropped. */
    private void build() {
        int partition = partition();
        sender = new Sender(
                context,
                processorContext,
                applied.owners(partition),
                entries,
                inputEnd,
                () -> nowMs,
                target -> reconciler.rests(target, nowMs));
        reconciler = new Reconciler(
                applied.settings(),
                partition,
                entries,
                sender,
                sender,
                context.floodTotals(),
                context.roundMemory(),
                nowMs);
        writesHandler = new WritesHandler(reconciler, context.replica() + "/" + partition, () -> readFor(SLICE_NANOS));
        dropping = rebuild().isDropping();
        built = false;
        buildNanos = 0;
        readFor(FIRST_SLICE_NANOS);
    }

    /** Drops or reads entries, if there are any to be dropped or read, for this task's share of so long. */
    private void readFor(long nanosOfAll) {
        share.needed(dropping || !built || reconciler.mustRead(nowMs));
        if (dropping) {
            // what was returned before the history changed comes first
            if (share.use(nanosOfAll, rebuild()::drop) && skippedTo == ConsumerPositions.UNKNOWN) {
                dropped();
            }
        } else if (!built) {
            long start = System.nanoTime();
            built = share.use(nanosOfAll, slices -> reconciler.open(nowMs, slices));
            buildNanos += System.nanoTime() - start;
            if (built) {
                treeIsBuilt();
            }
        } else if (reconciler.mustRead(nowMs)) {
            share.use(nanosOfAll, slices -> {
                reconciler.read(nowMs, slices);
                return !reconciler.mustRead(nowMs);
            });
        }
    }

    private void treeIsBuilt() {
        inputEnd.stateContains(reconciler.seenTo());
        LOG.info(
                "{}/{}: tree built from the stored entries in {} ms",
                context.replica(),
                partition(),
                TimeUnit.NANOSECONDS.toMillis(buildNanos));
        context.metrics().treesBuilt.increment();
    }

    private StateRebuild rebuild() {
        return new StateRebuild(context, partition(), entries, nowMs);
    }

    @Override
    public void process(Record<byte[], Input> record) {
        advance(processorContext.currentSystemTimeMs());
        context.writes().positions().takeInvalid(writes).ifPresent(this::historyChanged);
        record.value().accept(inputHandler);
        sender.commitIfSent();
    }

    private void tick(long steadyMs) {
        List<String> clockOwners = applied.owners(partition());
        if (context.clocks().regulate(clock, context.clocks().count(clockOwners, partition()))) {
            beginAgain();
        }
        advance(steadyMs);
        context.clocks().reached(nowMs);
        context.writes().positions().takeInvalid(writes).ifPresent(this::historyChanged);
        readFor(SLICE_NANOS);
        try {
            advanceReconciler();
        } catch (LostRecordsException e) {
            LOG.error("{}/{}: {}", context.replica(), partition(), e.getMessage());
            historyChanged(context.writes().positions().lastReturned(writes));
        }
        sender.drain(HYDRATION_SLICE_NANOS);
        context.floodAlarm().tick(steadyMs);
        sender.commitIfSent();
        boolean idle = built && !dropping && !reconciler.mustRead(nowMs) && !sender.isWaiting();
        tickEvery(idle ? idleTick() : TICK);
    }

    /** The writes partition does not contain any more what the state was built from. */
    private void historyChanged(long lastReturned) {
        skipTo(lastReturned);
        drop(rebuild()::historyChanged);
    }

    /** Drops the state. What is read until that is done is skipped: the writes partition is then read from its beginning. */
    private void drop(Runnable begin) {
        sender.close();
        context.floodAlarm().closed(context.replica(), partition());
        begin.run();
        build();
        processorContext.commit();
    }

    /** All entries are dropped. Records that were returned before, and still wait, are skipped. */
    private void dropped() {
        skipTo(context.writes().positions().lastReturned(writes));
        rebuild().dropped();
        sender.close();
        inputEnd =
                new InputEnd(writes, context.writes().ends(), context.writes().positions());
        build();
        processorContext.commit();
    }

    private void skipTo(long lastReturned) {
        skippedTo = lastReturned == lastProcessed ? ConsumerPositions.UNKNOWN : lastReturned;
    }

    private void advanceReconciler() {
        ActiveConfig active = context.active();
        if (!active.config().equals(applied.config())) {
            apply(active);
        }
        FeedProgress.Consumed consumed = context.writes().feed().latest();
        if (consumed != null && consumed.seenMs() <= nowMs) {
            reconciler.fed(nowMs, consumed.consumedMs());
        }
        if (dropping) {
            reconciler.tick(nowMs);
            return;
        }
        CatchUp catchUp = inputEnd.catchUp();
        OptionalLong sealedAt = catchUp.reached();
        CatchUp probeCatchUp = inputEnd.probeCatchUp();
        boolean probesConsumed = probeCatchUp.reached().isPresent();
        StateRebuild.Verdict verdict = StateRebuild.Verdict.WHOLE;
        if (sealedAt.isPresent() || probesConsumed) {
            StateRebuild rebuild = rebuild();
            verdict = rebuild.consumed((sealedAt.isPresent() ? catchUp : probeCatchUp).requestedMs());
            if (verdict == StateRebuild.Verdict.MISSED_DELETES) {
                drop(rebuild::readAgain);
                return;
            }
        }
        boolean isWhole = verdict == StateRebuild.Verdict.WHOLE;
        if (isWhole && sealedAt.isPresent()) {
            reconciler.sealed(nowMs, catchUp.round(), sealedAt.getAsLong());
        }
        if (isWhole && probesConsumed) {
            reconciler.probesConsumed(nowMs, probeCatchUp.round());
        }
        if (clock.isConfirmed()) {
            reconciler.timeIsConfirmed(nowMs);
        }
        reconciler.tick(nowMs);
        followUnowned(probeCatchUp);
    }

    /** A replica that owns nothing here seals no cut; that it consumes its writes all the same is noted once per interval. */
    private void followUnowned(CatchUp catchUp) {
        boolean owns = applied.owners(partition()).contains(context.replica());
        long sinceMs = nowMs - catchUp.requestedMs();
        boolean due = sinceMs < 0 || sinceMs >= context.settings().times().intervalMs();
        if (!owns && due && !catchUp.isUnderWay()) {
            catchUp.await(0, nowMs);
        }
    }

    /** Takes up another configuration, under which the partition may have other owners. The tree stays as it is. */
    private void apply(ActiveConfig active) {
        int partition = partition();
        List<String> owners = active.owners(partition);
        if (!owners.equals(applied.owners(partition))) {
            reconciler.place(active.settings().placement());
            sender.placed(owners);
            metrics.placed(owners.contains(context.replica()));
            context.floodAlarm().closed(context.replica(), partition);
        }
        applied = active;
        active.change().takenUp(partition);
    }

    /** A command to pause or to resume repairs has no effect if a later one is known. */
    private void warnIfIgnored(Message message) {
        if (!(message.body() instanceof Message.Pause command)
                || message.fingerprint() != applied.settings().fingerprint(partition())) {
            return;
        }
        List<String> ignored = applied.config().replicas().stream()
                .filter(name -> command.target().equals(Message.Pause.ALL)
                        || command.target().equals(name))
                .filter(name -> reconciler.isPaused(name) != command.paused())
                .toList();
        if (!ignored.isEmpty()) {
            IGNORED.warn(
                    context.replica() + "/" + partition() + ": the command of "
                            + Instant.ofEpochMilli(command.givenMs()) + " to " + (command.paused() ? "pause" : "resume")
                            + " repairs of " + String.join(", ", ignored)
                            + " is ignored, because a later command is known. It came"
                            + " late, or the clock of the machine that has sent it is behind. If it is still meant, send it again");
        }
    }

    /** The reconciler's time is not the wall clock: see {@link RoundClock}. */
    private void advance(long steadyMs) {
        nowMs = clock.advance(steadyMs);
    }

    /** A step of the clock is accepted. What waits to be sent is decided again in a later round. */
    private void beginAgain() {
        long beforeMs = nowMs;
        nowMs = clock.nowMs();
        sender.close();
        Reconciler.noteWrongClock(entries);
        build();
        context.clocks()
                .warn(context.replica() + "/" + partition() + ": rounds continue at " + Instant.ofEpochMilli(nowMs)
                        + ", no longer at " + Instant.ofEpochMilli(beforeMs)
                        + ", because the wall clock or the clocks of other owners show this time. The tree was built"
                        + " again, and is compared as soon as it is exact. Check the time synchronization of this"
                        + " machine");
    }

    private int partition() {
        return processorContext.taskId().partition();
    }

    @Override
    public void close() {
        if (ticking != null) {
            ticking.cancel();
            ticking = null;
        }
        if (share != null) {
            share.needed(false);
        }
        if (reconciler != null) {
            reconciler.close();
        }
        if (metrics != null) {
            sender.close();
            metrics.closed();
            context.clocks().closed(context.replica(), partition());
            context.active().change().gone(partition());
            context.floodAlarm().closed(context.replica(), partition());
        }
    }

    /** Passes each input to the reconciler. */
    private final class InputHandler implements Input.Visitor {

        @Override
        public void fromWrites(Input.FromWrites input) {
            if (!isCurrent(input.offset())) {
                return;
            }
            if (context.writes().logAppendTime()) {
                clock.heardBroker(input.appendTimeMs());
            }
            writesHandler.take(input);
            inputEnd.processed(input.offset());
        }

        @Override
        public void skippedWrite(Input.SkippedWrite input) {
            if (isCurrent(input.offset())) {
                writesHandler.take(input);
                inputEnd.processed(input.offset());
            }
        }

        /** Whether a record was read after the history of the partition has changed. */
        private boolean isCurrent(long offset) {
            lastProcessed = offset;
            boolean current = !dropping && skippedTo == ConsumerPositions.UNKNOWN;
            if (skippedTo == offset) {
                skippedTo = ConsumerPositions.UNKNOWN;
            }
            return current;
        }

        @Override
        public void peerMessage(Input.PeerMessage input) {
            String sentBy = input.message().replica();
            if (reconciler.isRootOfPeer(input.message()) && !context.clocks().holds(sentBy, partition())) {
                clock.heardRoot(sentBy, input.message().cutMs());
            }
            try {
                reconciler.message(nowMs, input.message());
                warnIfIgnored(input.message());
            } catch (InvalidMessageException e) {
                processorContext.forward(
                        context.deadLetters()
                                .letter(
                                        input.record(),
                                        processorContext.recordMetadata().orElseThrow(),
                                        e.getMessage(),
                                        nowMs),
                        Nodes.DEAD_LETTER_SINK);
            }
        }

        @Override
        public void readObservation(Input.ReadObservation input) {
            reconciler.probe(nowMs, input.key());
        }

        @Override
        public void repairSent(Input.RepairSent input) {
            SentRepair repair = input.repair();
            reconciler.repairSent(
                    nowMs,
                    repair.id(),
                    repair.key(),
                    repair.version(),
                    repair.vector(),
                    repair.deleted(),
                    repair.validUntilMs());
        }
    }
}
